"""Writes LINE exports whose truth is known, hostile on purpose, and says how they are read. All talk is made up.

A dense export is hostile in each fifth message and in every way at once; one of a kind is a talk as long as people
have, with one thing in it that is hard to read.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from random import Random

from seikaku.conversation.readers import parse_conversations
from seikaku.errors import InputFileError
from tests.support.line_dialects import DIALECTS, Dialect

_WORDS = (
    "うん", "了解", "おはよう", "今日は寒いね", "駅で待ってる", "ほんと？", "ok", "また明日", "それは困った", "笑"
)  # fmt: skip
_LONGER = ("うん そうだね", "え なにそれ", "I think so", "明日 10:00 でいい？", "見て https://example.com/a", "a, b, c")
_BRACKETS = ("[笑]", "[これ大事]", "☎️していい？", "(笑)", "通話しよう", "「はい」", "スタンプ送って", "12:30")
_QUOTED = ('彼は"今"と言った', '"完璧"', '"うん" と "はい"', '5"のねじ"')
_HALF_QUOTED = ('"あのさ', '5" のねじ', '今日は"', '"')  # some versions of the app leave these as they are
_LIKE_THE_APP = (
    "昨日 グループに参加しましたよ",
    "アルバムを作成しましたっけ？",
    "写真",
    "[LINE]で送って",
    "保存日時は？",
)
_PLAIN_NAMES = ("花子", "太郎", "Ken", "みなみ", "ゆき🌸")
_SPACED_NAMES = ("山田 花子", "山田 太郎", "Ken Sato", "Mary Jane Watson")
_ODD_NAMES = ("[K]", "7", "12月", "（仮）", "a,b", "K [3]")
_TABBED_NAMES = ("花\t子", "A\t1")
_BODY_KINDS = (
    "a tabbed message", "a message of one of them", "a message of a stranger", "a line with a clock", "a title",
    "a date", "another date", "a saving time", "brackets", "quotes", "half quotes", "tabs", "blank lines",
    "like the app",
)  # fmt: skip
_NAME_KINDS = ("names of several words", "a name that begins another", "odd names", "names with tabs")
KINDS = _BODY_KINDS + _NAME_KINDS
_SURE_QUOTES = {"quotes", "tabs", "blank lines", "brackets"}  # may be a body of one line


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


def write_export(rng: Random, dialect: str, *, ordinary: bool = False, kind: str | None = None) -> Export:
    """One export: a dense one of a few days, or of the one ``kind`` of hostility.

    ``ordinary``: inner quotes are doubled, none stands alone, no name holds a tab.
    """
    return _Writer(rng, DIALECTS[dialect], ordinary, kind).write()


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


def _is_a_day_both_ways(day: date) -> bool:
    """Whether the same weekday, day and month are a date with the month first and with the day first."""
    return day.day <= 12 and date(day.year, day.day, day.month).weekday() == day.weekday()


class _Writer:
    def __init__(self, rng: Random, dialect: Dialect, ordinary: bool, kind: str | None) -> None:
        self.rng, self.dialect, self.kind = rng, dialect, kind
        self.half_quotes = not ordinary and kind in (None, "half quotes")
        self.shows_brackets = False
        self.quoted = _QUOTED + _HALF_QUOTED if self.half_quotes else _QUOTED
        self.speakers = self._choose_speakers(ordinary)
        self.doubles_quotes = ordinary or kind is not None or rng.random() < 0.7
        self.blank_above_dates = not dialect.is_pc or rng.random() < 0.5
        # One line of "Ken Sato" beside many of "Ken" can be Ken's.
        begins_another = any(a.startswith(f"{b} ") for a in self.speakers for b in self.speakers)
        self.undecidable = dialect.is_pc and begins_another

    def _choose_speakers(self, ordinary: bool) -> list[str]:
        rng = self.rng
        if self.kind == "names of several words":
            return rng.sample(_SPACED_NAMES, rng.randint(2, 3))
        if self.kind == "a name that begins another":
            return ["Ken", "Ken Sato", *rng.sample(_PLAIN_NAMES[:2], rng.randint(0, 1))]
        if self.kind == "odd names":
            return rng.sample(_ODD_NAMES, 2) + rng.sample(_PLAIN_NAMES, rng.randint(0, 1))
        if self.kind == "names with tabs" and not self.dialect.is_pc:
            return [rng.choice(_TABBED_NAMES), *rng.sample(_PLAIN_NAMES, rng.randint(1, 2))]
        if self.kind is not None:
            return rng.sample(_PLAIN_NAMES, rng.randint(2, 3))
        names = _PLAIN_NAMES[:4] + _SPACED_NAMES[:3] + _ODD_NAMES
        if not (self.dialect.is_pc or ordinary or rng.random() < 0.8):
            names += _TABBED_NAMES
        return rng.sample(names, rng.randint(2, 3))

    def write(self) -> Export:
        lines, truth = self._head(), []
        days = self._days()
        for number, (day, next_day) in enumerate(pairwise(days)):
            if number and self.blank_above_dates:
                lines.append("")
            lines.append(self.dialect.date(day))
            self.range = (day, next_day)
            self.shows_blanks = self.blank_above_dates and len(days) > 3
            for said in self._day():
                lines.append(self._message(said))
                if not said.is_app:
                    moment = datetime.combine(day, time()) + timedelta(minutes=said.clock)
                    truth.append((said.speaker, said.body, moment))
        self._note_what_is_open(days[:-1], truth)
        name = "会話.txt"
        if self.rng.random() < 0.3:
            name = f"[LINE] {self.speakers[0]}とのトーク.txt"
        return Export("\n".join(lines) + "\n", name, tuple(truth), self.undecidable)

    def _days(self) -> list[date]:
        """The days, and behind them one that no talk reaches."""
        rng = self.rng
        days = [date(2026, 1, 1) + timedelta(rng.randint(0, 300))]
        for _ in range(rng.randint(2, 6) if self.kind else rng.randint(0, 3)):
            days.append(days[-1] + timedelta(rng.choice((1, 1, 1, 2, 9))))
        return [*days, days[-1] + timedelta(4000)]

    def _note_what_is_open(self, days: list[date], truth: list[tuple[str, str, datetime]]) -> None:
        """What of a phone's export another talk could be written as."""
        if self.dialect.day_or_month_first:
            self.undecidable |= all(_is_a_day_both_ways(day) for day in days)
        if self.dialect.is_pc:  # older ones write the label of a photo without brackets
            self.undecidable |= not self.shows_brackets and any(body == "写真" for _, body, _ in truth)
            return
        self.undecidable |= any("\t" in name for name in self.speakers)
        if self.half_quotes:  # a quote that nothing closes, and one that closes it further down
            opens = [number for number, (_, body, _) in enumerate(truth) if body[:1] == '"']
            ends = [number for number, (_, body, _) in enumerate(truth) if body[-1:] == '"']
            self.undecidable |= bool(opens and ends and opens[0] < ends[-1])
            self.undecidable |= not self.doubles_quotes and any("\n" in body and '"' in body for _, body, _ in truth)

    def _head(self) -> list[str]:
        head = [line.format(self.speakers[0]) for line in self.dialect.head]
        return [*head, ""] if head else head

    def _day(self) -> list[_Said]:
        rng, latest = self.rng, self.dialect.latest
        n_messages = rng.randint(4, 16) if self.kind else rng.randint(1, 8)
        clocks = sorted(rng.randint(6 * 60, latest) for _ in range(n_messages))
        if self.kind is None:
            return [self._say(clock, after) for clock, after in pairwise([*clocks, latest])]
        hostile = set(rng.sample(range(n_messages), rng.randint(0, 1))) if self.kind in _BODY_KINDS else set()
        pairs = enumerate(pairwise([*clocks, latest]))
        return [self._say_hostile(*pair) if number in hostile else self._say_plainly(pair[0]) for number, pair in pairs]

    def _say_plainly(self, clock: int) -> _Said:
        rng, speaker = self.rng, self.rng.choice(self.speakers)
        if rng.random() < 0.1:
            label = rng.choice(self.dialect.labels)
            self.shows_brackets |= label[0] == "["
            return _Said(speaker, label, clock, is_app=True)
        return _Said(speaker, rng.choice(_WORDS + _LONGER[: 2 + rng.randint(0, 4)]), clock)

    def _say_hostile(self, clock: int, following: int) -> _Said:
        """One message of this export's kind, within other lines or (where that is no ambiguity) alone."""
        rng, speaker, kind = self.rng, self.rng.choice(self.speakers), str(self.kind)
        line = self._line_of(kind, clock, following)
        if kind in _SURE_QUOTES | {"half quotes", "like the app"} and rng.random() < 0.5 and "\n" not in line:
            return _Said(speaker, line, clock)
        return self._checked(
            _Said(speaker, "\n".join((rng.choice(_WORDS), line, rng.choice(_WORDS))), clock), following
        )

    def _say(self, clock: int, following: int) -> _Said:
        rng, speaker = self.rng, self.rng.choice(self.speakers)
        drawn = rng.random()
        if drawn < 0.7:
            return self._say_plainly(clock)
        if drawn < 0.8:
            return _Said(speaker, rng.choice(_BRACKETS + self.quoted), clock)
        lines = [rng.choice(_WORDS)] + [self._hostile_line(clock, following) for _ in range(rng.randint(1, 3))]
        if rng.random() < 0.6:
            lines.append(rng.choice(_WORDS))
        return self._checked(_Said(speaker, "\n".join(lines), clock), following)

    def _hostile_line(self, clock: int, following: int) -> str:
        kinds = ("a tabbed message", "a message of a stranger", "a title", "a date")
        drawn = self.rng.randint(0, 6)
        if drawn == 0:
            return self.rng.choice(_WORDS + self.quoted)
        if drawn <= len(kinds):
            return self._line_of(kinds[drawn - 1], clock, following)
        return self._line_of(
            self.rng.choice(("a line with a clock", "a saving time", "another date", "brackets")), 0, 0
        )

    def _line_of(self, kind: str, clock: int, following: int) -> str:
        """One line of a body, of a kind of ``_BODY_KINDS``. ``clock``, ``following``: of the message and the next."""
        rng, typed, other = self.rng, self.rng.randint(0, 24 * 60 - 1), self.rng.choice(self.speakers)
        if kind in ("a message of one of them", "a message of a stranger") and self.dialect.is_pc:
            self.undecidable |= clock <= typed <= following
        choices: dict[str, tuple[str, ...]] = {
            "a tabbed message": (f"{self.dialect.clock(typed)}\t{other}\t{rng.choice(_WORDS)}",),
            "a message of one of them": (f"{self.dialect.clock(typed)} {other} {rng.choice(_WORDS)}",),
            "a message of a stranger": tuple(
                f"{self.dialect.clock(typed)} {stranger} {rng.choice(_WORDS)}" for stranger in ("駅前", "集合", other)
            ),
            "a line with a clock": ("18:00 解散", "10:30\tメモ", "・持ち物"),
            "a title": ("[LINE] ももとのトーク履歴",),
            "a date": (self.dialect.date(date(2026, 1, 1) + timedelta(rng.randint(-400, 700))),),
            "another date": ("2025/5/3", "2026-05-03", "5月3日(日)"),
            "a saving time": ("保存日時：2020/01/01 10:00",),
            "brackets": _BRACKETS,
            "quotes": _QUOTED,
            "half quotes": _HALF_QUOTED,
            "tabs": ("りんご\t3", "a\tb\tc"),
            "blank lines": ("あのね\n\nそれから", "はい\n \n\nいいえ"),
            "like the app": _LIKE_THE_APP,
        }
        return rng.choice(choices[kind])

    def _checked(self, said: _Said, following: int) -> _Said:
        """The same message; noted whether a date that was typed into it may as well be the app's."""
        if self.dialect.is_pc and not self.shows_blanks:
            lines = said.body.split("\n")
            below = [*lines[1:], self.dialect.clock(following)]
            self.undecidable |= any(
                line[:2] == "20" and line[-1:] in ("日", "y") and not line_below[:1].isalpha()
                for line, line_below in zip(lines, below, strict=True)
            )
        return said

    def _message(self, said: _Said) -> str:
        body = said.body
        if not self.dialect.is_pc and "\n" in body:
            body = '"' + (body.replace('"', '""') if self.doubles_quotes else body) + '"'
        return (" " if self.dialect.is_pc else "\t").join((self.dialect.clock(said.clock), said.speaker, body))
