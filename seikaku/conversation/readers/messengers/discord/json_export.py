"""Discord as DiscordChatExporter writes it in JSON. Pure.

Times become Japan time. Only what a person wrote is kept (types Default and Reply); bots, forwards and joins are left
out. The speaker is the nickname; two accounts of one nickname stay two.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.japan_time import from_iso
from seikaku.conversation.readers.json_text import read_document
from seikaku.conversation.readers.messengers.discord.discord_text import read_text
from seikaku.conversation.readers.messengers.json_values import (
    dict_at,
    id_at,
    is_true,
    lacks,
    list_at,
    reason_of_file,
    text_at,
)
from seikaku.conversation.readers.messengers.people import People, clean_name
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both

_KEPT = ("Default", "Reply")
_MARKS = ("dateRange", "exportedAt", "messageCount")

_KEYS = both("guild・channel・messages があります", "it has guild, channel and messages")


def judge(source: Source) -> Judgement:
    """Whether it has the exporter's keys."""
    document = source.document
    if not isinstance(document, dict) or not isinstance(document.get("messages"), list):
        return NOT_THIS
    if not dict_at(document, "guild") or not dict_at(document, "channel"):
        return NOT_THIS
    return Judgement(0.98 if any(key in document for key in _MARKS) else 0.85, (_KEYS,))


def parse(source: Source) -> Collector:
    """Read one channel. Raises InputFileError where the file is broken or has no messages."""
    document = read_document(source)
    if not isinstance(document, dict) or not isinstance(document.get("messages"), list):
        raise lacks(source, '"messages"', "DiscordChatExporter")
    collector = Collector(source)
    people = People(collector)
    conversation_id = clean_name(text_at(dict_at(document, "channel"), "name")) or source.stem
    messages = list(enumerate(document["messages"], start=1))
    if _is_newest_first(document["messages"]):
        messages.reverse()
    for line, message in messages:
        _add(collector, people, message, conversation_id, line)
    return collector


def _add(collector: Collector, people: People, message: object, conversation_id: str, line: int) -> None:
    if not isinstance(message, dict):
        collector.drop("not_utterance", line=line)
        return
    author = dict_at(message, "author")
    speaker = people.name(id_at(author, "id"), text_at(author, "nickname").strip() or text_at(author, "name"))
    kind = text_at(message, "type")
    if kind not in _KEPT and not is_true(author, "isBot"):
        collector.drop("call" if kind == "Call" else "system", line=line)
        return
    mentioned = [text_at(one, key) for one in list_at(message, "mentions") for key in ("nickname", "name")]
    text, removed = read_text(text_at(message, "content"), mentioned)
    reason = _reason(message, author, speaker, has_text=bool(text or removed))
    if reason is not None:
        collector.drop(reason, speaker, line)
        return
    moment = from_iso(collector, message.get("timestamp"))
    collector.add(speaker, text, moment, conversation_id, line=line, removed=removed)


def _reason(message: Mapping[str, Any], author: object, speaker: str, *, has_text: bool) -> str | None:
    if is_true(author, "isBot"):
        return "bot"
    if not speaker:
        return "no_speaker"
    if has_text:
        return None
    if dict_at(message, "forwardedMessage") or text_at(dict_at(message, "reference"), "type") == "Forward":
        return "forwarded"
    for file in list_at(message, "attachments"):
        return reason_of_file(text_at(file, "fileName"))
    if list_at(message, "stickers"):
        return "sticker"
    return "other_media" if list_at(message, "embeds") else "empty"


def _is_newest_first(messages: list[Any]) -> bool:
    written = [text for message in messages if (text := text_at(message, "timestamp"))]
    moments = [moment for text in (written[:1] + written[-1:]) if (moment := _try_iso(text))]
    return len(moments) == 2 and moments[0] > moments[1]


def _try_iso(written: str) -> float | None:
    try:
        return datetime.fromisoformat(written).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


READER = Reader(
    "discord",
    both("Discord（DiscordChatExporter の JSON）", "Discord (DiscordChatExporter, JSON)"),
    judge,
    parse,
    of_json=True,
)
