"""Speakers that subtitles write before the words: ``花子: おはよう``, ``（花子）おはよう``, ``[花子] おはよう``. Pure.

One file writes them in one way. In: the texts of all its cues. Out: which names there are, and where each text's ends.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.not_names import are_not_names

_MAX_NAME_CHARS = 64
# The first that nearly as many texts have as any: a colon with a space is in fewer lines that have no name.
_COLONS = (re.compile(r":(?=\s|\Z)"), re.compile("：\\s?"), re.compile(r":(?!//)"))
_BRACKETS = re.compile(r"\s*(?:[（(]([^（）()\n]{1,64})[）)]|[\[［]([^\[\]［］\n]{1,64})[\]］]|【([^【】\n]{1,64})】)")
_MAX_NAME_CHARS_INSIDE = 10
_MIN_TO_BE_LONGER = 2
_NEARLY = 0.8
_MIN_SHARE = 0.3
_NOT_IN_A_NAME = re.compile(r"[。？！!?「」『』\n]")
_SOUNDS = frozenset(
    (
        "笑 笑い 笑う 笑い声 一同笑い 爆笑 苦笑 泣 泣く 拍手 歓声 音楽 BGM 効果音 ため息 咳 咳払い 沈黙 無音 間 雑音 "
        "聞き取れず 聞き取り不能 不明 電話 ノック 足音 物音 チャイム "
        "music laughter laughs laughing applause sigh sighs "
        "cough silence inaudible crosstalk noise"
    )
    .lower()
    .split()
)
# In a longer text that does not label every cue, a label that comes once is a word of somebody's ("結論: ").
_MIN_CUES_FOR_STRAYS = 10
_ALL_LABELLED = 0.9


def is_sound(text: str) -> bool:
    """Whether a text is only what a transcriber writes of a sound: ``（拍手）``, ``[Laughter]``, ``♪``."""
    text = text.strip()
    match = _BRACKETS.fullmatch(text) if len(text) <= _MAX_NAME_CHARS else None
    if match is None:
        return text[:1] in ("♪", "♫") and not text.strip("♪♫〜～ ")
    return clean_text(match[1] or match[2] or match[3]).lower() in _SOUNDS


class Labels:
    """The names of one file. ``uncertain`` are those that may end elsewhere, or be none."""

    def __init__(self, style: "re.Pattern[str]", names: frozenset[str], uncertain: tuple[str, ...]) -> None:
        self._style = style
        self._names = names
        self.uncertain = uncertain

    def parts(self, text: str) -> Iterator[tuple[str, str]]:
        """Name (empty: none) and words of each utterance in one cue: a line with a name begins a new one."""
        speaker, lines = "", list[str]()
        for line in _lines(text):
            named = [found for found in _candidates(self._style, line) if found[0] in self._names]
            if named and lines:
                yield speaker, "\n".join(lines)
                lines = []
            speaker, rest = named[-1] if named else (speaker, line.text)  # the longest name
            lines.append(rest)
        yield speaker, "\n".join(lines)


class _Line(NamedTuple):
    text: str
    followed: bool  # by words of the same cue


def _lines(text: str) -> list[_Line]:
    lines = text.split("\n")
    return [_Line(line, place + 1 < len(lines)) for place, line in enumerate(lines)]


_NO_NAME = re.compile(r'["{}<>]')  # within a cue these are said words: {"key": 1}


def find_labels(texts: Sequence[str]) -> Labels | None:
    """How a file writes its speakers; None where it names none."""
    n_cues = len(texts)
    cues = [_lines(text) for text in texts]
    styles = (*_COLONS, _BRACKETS)
    counts = [sum(1 for lines in cues if _first(style, lines[0])) for style in styles]
    if not n_cues or max(counts) < max(1, _MIN_SHARE * n_cues):
        return None
    style = next(one for one, count in zip(styles, counts, strict=True) if count >= _NEARLY * max(counts))
    at_head, of_name = Counter[str](), defaultdict[str, list[_Line]](list)
    for lines in cues:
        at_head.update(name for name in (_first(style, lines[0]),) if name)
        for line in lines:
            if (name := _first(style, line)) and (line is lines[0] or not _NO_NAME.search(name)):
                of_name[name].append(line)
    kept = _without_strays(of_name, at_head, n_cues)
    if sum(at_head[name] for name in kept) < max(1, _MIN_SHARE * n_cues):
        return None
    names: dict[str, bool] = {}
    for name, named in kept.items():
        certain = name in at_head  # inside of a cue alone, even "Q: " may come twice
        names |= {one: sure and certain for one, sure in _ends(style, name, named).items()}
    if are_not_names(_count(style, names, kept)):
        return None
    return Labels(style, frozenset(names), tuple(name for name, certain in names.items() if not certain))


def _count(style: "re.Pattern[str]", names: Collection[str], kept: dict[str, list[_Line]]) -> Counter[str]:
    """How many lines each name begins."""
    return Counter(
        name for named in kept.values() for line in named for name, _ in _candidates(style, line) if name in names
    )


def _without_strays(of_name: dict[str, list[_Line]], at_head: Counter[str], n_cues: int) -> dict[str, list[_Line]]:
    all_labelled = n_cues < _MIN_CUES_FOR_STRAYS or at_head.total() >= _ALL_LABELLED * n_cues
    return {
        name: named
        for name, named in of_name.items()
        if len(named) > 1 or (all_labelled and _may_be_once(name, name in at_head))
    }


def _may_be_once(name: str, at_head: bool) -> bool:
    """Whether a label that comes once may be a person's name; less may be one inside of a cue than at its head."""
    short_enough = at_head or len(name) <= _MAX_NAME_CHARS_INSIDE
    return short_enough and not _NOT_IN_A_NAME.search(name) and not are_not_names({name: 1})


def _ends(style: "re.Pattern[str]", name: str, lines: list[_Line]) -> dict[str, bool]:
    """``name``, or longer names with a colon inside that all of its lines share; whether it is certain that they end.

    A person says "結論: " now and then; what stands there in every line, and more than once, is of the name.
    """
    if style is _BRACKETS:
        return {name: True}
    longer: dict[str, list[_Line]] = defaultdict(list)
    for line in lines:
        ends = [found for found, _ in _candidates(style, line)]
        following = ends[ends.index(name) + 1 :] if name in ends else []
        if not following:
            return {name: True}
        longer[following[0]].append(line)
    if any(len(named) < _MIN_TO_BE_LONGER for named in longer.values()):
        return {name: len(lines) >= _MIN_TO_BE_LONGER}
    names: dict[str, bool] = {}
    for one, named in longer.items():
        names |= dict.fromkeys(_ends(style, one, named), False)
    return names


def _first(style: "re.Pattern[str]", line: _Line) -> str:
    return next((name for name, _ in _candidates(style, line)), "")


def _candidates(style: "re.Pattern[str]", line: _Line) -> Iterator[tuple[str, str]]:
    """Each name that a line may begin with, the shortest first, and what stands behind it."""
    if style is _BRACKETS:
        match = _BRACKETS.match(line.text)
        name = clean_text(match[1] or match[2] or match[3]) if match else ""
        rest = line.text[match.end() :] if match else ""
        if name and name.lower() not in _SOUNDS and (rest.strip() or line.followed):
            yield name, rest.removeprefix(":").removeprefix("：")
        return
    for match in style.finditer(line.text[: _MAX_NAME_CHARS + 2]):
        name, rest = clean_text(line.text[: match.start()]), line.text[match.end() :]
        if name and not (name[-1].isdigit() and rest[:1].isdigit()) and not rest.startswith("//"):
            yield name, rest
