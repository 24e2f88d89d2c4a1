"""Titles above a LINE export, in each language, and whom they name. Pure.

[LINE] 太郎とのトーク履歴
保存日時：2024/05/06 21:00
"""

import re
from pathlib import PurePath

from seikaku.errors import both

_TITLE_STARTS = ("[LINE]", "Chat history with ", "Chat history in ", "ประวัติการแชทกับ")
_SAVED_STARTS = ("保存日時", "儲存日期", "保存日期", "Saved on", "บันทึกวันที่", "저장한 날짜")
_PARTNER = (
    re.compile(r"(?:\[LINE\] ?)(.+?) ?とのトーク(?:履歴)?"),
    re.compile(r"(?:\[LINE\] ?)?Chat (?:history )?with (.+)"),
    re.compile(r"(?:\[LINE\] ?)[與与](.+)的聊天[記记][錄录]"),
)
_COPY = re.compile(r" ?\(\d+\)$")  # a browser's or a phone's second download
_N_LINES_TO_DATE = 4
# Languages whose labels we know in part only.
_HALF_KNOWN = re.compile(r"[\u0e00-\u0e7f\uac00-\ud7af]|聊天[記记][錄录]|儲存日期|保存日期")
HALF_KNOWN_LANGUAGE = both(
    "日本語でも英語でもない LINE の履歴です。スタンプや通話など、アプリの書いた文が発話に混ざっているかもしれません。",
    "This LINE export is neither Japanese nor English: some of what the app wrote (stickers, calls) may have been "
    "counted as utterances.",
)


def is_title(line: str) -> bool:
    """Whether a line is the title above an export."""
    return line.startswith(_TITLE_STARTS)


def is_header(line: str) -> bool:
    """Whether a line is the title or the saving date above an export."""
    return line.startswith(_TITLE_STARTS + _SAVED_STARTS)


def is_half_known(lines: list[str]) -> bool:
    """Whether the title says that the app spoke another language than Japanese or English."""
    return any(is_header(line) and _HALF_KNOWN.search(line) for line in lines[:2])


def lines_below_title(lines: list[str], index: int) -> int:
    """How many header and blank lines stand from a title to the first other line, or 0 if they are too many."""
    for n_lines, line in enumerate(lines[index + 1 : index + 1 + _N_LINES_TO_DATE], start=1):
        if line.strip() and not is_header(line):
            return n_lines
    return 0


def find_partner(title: str) -> str:
    """The one person with whom a talk was, by its title or file name; "" for a group."""
    for pattern in _PARTNER:
        if match := pattern.fullmatch(title.strip()):
            return match[1].strip()
    return ""


def partner_in_file_name(name: str) -> str:
    """As ``find_partner``, from ``[LINE] 山田 太郎とのトーク.txt``."""
    path = PurePath(name)
    return find_partner(_COPY.sub("", path.stem if path.suffix.lower() == ".txt" else path.name))
