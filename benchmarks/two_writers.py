"""Whether two people on one account show: the warning "two_writers" on joined speakers. Effects: prints.

    python benchmarks/two_writers.py DATA

DATA: a folder of processed data (python preprocess_data.py). False alarms are of single speakers, dialogues in their
order; hits of every two speakers whose commonest word for oneself differs, who follow each other or change with every
five dialogues or every dialogue. Beside it, what twenty-one figures of style find of any two speakers: the largest
spread of runs of five dialogues along the axes on which these very speakers differ most (better than on new ones), at
the limit that 2 % of single speakers pass.
"""

import argparse
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from quality_thresholds import Talks, load_talks

from seikaku.conversation.quality.writers import MAX_SWITCHES, find_oneself, measure_alternation

SIZES = (20, 60)  # dialogues
RUN = 5
N_PAIRS = 600
FALSE_ALARMS = 0.02
N_AXES = 8
STYLE = [
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        "です|ます|ました|ません|でした", "だよ|だね|かな|じゃん|だけど|だった", "[！!]", "[？?]", "。", "、",
        "笑|[wWｗ]+", "[〜～ー]", "[\u4e00-\u9fff]", "[\u30a1-\u30fa]", "ね[。！!、～〜]?$", "よ[。！!、～〜]?$",
        "♪|☆|…|・・", r"\(|（", "私|わたし", "僕|ぼく|俺|オレ", "そうなん|そうです", "とても|すごく|すごい|めっちゃ",
        "けど|が、|ので|から",
    )
]  # fmt: skip

Array = NDArray[np.float64]


def join(first: Talks, second: Talks, run: int) -> list[str]:
    """Two speakers' utterances, who change with every ``run`` dialogues."""
    n_talks = min(len(first), len(second))
    return [
        text
        for start in range(0, n_talks, run)
        for own in (first, second)
        for talk in own[start : start + run]
        for text in talk
    ]


def warns(texts: list[str]) -> bool:
    """Whether the guard takes them for two people's."""
    return measure_alternation(texts) >= 1 - MAX_SWITCHES


def show_words(talks: list[Talks], size: int) -> None:
    """False alarms and hits of the guard's rule."""
    single = [own[start : start + size] for own in talks for start in range(0, len(own) - size + 1, size)]
    alarms = [warns([text for talk in own for text in talk]) for own in single]
    print(f"  words for oneself: {sum(alarms)} false alarms in {len(alarms)}")
    long = [own for own in talks if len(own) >= size]
    names = [Counter(filter(None, (find_oneself(text) for talk in own for text in talk))) for own in long]
    usual = [counts.most_common(1)[0][0] if counts else "" for counts in names]
    pairs = [(i, j) for i, j in combinations(range(len(long)), 2) if usual[i] and usual[j] and usual[i] != usual[j]]
    half = size // 2
    for run in (half, RUN, 1):
        hits = [warns(join(long[i][:half], long[j][:half], run)) for i, j in pairs]
        print(f"    change every {run:2} dialogues: hits {np.mean(hits):.2f} of {len(hits)} pairs")


def describe(texts: tuple[str, ...]) -> list[float]:
    """One dialogue's figures of style."""
    joined = "\n".join(texts)
    lengths = np.array([len(text) for text in texts])
    rates = [float(np.sqrt(len(pattern.findall(joined)) / max(len(joined), 1))) for pattern in STYLE]
    return [*rates, float(np.log(lengths.mean() + 1)), float(np.log(lengths + 1).std())]


def find_axes(styles: list[Array]) -> Array:
    """Figures of style -> the axes along which speakers differ most, weighed by how much."""
    within = np.cov(np.concatenate([own - own.mean(0) for own in styles]).T)
    white = np.linalg.cholesky(np.linalg.inv(within + 0.1 * np.diag(np.diag(within))))
    spread, axes = np.linalg.eigh(np.cov((np.array([own.mean(0) for own in styles]) @ white).T))
    weights = np.sqrt(spread / (spread + 0.1))[::-1][:N_AXES]
    return np.asarray(white @ axes[:, ::-1][:, :N_AXES] * weights)


def measure_spread(style: Array) -> float:
    """The largest variance of runs of dialogues along one axis."""
    n_runs = len(style) // RUN
    means = style[: n_runs * RUN].reshape(n_runs, RUN, -1).mean(1)
    return float(np.linalg.svd(means - means.mean(0), compute_uv=False)[0] ** 2 * RUN / (n_runs - 1))


def show_style(styles: list[Array], size: int) -> None:
    """Hits of the figures of style at 2 % false alarms."""
    single = [own[start : start + size] for own in styles for start in range(0, len(own) - size + 1, size)]
    limit = np.quantile([measure_spread(own) for own in single], 1 - FALSE_ALARMS)
    long = [own for own in styles if len(own) >= size]
    generator = np.random.default_rng(0)
    half = size // 2
    for name, run in (("follow each other", half), ("every dialogue", 1)):
        hits = []
        for _ in range(N_PAIRS):
            first, second = (long[i] for i in generator.choice(len(long), 2, replace=False))
            order = [(start + k, own) for start in range(0, half, run) for own in (first, second) for k in range(run)]
            hits.append(measure_spread(np.array([own[place] for place, own in order])) > limit)
        print(f"  style, {name}: hits {np.mean(hits):.2f} at {FALSE_ALARMS:.0%} false alarms of {len(single)}")


def main() -> None:
    """Print both for each amount."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    talks = load_talks(parser.parse_args().data)
    whole = [warns([text for talk in own for text in talk]) for own in talks]
    print(f"whole speakers: {sum(whole)} false alarms in {len(whole)}")
    described = [np.array([describe(talk) for talk in own]) for own in talks if len(own) >= min(SIZES)]
    axes = find_axes(described)
    for size in SIZES:
        print(f"{size} dialogues")
        show_words(talks, size)
        show_style([own @ axes for own in described], size)


if __name__ == "__main__":
    main()
