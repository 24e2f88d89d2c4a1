"""LINE's talk export from a PC: spaces instead of tabs, no quotes around bodies of several lines. Pure.

    2026.01.09 金曜日
    01:54 山田 花子 おやすみ

Where a name or a body ends is not written: names are learnt, clocks and dates must be in order, the rest is told.
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from seikaku.conversation.readers.bodies import classify_line_pc_body, clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.line.app_text import (
    classify_app_body,
    classify_app_line,
    strip_emoji,
    subject_of_app_line,
)
from seikaku.conversation.readers.line.days import heaviest_rising, opens_day_at_24, stamp
from seikaku.conversation.readers.line.headers import (
    HALF_KNOWN_LANGUAGE,
    find_partner,
    is_half_known,
    is_title,
    partner_in_file_name,
)
from seikaku.conversation.readers.line.names import MAX_WORDS_OF_NAME, Names, learn_names, uncertain_names
from seikaku.conversation.readers.line.overlap import Repeats
from seikaku.conversation.readers.line.skeleton import (
    AMBIGUOUS_DATES,
    DOUBTFUL_DATES,
    HAS_DATES,
    HAS_TITLE,
    Message,
    Skeleton,
    find_skeleton,
    first_lines,
    is_titled,
    place,
)
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.conversation.readers.timestamps import DateLines, read_clock
from seikaku.errors import Words, both

_MESSAGE = re.compile(r"((?:午前|午後|上午|下午)?\d{1,2}:\d{2}(?:[ \u00a0\u202f]?[AaPp][Mm])?) (\S.*)", re.ASCII)
_JOINED_TWICE = re.compile(r"(.{1,60}?) \1(?:が|は| (?:joined|left) )")
_APP_ENDING = re.compile(r"(?:しました|されました)[。.]?\s*$")
_MINUTES_OF_DAY = 24 * 60
_WEIGHT_OF_STRANGER = 0.3  # of three lines by people who come back nowhere, none outweighs one by somebody who does
_WITH_LABEL = re.compile(r"(.{1,60}?) ((?:\[|☎ |メッセージの送信).*)")
_SEVERAL_EXPORTS = both(
    "見出しが 2 つ以上あります。発言の中に貼り付けられた見出しなら、その後の日時は違うかもしれません。",
    "There is more than one title. If one was pasted into a message, the dates below it may be wrong.",
)


def judge(source: Source) -> Judgement:
    """Whether the first message has spaces where a phone's export has tabs, and there is a LINE title or date line."""
    lines = first_lines(source.sample)
    first = next((line for line in lines if split_message(line) or _has_clock_before_tab(line)), "")
    dates = DateLines("\n".join(lines))
    if _has_clock_before_tab(first) or split_message(first) is None:
        return NOT_THIS
    if is_titled(lines):
        return Judgement(0.985, (HAS_TITLE,))
    return Judgement(0.9, (HAS_DATES,)) if any(dates.parse(line) for line in lines) else NOT_THIS


def parse(source: Source) -> Collector:
    """Read a PC export."""
    collector = Collector(source, classify_line_pc_body)
    dates = DateLines(source.text)
    lines = source.text.split("\n")
    found = [Message(index, index, *split) for index, line in enumerate(lines) if (split := split_message(line))]
    sure = _find_sure_names(source, lines, found)
    names = _learn(found, sure)
    skeleton = find_skeleton(lines, _outside(lines, found), dates, lambda line: split_message(line) is not None)
    kept = _drop_pasted(found, names, skeleton)
    outside = _outside(lines, kept)
    for _ in range(place(kept, lines, outside, skeleton)):
        collector.drop("not_utterance")
    names = _learn(kept, sure)
    repeats, n_said = _collect(collector, kept, names)
    warnings = [
        AMBIGUOUS_DATES if dates.ambiguous else None,
        HALF_KNOWN_LANGUAGE if is_half_known(lines) else None,
        DOUBTFUL_DATES if skeleton.doubtful else None,
        _SEVERAL_EXPORTS if len(skeleton.titles) > 1 else None,
        _pasted(len(found) - len(kept)) if len(kept) < len(found) else None,
        uncertain_names(names, n_said),
        _said_once(n_said, names),
        repeats.warning(),
    ]
    for warning in warnings:
        if warning is not None:
            collector.warn(warning)
    return collector


def split_message(line: str) -> tuple[int, str, str] | None:
    """Clock, "" (the sender is found later) and the rest of a line that can be a message's first, or None."""
    match = _MESSAGE.fullmatch(line)
    clock = read_clock(match[1]) if match else None
    return None if match is None or clock is None else (clock, "", match[2])


def _has_clock_before_tab(line: str) -> bool:
    clock_text, tab, _ = line.partition("\t")
    return bool(tab) and read_clock(clock_text) is not None


def _outside(lines: Sequence[str], messages: Sequence[Message]) -> list[int]:
    inside = {message.index for message in messages}
    return [index for index in range(len(lines)) if index not in inside]


def _find_sure_names(source: Source, lines: Sequence[str], messages: Sequence[Message]) -> set[str]:
    """Names with a mark behind them: in a title, the file name, a line about who joined, before a label of the app."""
    sure = {partner_in_file_name(source.name), *(find_partner(line) for line in lines if is_title(line))}
    starts: set[str] = set()
    for message in messages:
        words = message.body.split(" ", MAX_WORDS_OF_NAME) if subject_of_app_line(message.body) is None else []
        starts.update(" ".join(words[:n_words]) for n_words in range(2, len(words)))
    for message in messages:
        twice = _JOINED_TWICE.match(message.body)
        if twice:
            sure.add(twice[1])
        elif (labelled := _WITH_LABEL.fullmatch(message.body)) and classify_line_pc_body(labelled[2]) is not None:
            sure.add(labelled[1])
        elif (subject := subject_of_app_line(message.body)) and subject in starts:
            sure.add(subject)
    return {clean_text(name) for name in sure} - {""}


def _learn(messages: Iterable[Message], sure: Iterable[str]) -> Names:
    return learn_names([message.body for message in messages if subject_of_app_line(message.body) is None], sure)


def _is_app_line(rest: str, names: Names) -> bool:
    """Whether the app wrote the line: about nobody, about one word, or about somebody whose name is known."""
    subject = subject_of_app_line(rest)
    if subject is None:
        return " " not in rest.strip() and _APP_ENDING.search(rest) is not None
    return " " not in subject or subject in names.sure or subject in names.learnt


def _drop_pasted(found: Sequence[Message], names: Names, skeleton: Skeleton) -> list[Message]:
    """``found`` without what somebody typed or pasted into a message: it has no name, or the clock goes back."""
    counts = Counter(names.find(message.body) for message in found)
    possible = [
        message
        for message in found
        if " " in message.body.strip() or message.body.strip() in counts or _is_app_line(message.body, names)
    ]
    bounds = sorted(skeleton.dates.keys() | skeleton.titles)
    if not skeleton.dates:
        return possible
    days = [bisect(bounds, message.index) for message in possible]
    opens_day = opens_day_at_24([(day, message.clock) for day, message in zip(days, possible, strict=True)])
    kept: list[Message] = []
    for _, of_day in groupby(zip(days, possible, strict=True), key=lambda pair: pair[0]):
        messages = [message for _, message in of_day]
        clocks = [message.clock % _MINUTES_OF_DAY if opens_day else message.clock for message in messages]
        speakers = [names.find(message.body) for message in messages]
        weights = [1.0 if counts[speaker] > 1 or speaker in names.sure else _WEIGHT_OF_STRANGER for speaker in speakers]
        kept += [messages[position] for position in heaviest_rising(clocks, weights, strict=False)]
    return kept


def _collect(collector: Collector, messages: Sequence[Message], names: Names) -> tuple[Repeats, Counter[str]]:
    repeats = Repeats()
    n_said: Counter[str] = Counter()
    several = bool(messages) and messages[0].part != messages[-1].part
    opens_day = opens_day_at_24([(message.day, message.clock) for message in messages])
    for message in messages:
        speaker = "" if _is_app_line(message.body, names) else names.find(message.body)
        body = message.whole_body()[len(speaker) :]
        moment = stamp(message.day, message.clock, opens_day)
        if several and repeats.is_repeat(message.part, speaker, body.rstrip(), moment):
            continue
        if not speaker:
            collector.drop(classify_app_line(body) if _is_app_line(message.body, names) else "empty")
            continue
        n_said[speaker] += 1
        reason = classify_app_body(speaker, body)
        if reason is None:
            collector.add(clean_text(speaker), strip_emoji(body), moment)
        else:
            collector.drop(reason)
    return repeats, n_said


def _pasted(n: int) -> Words:
    return both(
        f"時刻で始まるのに順番や名前が合わない {n} 行は、発言の中に書かれた行として読みました。",
        f"Lines that begin with a time but do not fit in order or name: {n}. They were read as parts of messages.",
    )


def _said_once(n_said: Counter[str], names: Names) -> Words | None:
    """Somebody who speaks once among people who come back may be a line that was typed into a message."""
    n_once = sum(count == 1 and speaker not in names.sure for speaker, count in n_said.items())
    if not n_once or n_once == len(n_said):
        return None
    return both(
        f"発言が 1 件だけの話者が {n_once} 人います。発言の中に書かれた「時刻 語 語」の行かもしれません。",
        f"Speakers who said one thing only: {n_once}. Those may be lines “time word word” inside a message.",
    )


READER = Reader("line-pc", both("LINE のトーク履歴（PC）", "LINE chat history (PC)"), judge, parse)
