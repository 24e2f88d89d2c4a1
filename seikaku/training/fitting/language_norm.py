"""Measure how a group of speakers writes, by amount of text. In: what they wrote. Out: ``LanguageNorm``. Pure.

For amounts from 15 messages on, each speaker's talks are shuffled and two parts of that amount are taken, no talk in
both (a long talk counts as several, one behind the other). The parts of all speakers give the quantiles; how well two
of a speaker agree says what the figure is worth at that amount. Needs scipy.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seikaku.conversation.description.catalogue import FIGURES
from seikaku.conversation.description.counting import Measured, measure_text
from seikaku.conversation.description.own_text import join_own_text
from seikaku.conversation.description.placing import LEVELS, FigureNorm, LanguageNorm
from seikaku.errors import DataError, both
from seikaku.model.regressor import FloatArray

Talks = Sequence[Sequence[str]]

AMOUNTS = (15, 30, 60, 120, 240, 480, 960)  # messages
LEAST_SPEAKERS = 30
_PAIRS_PER_SPEAKER = 8
# A talk is cut into runs of this many messages: a log of years is one talk, and two parts of it have to be found.
_MESSAGES_PER_RUN = 30
# An amount counts where this share of the speakers wrote twice as much.
_LEAST_SHARE = 0.5
# What the length of the text decides is no figure to be placed by it.
_UNPLACED = {"messages", "characters"}
_NOTHING = (np.nan, np.nan)


@dataclass(frozen=True, slots=True)
class NormSource:
    """What a norm says of itself: its name in both languages, the day of measuring, the corpus and its licence."""

    name_ja: str
    name_en: str
    date: str
    corpus: str
    licence: str


@dataclass(frozen=True, slots=True)
class _Sample:
    """One figure of both parts at one amount: ``values`` and ``n``, each (n_pairs, n_speakers, 2); NaN for none."""

    values: FloatArray
    n: FloatArray


def measure_norm(speakers: Sequence[Talks], source: NormSource, seed: int = 0) -> LanguageNorm:
    """The norm of these speakers: ``speakers[i]`` holds the talks of one, a talk its messages in order.

    Raises DataError for fewer than 30 speakers who wrote 30 messages.
    """
    generator = np.random.default_rng(seed)
    cut = [list(_cut_runs(talks)) for talks in speakers]
    rows: dict[str, list[tuple[float, float, FloatArray]]] = {}
    for amount in AMOUNTS:
        pairs = [found for runs in cut if (found := _draw_pairs(runs, amount, generator))]
        if len(pairs) < max(LEAST_SPEAKERS, _LEAST_SHARE * len(speakers)):
            break
        for key, sample in _take_samples(pairs).items():
            rows.setdefault(key, []).append(_summarize(sample))
    if not rows:
        raise _too_few(len(speakers))
    return LanguageNorm(
        source.name_ja, source.name_en, len(speakers), source.date, source.corpus, source.licence,
        figures={key: figure for key, found in rows.items() if (figure := _figure_norm(found)) is not None},
    )  # fmt: skip


def _cut_runs(talks: Talks) -> Iterator[list[str]]:
    for talk in talks:
        said = [text for text in talk if text.strip()]
        yield from (said[start : start + _MESSAGES_PER_RUN] for start in range(0, len(said), _MESSAGES_PER_RUN))


def _draw_pairs(
    runs: list[list[str]], amount: int, generator: np.random.Generator
) -> list[tuple[list[str], list[str]]]:
    """Pairs of separate parts of ``amount`` messages, whole runs each; none where the speaker wrote too little."""
    if sum(map(len, runs)) < 2 * amount:
        return []
    pairs = []
    for _ in range(_PAIRS_PER_SPEAKER):
        shuffled = iter([runs[index] for index in generator.permutation(len(runs))])
        first, second = _fill(shuffled, amount), _fill(shuffled, amount)
        if len(second) < amount:  # whole runs: the first part may have taken a little too much
            return []
        pairs.append((first, second))
    return pairs


def _fill(runs: Iterator[list[str]], amount: int) -> list[str]:
    part: list[str] = []
    while len(part) < amount and (run := next(runs, None)) is not None:
        part += run
    return part


def _take_samples(pairs: Sequence[Sequence[tuple[list[str], list[str]]]]) -> dict[str, _Sample]:
    """Every figure and every part of one, of the pairs of all speakers."""
    measured = [[[_flatten(measure_text(join_own_text(part))) for part in pair] for pair in own] for own in pairs]
    samples = {}
    for key in {key: None for own in measured for pair in own for part in pair for key in part}:
        found = np.array([[[part.get(key, _NOTHING) for part in pair] for pair in own] for own in measured])
        samples[key] = _Sample(found[..., 0].swapaxes(0, 1), found[..., 1].swapaxes(0, 1))
    return samples


def _flatten(measured: dict[str, Measured]) -> dict[str, tuple[float, float]]:
    """Key, or key/part -> (value, n); parts that are counts depend on the length and are left out."""
    found = {}
    for kind in FIGURES:
        if kind.key in measured and kind.key not in _UNPLACED:
            figure = measured[kind.key]
            found[kind.key] = (np.nan if figure.value is None else figure.value, float(figure.n))
            if kind.part_unit == "share":
                found |= {f"{kind.key}/{name}": (value, float(figure.n)) for name, value in figure.parts}
    return found


def _summarize(sample: _Sample) -> tuple[float, float, FloatArray]:
    """(Median n, agreement of the two parts, quantiles)."""
    from scipy.stats import rankdata

    agreements = []
    for pair in sample.values:
        known = ~np.isnan(pair).any(axis=1)
        first, second = rankdata(pair[known], axis=0).T if known.sum() > 1 else np.zeros((2, 1))
        spread = first.std() * second.std()
        agreements.append(float(np.cov(first, second, bias=True)[0, 1] / spread) if spread else 0.0)
    known = ~np.isnan(sample.values)
    if known.mean() < _LEAST_SHARE:
        return np.nan, 0.0, np.zeros(len(LEVELS))
    levels = np.array(LEVELS) / 100
    return float(np.median(sample.n[known])), float(np.mean(agreements)), np.quantile(sample.values[known], levels)


def _figure_norm(rows: list[tuple[float, float, FloatArray]]) -> FigureNorm | None:
    from scipy.optimize import isotonic_regression

    kept: list[tuple[float, float, FloatArray]] = []
    for row in rows:
        if row[0] > (kept[-1][0] if kept else 0):  # talks are taken whole: two amounts may come to the same
            kept.append(row)
    if not kept:
        return None
    # More text never agrees less: what noise turned round is pooled.
    agreement = np.clip(isotonic_regression([row[1] for row in kept]).x, 0.0, 1.0)
    return FigureNorm(np.array([row[0] for row in kept]), agreement, np.stack([row[2] for row in kept]))


def _too_few(n_speakers: int) -> DataError:
    least = AMOUNTS[0] * 2
    return DataError(
        both(
            f"言葉の基準集団を測るには話者が足りません（{n_speakers} 人）。",
            f"Too few speakers for a norm group's language ({n_speakers}).",
        ),
        both(
            f"{least} 件以上のメッセージを書いた話者を {LEAST_SPEAKERS} 人以上用意してください。",
            f"Give {LEAST_SPEAKERS} speakers or more who wrote {least} messages or more each.",
        ),
    )
