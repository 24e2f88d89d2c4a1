"""A PC export's lines -> which begin a message, whose names are sure, and what was pasted into a message. Pure.

Where a name ends is not written here: a line is its clock, the first word behind it, and what follows that word.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate, compress, count, pairwise, repeat
from typing import cast

from seikaku.conversation.readers.bodies import classify_line_pc_body, clean_text
from seikaku.conversation.readers.line.app_text import may_be_app, subject_of_app_line
from seikaku.conversation.readers.line.days import MINUTES_OF_DAY, heaviest_rising, opens_day_at_24
from seikaku.conversation.readers.line.headers import find_partner, is_title, partner_in_file_name
from seikaku.conversation.readers.line.names import MAX_WORDS_OF_NAME, Names
from seikaku.conversation.readers.line.skeleton import Skeleton
from seikaku.conversation.readers.source import Source
from seikaku.conversation.readers.timestamps import Clocks, read_clock

_CLOCK = re.compile(r"(?:午前|午後|上午|下午)?\d{1,2}:\d{2}(?:[ \u00a0\u202f]?[AaPp][Mm])?", re.ASCII)
_MESSAGE = re.compile(rf"({_CLOCK.pattern}) (\S.*)", re.ASCII)
_HALVES_OF_DAY = {"am", "pm"}
_JOINED_TWICE = re.compile(r"(.{1,60}?) \1(?:が|は| (?:joined|left) )")
_WITH_LABEL = re.compile(r"(.{1,60}?) ((?:\[|☎ |メッセージの送信).*)")
_APP_ENDING = re.compile(r"(?:しました|されました)[。.]?\s*$")
_WEIGHT_OF_STRANGER = 0.3  # of three lines by people who come back nowhere, none outweighs one by somebody who does
_DOUBT_OF_LONG = 0.01  # of two lines that cannot both be messages, the one with more lines below it is in a body


class _PcClocks(Clocks):
    """The clocks that a PC writes."""

    def __missing__(self, written: str) -> int | None:
        return super().__missing__(written) if _CLOCK.fullmatch(written) else None


_CLOCKS = _PcClocks()


def split_message(line: str) -> tuple[int, str, str | None] | None:
    """Clock, first word and what follows it (None: nothing) of a line that can be a message's first, or None."""
    match = _MESSAGE.fullmatch(line)
    clock = read_clock(match[1]) if match else None
    if match is None or clock is None:
        return None
    first, space, after = match[2].partition(" ")
    return clock, first, after if space else None


class Messages:
    """The messages in columns: line, clock, first word, what follows it; the other lines; the app's sentences.

    ``app`` gives for the number of a sentence whom it is about. No others than ``hinted`` can be one. In those that are
    ``bare`` nothing follows the first word.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self.starts: list[int] = []
        self.clocks: list[int] = []
        self.firsts: list[str] = []
        self.afters: list[str | None] = []
        self.outside: list[int] = []
        self.hinted: list[int] = []
        self.bare: list[int] = []
        self._marked: list[int] = []
        self._split(lines)
        self._find_app_lines()

    def _split(self, lines: Sequence[str]) -> None:
        starts, clocks, firsts, afters = self.starts, self.clocks, self.firsts, self.afters
        plain: dict[str, str] = {}  # first words that no rule but that of the first space divides, each kept once
        known = _CLOCKS.get
        number = 0
        for index, fields in enumerate(map(str.split, lines, repeat(" "), repeat(2))):
            clock, first = known(fields[0]), plain.get(fields[1]) if len(fields) == 3 else None
            if clock is None or first is None:
                split = split_message(lines[index])
                if split is None:
                    self.outside.append(index)
                    continue
                clock, first, after = split
                if clock == _CLOCKS[fields[0]] and first == fields[1] and first.lower() not in _HALVES_OF_DAY:
                    plain[first] = first
            else:
                after = fields[2]
            if not after or after.isspace():
                self.bare.append(number)
            text = after or first
            if may_be_app(text):
                self.hinted.append(number)
            if "[" in text or "☎" in text:
                self._marked.append(number)
            starts.append(index)
            clocks.append(clock)
            firsts.append(first)
            afters.append(after)
            number += 1

    def _find_app_lines(self) -> None:
        subjects = ((number, subject_of_app_line(self.rest(number))) for number in self.hinted)
        self.app = {number: subject for number, subject in subjects if subject is not None}

    def rest(self, number: int) -> str:
        """What stands behind the clock of a message."""
        first, after = self.firsts[number], self.afters[number]
        return first if after is None else f"{first} {after}"

    def drop(self, lines: Collection[int]) -> None:
        """Let ``lines`` begin no message."""
        wanted = [index not in lines for index in self.starts]
        numbers = [*accumulate(wanted, initial=0)]  # of those that stay
        self.starts = list(compress(self.starts, wanted))
        self.clocks = list(compress(self.clocks, wanted))
        self.firsts = list(compress(self.firsts, wanted))
        self.afters = list(compress(self.afters, wanted))
        self.outside = sorted([*self.outside, *lines])
        for some in (self.hinted, self.bare, self._marked):
            some[:] = [numbers[number] for number in some if wanted[number]]
        self.app = {numbers[number]: subject for number, subject in self.app.items() if wanted[number]}

    def with_name_perhaps(self) -> list[int]:
        """The messages that may hold a label of the app, or its sentence about somebody whose name comes again."""
        return sorted({*self._marked, *self.hinted})

    def by_first_word(self) -> dict[str, list[str]]:
        """First word -> what follows it, of all messages that are not the app's."""
        groups: defaultdict[str, list[str]] = defaultdict(list)
        afters = self.afters.copy()
        for number in self.app:
            afters[number] = None
        for first, after in zip(self.firsts, afters, strict=True):
            if after is not None:
                groups[first].append(after)
        return groups

    def divide(self, names: Names) -> tuple[list[str], list[str]]:
        """Who said what: a column of speakers ("" where nothing stands behind the first word), and one of bodies."""
        speakers = self.firsts.copy()
        bodies = cast("list[str]", self.afters.copy())  # None only in those that are bare
        for number in self.bare:
            if bodies[number] is None:
                speakers[number], bodies[number] = "", self.firsts[number]
        is_longer = map(names.longer.__contains__, speakers) if names.longer else ()
        for number in compress(count(), is_longer):
            speakers[number] = names.find(self.firsts[number], self.afters[number])
            bodies[number] = self.rest(number)[len(speakers[number]) + 1 :]
        return speakers, bodies

    def is_app_line(self, number: int, names: Names) -> bool:
        """Whether the app wrote the line: about nobody, about one word, or about somebody whose name is known."""
        subject = self.app.get(number)
        if subject is None:
            rest = self.rest(number)
            return " " not in rest.strip() and _APP_ENDING.search(rest) is not None
        return " " not in subject or subject in names.sure or subject in names.learnt


def find_sure_names(source: Source, lines: Sequence[str], messages: Messages) -> set[str]:
    """Names with a mark behind them: in a title, the file name, a line about who joined, before a label of the app."""
    sure = {partner_in_file_name(source.name)}
    sure.update(find_partner(lines[index]) for index in messages.outside if is_title(lines[index]))
    told: set[int] = set()
    seen: dict[str, str] = {}  # the same sticker of the same person comes again and again
    for number in messages.with_name_perhaps():
        rest = messages.rest(number)
        name = seen.get(rest)
        if name is None:
            match = _JOINED_TWICE.match(rest) or _match_label(rest)
            name = seen[rest] = match[1] if match else ""
        if name:
            sure.add(name)
            told.add(number)
    subjects = {subject for number, subject in messages.app.items() if number not in told and " " in subject}
    sure |= _which_begin_lines(subjects, messages)
    return {clean_text(name) for name in sure} - {""}


def find_pasted(
    messages: Messages, speakers: list[str], counts: Mapping[str, int], names: Names, skeleton: Skeleton
) -> set[int]:
    """The lines that somebody typed or pasted into a message: they have no name, or the clock goes back.

    ``counts`` are the messages of each speaker.
    """
    pasted = {
        messages.starts[number]
        for number in _with_one_word(messages, counts)
        if messages.rest(number).strip() not in counts and not messages.is_app_line(number, names)
    }
    if not skeleton.dates:
        return pasted
    starts, clocks = messages.starts, messages.clocks
    if pasted:
        wanted = [index not in pasted for index in starts]
        starts, clocks, speakers = (
            list(compress(starts, wanted)),
            list(compress(clocks, wanted)),
            list(compress(speakers, wanted)),
        )
    cuts = [bisect_left(starts, bound) for bound in sorted(skeleton.dates.keys() | skeleton.titles)]
    days = [slice(begin, end) for begin, end in pairwise([0, *cuts, len(starts)])]
    if max(clocks, default=0) >= MINUTES_OF_DAY and opens_day_at_24(
        [(number, clock) for number, day in enumerate(days) for clock in clocks[day]]
    ):
        clocks = [clock % MINUTES_OF_DAY for clock in clocks]
    for day in days:
        if clocks[day] == sorted(clocks[day]):
            continue
        weights = [
            (1.0 if counts[speaker] > 1 or speaker in names.sure else _WEIGHT_OF_STRANGER)
            - (_DOUBT_OF_LONG if _goes_on(messages, start) else 0.0)
            for speaker, start in zip(speakers[day], starts[day], strict=True)
        ]
        kept = set(heaviest_rising(clocks[day], weights, strict=False))
        pasted.update(index for position, index in enumerate(starts[day]) if position not in kept)
    return pasted


def _goes_on(messages: Messages, start: int) -> bool:
    """Whether the line below ``start`` begins no message."""
    position = bisect_left(messages.outside, start + 1)
    return messages.outside[position : position + 1] == [start + 1]


def _with_one_word(messages: Messages, names: Iterable[str]) -> list[int]:
    """The messages without a space inside. ``names`` are those of all."""
    invisible = {name.partition(" ")[0] for name in names if not name.partition(" ")[0].strip()}
    found = messages.bare
    if invisible:
        found = sorted({*found, *(number for number, first in enumerate(messages.firsts) if first in invisible)})
    return [number for number in found if " " not in messages.rest(number).strip()]


def _match_label(rest: str) -> re.Match[str] | None:
    match = _WITH_LABEL.fullmatch(rest)
    return match if match and classify_line_pc_body(match[2]) is not None else None


def _which_begin_lines(subjects: Iterable[str], messages: Messages) -> set[str]:
    """The ``subjects`` of several words with which messages that are not the app's begin."""
    pending: defaultdict[str, set[str]] = defaultdict(set)
    for subject in subjects:
        pending[subject.partition(" ")[0]].add(subject)
    groups = messages.by_first_word() if pending else {}
    found: set[str] = set()
    for first, wanted in pending.items():
        for after in groups.get(first, ()):
            words = [first, *after.split(" ", MAX_WORDS_OF_NAME - 1)]
            seen = wanted.intersection(" ".join(words[:n_words]) for n_words in range(2, len(words)))
            found |= seen
            wanted -= seen
            if not wanted:
                break
    return found
