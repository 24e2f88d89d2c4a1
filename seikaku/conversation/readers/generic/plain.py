"""Plain text with the speaker before a colon: ``名前：発話``. Pure.

A line without such a label continues the utterance above it.
"""

import re
from collections import Counter
from collections.abc import Sequence

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.not_names import are_not_names
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both

_COLON = re.compile("[:：]")
_MAX_LABEL_CHARS = 20
_NOT_IN_A_NAME = re.compile(r"""[、。！？!?「」『』\[\]{}<>"'`*#|=/\\,;\t]""")
_LIST_MARKS = ("-", "・", "+", ">", "※", "■", "●", "○", "◆")
_MIN_SHARE_OF_LINES = 0.4
# In a long text a label that comes once ("場所：") is a line of somebody's message, if the others come back.
_MIN_LINES_FOR_STRAY_LABELS = 10
_MIN_SHARE_OF_REPEATED = 0.8
_MIN_LABELS = 2
_N_OF_A_PAIR = 2
# A script writes 花子「おはよう」; "花子は「おはよう」" is a sentence of a story.
_SAID_IN_BRACKETS = re.compile("[ \u3000]*([^「」\\s:：][^「」:：]{0,19})「(.*)」[ \u3000]*")
_PARTICLES = ("は", "が", "も", "の", "に", "で", "と", "を")

_LABELLED = both("行が「名前：」で始まっています", "its lines begin with “name:”")
_NO_NAMES = both("行の見出しが人の名前ではなさそうです", "the labels of its lines do not look like names")
_FEW_LABELS = both("「名前：」で始まる行が少なすぎます", "too few lines begin with “name:”")
_DO_NOT_COME_BACK = both("見出しが一度ずつしか現れません", "its labels do not come back as speakers do")
_BEGINS_AS_PROSE = both("地の文で始まっています", "it begins with prose")


def judge(source: Source) -> Judgement:
    """How many lines begin with a label, whether the labels come back as speakers do, and whether they can be names."""
    lines = source.sample_lines
    labels = _labels(lines)
    if not labels or not lines:
        return NOT_THIS
    counts = Counter(labels)
    share = len(labels) / len(lines)
    if are_not_names(counts):
        return Judgement(0.2, (), (_NO_NAMES,))
    if len(labels) < _MIN_LABELS or share < _MIN_SHARE_OF_LINES:
        return Judgement(0.4 * share, (), (_FEW_LABELS,))
    if len(counts) > _N_OF_A_PAIR and len(counts) > len(labels) / 2:
        return Judgement(0.3, (), (_DO_NOT_COME_BACK,))
    against = []
    if max(counts.values()) == 1:
        against.append(_DO_NOT_COME_BACK)
    if _find_label(lines[0]) == "" and not _is_heading(lines[0]):
        against.append(_BEGINS_AS_PROSE)
    if against:
        return Judgement(0.7, (_LABELLED,), tuple(against))
    return Judgement(0.8 + 0.15 * share, (_LABELLED,))


def is_labelled_otherwise(source: Source) -> bool:
    """Whether lines begin with labels that are no names: a log, mail, a list of fields, a recipe."""
    labels = _labels(source.sample_lines)
    return len(labels) >= max(_MIN_LABELS, _MIN_SHARE_OF_LINES * len(source.sample_lines)) and are_not_names(
        Counter(labels)
    )


def _labels(lines: Sequence[str]) -> list[str]:
    return [label for label in map(_find_label, lines) if label]


def _is_heading(line: str) -> bool:
    """Whether a first line without a label is a title, not a sentence."""
    return not line.rstrip().endswith(("。", "．", ".", "、", "！", "？"))


def parse(source: Source) -> Collector:
    """Read labelled plain text."""
    collector = Collector(source)
    lines = source.take_lines()
    labels = [_find_label(line) for line in lines]
    strays = _find_strays(Counter(label for label in labels if label))
    speaker, first = "", 0
    body: list[str] = []
    for number, (line, label) in enumerate(zip(lines, labels, strict=True), start=1):
        if label and label not in strays:
            if speaker:
                collector.add(speaker, "\n".join(body), None, line=first)
            speaker, body, first = label, [_said(line)], number
        elif speaker:
            body.append(line)
        elif line.strip():
            collector.drop("not_utterance", line=number)
    if speaker:
        collector.add(speaker, "\n".join(body), None, line=first)
    if strays:
        collector.warn(
            both(
                f"一度しか現れない見出し {len(strays)} 件は話者とせず、前の発話の続きとして読みました。",
                f"{len(strays)} labels that appear only once were not taken for speakers: their lines go on with the "
                "utterance before.",
            )
        )
    return collector


def _find_label(line: str) -> str:
    """The name before the first colon, or an empty string: sentences, list items, addresses and clocks are no names."""
    if bracketed := _SAID_IN_BRACKETS.fullmatch(line):
        name = clean_text(bracketed[1])
        return "" if name.endswith(_PARTICLES) or _NOT_IN_A_NAME.search(name) else name
    colon = _COLON.search(line)
    if colon is None or colon.start() > 2 * _MAX_LABEL_CHARS:
        return ""
    label, after = clean_text(line[: colon.start()]), line[colon.end() :]
    if not label or len(label) > _MAX_LABEL_CHARS or _NOT_IN_A_NAME.search(label) or label.startswith(_LIST_MARKS):
        return ""
    is_clock = label[-1].isdigit() and after[:1].isdigit()
    return "" if is_clock or label.isdigit() or after.startswith("//") else label


def _said(line: str) -> str:
    """What stands behind the name of a line that has one."""
    bracketed = _SAID_IN_BRACKETS.fullmatch(line)
    return bracketed[2] if bracketed else _COLON.split(line, maxsplit=1)[1]


def _find_strays(counts: Counter[str]) -> set[str]:
    once = {label for label, count in counts.items() if count == 1}
    n_repeated = counts.total() - len(once)
    long_enough = counts.total() >= _MIN_LINES_FOR_STRAY_LABELS
    return once if long_enough and n_repeated >= _MIN_SHARE_OF_REPEATED * counts.total() else set()


READER = Reader("plain", both("「名前：発話」のテキスト", "labelled text (name: utterance)"), judge, parse)
