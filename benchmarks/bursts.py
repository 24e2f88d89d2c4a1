"""Whether it matters that a turn is sent in several messages, as people do in a chat. Effects: prints.

    python benchmarks/bursts.py DATA

DATA: a folder of processed data (python preprocess_data.py). The embedded model estimates every speaker's dialogues as
they are, and with each utterance cut behind its sentences, as if each were a message of its own. How far that moves the
five estimates, beside the half-widths of their intervals: were it much, bursts would have to be merged before.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from quality_thresholds import Talks, load_talks

from seikaku.conversation.turns import Conversation, Utterance
from seikaku.inference.estimator import Estimator
from seikaku.traits import TRAIT_KEYS

SIZES = (5, 20, 60)  # dialogues
_SENTENCE_END = re.compile(r"(?<=[。！？!?])(?=.)", re.DOTALL)


def cut(talk: Sequence[str]) -> list[str]:
    """Each sentence is a message."""
    return [part for text in talk for part in _SENTENCE_END.split(text)]


def estimate(estimator: Estimator, talks: Talks) -> tuple[list[float], list[float]]:
    """The five T-scores, and the half-widths of their intervals; NaN where an estimate is withheld."""
    conversations = [
        Conversation(str(number), tuple(Utterance("a", text, None) for text in talk))
        for number, talk in enumerate(talks)
    ]
    found = [estimator.estimate(conversations, "a", n_evidence=0, describes=False).traits[key] for key in TRAIT_KEYS]
    widths = [(one.interval_80.high_t - one.interval_80.low_t) / 2 if one.interval_80 else np.nan for one in found]
    return [np.nan if one.t_score is None else one.t_score for one in found], widths


def main() -> None:
    """Print a row for each amount of text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    estimator, talks = Estimator.load(), load_talks(parser.parse_args().data)
    print("dialogues  speakers  messages: as they are / cut   |change of T|: mean  95 %  largest   half-width")
    for size in SIZES:
        chosen = [own[:size] for own in talks if len(own) >= size]
        bursts = [[cut(talk) for talk in own] for own in chosen]
        plain, widths = np.moveaxis(np.array([estimate(estimator, own) for own in chosen]), 1, 0)
        move = np.abs(np.array([estimate(estimator, own)[0] for own in bursts]) - plain)
        n_messages = [np.mean([sum(map(len, own)) for own in some]) for some in (chosen, bursts)]
        print(
            f"{size:9} {len(chosen):9} {n_messages[0]:16.0f} / {n_messages[1]:.0f} {np.nanmean(move):23.2f} "
            f"{np.nanquantile(move, 0.95):5.2f} {np.nanmax(move):8.2f} {np.nanmean(widths):12.1f}"
        )


if __name__ == "__main__":
    main()
