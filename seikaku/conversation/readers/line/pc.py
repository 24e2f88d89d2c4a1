"""LINE's talk export from a PC: spaces instead of tabs, no quotes around bodies of several lines. Pure.

    2026.01.09 金曜日
    01:54 山田 花子 おやすみ

Where a name or a body ends is not written: names are learnt, clocks and dates must be in order, the rest is told.
"""

from collections import Counter
from collections.abc import Sequence

from seikaku.conversation.readers.bodies import (
    classify_line_body,
    classify_line_pc_body,
    clean_text,
    count_bare_labels,
    writes_brackets,
)
from seikaku.conversation.readers.collector import Collector, without_gc
from seikaku.conversation.readers.line.app_text import classify_app_body, classify_app_line, may_be_app, strip_emoji
from seikaku.conversation.readers.line.headers import HALF_KNOWN_LANGUAGE, is_half_known
from seikaku.conversation.readers.line.names import Names, find_uncertain, learn_names, uncertain_names
from seikaku.conversation.readers.line.overlap import Repeats
from seikaku.conversation.readers.line.pc_lines import Messages, find_pasted, find_sure_names, split_message
from seikaku.conversation.readers.line.skeleton import (
    AMBIGUOUS_DATES,
    DOUBTFUL_DATES,
    HAS_DATES,
    HAS_TITLE,
    Placed,
    find_skeleton,
    first_lines,
    is_titled,
    parts_of,
    place,
    stamp_all,
)
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.conversation.readers.timestamps import DateLines, read_clock
from seikaku.errors import Words, both

_SEVERAL_EXPORTS = both(
    "見出しが 2 つ以上あります。発言の中に貼り付けられた見出しなら、その後の日時は違うかもしれません。",
    "There is more than one title. If one was pasted into a message, the dates below it may be wrong.",
)


def judge(source: Source) -> Judgement:
    """Whether the first message has spaces where a phone's export has tabs, and there is a LINE title or date line."""
    lines = first_lines(source.sample)
    first = next((line for line in lines if split_message(line) or _has_clock_before_tab(line)), "")
    dates = DateLines(lines)
    if _has_clock_before_tab(first) or split_message(first) is None:
        return NOT_THIS
    if is_titled(lines):
        return Judgement(0.985, (HAS_TITLE,))
    return Judgement(0.9, (HAS_DATES,)) if any(dates.parse(line) for line in lines) else NOT_THIS


@without_gc()
def parse(source: Source) -> Collector:
    """Read a PC export."""
    has_brackets = writes_brackets(source.text)
    collector = Collector(source, classify_line_body if has_brackets else classify_line_pc_body)
    lines = source.take_lines()
    dates = DateLines(lines)
    messages = Messages(lines)
    sure = find_sure_names(source, lines, messages)
    names = learn_names(messages.by_first_word(), sure)
    skeleton = find_skeleton(lines, messages.outside, dates, messages.starts)
    speakers, bodies = messages.divide(names)
    n_said = Counter(speakers)
    pasted = find_pasted(messages, speakers, n_said, names, skeleton)
    if pasted:
        messages.drop(pasted)
        names = learn_names(messages.by_first_word(), sure)
        speakers, bodies = messages.divide(names)
        n_said = Counter(speakers)
    placed = place(messages.starts, lines, messages.outside, skeleton)
    for index in placed.stray:
        collector.drop("not_utterance", line=index + 1)
    half_known = is_half_known(lines)
    dates.forget_lines()
    del lines  # as much memory as all messages take
    n_bare = 0 if has_brackets else count_bare_labels(bodies)
    repeats = _collect(collector, messages, speakers, n_said, bodies, placed, names)
    n_said = +n_said  # without those who said nothing
    uncertain = find_uncertain(names, n_said)
    n_long = sum(any(map(str.strip, below)) for below in placed.tails.values())
    for name in uncertain:
        collector.tell_uncertain(clean_text(name))
    warnings = [
        AMBIGUOUS_DATES if dates.ambiguous else None,
        HALF_KNOWN_LANGUAGE if half_known else None,
        DOUBTFUL_DATES if skeleton.doubtful else None,
        _SEVERAL_EXPORTS if len(skeleton.titles) > 1 else None,
        _pasted(len(pasted)) if pasted else _may_hold_messages(n_long) if n_long else None,
        _bare_labels(n_bare) if n_bare else None,
        uncertain_names(names, uncertain),
        _said_once(n_said, names),
        repeats.warning(),
    ]
    for warning in warnings:
        if warning is not None:
            collector.warn(warning)
    return collector


def _has_clock_before_tab(line: str) -> bool:
    clock_text, tab, _ = line.partition("\t")
    return bool(tab) and read_clock(clock_text) is not None


def _collect(
    collector: Collector,
    messages: Messages,
    speakers: Sequence[str],
    n_said: Counter[str],
    bodies: list[str],
    placed: Placed,
    names: Names,
) -> Repeats:
    """What earlier parts hold already. What is the app's or said twice is taken from ``n_said``."""
    repeats = Repeats()
    cleaned = {speaker: clean_text(speaker) for speaker in n_said}
    moments = stamp_all(messages.clocks, placed.stretches)
    parts = parts_of(placed.stretches)
    wanted = bytearray(b"\1") * len(bodies)
    for number in sorted({*messages.bare, *messages.hinted, *placed.tails, *range(len(parts))}):
        speaker, line = speakers[number], messages.starts[number] + 1
        is_app = messages.is_app_line(number, names)
        body = "\n".join([messages.rest(number) if is_app else bodies[number], *placed.tails.get(number, ())])
        if parts and repeats.is_repeat(parts[number], "" if is_app else speaker, body.rstrip(), moments[number]):
            n_said[speaker] -= 1
        elif is_app or not speaker:
            n_said[speaker] -= 1
            collector.drop(classify_app_line(body) if is_app else "empty", line=line)
        elif reason := may_be_app(body) and classify_app_body(speaker, body):
            collector.drop(reason, cleaned[speaker], line)
        else:
            bodies[number] = strip_emoji(body)
            continue
        wanted[number] = False
    collector.add_all(
        speakers if all(name == one for one, name in cleaned.items()) else [cleaned[one] for one in speakers],
        bodies,
        moments,
        messages.starts,
        wanted,
    )
    return repeats


def _may_hold_messages(n: int) -> Words:
    return both(
        f"発言の終わりは書かれていません。行が続く {n} 件の発言のうち、前の発言の中に「時刻 名前 …」と書かれていた"
        "ものは、別の発言として読まれています。スマートフォンから書き出した履歴では確実に分かれます。",
        f"Where messages end is not written. Of the messages of several lines ({n}), those that were typed into the "
        "one above as “time name …” were read as messages. An export from a phone tells them apart for certain.",
    )


def _bare_labels(n: int) -> Words:
    return both(
        f"「写真」「スタンプ」などの 1 語だけの発言 {n} 件は、アプリの表示として除きました。"
        "この書き出しでは、人が打ったものと区別できません。",
        f"Messages of one word (the Japanese for photo, sticker and such): {n}. They were left out as labels of the "
        "app: this export does not tell them from what somebody typed.",
    )


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
