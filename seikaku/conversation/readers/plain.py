"""Plain text with the speaker before a colon: ``名前：発話``. Pure.

A line without such a label continues the utterance above it.
"""

import re
from collections import Counter

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector, Reader, Source
from seikaku.conversation.readers.not_names import are_not_names
from seikaku.errors import both

_COLON = re.compile("[:：]")
_MAX_LABEL_CHARS = 20
_NOT_IN_A_NAME = re.compile(r"""[、。！？!?「」『』\[\]{}<>"'`*#|=/\\,;\t]""")
_LIST_MARKS = ("-", "・", "+", ">", "※", "■", "●", "○", "◆")
_MIN_SHARE_OF_LINES = 0.4
# In a long text a label that comes once ("場所：") is a line of somebody's message, if the others come back.
_MIN_LINES_FOR_STRAY_LABELS = 10
_MIN_SHARE_OF_REPEATED = 0.8
_N_CHARS_LOOKED_AT = 200_000


def recognises(source: Source) -> bool:
    """Whether enough lines begin with a label, the labels come back as speakers do, and they can be names."""
    lines, labels = _look(source.text)
    n_speakers = len(set(labels))
    return (
        len(labels) >= max(2, _MIN_SHARE_OF_LINES * len(lines))
        and (n_speakers <= 2 or n_speakers <= len(labels) / 2)
        and not are_not_names(Counter(labels))
    )


def is_labelled_otherwise(text: str) -> bool:
    """Whether lines begin with labels that are no names: a log, mail, a list of fields, a recipe."""
    lines, labels = _look(text)
    return len(labels) >= max(2, _MIN_SHARE_OF_LINES * len(lines)) and are_not_names(Counter(labels))


def _look(text: str) -> tuple[list[str], list[str]]:
    """The lines that are not blank, of the first 200,000 characters, and the labels that they begin with."""
    lines = [line for line in text[:_N_CHARS_LOOKED_AT].split("\n") if line.strip()]
    return lines, [label for label in map(_find_label, lines) if label]


def parse(source: Source) -> Collector:
    """Read labelled plain text."""
    collector = Collector(source)
    lines = source.text.split("\n")
    labels = [_find_label(line) for line in lines]
    strays = _find_strays(Counter(label for label in labels if label))
    speaker = ""
    body: list[str] = []
    for line, label in zip(lines, labels, strict=True):
        if label and label not in strays:
            if speaker:
                collector.add(speaker, "\n".join(body), None)
            speaker, body = label, [_COLON.split(line, maxsplit=1)[1]]
        elif speaker:
            body.append(line)
        elif line.strip():
            collector.drop("not_utterance")
    if speaker:
        collector.add(speaker, "\n".join(body), None)
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
    colon = _COLON.search(line)
    if colon is None or colon.start() > 2 * _MAX_LABEL_CHARS:
        return ""
    label, after = clean_text(line[: colon.start()]), line[colon.end() :]
    if not label or len(label) > _MAX_LABEL_CHARS or _NOT_IN_A_NAME.search(label) or label.startswith(_LIST_MARKS):
        return ""
    is_clock = label[-1].isdigit() and after[:1].isdigit()
    return "" if is_clock or label.isdigit() or after.startswith("//") else label


def _find_strays(counts: Counter[str]) -> set[str]:
    once = {label for label, count in counts.items() if count == 1}
    n_repeated = counts.total() - len(once)
    long_enough = counts.total() >= _MIN_LINES_FOR_STRAY_LABELS
    return once if long_enough and n_repeated >= _MIN_SHARE_OF_REPEATED * counts.total() else set()


READER = Reader("plain", both("「名前：発話」のテキスト", "labelled text (name: utterance)"), recognises, parse)
