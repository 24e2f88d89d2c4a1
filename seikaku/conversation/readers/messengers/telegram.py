"""Telegram Desktop's JSON: ``result.json`` of one chat, or of the whole account (``chats.list``). Pure.

Times are as written: local time of the machine that exported. What was forwarded, joined, sent by a bot or is media
alone is left out, and of a text its mentions, addresses, code and quotations.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.japan_time import from_unix
from seikaku.conversation.readers.json_text import read_document
from seikaku.conversation.readers.markup import tidy
from seikaku.conversation.readers.messengers.json_values import (
    dict_at,
    id_at,
    lacks,
    list_at,
    reason_of_file,
    text_at,
)
from seikaku.conversation.readers.messengers.people import People, clean_name
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both

_MEDIA = {
    "sticker": "sticker", "voice_message": "voice_message", "video_message": "video", "video_file": "video",
    "animation": "other_media", "audio_file": "file",
}  # fmt: skip
_BESIDE = (
    ("photo", "photo"), ("location_information", "location"), ("contact_information", "contact"), ("poll", "poll"),
    ("game_title", "other_media"), ("invoice_information", "other_media"),
)  # fmt: skip
_NOT_THE_WRITERS = {
    "mention": "mention", "mention_name": "mention", "link": "url", "code": "code", "pre": "code",
    "blockquote": "quote", "bot_command": "code",
}  # fmt: skip
_N_SAMPLE = 50

_ONE_CHAT = both("messages に from・from_id・date があります", "its messages have from, from_id and date")
_ACCOUNT = both("chats.list に会話が並びます", "it lists chats under chats.list")


def judge(source: Source) -> Judgement:
    """Whether its messages are Telegram's."""
    document = source.document
    chats = _chats(document)
    sample = [one for chat in chats[:_N_SAMPLE] for one in list_at(chat, "messages")[:_N_SAMPLE]]
    n_telling = sum(
        text_at(one, "type") in ("message", "service") and "date" in one and ("from_id" in one or "actor_id" in one)
        for one in sample
    )
    if not n_telling or 2 * n_telling < len(sample):
        return NOT_THIS
    return Judgement(0.97, (_ACCOUNT if dict_at(document, "chats") else _ONE_CHAT,))


def parse(source: Source) -> Collector:
    """Read one chat or all. Raises InputFileError where the file is broken or has no messages."""
    document = read_document(source)
    chats = _chats(document)
    if not chats:
        raise lacks(source, '"messages"', "Telegram")
    collector = Collector(source)
    people = People(collector)
    me = id_at(dict_at(document, "personal_information"), "user_id")
    line = 0
    for chat in chats:
        named = clean_name(text_at(chat, "name")) or id_at(chat, "id") or source.stem
        talk = _Talk(collector, people, collector.unused_id(named), me, chat)
        for message in list_at(chat, "messages"):
            line += 1
            talk.add(message, line)
    if me and (my_name := people.name_now(f"user{me}")):
        collector.tell_me(my_name)
    return collector


class _Talk:
    def __init__(
        self, collector: Collector, people: People, conversation_id: str, me: str, chat: Mapping[str, Any]
    ) -> None:
        self._collector = collector
        self._people = people
        self._conversation_id = conversation_id
        self._bot = f"user{id_at(chat, 'id')}" if text_at(chat, "type") == "bot_chat" else ""
        self._me = f"user{me}"

    def add(self, message: object, line: int) -> None:
        if not isinstance(message, dict):
            self._collector.drop("not_utterance", line=line)
            return
        if text_at(message, "type") != "message":
            self._collector.drop("call" if text_at(message, "action") == "phone_call" else "system", line=line)
            return
        account = id_at(message, "from_id")
        speaker = self._people.name(account, text_at(message, "from"))
        text, removed = _read_text(message.get("text"))
        reason = self._reason(message, account, has_text=bool(text or removed)) if speaker else "no_speaker"
        if reason is not None:
            self._collector.drop(reason, speaker, line)
            return
        moment = self._collector.read_timestamp(message.get("date")) or from_unix(
            self._collector, message.get("date_unixtime")
        )
        self._collector.add(speaker, text, moment, self._conversation_id, line=line, removed=removed)

    def _reason(self, message: Mapping[str, Any], account: str, *, has_text: bool) -> str | None:
        if "via_bot" in message or account == self._bot:
            return "bot"
        if "forwarded_from" in message or "forwarded_from_id" in message or "saved_from" in message:
            return "forwarded"
        return None if has_text else _media(message)


def _media(message: Mapping[str, Any]) -> str:
    if reason := _MEDIA.get(text_at(message, "media_type")):
        return reason
    for key, reason in _BESIDE:
        if message.get(key):
            return reason
    file = text_at(message, "file_name") or text_at(message, "file")
    return reason_of_file(file) if file else "empty"


def _read_text(value: object) -> tuple[str, Counter[str]]:
    """A text, or a list of texts and marked pieces: the writer's words, and what was taken out."""
    if isinstance(value, str):
        return value, Counter()
    words: list[str] = []
    removed: Counter[str] = Counter()
    for piece in value if isinstance(value, list) else []:
        reason = _NOT_THE_WRITERS.get(text_at(piece, "type"))
        if reason:
            removed[reason] += 1
            words.append(" ")
        else:
            words.append(piece if isinstance(piece, str) else text_at(piece, "text"))
    text = "".join(words)
    return tidy(text) if removed else text, removed


def _chats(document: object) -> list[Any]:
    """The chats of a file: itself, or those that it lists."""
    if list_at(document, "messages"):
        return [document]
    listed = [*list_at(dict_at(document, "chats"), "list"), *list_at(dict_at(document, "left_chats"), "list")]
    return [chat for chat in listed if list_at(chat, "messages")]


READER = Reader("telegram", both("Telegram の書き出し（JSON）", "a Telegram export (JSON)"), judge, parse, of_json=True)
