"""How long describing a speaker's language takes, beside a plain loop over the messages. Effect: prints.

    python benchmarks/description_speed.py [--messages 50000] [--runs 5]

One speaker's messages, generated as for ``analyze_speed`` (fictional), every second one answered. The plain way counts
marks, endings, words and distinct pairs message by message with Python strings and dictionaries; both are asked for the
same figures, and have to agree. CPU seconds, medians over alternating runs.
"""

import argparse
import math
import random
import statistics
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from analyze_speed import END, HOW, SPEAKERS, WHAT, WHEN

from seikaku.conversation.description.describe import describe_language, embedded_norm
from seikaku.conversation.description.word_counts import PAIRS_PER_WINDOW
from seikaku.conversation.turns import Conversation, Utterance

ENDS = (*END, "ですね。", "でしたけど", "ますか？", "私もだよ", "と僕は思った")
POLITE = tuple(end + after for end in ("です", "ます", "でした", "ました") for after in ("", "ね", "よ", "か", "けど"))
MARKS = "。！？…😊"


def generate_talk(n_messages: int) -> Conversation:
    """``n_messages`` of the first speaker, and half as many of the second."""
    generator = random.Random(0)
    clock = datetime(2020, 1, 1, 8, 0)
    said: list[Utterance] = []
    for number in range(n_messages):
        clock += timedelta(minutes=generator.randrange(1, 60))
        body = "".join(generator.choice(words) for words in (WHEN, WHAT, HOW, WHAT, HOW, ENDS))[
            generator.randrange(8) :
        ]
        said.append(Utterance(SPEAKERS[0], body, clock))
        if number % 2:
            said.append(Utterance(SPEAKERS[1], "うん", clock))
    return Conversation("generated", tuple(said))


def describe_plainly(texts: list[str]) -> dict[str, float]:
    """Some of the figures, character by character and message by message."""
    lengths, n_sentences = [], 0
    found: Counter[str] = Counter()
    for text in texts:
        lengths.append(sum(not char.isspace() for char in text))
        found["exclamation_share"] += "！" in text
        found["laugh_share"] += text.endswith("笑")
        found["emoji_share"] += "😊" in text
        found["first_person"] += sum(text.count(word) for word in ("私", "僕", "俺"))
        sentences = list(split_plainly(text.removesuffix("笑")))
        n_sentences += len(sentences)
        found["polite_share"] += sum(sentence.endswith(POLITE) for sentence in sentences)
        found["question_share"] += "？" in text
    n_chars = sum(lengths)
    whole = {"polite_share": n_sentences, "first_person": n_chars / 1000}
    return {key: count / whole.get(key, len(texts)) for key, count in found.items()} | {
        "characters": n_chars,
        "characters_per_message": statistics.median(lengths),
        "variety": measure_variety_plainly(texts),
    }


def split_plainly(text: str) -> Iterator[str]:
    """The letters of each sentence."""
    sentence = ""
    for char in text:
        if char in MARKS:
            if sentence:
                yield sentence
            sentence = ""
        elif unicodedata.category(char)[0] in "LN" and char != "ー":
            sentence += char
    if sentence:
        yield sentence


def measure_variety_plainly(texts: list[str]) -> float:
    """The share of distinct pairs of letters, averaged over every window of 500."""
    pairs = [
        first + second
        for text in texts
        for first, second in zip(text, text[1:], strict=False)
        if unicodedata.category(first)[0] in "LN" and unicodedata.category(second)[0] in "LN"
    ]
    inside: Counter[str] = Counter()
    n_distinct = total = 0
    for place, pair in enumerate(pairs):
        n_distinct += inside[pair] == 0
        inside[pair] += 1
        if place >= PAIRS_PER_WINDOW:
            gone = pairs[place - PAIRS_PER_WINDOW]
            inside[gone] -= 1
            n_distinct -= inside[gone] == 0
        total += n_distinct if place >= PAIRS_PER_WINDOW - 1 else 0
    return total / PAIRS_PER_WINDOW / (len(pairs) - PAIRS_PER_WINDOW + 1)


def time_ways(ways: dict[str, Callable[[], object]], n_runs: int) -> dict[str, float]:
    """Median CPU seconds of each way; they alternate, so that a busy moment hits all."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(n_runs):
        for name, way in ways.items():
            start = time.process_time()
            way()
            seconds[name].append(time.process_time() - start)
    return {name: statistics.median(runs) for name, runs in seconds.items()}


def main() -> None:
    """Generate, compare, time, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    talk, norm = generate_talk(options.messages), embedded_norm()
    texts = [utterance.text for utterance in talk.utterances if utterance.speaker == SPEAKERS[0]]
    figures = {figure.key: figure.value for figure in describe_language([talk], SPEAKERS[0], norm)}
    for key, value in describe_plainly(texts).items():
        # Of a long text not every window is looked at.
        close = math.isclose(figures[key] or 0.0, value, rel_tol=0.002 if key == "variety" else 1e-9)
        assert close, f"the two ways count {key} differently: {figures[key]} and {value}"
    seconds = time_ways(
        {
            "describe_language": lambda: describe_language([talk], SPEAKERS[0], norm),
            "plain loop": lambda: describe_plainly(texts),
        },
        options.runs,
    )
    print(f"{len(texts)} messages of the speaker, {sum(map(len, texts))} characters; {len(talk.utterances)} of both")
    for name, median in seconds.items():
        print(f"{name}: {median:.3f} s CPU (median of {options.runs})")
    ratio = seconds["plain loop"] / seconds["describe_language"]
    print(f"ratio {ratio:.1f} (plain loop, {len(describe_plainly(texts[:1000]))} figures / describe_language, all)")


if __name__ == "__main__":
    main()
