"""ChatLab's exchange format (JSON, and JSON Lines with ``_type``), which other tools write too. Pure.

{"chatlab": {…}, "meta": {…}, "members": [{"platformId", "accountName"}], "messages": [{"sender", "type", "content"}]}

Unix times become Japan time. Types 0 (text) and 25 (reply) are kept. A name is the one of the message.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.japan_time import from_unix
from seikaku.conversation.readers.json_text import read_document
from seikaku.conversation.readers.messengers.json_values import dict_at, id_at, lacks, list_at, text_at
from seikaku.conversation.readers.messengers.people import People, clean_name
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both

_SPEECH = (0, 25)
_REASON = {
    1: "photo", 2: "voice_message", 3: "video", 4: "file", 5: "sticker", 7: "url_only", 8: "location", 20: "gift",
    21: "gift", 22: "reaction", 23: "call", 24: "other_media", 26: "forwarded", 27: "contact", 80: "system",
    81: "unsent",
}  # fmt: skip

_KEYS = both("chatlab の見出しがあります", "it has ChatLab's head")


def judge(source: Source) -> Judgement:
    """Whether it has ChatLab's head and messages."""
    document = source.document
    if dict_at(document, "chatlab") and isinstance(document.get("messages"), list):
        return Judgement(0.98, (_KEYS,))
    for line in source.sample_lines[:5]:
        if not line.startswith("#"):
            head = _load(line)
            return Judgement(0.98, (_KEYS,)) if _is_head(head) else NOT_THIS
    return NOT_THIS


def parse(source: Source) -> Collector:
    """Read the file. Raises InputFileError where it is broken or has no messages."""
    collector = Collector(source)
    if not isinstance(source.document, dict) or _is_head(source.document):
        _collect_lines(source, collector)
        return collector
    document = read_document(source)
    if not isinstance(document.get("messages"), list):
        raise lacks(source, '"messages"', "ChatLab")
    talk = _Talk(collector, source, dict_at(document, "meta"))
    for member in list_at(document, "members"):
        talk.add_member(member)
    talk.add_all(enumerate(document["messages"], start=1))
    return collector


def _collect_lines(source: Source, collector: Collector) -> None:
    lines = [(number, line) for number, line in enumerate(source.text.split("\n"), start=1) if line.strip()]
    values = [(number, _load(line)) for number, line in lines if not line.startswith("#")]
    if not values or not _is_head(values[0][1]):
        if source.begins_as_json and len(lines) > 1 and not _has_type(values):
            read_document(source)  # broken JSON says where
        raise lacks(source, '"_type": "header"', "ChatLab")
    talk = _Talk(collector, source, dict_at(values[0][1], "meta"))
    messages: list[tuple[int, object]] = []
    n_broken = 0
    for number, value in values[1:]:
        kind = text_at(value, "_type")
        if kind == "member":
            talk.add_member(value)
        elif kind == "message":
            messages.append((number, value))
        elif value is None:
            n_broken += 1
            collector.drop("not_utterance", line=number)
    talk.add_all(messages)
    if n_broken:
        collector.warn(
            both(
                f"JSON として壊れている行 {n_broken} 件を除きました。",
                f"{n_broken} lines that are broken as JSON were left out.",
            )
        )


class _Talk:
    def __init__(self, collector: Collector, source: Source, meta: Mapping[str, Any]) -> None:
        self._collector = collector
        self._people = People(collector)
        self._conversation_id = clean_name(text_at(meta, "name")) or source.stem
        self._owner = id_at(meta, "ownerId")
        self._names: dict[str, str] = {}

    def add_member(self, member: object) -> None:
        self._names[id_at(member, "platformId")] = text_at(member, "groupNickname") or text_at(member, "accountName")

    def add_all(self, messages: Iterable[tuple[int, object]]) -> None:
        for line, message in messages:
            self._add(message, line)
        if self._owner and (name := self._people.name_now(self._owner)):
            self._collector.tell_me(name)

    def _add(self, message: object, line: int) -> None:
        kind = message.get("type") if isinstance(message, dict) else None
        if not isinstance(message, dict) or kind == 80:
            self._collector.drop("system" if kind == 80 else "not_utterance", line=line)
            return
        account = id_at(message, "sender")
        written = text_at(message, "groupNickname").strip() or text_at(message, "accountName").strip()
        speaker = self._people.name(account, written or self._names.get(account, ""))
        reason = "no_speaker" if not speaker else _reason(kind)
        if reason is not None:
            self._collector.drop(reason, speaker, line)
            return
        moment = from_unix(self._collector, message.get("timestamp"))
        self._collector.add(speaker, text_at(message, "content"), moment, self._conversation_id, line=line)


def _reason(kind: object) -> str | None:
    if isinstance(kind, int) and not isinstance(kind, bool):
        return None if kind in _SPEECH else _REASON.get(kind, "other_media")
    return "other_media"


def _is_head(value: object) -> bool:
    return text_at(value, "_type") == "header" and bool(dict_at(value, "chatlab"))


def _has_type(values: Iterable[tuple[int, object]]) -> bool:
    return any(text_at(value, "_type") for _, value in values)


def _load(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


READER = Reader("chatlab", both("ChatLab の形式", "ChatLab's format"), judge, parse, of_json=True)
