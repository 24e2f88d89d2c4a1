"""Bytes of a file -> text and the name of its encoding. Pure. Refuses what is no document and no such text."""

import re

from seikaku.conversation.readers.documents import read_document_text
from seikaku.errors import InputFileError, Words, both, in_lang

_MAGIC: tuple[tuple[bytes, Words], ...] = (
    (b"PK\x03\x04", both("Excel・Word・ZIP など", "an Excel, Word or ZIP file")),
    (b"\xd0\xcf\x11\xe0", both("古い Excel・Word", "an old Excel or Word file")),
    (b"%PDF", both("PDF", "a PDF")),
    (b"\x89PNG", both("PNG 画像", "a PNG picture")),
    (b"\xff\xd8\xff", both("JPEG 画像", "a JPEG picture")),
    (b"GIF8", both("GIF 画像", "a GIF picture")),
    (b"\x1f\x8b", both("gzip 圧縮", "a gzip file")),
)
_CONTROLS = bytes([*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20)])
_BLOCK_BYTES = 1_000_000
_CONTROLS_IN_UTF16 = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# Text has next to no control characters; compressed data has about one in ten.
_MAX_CONTROL_SHARE = 0.01
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
# A prefix with this many valid UTF-8 characters is UTF-8 with a damaged spot, not cp932.
_MIN_UTF8_CHARS = 10
_HALFWIDTH_KANA = re.compile("[\uff61-\uff9f]")
# Other encodings read as cp932 turn mostly into half-width katakana.
_MAX_HALFWIDTH_SHARE = 0.4
_UTF8_MAX_BYTES = 4
_MIN_ZERO_RATIO = 4

_SAVE_AS_UTF8 = both(
    "メモ帳などで開き、文字コードを UTF-8 にして保存し直してください。",
    "Open it in a text editor and save it as UTF-8.",
)
_EXPORT_AS_TEXT = both(
    "会話をテキスト（.txt）、CSV、JSON のどれかで書き出したファイルを指定してください。",
    "Name a file that the conversation was exported to as text (.txt), CSV or JSON.",
)
_NAME_A_TALK = both("会話の入ったファイルを指定してください。", "Name a file that holds a conversation.")


def decode(data: bytes, name: str) -> tuple[str, str]:
    """The text of ``data`` (newlines as LF, without BOM) and its encoding: utf-8, utf-8-sig, cp932 or utf-16 (of
    a document docx or xlsx).

    ``name`` is the file's display name. Raises InputFileError for empty, binary and undecodable data.
    """
    if not data:
        raise InputFileError(
            both(f"{name} は空です（0 バイト）。", f"{in_lang(name, 'en')} is empty (0 bytes)."), _NAME_A_TALK
        )
    if data.startswith(b"PK\x03\x04") and (document := read_document_text(data, name)):
        return _as_text(document[0], name), document[1]
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise InputFileError(
                both(
                    f"{name} はテキストではありません（{kind}のファイルです）。",
                    f"{in_lang(name, 'en')} is no text (it is {kind.english}).",
                ),
                _EXPORT_AS_TEXT,
            )
    text, encoding = _decode_bytes(data, name)
    if "\0" in text or _count_controls(data, text, encoding) > _MAX_CONTROL_SHARE * len(text):
        raise _binary(name)
    return _as_text(text, name), encoding


def _count_controls(data: bytes, text: str, encoding: str) -> int:
    if encoding == "utf-16":
        return len(_CONTROLS_IN_UTF16.findall(text))
    blocks = (data[begin : begin + _BLOCK_BYTES] for begin in range(0, len(data), _BLOCK_BYTES))
    return sum(len(block) - len(block.translate(None, _CONTROLS)) for block in blocks)


def _as_text(text: str, name: str) -> str:
    if not text or text.isspace():
        raise InputFileError(
            both(f"{name} には空白しかありません。", f"{in_lang(name, 'en')} holds only white space."),
            _NAME_A_TALK,
        )
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _decode_bytes(data: bytes, name: str) -> tuple[str, str]:
    if data.startswith(b"\xef\xbb\xbf"):
        return _decode_utf8(data[3:], name, 3), "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode_utf16(data, "utf-16", name), "utf-16"
    if b"\0" in data:
        # UTF-16 without a BOM: newlines, digits and colons have their zero byte on the same side; few kanji have one.
        n_even, n_odd = data[0::2].count(0), data[1::2].count(0)
        if max(n_even, n_odd) < _MIN_ZERO_RATIO * max(1, min(n_even, n_odd)):
            raise _binary(name)
        return _decode_utf16(data, "utf-16-le" if n_odd > n_even else "utf-16-be", name), "utf-16"
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if len(_MULTIBYTE.findall(data[: error.start])) >= _MIN_UTF8_CHARS:
            return _decode_utf8(data, name, 0), "utf-8"
    return _decode_cp932(data, name), "cp932"


def _decode_utf8(data: bytes, name: str, offset: int) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start > len(data) - _UTF8_MAX_BYTES and error.reason == "unexpected end of data":
            return data[: error.start].decode("utf-8")  # cut in the middle of the last character
        place = error.start + offset + 1
        raise InputFileError(
            both(
                f"{name} は UTF-8 として壊れています（{place} バイト目）。",
                f"{in_lang(name, 'en')} is broken as UTF-8 (at byte {place}).",
            ),
            both(
                f"もとのアプリから書き出し直すか、{_SAVE_AS_UTF8}",
                f"Export it anew from the app that it came from. Or: {_SAVE_AS_UTF8.english}",
            ),
        ) from None


def _decode_utf16(data: bytes, codec: str, name: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        raise InputFileError(
            both(f"{name} は UTF-16 として壊れています。", f"{in_lang(name, 'en')} is broken as UTF-16."),
            _SAVE_AS_UTF8,
        ) from None


def _decode_cp932(data: bytes, name: str) -> str:
    try:
        text = data.decode("cp932")
    except UnicodeDecodeError:
        text = ""
    n_wide = len(text) - len(text.encode("ascii", "ignore"))
    if not text or len(_HALFWIDTH_KANA.findall(text)) > _MAX_HALFWIDTH_SHARE * n_wide:
        raise InputFileError(
            both(
                f"{name} の文字コードを判別できません（UTF-8、UTF-16、Shift_JIS ではありません）。",
                f"The encoding of {in_lang(name, 'en')} is not known (it is not UTF-8, UTF-16 or Shift_JIS).",
            ),
            _SAVE_AS_UTF8,
        )
    return text


def _binary(name: str) -> InputFileError:
    return InputFileError(
        both(
            f"{name} はテキストではありません（バイナリのデータが入っています）。",
            f"{in_lang(name, 'en')} is no text (it holds binary data).",
        ),
        _EXPORT_AS_TEXT,
    )
