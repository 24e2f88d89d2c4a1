"""Damage to files: bytes, lines, characters, JSON values. In: a generator of random numbers and a text. Pure."""

import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

MAX_CHARS = 30_000  # about 100 kB at most; ordinary inputs stay near the size of what they were made from
RARE = 0.004  # the share of huge inputs
_CHARACTERS = (
    "\0", "\u200b", "\u200d", "\u200e", "\u200f", "\u202e", "\u202f", "\u00a0", "\u2028", "\u2029", "\x85", "\x1b",
    "\x1c",
    "\ufeff", "\u3000", "\t", "\v", "\f", "\r", "\u0301", "\U0001f468\u200d\U0001f469", "\ufffd", "：", ":", ",",
    '"', "'",
    "[", "]", "{", "}", "(", "<", ">", "/", "\\", "-->", "|", "`", "```", "*", "_", "@", "#", "&", "&lt;", "&#0;",
    "&#x110000;",
    "%", "0", "٣", "９", "²", "①", "年", "午後", "AM", "-", "--", "=", "…", "\n", "\n\n", "\r\n", "\ud800",
)  # fmt: skip
_STRAYS = (
    "[LINE] 花子とのトーク履歴", "保存日時：2026/01/01 10:00", "2026/1/9(金)", "2026.01.09 金曜日",
    "10:30\t太郎\tうん", "25:99\t太郎\tうん",
    "10:30 太郎 うん", "午後3:10\t花子\t\"あ", "Fri, 1/9/2026", "1/9/26, 3:10 PM - 太郎: うん",
    "[2026/01/09 9:05:09] 太郎: うん",
    "9/1/2026, 10:30 - Messages and calls are end-to-end encrypted.", "[太郎] [오전 9:12] うん",
    "--------------- 2026년 1월 9일 금요일 ---------------", "2026년 1월 9일 오전 9:12, 太郎 : うん",
    "[2026/01/09 9:06] 太郎",
    "{Attachments}", "{Reactions}", "=" * 62, "10:00:01\t From 太郎 to Everyone : うん", "10:00:01\t太郎:\tうん",
    "19:52:03 開始 太郎 から 皆様:", "WEBVTT", "NOTE x", "00:00:01.000 --> 00:00:03.000",
    "00:00:01,000 --> 00:00:03,000",
    "99:99:99.999 --> 00:00:00.000", "<v 太郎>うん</v>", "<v 太郎", "[太郎] うん", "（太郎）うん", "太郎: うん",
    "太郎：うん", "1", "話者 1 00:02 うん",
    "太郎 0:05", "F001：うん", "＠会話終了", "＠参加者", "話者,本文", "speaker\ttext", '"日時","話者","本文"',
    "AuthorID,Author,Date,Content,Attachments,Reactions",
    '{"speaker": "太郎", "text": "うん"}', '{"role": "user", "content": "うん"}',
    '{"type": "message", "user": "U1", "text": "x", "ts": "1704153600.000100"}',
    '{"mapping": {"a": {"message": null, "parent": "a", "children": ["a"]}}}', '{"utterances": []}',
    "window.YTD.direct_messages.part0 = [",
    "From: a@example.com", "件名: 会議", "[", "]", "{", "}", "```", "> うん", '"', "﻿",
)  # fmt: skip
_NAMES = (
    "talk.txt", "talk.csv", "talk.tsv", "talk.json", "talk.jsonl", "talk.vtt", "talk.srt", "talk.md", "talk", "talk.js",
    "talk.docx", "talk.xlsx", "_chat.txt", "GMT20260903-010000_Recording.transcript.vtt", "meeting_saved_chat.txt",
    "users.json", "[LINE]花子とのトーク.txt", "WhatsApp Chat with 花子.txt", "企画会議の議事録.txt", ".txt",
)  # fmt: skip
_HIRAGANA = re.compile("[ぁ-ん]{4,}")
_NUMBER = re.compile(r"\d+")


def plant(rng: Random, text: str, secret: str) -> str:
    """``text`` with a secret behind some runs of hiragana, which are mostly talk."""
    return _HIRAGANA.sub(lambda match: match[0] + (secret if rng.random() < 0.5 else ""), text)


def mutate_name(rng: Random, name: str) -> str:
    return rng.choice(_NAMES) if rng.random() < 0.15 else name


def mutate_text(rng: Random, text: str, others: Sequence[str], share_huge: float = RARE) -> str:
    """``text`` with one to four changes; ``others`` are texts whose lines may get into it."""
    looks_json = text.lstrip()[:1] in ("{", "[")
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4))):
        if rng.random() < share_huge:
            text = _make_huge(rng, text)
        elif looks_json and rng.random() < 0.7:
            text = _mutate_json(rng, text)
        else:
            text = rng.choice(_OF_LINES if rng.random() < 0.6 else _OF_CHARACTERS)(rng, text, others)
        text = text[:MAX_CHARS]
    return text


def encode(rng: Random, text: str) -> bytes:
    """``text`` as bytes: mostly UTF-8; at times another encoding, two of them, other newlines, or flipped bytes."""
    if rng.random() < 0.08:
        ends = rng.choice(("\r\n", "\r", "\n\n", "\n\r", "\u2028", "mixed"))
        text = _mix_newlines(rng, text) if ends == "mixed" else text.replace("\n", ends)
    data = text.encode("utf-8", "surrogatepass")
    dice = rng.random()
    if dice < 0.85:
        return data
    if dice < 0.88:
        return text.encode("cp932", "replace")
    if dice < 0.91:
        return text.encode(rng.choice(("utf-16", "utf-16-le", "utf-16-be")), "replace")
    if dice < 0.92:
        return b"\xef\xbb\xbf" + data
    place = rng.randint(0, len(data))
    if dice < 0.95:
        piece = rng.choice(_STRAYS).encode(rng.choice(("cp932", "utf-16-le", "euc-jp", "latin-1")), "replace")
        return data[:place] + piece + data[place:]
    if dice < 0.97:
        return data[:place]
    return _flip(rng, data)


def _flip(rng: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def flip_bytes(rng: Random, data: bytes) -> bytes:
    """Any file's bytes, flipped or cut: for documents of Word and Excel."""
    return _flip(rng, data) if rng.random() < 0.7 else data[: rng.randint(0, len(data))]


def _mix_newlines(rng: Random, text: str) -> str:
    return "".join(rng.choice(("\n", "\r\n", "\r")) if sign == "\n" else sign for sign in text)


def _delete_lines(rng: Random, text: str, others: Sequence[str]) -> str:
    lines = text.split("\n")
    start = rng.randrange(len(lines))
    del lines[start : start + rng.choice((1, 1, 1, 2, 5))]
    return "\n".join(lines)


def _repeat_lines(rng: Random, text: str, others: Sequence[str]) -> str:
    lines = text.split("\n")
    start = rng.randrange(len(lines))
    piece = lines[start : start + rng.choice((1, 1, 2, 5))]
    return "\n".join(lines[:start] + piece * rng.choice((2, 2, 3, 10)) + lines[start:])


def _swap_lines(rng: Random, text: str, others: Sequence[str]) -> str:
    lines = text.split("\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def _join_lines(rng: Random, text: str, others: Sequence[str]) -> str:
    lines = text.split("\n")
    place = rng.randrange(len(lines))
    return "\n".join(lines[:place] + ["".join(lines[place : place + 2])] + lines[place + 2 :])


def _insert_stray(rng: Random, text: str, others: Sequence[str]) -> str:
    lines = text.split("\n")
    lines.insert(rng.randint(0, len(lines)), rng.choice(_STRAYS))
    return "\n".join(lines)


def _insert_lines_of_another(rng: Random, text: str, others: Sequence[str]) -> str:
    lines, of_other = text.split("\n"), rng.choice(others).split("\n")
    start = rng.randrange(len(of_other))
    place = rng.randint(0, len(lines))
    return "\n".join(lines[:place] + of_other[start : start + rng.randint(1, 4)] + lines[place:])


def _truncate(rng: Random, text: str, others: Sequence[str]) -> str:
    place = rng.randint(0, len(text))
    return text[:place] if rng.random() < 0.8 else text[place:]


def _insert_character(rng: Random, text: str, others: Sequence[str]) -> str:
    place = rng.randint(0, len(text))
    return text[:place] + rng.choice(_CHARACTERS) * rng.choice((1, 1, 1, 2, 30)) + text[place:]


def _replace_character(rng: Random, text: str, others: Sequence[str]) -> str:
    place = rng.randint(0, len(text))
    return text[:place] + rng.choice(_CHARACTERS) + text[place + rng.choice((1, 1, 3)) :]


def _delete_characters(rng: Random, text: str, others: Sequence[str]) -> str:
    place = rng.randint(0, len(text))
    return text[:place] + text[place + rng.choice((1, 1, 2, 8, 40)) :]


def _replace_everywhere(rng: Random, text: str, others: Sequence[str]) -> str:
    if not text:
        return text
    return text.replace(rng.choice(text), rng.choice(_CHARACTERS), rng.choice((-1, 2, 5)))


def _change_number(rng: Random, text: str, others: Sequence[str]) -> str:
    found = list(_NUMBER.finditer(text))
    if not found:
        return text
    match = rng.choice(found)
    number = rng.choice(
        ("0", "00", "99", "13", "24", "-1", "9999", "99999999999999999999", "1e9", "", "٣", "²", "９", "0" * 400)
    )
    return text[: match.start()] + number + text[match.end() :]


def _make_huge(rng: Random, text: str) -> str:
    """A long repeat of a piece, of one character, of a line, or of the whole."""
    start = rng.randint(0, len(text))
    unit = rng.choice(
        (
            text[start : start + rng.choice((1, 2, 5, 20))],
            rng.choice(_CHARACTERS),
            rng.choice(_STRAYS) + "\n",
            rng.choice(_STRAYS),
            f"{rng.choice(text.split(chr(10)))}\n",
            text,
        )
    )
    repeated = (unit or "a") * (MAX_CHARS // max(1, len(unit)))
    return text[:start] + repeated + text[start:]


_Change = Callable[[Random, str, Sequence[str]], str]
_OF_LINES: tuple[_Change, ...] = (
    _delete_lines, _repeat_lines, _swap_lines, _join_lines, _insert_stray, _insert_stray, _insert_lines_of_another,
    _truncate,
)  # fmt: skip
_OF_CHARACTERS: tuple[_Change, ...] = (
    _insert_character, _insert_character, _replace_character, _delete_characters, _replace_everywhere, _change_number,
)  # fmt: skip


def _mutate_json(rng: Random, text: str) -> str:
    """A JSON (or JSON Lines) text with a value, a key or an item changed."""
    is_lines = False
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        try:
            value, is_lines = [json.loads(line) for line in text.split("\n") if line.strip()], True
        except (ValueError, RecursionError):
            return text
    places: list[tuple[Any, Any]] = []
    _list_places(value, places)
    if not places:
        return json.dumps(_junk(rng))
    for _ in range(rng.choice((1, 1, 2, 3))):
        _change(rng, places)
    if rng.random() < 0.01:
        value = _nest(rng, value)
    if is_lines:
        return "\n".join(json.dumps(line, ensure_ascii=False) for line in value)
    try:
        return json.dumps(value, ensure_ascii=rng.random() < 0.3)
    except RecursionError:  # the text was deeper than this can write
        return text


def _list_places(value: Any, places: list[tuple[Any, Any]]) -> None:
    waiting = [value]
    while waiting and len(places) < 3000:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            places.append((one, key))
            waiting.append(one[key])


def _change(rng: Random, places: list[tuple[Any, Any]]) -> None:
    holder, key = rng.choice(places)
    other, other_key = rng.choice(places)
    try:
        old = holder[key]
        kind = rng.randint(0, 6)
        if kind <= 2:
            holder[key] = _junk(rng)
        elif kind == 3:
            del holder[key]
        elif kind == 4 and isinstance(holder, dict) and isinstance(other_key, str):
            holder[other_key] = holder.pop(key)
        elif kind == 5 and isinstance(holder, list):
            holder.insert(key, old)
        elif kind == 6 and not isinstance(other[other_key], dict | list):
            holder[key] = other[other_key]
        else:
            holder[key] = rng.choice(([old], {"text": old}, str(old)[:2000], f"{old}"[:50] * 3))
    except (KeyError, IndexError):  # taken away by an earlier change
        pass


def _junk(rng: Random) -> Any:
    return rng.choice(
        (
            None, True, False, 0, -1, 1, 2**63, 10**30, 1.5, -0.0, float("nan"), float("inf"), "", " ", "\u200b",
            "null", "a",
            "2026-01-09T10:00:00", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00-12:00", "1767916800", "1e400",
            "-62135596801",
            "9" * 400, "\ud800", "\0", "うん", "太郎: うん", [], [None], [[]], ["うん"], [{}], {}, {"": ""},
            {"a": None}, {"text": []},
            {"role": []}, [{"type": "text", "text": 1}], -62135596800, 253402300800, 1e20, 253402300800000,
            "x" * 3000,
        )
    )  # fmt: skip


def _nest(rng: Random, value: Any) -> Any:
    for _ in range(rng.choice((50, 300, 600))):
        value = [value] if rng.random() < 0.5 else {"messages": value}
    return value


def write_deep(rng: Random) -> str:
    """JSON that is nested deeper than any reader can follow."""
    depth = rng.choice((900, 1100, 5000, 20_000))
    opened = rng.choice(
        ("[", '{"a":', '{"messages":[', '{"mapping":{"a":', '[{"utterances":', '{"type":"message","text":[')
    )
    inside = rng.choice(("", "1", '"うん"', "{}"))
    closing = "".join({"[": "]", "{": "}"}.get(sign, "") for sign in reversed(opened))
    return opened * depth + inside + (closing * depth if rng.random() < 0.7 else "")
