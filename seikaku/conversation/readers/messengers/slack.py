"""One day of one channel of a Slack export: ``channel/2024-01-02.json``. Pure.

Names come from ``users.json`` where it came along, else from the message, else they are ids. Times are given in Unix
seconds and become Japan time. Joins and the like, bots, and marks of mention, code and quotation are left out.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.japan_time import from_unix
from seikaku.conversation.readers.json_text import read_document
from seikaku.conversation.readers.messengers.json_values import (
    dict_at,
    folder_of,
    id_at,
    is_true,
    lacks,
    last_name,
    list_at,
    reason_of_file,
    text_at,
)
from seikaku.conversation.readers.messengers.people import People
from seikaku.conversation.readers.messengers.slack_text import read_text
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both

COMPANIONS = frozenset(
    "users.json channels.json groups.json dms.json mpims.json integration_logs.json canvases.json lists.json "
    "org_users.json file_conversations.json huddle_transcripts.json templates.json".split()
)
_TS = re.compile(r"\d{9,11}\.\d{1,8}", re.ASCII)
_IN_THE_CHANNEL = ("", "thread_broadcast", "reply_broadcast", "me_message", "file_share")
_REASON = {"bot_message": "bot", "tombstone": "deleted", "message_deleted": "deleted", "huddle_thread": "call"}
_SLACKBOT = "USLACKBOT"
_N_SAMPLE = 50
_USUAL_SHARE = 0.8

_MESSAGES = both('type が "message" で ts のある配列です', 'it is an array of objects of type "message" with a ts')


def judge(source: Source) -> Judgement:
    """Whether it is an array of messages with Slack's ``ts``."""
    document = source.document
    if not isinstance(document, list) or last_name(source) in COMPANIONS:
        return NOT_THIS
    sample = document[:_N_SAMPLE]
    n_messages = sum(_is_message(item) for item in sample)
    if not n_messages or 2 * n_messages < len(sample):
        return NOT_THIS
    return Judgement(0.97 if n_messages >= _USUAL_SHARE * len(sample) else 0.85, (_MESSAGES,))


def parse(source: Source) -> Collector:
    """Read one day. Raises InputFileError where the file is broken or no array."""
    document = read_document(source)
    if not isinstance(document, list):
        raise lacks(source, "[…]", "Slack")
    collector = Collector(source)
    users = _read_users(source.beside("users.json"))
    day = _Day(collector, users, _names_in(document), _conversation_id(source))
    for line, message in enumerate(document, start=1):
        day.add(message, line)
    day.tell()
    return collector


class _Day:
    def __init__(
        self,
        collector: Collector,
        users: Mapping[str, Mapping[str, Any]],
        names: Mapping[str, str],
        conversation_id: str,
    ) -> None:
        self._collector = collector
        self._users = users
        self._names = names
        self._conversation_id = conversation_id
        self._people = People(collector)
        self._nameless: set[str] = set()
        for account, user in users.items():
            self._people.reserve(account, _name_of(user))

    def add(self, message: object, line: int) -> None:
        if not isinstance(message, dict):
            self._collector.drop("not_utterance", line=line)
            return
        account = id_at(message, "user")
        reason = self._reason(message, account)
        if not account or reason == "system":
            self._collector.drop(reason or "no_speaker", line=line)
            return
        speaker = self._people.name(account, self._written_name(account, message))
        text, removed = read_text(text_at(message, "text"), is_upload=is_true(message, "upload"))
        if reason is None and not text and not removed:
            reason = _reason_without_text(message)
        if reason is not None:
            self._collector.drop(reason, speaker, line)
            return
        if not self._written_name(account, message):
            self._nameless.add(account)
        moment = from_unix(self._collector, message.get("ts"))
        self._collector.add(speaker, text, moment, self._conversation_id, line=line, removed=removed)

    def _reason(self, message: Mapping[str, Any], account: str) -> str | None:
        subtype = text_at(message, "subtype")
        if text_at(message, "type") != "message":
            return "system"
        if subtype not in _IN_THE_CHANNEL:
            return _REASON.get(subtype, "system")
        is_bot = is_true(self._users.get(account), "is_bot") or account == _SLACKBOT
        return "bot" if is_bot or id_at(message, "bot_id") or dict_at(message, "bot_profile") else None

    def _written_name(self, account: str, message: Mapping[str, Any]) -> str:
        if user := self._users.get(account):
            return _name_of(user)
        return _name_of({"profile": dict_at(message, "user_profile")}) or self._names.get(account, "")

    def tell(self) -> None:
        if self._nameless:
            self._collector.warn(
                both(
                    f"名前のわからない人が {len(self._nameless)} 人います（話者は ID です）。"
                    "書き出しの users.json と一緒に入れると名前になります。",
                    f"{len(self._nameless)} people have no name here (the speaker is an id). Add the export's "
                    "users.json with it to see their names.",
                )
            )


def _is_message(item: object) -> bool:
    return text_at(item, "type") == "message" and _TS.fullmatch(text_at(item, "ts")) is not None


def _read_users(text: str | None) -> dict[str, dict[str, Any]]:
    """The users of ``users.json`` by id; none where it did not come along or is broken."""
    try:
        users = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return {}
    found = users if isinstance(users, list) else []
    return {account: user for user in found if isinstance(user, dict) and (account := id_at(user, "id"))}


def _names_in(messages: Iterable[object]) -> dict[str, str]:
    """The first name that the messages themselves give to each account."""
    names: dict[str, str] = {}
    for message in messages:
        name = _name_of({"profile": dict_at(message, "user_profile")})
        if name:
            names.setdefault(id_at(message, "user"), name)
    return names


def _name_of(user: Mapping[str, Any]) -> str:
    """The name that the app shows."""
    profile = dict_at(user, "profile")
    return (
        text_at(profile, "display_name").strip()
        or text_at(profile, "real_name").strip()
        or text_at(user, "real_name").strip()
        or text_at(profile, "name").strip()
        or text_at(user, "name").strip()
    )


def _reason_without_text(message: Mapping[str, Any]) -> str:
    for file in list_at(message, "files") or [message.get("file")]:
        name = text_at(file, "name") or text_at(file, "title")
        if isinstance(file, dict):
            return reason_of_file(name or f".{text_at(file, 'filetype')}")
    shared = list_at(message, "attachments")
    if any(is_true(one, "is_share") or is_true(one, "is_msg_unfurl") for one in shared):
        return "forwarded"
    return "other_media" if shared else "empty"


def _conversation_id(source: Source) -> str:
    """The channel, which is the folder's name, and the day."""
    return f"{folder_of(source)} {source.stem}".strip()


READER = Reader(
    "slack",
    both("Slack の書き出し（1 日分）", "a day of a Slack export"),
    judge,
    parse,
    COMPANIONS,
    of_json=True,
)
