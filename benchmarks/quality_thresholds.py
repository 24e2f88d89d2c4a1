"""Where the garbage guard's figures lie in real talk: the thresholds of seikaku/conversation/quality. Effects: prints.

    python benchmarks/quality_thresholds.py DATA [--draws 8] [--seed 0]

DATA: a folder of processed data (python preprocess_data.py). Speakers' whole text, every dialogue alone, and draws of 3
and 15; nobody's words are printed. The last columns say how many of them have the issue, to warn or to withhold.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from seikaku.conversation.characters import count_written
from seikaku.conversation.quality import assess_quality
from seikaku.conversation.quality.borrowed import (
    count_code_chars,
    count_document_chars,
    count_quoted_chars,
    count_sticker_chars,
    without_addresses,
)
from seikaku.conversation.quality.copied import count_duplicate_chars, count_template_chars, measure_repetition
from seikaku.conversation.quality.japanese import count_letters
from seikaku.conversation.quality.transcribed import measure_fillers, measure_run_on, measure_spaces
from seikaku.conversation.quality.writers import measure_alternation
from seikaku.corpora.store import load_corpus

LEVELS = (0.0, 0.01, 0.5, 0.9, 0.99, 1.0)
SIZES = (1, 3, 15, 0)  # dialogues; 0: all

Talks = list[tuple[str, ...]]
Figure = Callable[[Sequence[str], str, int], float]
FIGURES: dict[str, Figure] = {
    "Japanese share of letters": lambda texts, joined, n: (
        (found := count_letters(joined)).n_japanese / max(found.n_letters, 1)
    ),
    "Japanese per character": lambda texts, joined, n: count_letters(joined).n_japanese / n,
    "kana share": lambda texts, joined, n: (found := count_letters(joined)).n_kana / max(found.n_japanese, 1),
    "repetition": lambda texts, joined, n: measure_repetition(joined),
    "copies": lambda texts, joined, n: count_duplicate_chars(texts) / n,
    "templates": lambda texts, joined, n: count_template_chars(texts) / n,
    "code and addresses": lambda texts, joined, n: (
        (n - count_written(spoken := without_addresses(joined)) + count_code_chars(spoken)) / n
    ),
    "stickers": lambda texts, joined, n: count_sticker_chars(texts) / n,
    "quotes and verse": lambda texts, joined, n: count_quoted_chars(texts) / n,
    "documents": lambda texts, joined, n: count_document_chars(texts) / n,
    "run-on": lambda texts, joined, n: measure_run_on(joined, n),
    "fillers": lambda texts, joined, n: measure_fillers(joined, n),
    "spaces": lambda texts, joined, n: measure_spaces(joined, n),
    "alternation": lambda texts, joined, n: measure_alternation(texts),
}


def load_talks(folder: Path) -> list[Talks]:
    """Each speaker's part of each dialogue."""
    talks: defaultdict[int, Talks] = defaultdict(list)
    for side in load_corpus(folder).sides:
        talks[side.speaker_index].append(side.texts)
    return [talks[index] for index in sorted(talks)]


def draw(talks: list[Talks], size: int, n_draws: int, generator: np.random.Generator) -> list[list[str]]:
    """Utterances of ``size`` dialogues of every speaker who has as many, in order; single ones are all taken."""
    if size == 1:
        return [list(talk) for own in talks for talk in own]
    drawn = []
    for own in talks:
        for _ in range(n_draws if size else 1):
            if len(own) >= size:
                chosen = np.sort(generator.choice(len(own), size or len(own), replace=False))
                drawn.append([text for place in chosen for text in own[place]])
    return drawn


def main() -> None:
    """Print a table for each amount."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    talks = load_talks(options.data)
    generator = np.random.default_rng(options.seed)
    print(f"{len(talks)} speakers; quantiles {', '.join(f'{level:g}' for level in LEVELS)}")
    for size in SIZES:
        drawn = draw(talks, size, options.draws, generator)
        joined = ["\n".join(texts) for texts in drawn]
        print(f"\n{size or 'all'} dialogues, {len(drawn)} texts")
        for name, figure in FIGURES.items():
            values = [figure(*pair, max(count_written(pair[1]), 1)) for pair in zip(drawn, joined, strict=True)]
            print(f"  {name:26}" + " ".join(f"{value:7.4f}" for value in np.quantile(values, LEVELS)))
        issues = [(issue.code, issue.level) for texts in drawn for issue in assess_quality(texts).issues]
        print("  issues:", {issue: issues.count(issue) for issue in sorted(set(issues))} or "none")


if __name__ == "__main__":
    main()
