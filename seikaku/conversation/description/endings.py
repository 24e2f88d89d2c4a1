"""How sentences end: です・ます, final particles, questions. In: ``OwnText``. Out: shares. Pure.

Without a morphological analyser: the last characters of a sentence decide, marks and drawn-out vowels behind them
apart. Beside MeCab on 22,576 messages of RealPersonaChat, .98 of what counts as polite is and .99 of what is polite
counts; of each particle with 40 cases or more, .98 or more is one (かも .89, the rest of which it takes for a noun).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seikaku.conversation.characters import BLOCK_CHARS, CodeArray
from seikaku.conversation.description.own_text import (
    DRAWN_OUT,
    EMOJI,
    LETTER,
    SENTENCE_END,
    BoolArray,
    IntArray,
    OwnText,
)
from seikaku.conversation.windows import cut_blocks

_TAIL = 9
_CLIPPED = "っッ"
# In front of a word: the sentence begins with it. Where a sentence is shorter than a tail, the tail holds zeros.
_START = "\0"
_NONE = -1


@dataclass(frozen=True, slots=True)
class Endings:
    """Endings as a tree that is read from the last letter: the label that holds so far, and what may stand before."""

    label: int | None
    before: dict[int, "Endings"]


def grow_endings(labels: Mapping[str, int]) -> Endings:
    """The tree of ending -> label, -1 for what is none of them though it ends in one."""
    lasts = {ending[-1]: None for ending in labels if ending}
    before = {
        ord(last): grow_endings({ending[:-1]: label for ending, label in labels.items() if ending.endswith(last)})
        for last in lasts
    }
    return Endings(labels.get(""), before)


_POLITE_ENDS = ("です", "ます", "でした", "ました", "ません", "でしょう", "ましょう", "ください", "下さい")
_JOINERS = ("し", "から", "けど", "けれど", "が", "もん", "もの", "ので", "のに")
_CLOSERS = ("", "ね", "よ", "よね", "か", "かね", "かな", "な", "わ", "っけ", "って", "ねえ", "よねえ", "なあ")
_AFTER_POLITE = _CLOSERS + tuple(joiner + closer for joiner in _JOINERS for closer in ("", "ね", "ねえ"))
_POLITE = grow_endings(
    {end + after: 1 for end in _POLITE_ENDS for after in _AFTER_POLITE if len(end + after) <= _TAIL}
)  # fmt: skip
# An answer ("is that so") or a tag, no question unless a question mark follows.
_NOT_ASKING = ("そうですか", "そうなんですか", "そうでしたか", "そうだったんですか", "じゃないですか")
_ASKING = grow_endings(
    {end + closer: 1 for end in _POLITE_ENDS[:7] for closer in ("か", "かね")} | dict.fromkeys(_NOT_ASKING, _NONE)
)


@dataclass(frozen=True, slots=True)
class _Particle:
    """How a final particle is recognised: its spellings, what may stand before it ("" for anything), what it is not."""

    spellings: tuple[str, ...]
    after: str = ""
    exceptions: tuple[str, ...] = ()


_AFTER_PLAIN = "いだるたすうくむんっ"
_PARTICLES: dict[str, _Particle] = {
    "よね": _Particle(("よね", "よねえ")),
    "ね": _Particle(("ね", "ですねえ", "ますねえ", "だねえ", "いいねえ"), exceptions=("おかね",)),
    "よ": _Particle(("よ",)),
    "かな": _Particle(("かな", "かなあ"), exceptions=("さかな",)),
    "な": _Particle(
        ("な", "なあ"), after="いだるたすうくむよ", exceptions=("みたいな", "ような", "そうな", "きれいな", "きらいな")
    ),
    "かも": _Particle(("かも",), exceptions=("しかも",)),
    "か": _Particle(
        ("か",),
        exceptions=("なか", "たしか", "確か", "とか", "なんか", "まさか", "いつか", "ほか", "しか", "にか", "どっか",
                    "こか", "れか", "ばか", "すいか"),
    ),
    "の": _Particle(("の",), after="いだるたなんくすむぐ", exceptions=("んなの", "あなたの", "らいの", "みたいの")),
    "わ": _Particle(("わ",), exceptions=("んばんわ", "んにちわ", "あわわ", _START + "うわ", _START + "こわ")),
    "ぞ": _Particle(("ぞ",), exceptions=("どうぞ",)),
    "っけ": _Particle(("っけ",)),
    "もん": _Particle(("もん",), exceptions=("えもん",)),
    "じゃん": _Particle(("じゃん",)),
    "けど": _Particle(("けど",), exceptions=(_START + "だけど",)),
    "から": _Particle(("から",), after=_AFTER_PLAIN, exceptions=(_START + "だから",)),
    "し": _Particle(("し",), after=_AFTER_PLAIN, exceptions=("おいし", "やさし", _START + "すし")),
}  # fmt: skip
PARTICLES = tuple(_PARTICLES)


def _label_particles() -> dict[str, int]:
    """Ending -> the particle's number; the longest that fits decides, so that よね is no ね and さかな no かな."""
    labels: dict[str, int] = {}
    for number, particle in enumerate(_PARTICLES.values()):
        before = particle.after or ("",)
        labels |= {start + spelling: number for spelling in particle.spellings for start in before}
        labels |= dict.fromkeys(particle.exceptions, _NONE)
    return labels


_PARTICLE_ENDINGS = grow_endings(_label_particles())


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of a speaker that hold any letter.

    ``tails`` (9, n_sentences): the last letters, the very last in row 0, 0 where there is none; ``message_of``
    (n_sentences,).
    """

    tails: CodeArray
    message_of: IntArray

    @property
    def n_sentences(self) -> int:
        """How many there are."""
        return len(self.message_of)

    def label(self, endings: Endings) -> IntArray:
        """The label of the longest ending that each sentence has, -1 for none, (n_sentences,)."""
        labels = np.full(self.n_sentences, _NONE)
        self._label(labels, np.arange(self.n_sentences), endings, 0)
        return labels

    def _label(self, labels: IntArray, rows: IntArray, endings: Endings, depth: int) -> None:
        """Label the sentences ``rows``, which fit so far; with every letter fewer are looked at."""
        if endings.label is not None:
            labels[rows] = endings.label
        if endings.before and len(rows):
            letters = self.tails[depth, rows]
            for code, longer in endings.before.items():
                self._label(labels, rows[letters == code], longer, depth + 1)


def split_sentences(own: OwnText) -> Sentences:
    """Cut at 。！？…, line breaks, emoji and laughs; a message ends a sentence as well."""
    cut = [_cut(own, bounds[0], bounds[-1]) for _, bounds in cut_blocks(own.begins, len(own.text), BLOCK_CHARS)]
    tails = np.concatenate([np.zeros((_TAIL, 0), np.uint32), *[tails for tails, _ in cut]], axis=1)
    lasts = np.concatenate([np.zeros(0, np.int64), *[lasts for _, lasts in cut]])
    return Sentences(tails, np.searchsorted(own.begins, lasts, side="right") - 1)


def _cut(own: OwnText, begin: int, end: int) -> tuple[CodeArray, IntArray]:
    """The tails of the sentences of whole messages, and where the last letter of each stands."""
    kinds, is_laugh = own.kinds[begin:end], own.is_laugh[begin:end]
    places = np.flatnonzero((kinds & (LETTER | DRAWN_OUT) == LETTER) & ~is_laugh)
    sentence = np.cumsum((kinds & (SENTENCE_END | EMOJI) > 0) | is_laugh, dtype=np.int32)[places]
    last = np.flatnonzero(np.diff(sentence, append=-1))
    chars = own.codes[begin:end][places]
    back = last - np.arange(_TAIL)[:, None]
    begun = np.maximum(back, 0)
    within = (back >= 0) & (sentence[begun] == sentence[last])
    tails = np.where(within, chars[begun], np.uint32(0))
    clipped = (tails[0] == ord(_CLIPPED[0])) | (tails[0] == ord(_CLIPPED[1]))
    tails[:-1, clipped] = tails[1:, clipped]
    return tails, begin + places[last]


def find_polite(sentences: Sentences) -> BoolArray:
    """Which sentences end in です, ます and their forms, a particle behind them or none, (n_sentences,)."""
    return sentences.label(_POLITE) > 0


def find_polite_questions(sentences: Sentences) -> BoolArray:
    """Which sentences ask in the polite form (ですか), with or without a question mark, (n_sentences,)."""
    return sentences.label(_ASKING) > 0


def count_particles(sentences: Sentences) -> dict[str, int]:
    """How many sentences end in each of ``PARTICLES``; a sentence has one ending."""
    labels = sentences.label(_PARTICLE_ENDINGS)
    counts = np.bincount(labels[labels != _NONE], minlength=len(PARTICLES))
    return dict(zip(PARTICLES, counts.tolist(), strict=True))
