"""What a message's body is: cleaned text, or a reason why it is no speech. Pure.

Labels are those of LINE's exports in Japanese, English and Chinese. Cleaning is minimal (the model normalises further).
"""

import re
from collections.abc import Iterable, Mapping

# Control characters (without tab and newline), directional marks, zero-width space, BOM, lone surrogates. They come
# from exports and copy-paste, are invisible, and some break terminals and encoders. U+200D stays: it builds emoji.
_JUNK = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]")

_LABELS: dict[str, tuple[str, ...]] = {
    "sticker": ("[スタンプ]", "[Sticker]", "[Stickers]", "Stickers", "[貼圖]", "[贴图]"),
    "photo": ("[写真]", "[画像]", "[Photo]", "[Photos]", "Photos", "[照片]"),
    "video": ("[動画]", "[Video]", "[Videos]", "Videos", "[影片]", "[视频]"),
    "voice_message": ("[ボイスメッセージ]", "[音声メッセージ]", "[Voice message]", "[語音訊息]", "[语音信息]"),
    "file": ("[ファイル]", "[File]", "[檔案]", "[文件]"),
    "location": ("[位置情報]", "[Location]", "[位置]"),
    "contact": ("[連絡先]", "[Contact]", "[聯絡資訊]"),
    "unsent": ("メッセージの送信を取り消しました", "Message unsent."),
}
_REASON_OF_LABEL = {label: reason for reason, labels in _LABELS.items() for label in labels}
# These labels stand before words that the app writes (an album's name, a poll's question).
_REASON_OF_PREFIX = {
    "[アルバム]": "album", "[Albums]": "album", "[Album]": "album", "[相簿]": "album",
    "[ノート]": "note", "[Notes]": "note", "[Note]": "note", "[記事本]": "note", "[记事本]": "note",
    "[投票]": "poll", "[投票終了]": "poll", "[Poll]": "poll",
    "[イベント]": "event", "[Event]": "event",
    "[プレゼント]": "gift", "[Gift]": "gift",
    "[位置情報]": "location", "[Location]": "location",
    "[ファイル]": "file", "[File]": "file",
}  # fmt: skip
# The PC export writes the bare word where the phone writes it in brackets.
_REASON_OF_PC_WORD = {
    "スタンプ": "sticker", "写真": "photo", "画像": "photo", "動画": "video", "ファイル": "file",
    "ボイスメッセージ": "voice_message", "位置情報": "location", "連絡先": "contact",
    "写真を送信しました": "photo", "動画を送信しました": "video", "ファイルを送信しました": "file",
}  # fmt: skip
_LABEL_AT_END = re.compile(
    rf" (?:{'|'.join(re.escape(label) for label in _REASON_OF_LABEL if label[0] == '[')})$", re.M
)
# What the phone writes behind its sign for a call. "☎していい？" is a person's.
_CALL = re.compile(
    r"☎ ?(?:(?:グループ)?(?:音声|ビデオ)?通話(?:時間 ?[\d:]+|に応答がありませんでした|をキャンセルしました"
    r"|が(?:開始されました|終了しました))|不在着信|応答なし|キャンセル(?:しました)?"
    r"|(?:(?:Missed|Canceled|Cancelled|Unanswered) (?:voice |video )?call|No answer|Call (?:time|ended|canceled))"
    r"(?:[: ]*[\d:]+)?|(?:Group (?:voice |video )?call (?:started|ended))"
    r"|通[話话][時时][間间长長]? ?[\d:]+|未接[來来][電电]|已?取消(?:通[話话])?|[無无]人接[聽听]|[無无]回[應应])[。.]?"
)
LINE_EMOJI = "(emoji)"  # what LINE writes for an emoji of its own
_REASON_IN_LINE = _REASON_OF_LABEL | {LINE_EMOJI: "other_media"}
_REASON_IN_LINE_PC = _REASON_IN_LINE | _REASON_OF_PC_WORD
# Nearly all speech is told by its first character: nothing that is none begins with it.
_MARKS = frozenset("[☎h")
_FIRSTS = _MARKS | {label[0] for label in _REASON_OF_LABEL}
_FIRSTS_IN_LINE = _MARKS | {label[0] for label in _REASON_IN_LINE}
_FIRSTS_IN_LINE_PC = _MARKS | {label[0] for label in _REASON_IN_LINE_PC}
# The first characters of all that one of the functions below calls no speech.
FIRSTS_OF_NO_SPEECH = frozenset({"", *_FIRSTS_IN_LINE_PC})


def clean_text(text: str) -> str:
    """``text`` with LF newlines, without invisible junk, stripped; inner newlines stay."""
    if text.isprintable():  # nothing of the junk is, nor is a newline
        return text.strip()
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _JUNK.search(text):
        text = _JUNK.sub("", text)
    return text.strip()


def classify_body(body: str) -> str | None:
    """The reason why a cleaned body is not speech, or None if it is."""
    return None if body and body[0] not in _FIRSTS else _classify(body, _REASON_OF_LABEL)


def classify_line_body(body: str) -> str | None:
    """As ``classify_body``, for LINE's exports: its stand-in for an emoji is no speech either."""
    return None if body and body[0] not in _FIRSTS_IN_LINE else _classify(body, _REASON_IN_LINE)


def classify_line_pc_body(body: str) -> str | None:
    """As ``classify_line_body``, for LINE's PC export: labels without brackets are not speech either."""
    return None if body and body[0] not in _FIRSTS_IN_LINE_PC else _classify(body, _REASON_IN_LINE_PC)


def writes_brackets(text: str) -> bool:
    """Whether a PC's export puts its labels in brackets, as newer ones do: then the bare words in it are people's."""
    return _LABEL_AT_END.search(text) is not None


def count_bare_labels(bodies: Iterable[str]) -> int:
    """How many bodies are a word that an older export of a PC writes for what was sent, or a person typed."""
    return sum(map(_REASON_OF_PC_WORD.__contains__, bodies))


def _classify(body: str, reason_of_label: Mapping[str, str]) -> str | None:
    if not body:
        return "empty"
    reason = reason_of_label.get(body)
    if reason is None and body[0] == "[":
        reason = _REASON_OF_PREFIX.get(body[: body.find("]") + 1])
        if reason is None and body.startswith("[null]") and "maps.google" in body:
            reason = "location"
    elif body[0] == "☎" and _CALL.fullmatch(body):
        reason = "call"
    elif body[0] == "h" and all(_is_url(word) for word in body.split()):
        reason = "url_only"
    return reason


def _is_url(word: str) -> bool:
    # Not ASCII: Japanese words were typed right behind the address, and those are speech.
    return word.startswith(("https://", "http://")) and word.isascii()
