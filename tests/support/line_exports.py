"""Writes LINE exports whose truth is known, hostile on purpose, and counts how they are read. All talk is made up.

PYTHONPATH=. python tests/support/line_exports.py 1000     # so many files of each dialect
"""

import sys
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from seikaku.conversation.readers import parse_conversations
from seikaku.errors import InputFileError

PHONE = ("ja", "ja-12h", "ja-hour24", "en-month", "en-day", "en-year", "en-nnbsp")
PC = ("pc-ja", "pc-en")
DIALECTS = PHONE + PC

_WORDS = (
    "うん",
    "了解",
    "おはよう",
    "今日は寒いね",
    "駅で待ってる",
    "ほんと？",
    "ok",
    "また明日",
    "それは困った",
    "笑",
)
_LONGER = ("うん そうだね", "え なにそれ", "I think so", "明日 10:00 でいい？", "見て https://example.com/a", "a, b, c")
_BRACKETS = ("[笑]", "[これ大事]", "☎️していい？", "(笑)", "通話しよう", "「はい」", "スタンプ送って", "12:30")
_QUOTED = ('彼は"今"と言った', '"完璧"', '"うん" と "はい"', '5"のねじ"')
_HALF_QUOTED = ('"あのさ', '5" のねじ', '今日は"', '"')  # some versions of the app leave these as they are
_NAMES = (
    "花子",
    "太郎",
    "Ken",
    "みなみ",
    "山田 花子",
    "山田 太郎",
    "Ken Sato",
    "[K]",
    "7",
    "12月",
    "（仮）",
    "a,b",
    "K [3]",
)
_TABBED_NAMES = ("花\t子", "A\t1")
_APP_BODIES = ("[スタンプ]", "[写真]", "[動画]", "☎ 通話時間 1:07", "☎ 不在着信", "メッセージの送信を取り消しました")
_APP_BODIES_EN = ("[Sticker]", "[Photo]", "[Video]", "☎ Call time 1:07", "☎ Missed call")
_KANJI = "月火水木金土日"
_ENGLISH = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Export:
    """``truth``: who said what when. ``undecidable``: the text could as well come from another talk."""

    text: str
    name: str
    truth: tuple[tuple[str, str, datetime], ...]
    undecidable: bool


@dataclass
class _Said:
    speaker: str
    body: str
    clock: int
    is_app: bool = False


def write_export(rng: Random, dialect: str, *, ordinary: bool = False) -> Export:
    """One export of a few days. ``ordinary``: inner quotes are doubled, none stands alone, no name holds a tab."""
    return _Writer(rng, dialect, ordinary).write()


def outcome(export: Export) -> str:
    """How the readers take it: right, told (wrong or doubtful with a warning), undecidable, or silently wrong."""
    try:
        imported = parse_conversations(export.text.encode(), name=export.name)
    except InputFileError:
        return "told" if export.truth else "right"
    said = tuple((one.speaker, one.text, one.timestamp) for talk in imported.conversations for one in talk.utterances)
    if said == export.truth:
        return "right"
    if imported.report.warnings:
        return "told"
    return "undecidable" if export.undecidable else "silently wrong"


class _Writer:
    def __init__(self, rng: Random, dialect: str, ordinary: bool) -> None:
        self.rng, self.dialect = rng, dialect
        self.quoted = _QUOTED if ordinary else _QUOTED + _HALF_QUOTED
        self.is_pc = dialect in PC
        self.is_english = "en" in dialect
        names = _NAMES if self.is_pc or ordinary or rng.random() < 0.8 else _NAMES + _TABBED_NAMES
        self.speakers = rng.sample(names, rng.randint(2, 3))
        self.doubles_quotes = ordinary or rng.random() < 0.7
        self.blank_above_dates = not self.is_pc or rng.random() < 0.5
        # One line of "Ken Sato" beside many of "Ken" can be Ken's.
        self.undecidable = self.is_pc and any(a.startswith(f"{b} ") for a in self.speakers for b in self.speakers)

    def write(self) -> Export:
        lines, truth = self._head(), []
        day = date(2026, 1, 1) + timedelta(self.rng.randint(0, 300))
        n_days = self.rng.randint(1, 4)
        for number in range(n_days):
            if number and self.blank_above_dates:
                lines.append("")
            lines.append(self._date_line(day))
            next_day = day + timedelta(self.rng.choice((1, 1, 1, 2, 9)))
            self.range = (day, next_day if number + 1 < n_days else day + timedelta(4000))
            self.shows_blanks = self.blank_above_dates and n_days > 2
            for said, following in self._day():
                lines += self._message(said, following)
                if not said.is_app:
                    moment = datetime.combine(day, time()) + timedelta(minutes=said.clock)
                    truth.append((said.speaker, said.body, moment))
            day = next_day
        name = "会話.txt"
        if self.rng.random() < 0.3:
            name = f"[LINE] {self.speakers[0]}とのトーク.txt"
        return Export("\n".join(lines) + "\n", name, tuple(truth), self.undecidable)

    def _head(self) -> list[str]:
        partner = self.speakers[0]
        if self.is_pc:
            return []
        if self.is_english:
            return [f"[LINE] Chat history with {partner}", "Saved on: 2027/12/31, 22:10", ""]
        return [f"[LINE] {partner}とのトーク履歴", "保存日時：2027/12/31 22:10", ""]

    def _day(self) -> list[tuple[_Said, int]]:
        """The messages of a day, each with the clock of the next."""
        rng = self.rng
        latest = 24 * 60 + 59 if self.dialect == "ja-hour24" else 24 * 60 - 1
        clocks = sorted(rng.randint(6 * 60, latest) for _ in range(rng.randint(1, 8)))
        following = [*clocks[1:], latest]
        return [(self._say(clock, after), after) for clock, after in zip(clocks, following, strict=True)]

    def _say(self, clock: int, following: int) -> _Said:
        rng, speaker = self.rng, self.rng.choice(self.speakers)
        kind = rng.random()
        if kind < 0.1:
            return _Said(speaker, rng.choice(_APP_BODIES_EN if self.is_english else _APP_BODIES), clock, is_app=True)
        if kind < 0.7:
            return _Said(speaker, rng.choice(_WORDS + _LONGER[: 2 + rng.randint(0, 4)]), clock)
        if kind < 0.8:
            return _Said(speaker, rng.choice(_BRACKETS + self.quoted), clock)
        lines = [rng.choice(_WORDS)] + [self._hostile_line(clock, following) for _ in range(rng.randint(1, 3))]
        if rng.random() < 0.6:
            lines.append(rng.choice(_WORDS))
        if self.is_pc and not self.shows_blanks:
            # A date that was typed above a message, or above what looks like one, may as well be the app's.
            below = [*lines[1:], self._clock(following)]
            pairs = zip(lines, below, strict=True)
            self.undecidable |= any(
                self._reads_as_date(line) and not line_below[:1].isalpha() for line, line_below in pairs
            )
        return _Said(speaker, "\n".join(lines), clock)

    def _hostile_line(self, clock: int, following: int) -> str:
        rng = self.rng
        kind = rng.randint(0, 6)
        other = rng.choice(self.speakers)
        typed = rng.randint(0, 24 * 60 - 1)
        if kind == 0:
            return rng.choice(_WORDS + self.quoted)
        if kind == 1:
            return f"{self._clock(typed)}\t{other}\t{rng.choice(_WORDS)}"
        if kind == 2:
            stranger = rng.choice(("駅前", "集合", other))
            if self.is_pc and clock <= typed <= following:
                self.undecidable = True
            return f"{self._clock(typed)} {stranger} {rng.choice(_WORDS)}"
        if kind == 3:
            return "[LINE] ももとのトーク履歴"
        if kind == 4:
            return self._date_line(date(2026, 1, 1) + timedelta(rng.randint(-400, 700)))
        if kind == 5:
            return rng.choice(("18:00 解散", "保存日時：2020/01/01 10:00", "2025/5/3", "・持ち物", "10:30\tメモ"))
        return rng.choice(_BRACKETS)

    def _reads_as_date(self, line: str) -> bool:
        return line[:2] == "20" and line[-1] in "日y"

    def _message(self, said: _Said, following: int) -> list[str]:
        separator = " " if self.is_pc else "\t"
        body = said.body
        if not self.is_pc and "\n" in body:
            body = '"' + (body.replace('"', '""') if self.doubles_quotes else body) + '"'
        return [separator.join((self._clock(said.clock), said.speaker, body))]

    def _clock(self, minutes: int) -> str:
        hour, minute = divmod(minutes, 60)
        if self.dialect == "ja-12h":
            return f"{'午後' if hour >= 12 else '午前'}{hour % 12}:{minute:02}"
        if self.dialect in ("en-month", "en-day", "en-nnbsp"):
            space = {"en-month": "", "en-day": " ", "en-nnbsp": "\u202f"}[self.dialect]
            return f"{hour % 12 or 12}:{minute:02}{space}{'PM' if hour >= 12 else 'AM'}"
        return f"{hour:02}:{minute:02}"

    def _date_line(self, day: date) -> str:
        kanji, english = _KANJI[day.weekday()], _ENGLISH[day.weekday()]
        if self.dialect == "pc-ja":
            return f"{day:%Y.%m.%d} {kanji}曜日"
        if self.dialect == "pc-en":
            return f"{day:%Y.%m.%d} {english}"
        if self.dialect == "en-year":
            return f"{day:%Y/%m/%d} {english[:3]}"
        if self.dialect == "en-day":
            return f"{english[:3]}, {day:%d/%m/%Y}"
        if self.is_english:
            return f"{english[:3]}, {day.month}/{day.day}/{day.year}"
        return f"{day.year}/{day.month}/{day.day}({kanji})"


def main() -> None:
    """Print, for each dialect, how many of the files were read in which way."""
    n_files = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for dialect in DIALECTS:
        counts = Counter(outcome(write_export(Random(seed), dialect)) for seed in range(n_files))
        sys.stdout.write(f"{dialect:10} {dict(counts.most_common())}\n")


if __name__ == "__main__":
    main()
