"""LINE's talk export from a PC: spaces instead of tabs, no quotes around bodies of several lines. Pure.

    2026.01.09 金曜日
    01:54 山田 花子 おやすみ

Where a name ends is not written: names are learnt as the longest prefix that a speaker's lines share.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time

from seikaku.conversation.readers.bodies import classify_line_pc_body, clean_text
from seikaku.conversation.readers.collector import Collector, Reader, Source
from seikaku.conversation.readers.line import AMBIGUOUS_DATES, classify_app_message, first_lines, is_header
from seikaku.conversation.readers.timestamps import DateLines, parse_clock
from seikaku.errors import both

_MESSAGE = re.compile(r"((?:午前|午後|上午|下午)?\d{1,2}:\d{2}(?: ?[AaPp][Mm])?) (\S.*)")
_PARTNER = re.compile(r"^\[LINE\] (.+?) ?とのトーク履歴", re.MULTILINE)
_APP_MESSAGE = re.compile(
    r"(?:グループに参加しました|グループを退会しました|退出しました|グループに追加しました|グループに招待しました"
    r"|送信を取り消しました|アナウンスしました|アルバムを作成しました|変更しました"
    r"|joined the group|left the group|unsent a message)[。.]?$"
)
# A name goes on over a space only if nearly all lines of its first word go on with words that come back.
_MIN_LINES_TO_LEARN = 4
_MIN_SHARE_OF_LINES = 0.9
_MAX_WORDS_OF_NAME = 5


@dataclass(slots=True)
class _Message:
    day: date | None
    clock: time
    rest: str
    tail: list[str] = field(default_factory=list)
    speaker: str = ""


def recognises(source: Source) -> bool:
    """Whether the first message has spaces where a phone's export has tabs, and there is a LINE title or date line."""
    lines = first_lines(source)
    first = next((line for line in lines if _split_message(line) or parse_clock(line.partition("\t")[0])), "")
    dates = DateLines("\n".join(lines))
    titled = any(is_header(line) for line in lines[:2]) or any(dates.parse(line) for line in lines)
    return titled and parse_clock(first.partition("\t")[0]) is None and _split_message(first) is not None


def parse(source: Source) -> Collector:
    """Read a PC export."""
    collector = Collector(source, classify_line_pc_body)
    dates = DateLines(source.text)
    if dates.ambiguous:
        collector.warn(AMBIGUOUS_DATES)
    messages = _split_messages(source.text, dates, collector)
    names = _learn_names(
        [message.rest for message in messages if not _APP_MESSAGE.search(message.rest)],
        {clean_text(name) for name in _PARTNER.findall(source.text)},
    )
    for message in messages:
        message.speaker = _find_name(message.rest, names)
    messages = _rejoin_pasted_times(messages)
    for message in messages:
        if not message.speaker:
            collector.drop(classify_app_message(message.rest))
            continue
        body = "\n".join([message.rest[len(message.speaker) :], *message.tail])
        collector.add(
            clean_text(message.speaker), body, datetime.combine(message.day, message.clock) if message.day else None
        )
    spaced = sorted({message.speaker for message in messages if " " in message.speaker})
    if spaced:
        collector.warn(
            both(
                "空白を含む話者名を、行頭の繰り返しから推定しました: " + "、".join(f"「{name}」" for name in spaced),
                "Names with spaces were learnt from how lines begin: " + ", ".join(f"“{name}”" for name in spaced),
            )
        )
    return collector


def _split_message(line: str) -> tuple[time, str] | None:
    match = _MESSAGE.fullmatch(line)
    clock = parse_clock(match[1]) if match else None
    return None if match is None or clock is None else (clock, match[2].strip())


def _split_messages(text: str, dates: DateLines, collector: Collector) -> list[_Message]:
    day: date | None = None
    messages: list[_Message] = []
    for line in text.split("\n"):
        message = _split_message(line)
        found = dates.parse(line)
        if message is not None:
            messages.append(_Message(day, *message))
        elif is_header(line):
            day = None  # another export begins; its dates may be earlier
        elif found is not None and (day is None or found >= day):  # else: a date that somebody typed
            day = found
        elif messages:
            messages[-1].tail.append(line)
        elif line.strip():
            collector.drop("not_utterance")
    return messages


def _learn_names(rests: Iterable[str], known: set[str]) -> set[str]:
    """The speakers' names: ``known`` ones, and for every first word the longest prefix that its lines share."""
    names = set(known)
    pending = [(first, 1, after) for first, after in _group_by_first_word(rests).items()]
    while pending:
        name, n_words, after = pending.pop()
        branches = {
            word: more for word, more in _group_by_first_word(after).items() if len(more) > 1 and word[0] not in "☎["
        }
        n_covered = sum(len(more) for more in branches.values())
        longer = len(after) >= _MIN_LINES_TO_LEARN and n_covered >= _MIN_SHARE_OF_LINES * len(after)
        if longer and n_words < _MAX_WORDS_OF_NAME:
            pending += [(f"{name} {word}", n_words + 1, more) for word, more in branches.items()]
        else:
            names.add(name)
    return names


def _group_by_first_word(rests: Iterable[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for rest in rests:
        word, space, after = rest.partition(" ")
        if space and word:
            groups.setdefault(word, []).append(after)
    return groups


def _find_name(rest: str, names: set[str]) -> str:
    """The longest known name that ``rest`` begins with, or an empty string (a message of the app)."""
    if _APP_MESSAGE.search(rest):
        return ""
    words = rest.split(" ", _MAX_WORDS_OF_NAME)
    for n_words in range(len(words) - 1, 0, -1):
        name = " ".join(words[:n_words])
        if name in names:
            return name
    return words[0] if len(words) > 1 else ""


def _rejoin_pasted_times(messages: list[_Message]) -> list[_Message]:
    """Give lines such as ``10:00 集合 駅前`` back to the message in which somebody typed them.

    Such a "speaker" appears once only (or there is none), and the time is not between those of the speakers around it.
    """
    counts = Counter(message.speaker for message in messages if message.speaker)
    trusted = [counts[message.speaker] > 1 for message in messages]
    latest_before = _neighbour_clocks(messages, trusted)
    earliest_after = _neighbour_clocks(messages[::-1], trusted[::-1])[::-1]
    kept: list[_Message] = []
    for message, is_trusted, before, after in zip(messages, trusted, latest_before, earliest_after, strict=True):
        fits = (before is None or before <= message.clock) and (after is None or message.clock <= after)
        if is_trusted or fits or not kept:
            kept.append(message)
        else:
            kept[-1].tail += [f"{message.clock:%H:%M} {message.rest}", *message.tail]
    return kept


def _neighbour_clocks(messages: list[_Message], trusted: list[bool]) -> list[time | None]:
    """For each message the clock of the nearest trusted message before it on the same day, or None."""
    clocks: list[time | None] = []
    last: _Message | None = None
    for message, is_trusted in zip(messages, trusted, strict=True):
        clocks.append(last.clock if last is not None and last.day == message.day else None)
        last = message if is_trusted else last
    return clocks


READER = Reader("line-pc", both("LINE のトーク履歴（PC）", "LINE chat history (PC)"), recognises, parse)
