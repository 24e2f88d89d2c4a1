"""How long `seikaku analyze` takes on a big LINE export, as a whole cold process. Effects: a temporary folder; prints.

    python benchmarks/analyze_speed.py [--messages 50000] [--runs 5] [--model FOLDER]

The export is generated (fictional, written for this file). Wall and CPU seconds are medians over the runs; CPU time is
what to compare on a busy machine. The plain way counts the same n-grams of the same speaker with a Python dictionary.
"""

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from seikaku.conversation.windows import assign_windows
from seikaku.model.ngram.folder import EMBEDDED_FOLDER, load_model
from seikaku.model.ngram.model import NgramModel, normalize_utterances, tokenize

SPEAKERS = ("花子", "太郎")
WHEN = (
    "今日 昨日 さっき 明日 来週 この前 朝から 夕方 週末は 去年の夏 帰り道で 寝る前に 先月 たまに 毎晩 雨の日は".split()
)
WHAT = (
    "カレー 映画 自転車 植木鉢 ハイキング 図書館の本 新しい靴 ラジオ体操 隣の猫 パン屋さん 古い写真 電車 宿題 "
    "編み物 バス停の貼り紙 冷凍みかん 将棋 スーパーの特売 ピアノ 朝顔 水族館 手紙 会議 洗濯物 おみやげ 地図 弟 先生 鍋"
).split()
HOW = (
    "が気になって を見つけたよ がなかなか終わらない を半分こした のことで迷ってる を直してもらった "
    "は思ったより大きかった のほうが好きかも を忘れてきちゃった に誘われた を三つも買った "
    "で笑いすぎた がようやく届いた を最初から作り直した "
    "については詳しくない を譲ってもらえた は苦手なんだ を並べて眺めてる"
).split()
END = "！ 。 笑 ね〜 … かな？ よね けどね と思う んだよ らしい… だって！ 😊 かも。 ー！ なあ".split()


def write_export(path: Path, n_messages: int) -> None:
    """A LINE export of two people, about 20 characters a message."""
    generator = random.Random(0)
    lines = ["[LINE] 太郎とのトーク履歴", "保存日時：2024/05/14 22:00", ""]
    clock = datetime(2020, 1, 1, 8, 0)
    day = None
    for number in range(n_messages):
        clock += timedelta(minutes=generator.randrange(1, 60))
        if clock.date() != day:
            day = clock.date()
            lines += ["", f"{day:%Y/%m/%d}({'月火水木金土日'[day.weekday()]})"]
        body = "".join(generator.choice(words) for words in (WHEN, WHAT, HOW, WHAT, HOW, END))[generator.randrange(8) :]
        lines.append(f"{clock:%H:%M}\t{SPEAKERS[number % 2]}\t{body}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_own(path: Path, speaker: str) -> list[str]:
    """The speaker's messages, for the plain way."""
    fields = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [parts[2] for parts in fields if len(parts) == 3 and parts[1] == speaker]


def count_plainly(texts: list[str], model: NgramModel) -> Counter[int]:
    """In how many windows each n-gram of the vocabulary stands, character by character."""
    vocabulary = set(model.keys.tolist())
    lines = normalize_utterances(texts).split("\n")
    window_of_char = assign_windows(np.array([sum(map(len, lines))]), model.window_chars)[0].tolist()
    seen: set[tuple[int, int]] = set()
    position = 0
    for line in lines:
        before = None
        for character in line:
            code_point = ord(character)
            if code_point in vocabulary:
                seen.add((code_point, window_of_char[position]))
            pair = None if before is None else (before << 21 | code_point) + (1 << 21)
            if pair in vocabulary:
                seen.add((pair, window_of_char[position - 1]))
            before = code_point
            position += 1
    return Counter(key for key, _ in seen)


def time_process(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"COLUMNS": "80"})
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Generate, time, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--model", type=Path, default=EMBEDDED_FOLDER)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "talk.txt"
        write_export(path, options.messages)
        texts = {speaker: read_own(path, speaker) for speaker in SPEAKERS}
        n_chars = sum(len(text) for said in texts.values() for text in said)
        command = [sys.executable, "-m", "seikaku", "analyze", str(path), "--model", str(options.model)]
        for choice in (["--speaker", SPEAKERS[0]], ["--all-speakers"]):
            runs = [time_process([*command, *choice]) for _ in range(options.runs)]
            wall, cpu = (statistics.median(values) for values in zip(*runs, strict=True))
            print(f"seikaku analyze {choice[0]}: {wall:.2f} s wall, {cpu:.2f} s CPU (median of {options.runs})")
    print(f"export: {options.messages} messages, {n_chars} characters")
    compare(texts[SPEAKERS[0]], load_model(options.model).text_model, options.runs)


def compare(texts: list[str], model: NgramModel, n_runs: int) -> None:
    """The model's own time on one speaker beside the plain way's."""
    seconds: dict[str, float] = {}
    ways = {"explain": lambda: model.explain([texts]), "plain": lambda: count_plainly(texts, model)}
    for name, way in ways.items():
        runs = []
        for _ in range(n_runs):
            start = time.process_time()
            way()
            runs.append(time.process_time() - start)
        seconds[name] = statistics.median(runs)
    tokens = tokenize([texts], model.window_chars)
    known = np.isin(tokens.keys, model.keys)
    pairs = np.unique(np.stack([tokens.keys[known], tokens.windows[known]]), axis=1)
    assert Counter(pairs[0].tolist()) == count_plainly(texts, model), "the two ways count differently"
    ratio = seconds["plain"] / seconds["explain"]
    print(f"one speaker: scores and evidence {seconds['explain']:.3f} s, plain counting alone {seconds['plain']:.3f} s")
    print(f"ratio {ratio:.1f} (plain counting / scores and evidence)")


if __name__ == "__main__":
    main()
