"""How LINE writes the same talk in 13 dialects of phones and 3 of PCs: heads, dates, clocks, its own labels.

As the public descriptions of exports show them; the names and the talk are made up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

_KANJI = "月火水木金土日"
_ENGLISH = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_THAI = ("จันทร์", "อังคาร", "พุธ", "พฤหัสบดี", "ศุกร์", "เสาร์", "อาทิตย์")
_CHINESE = "一二三四五六日"

_JAPANESE_HEAD = ("[LINE] {}とのトーク履歴", "保存日時：2027/12/31 22:10")
_ENGLISH_HEAD = ("[LINE] Chat history with {}", "Saved on: 2027/12/31, 22:10")
_JAPANESE_LABELS = (
    "[スタンプ]", "[写真]", "[動画]", "☎ 通話時間 1:07", "☎ 不在着信", "メッセージの送信を取り消しました"
)  # fmt: skip
_ENGLISH_LABELS = ("[Sticker]", "[Photo]", "[Video]", "☎ Call time 1:07", "☎ Missed call")


@dataclass(frozen=True)
class Dialect:
    """One dialect: ``date`` and ``clock`` write a day and a minute of it, ``head`` the lines above the talk."""

    date: Callable[[date], str]
    clock: Callable[[int], str]
    head: tuple[str, ...] = _JAPANESE_HEAD
    labels: tuple[str, ...] = _JAPANESE_LABELS
    latest: int = 24 * 60 - 1
    is_pc: bool = False
    day_or_month_first: bool = False


def _hours24(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _hours_unpadded(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


def _hours12(before: tuple[str, str] = ("", ""), behind: tuple[str, str] = ("", ""), *, noon: int = 12, width: int = 1):
    """A clock of twelve hours; ``noon`` is how it writes the hour 0 and 12."""

    def write(minutes: int) -> str:
        hour, minute = divmod(minutes, 60)
        half = hour >= 12
        return f"{before[half]}{hour % 12 or noon:0{width}}:{minute:02}{behind[half]}"

    return write


def _month_first(day: date) -> str:
    return f"{_ENGLISH[day.weekday()][:3]}, {day.month}/{day.day}/{day.year}"


PHONE_DIALECTS = {
    "ja": Dialect(lambda day: f"{day:%Y/%m/%d}({_KANJI[day.weekday()]})", _hours24),
    "ja-12h": Dialect(
        lambda day: f"{day.year}/{day.month}/{day.day}({_KANJI[day.weekday()]})", _hours12(("午前", "午後"), noon=0)
    ),
    "ja-hour24": Dialect(
        lambda day: f"{day.year}/{day.month}/{day.day}({_KANJI[day.weekday()]})", _hours24, latest=24 * 60 + 59
    ),
    "ja-unpadded": Dialect(lambda day: f"{day.year}/{day.month}/{day.day}({_KANJI[day.weekday()]})", _hours_unpadded),
    "en-month": Dialect(
        _month_first, _hours12(behind=("AM", "PM")), _ENGLISH_HEAD, _ENGLISH_LABELS, day_or_month_first=True
    ),
    "en-day": Dialect(
        lambda day: f"{_ENGLISH[day.weekday()][:3]}, {day:%d/%m/%Y}",
        _hours12(behind=(" AM", " PM")),
        _ENGLISH_HEAD,
        _ENGLISH_LABELS,
        day_or_month_first=True,
    ),
    "en-year": Dialect(
        lambda day: f"{day:%Y/%m/%d} {_ENGLISH[day.weekday()][:3]}", _hours24, _ENGLISH_HEAD, _ENGLISH_LABELS
    ),
    "en-nnbsp": Dialect(
        _month_first,
        _hours12(behind=("\u202fAM", "\u202fPM")),
        _ENGLISH_HEAD,
        _ENGLISH_LABELS,
        day_or_month_first=True,
    ),
    "en-brackets": Dialect(
        lambda day: f"{day:%Y/%m/%d}({_ENGLISH[day.weekday()][:3]})",
        _hours12(behind=("AM", "PM"), width=2),
        _ENGLISH_HEAD,
        _ENGLISH_LABELS,
    ),
    "en-dots": Dialect(
        lambda day: f"{day:%Y.%m.%d} {_ENGLISH[day.weekday()]}", _hours24, _ENGLISH_HEAD, _ENGLISH_LABELS
    ),
    "zh-tw": Dialect(
        lambda day: f"{day:%Y/%m/%d}（{_CHINESE[day.weekday()]}）",
        _hours12(("上午", "下午"), width=2),
        ("[LINE] 與{}的聊天記錄", "儲存日期：2027/12/31 22:10"),
        ("[貼圖]", "[照片]"),
    ),
    "zh-cn": Dialect(
        lambda day: f"{day.year}/{day.month}/{day.day}周{_CHINESE[day.weekday()]}",
        _hours12(("上午", "下午")),
        ("[LINE] 与{}的聊天记录", "保存日期：2027/12/31 22:10"),
        ("[贴图]",),
    ),
    "th": Dialect(
        lambda day: f"{day:%Y/%m/%d} {_THAI[day.weekday()]}",
        _hours24,
        ("[LINE] ประวัติการแชทกับ {}", "บันทึกวันที่ 2027/12/31 22:10"),
        ("[Sticker]",),
    ),
}
PC_DIALECTS = {
    "pc-ja": Dialect(lambda day: f"{day:%Y.%m.%d} {_KANJI[day.weekday()]}曜日", _hours24, (), is_pc=True),
    "pc-en": Dialect(
        lambda day: f"{day:%Y.%m.%d} {_ENGLISH[day.weekday()]}", _hours24, (), _ENGLISH_LABELS, is_pc=True
    ),
    "pc-titled": Dialect(lambda day: f"{day:%Y.%m.%d} {_KANJI[day.weekday()]}曜日", _hours24, is_pc=True),
}
PHONE, PC = tuple(PHONE_DIALECTS), tuple(PC_DIALECTS)
DIALECTS = {**PHONE_DIALECTS, **PC_DIALECTS}
