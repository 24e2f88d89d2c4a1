"""How much time evidence adds to an estimate, all five traits, and how much the plain way takes. Effects: prints.

    python benchmarks/evidence_speed.py [--messages 50000] [--runs 5] [--model FOLDER]

The messages are one speaker's (fictional, of ``analyze_speed``), every tenth said before. CPU seconds are medians over
the runs. The plain way is given the expressions and only shares the movement: it walks through the text character by
character and asks for every n-gram occurrence whose it is; and it compares utterances character by character. Both ways
must come to the same numbers.
"""

import argparse
import random
import statistics
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from analyze_speed import END, HOW, WHAT, WHEN

from seikaku.inference.evidence import Message, find_evidence, number_alike
from seikaku.model.ngram.expressions import ExpressionTable, find_expressions, usual_shares
from seikaku.model.ngram.folder import EMBEDDED_FOLDER, load_model
from seikaku.model.ngram.model import NgramModel, NgramReading

N_EVIDENCE = 5


def write_messages(n_messages: int) -> list[str]:
    """One speaker's messages, about 20 characters each."""
    generator = random.Random(0)
    messages: list[str] = []
    for number in range(n_messages):
        if number % 10 == 9:
            messages.append(generator.choice(messages) + "！")
        else:
            body = "".join(generator.choice(words) for words in (WHEN, WHAT, HOW, WHAT, HOW, END))
            messages.append(body[generator.randrange(8) :])
    return messages


def measure(way: Callable[[], Any], n_runs: int) -> tuple[float, Any]:
    """Median CPU seconds, and what came out."""
    seconds = []
    for _ in range(n_runs):
        start = time.process_time()
        found = way()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), found


def share_plainly(model: NgramModel, reading: NgramReading, texts: tuple[str, ...]) -> dict[str, list[float]]:
    """What each of ``texts`` moved, every occurrence of every n-gram looked at on its own."""
    moved = (reading.said - usual_shares(model, reading.tokens.n_windows))[:, None] * model.weights
    each = moved / np.maximum(reading.occurrences, 1)[:, None]
    known = np.flatnonzero(reading.occurrences)
    values = {key: row.tolist() for key, row in zip(model.keys[known].tolist(), each[known], strict=True)}
    sums = {text: [0.0] * each.shape[1] for text in texts}
    for line in reading.tokens.text.split("\n"):
        owner: list[tuple[str, int] | None] = [None] * len(line)
        for text in texts:
            place = line.find(text)
            while place >= 0:
                if not any(owner[place : place + len(text)]):
                    owner[place : place + len(text)] = [(text, place)] * len(text)
                place = line.find(text, place + 1)
        for place, character in enumerate(line):
            keys = [(ord(character), place)]
            if place + 1 < len(line):
                keys.append(((ord(character) << 21 | ord(line[place + 1])) + (1 << 21), place + 1))
            for key, end in keys:
                whose = owner[place]
                if whose is not None and owner[end] == whose and key in values:
                    total = sums[whose[0]]
                    for target, value in enumerate(values[key]):
                        total[target] += value
    return sums


def number_plainly(texts: list[str]) -> list[int]:
    """Numbers of texts that say the same, character by character."""
    numbers: dict[str, int] = {}
    found = []
    for text in texts:
        kept = ""
        for character in unicodedata.normalize("NFKC", text).casefold():
            category = unicodedata.category(character)
            if category[0] in "ZCP" or character == "~":
                continue
            if not kept or character != kept[-1] or category[0] == "N":
                kept += character
        found.append(numbers.setdefault(kept, len(numbers)))
    return found


def compare(table: ExpressionTable, plain: dict[str, list[float]]) -> int:
    """How many expressions came to the same; the plain way does not know where a word only makes sense whole."""
    same = [
        np.allclose(row, plain[text], atol=1e-9) for text, row in zip(table.texts, table.contributions, strict=True)
    ]
    return sum(same)


def main() -> None:
    """Generate, time, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--model", type=Path, default=EMBEDDED_FOLDER)
    options = parser.parse_args()
    trained = load_model(options.model)
    model: NgramModel = trained.text_model
    texts = write_messages(options.messages)
    messages = [Message("架空の会話", index, text) for index, text in enumerate(texts)]
    points = 10.0 / np.array(list(trained.calibration.norm.sd_1to7.values()))
    explain, explained = measure(lambda: model.explain([texts]), options.runs)
    reading = model.read([texts])
    expressions, table = measure(lambda: find_expressions(model, reading), options.runs)
    evidence, _ = measure(
        lambda: find_evidence(messages, explained.contributions, table, points, N_EVIDENCE, str), options.runs
    )
    plain_sharing, plain = measure(lambda: share_plainly(model, reading, table.texts), 1)
    plain_numbering, numbers = measure(lambda: number_plainly(texts), 1)
    assert numbers == number_alike(texts).tolist(), "the two ways find other utterances alike"
    n_same = compare(table, plain)
    assert n_same >= 0.9 * len(table.texts), "the two ways share the movement differently"
    print(f"{len(texts)} messages, {sum(map(len, texts))} characters, {max(numbers) + 1} of them different")
    print(f"scores and contributions {explain:.3f} s; expressions {expressions:.3f} s, choosing {evidence:.3f} s")
    print(f"added {expressions + evidence:.3f} s, {(expressions + evidence) / explain:.2f} of scores and contributions")
    print(f"plain way: sharing {plain_sharing:.3f} s, comparing {plain_numbering:.3f} s")
    ratio = (plain_sharing + plain_numbering) / (expressions + evidence)
    print(f"ratio {ratio:.1f} (plain / this); {n_same} of {len(table.texts)} expressions the same")


if __name__ == "__main__":
    main()
