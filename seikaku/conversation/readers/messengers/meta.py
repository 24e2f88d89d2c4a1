"""One ``message_N.json`` of a talk in Messenger or Instagram (Meta's download). Pure.

Strings are UTF-8 read as Latin-1, and are mended; messages stand newest first, and are turned round. Messenger's
download of encrypted talks (``senderName``, ``text``) is read too. Unix times become Japan time.
"""

import re
from collections.abc import Mapping
from typing import Any

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.japan_time import from_unix
from seikaku.conversation.readers.json_text import read_document
from seikaku.conversation.readers.messengers.json_values import (
    dict_at,
    folder_of,
    is_true,
    lacks,
    list_at,
    reason_of_file,
    text_at,
)
from seikaku.conversation.readers.messengers.people import clean_name
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both

_ATTACHED = (
    ("photos", "photo"), ("videos", "video"), ("audio_files", "voice_message"), ("gifs", "other_media"),
    ("files", "file"),
)  # fmt: skip
_REACTION = re.compile(
    r"Liked a message|Reacted .{1,30} to your message|(?:.{1,60} (?:liked|reacted .{1,30} to) (?:a|your) message)"
    r"|メッセージに「いいね！?」しました"
    r"|(?:.{1,60}さんが)?(?:あなたの)?メッセージに.{0,30}リアクション(?:を?しました|を送信しました)"
)
_SENT = re.compile(
    r".{1,80} sent (?:an attachment|an? (?:photo|video|link|sticker|GIF|voice message|live location|location))"
    r"|.{0,60}(?:が|さんが)?"
    r"(?:添付ファイル|写真|動画|リンク|スタンプ|音声メッセージ|ボイスメッセージ)を送信しました"
)
_SYSTEM = re.compile(
    r".{1,80} (?:named the group .{1,100}|set the (?:nickname for .{1,80}|emoji to .{1,20})"
    r"|changed the theme to .{1,80}|changed the group photo|created the group|added .{1,80} to the group"
    r"|left the group|joined the (?:call|video chat)|started an? (?:call|video chat|audio call))"
    r"|.{1,80}がグループ(?:に|を|の|から)?.{1,80}(?:しました|付けました)|.{1,80}がテーマを.{1,60}に変更しました"
)
_NOBODYS_NAME = ("Facebook user", "Facebookユーザー", "Instagram User", "Instagramユーザー", "Instagram user")
_MAX_APP_CHARS = 250
_N_SAMPLE = 50

_OLD_KEYS = both(
    "participants と sender_name・timestamp_ms があります", "it has participants, sender_name, timestamp_ms"
)
_NEW_KEYS = both("participants と senderName・timestamp があります", "it has participants, senderName and timestamp")


def judge(source: Source) -> Judgement:
    """Whether it has Meta's keys."""
    messages = list_at(source.document, "messages")[:_N_SAMPLE]
    if not messages or not list_at(source.document, "participants"):
        return NOT_THIS
    for keys, evidence in (
        (("sender_name", "timestamp_ms"), _OLD_KEYS),
        (("senderName", "timestamp"), _NEW_KEYS),
    ):
        if 2 * sum(isinstance(one, dict) and all(key in one for key in keys) for one in messages) >= len(messages):
            return Judgement(0.97, (evidence,))
    return NOT_THIS


def parse(source: Source) -> Collector:
    """Read one file of a talk. Raises InputFileError where the file is broken or has no messages."""
    document = read_document(source)
    if not isinstance(document, dict) or not isinstance(document.get("messages"), list):
        raise lacks(source, '"messages"', "Messenger / Instagram")
    collector = Collector(source)
    conversation_id = _conversation_id(source, document)
    messages = list(enumerate(document["messages"], start=1))
    if _is_newest_first([message for _, message in messages]):
        messages.reverse()
    for line, message in messages:
        _add(collector, message, conversation_id, line)
    return collector


def mend(text: str) -> str:
    """``text`` of which Meta wrote each byte as a character; as it is where that does not hold."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


def _add(collector: Collector, message: object, conversation_id: str, line: int) -> None:
    if not isinstance(message, dict):
        collector.drop("not_utterance", line=line)
        return
    speaker = clean_name(mend(text_at(message, "sender_name") or text_at(message, "senderName")))
    body = mend(text_at(message, "content") or text_at(message, "text"))
    reason = _reason(message, body) if speaker else "no_speaker"
    if reason is not None:
        collector.drop(reason, speaker, line)
        return
    if speaker in _NOBODYS_NAME:
        collector.tell_uncertain(speaker)
    collector.add(speaker, body, from_unix(collector, _written_time(message)), conversation_id, line=line)


def _reason(message: Mapping[str, Any], body: str) -> str | None:
    """Why a message is no speech; a photo with words is."""
    if is_true(message, "is_unsent") or is_true(message, "isUnsent"):
        return "unsent"
    kind = text_at(message, "type")
    if kind == "Call" or "call_duration" in message:
        return "call"
    if kind in ("Subscribe", "Unsubscribe", "placeholder"):
        return "system"
    said = clean_text(body).rstrip(".。")
    by_app = _reason_of_app_text(said) if len(said) <= _MAX_APP_CHARS else None
    if by_app == "other_media":
        by_app = _attached(message)  # somebody may have typed it
    if by_app or said:
        return by_app
    return _attached(message) or "empty"


def _reason_of_app_text(said: str) -> str | None:
    if _REACTION.fullmatch(said):
        return "reaction"
    if _SENT.fullmatch(said):
        return "other_media"
    return "system" if _SYSTEM.fullmatch(said) else None


def _attached(message: Mapping[str, Any]) -> str | None:
    for key, reason in _ATTACHED:
        if list_at(message, key):
            return reason
    if dict_at(message, "sticker") or text_at(message, "type") == "sticker":
        return "sticker"
    for file in list_at(message, "media"):
        return reason_of_file(text_at(file, "uri"))
    if dict_at(message, "share") or message.get("share"):
        return "other_media"
    return "other_media" if text_at(message, "type") in ("Share", "media", "link") else None


def _written_time(message: Mapping[str, Any]) -> object:
    return message.get("timestamp_ms", message.get("timestamp"))


def _is_newest_first(messages: list[Any]) -> bool:
    times = [time for one in messages if isinstance(one, dict) and isinstance(time := _written_time(one), int | float)]
    return len(times) > 1 and times[0] > times[-1]


def _conversation_id(source: Source, document: Mapping[str, Any]) -> str:
    """The talk's folder; else what the file says; else its name. A talk of several files has one name throughout."""
    in_path = mend(text_at(document, "thread_path")).rpartition("/")[2]
    named = clean_name(mend(text_at(document, "title") or text_at(document, "threadName")))
    if not source.stem.startswith("message_"):
        return clean_name(in_path) or named or source.stem
    return folder_of(source) or clean_name(in_path) or named or source.stem


READER = Reader(
    "meta", both("Messenger・Instagram の書き出し", "a Messenger or Instagram download"), judge, parse, of_json=True
)
