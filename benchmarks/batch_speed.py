"""How fast `seikaku batch` is, and how much memory it takes. Effects: a temporary folder; prints.

    python benchmarks/batch_speed.py [--conversations 5000] [--model FOLDER]

The conversations are generated (fictional): 30 messages of two of the speakers each, ten conversations a speaker.
Twice and four times the text show whether memory grows with it.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analyze_speed import END, HOW, WHAT, WHEN

from seikaku.model.ngram.folder import EMBEDDED_FOLDER


def write_conversations(path: Path, n_conversations: int, n_speakers: int) -> None:
    """JSON Lines of two-person talk."""
    generator = random.Random(0)
    with path.open("w", encoding="utf-8") as stream:
        for number in range(n_conversations):
            pair = generator.sample(range(n_speakers), 2)
            utterances = [
                {
                    "speaker": f"話者{pair[turn % 2]}",
                    "text": "".join(generator.choice(words) for words in (WHEN, WHAT, HOW, WHAT, HOW, END)),
                }
                for turn in range(30)
            ]
            line = {"conversation_id": str(number), "utterances": utterances}
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")


def measure(path: Path, model: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak memory in MB of one run."""
    command = [sys.executable, "-m", "seikaku", "batch", str(path), "--out", str(path.with_suffix(".csv"))]
    start = time.perf_counter()
    process = subprocess.Popen([*command, "--model", str(model)], stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"seikaku batch ended with {process.returncode}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def main() -> None:
    """Generate, time, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=5_000)
    parser.add_argument("--model", type=Path, default=EMBEDDED_FOLDER)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for factor in (1, 2, 4):
            path = Path(folder) / f"{factor}.jsonl"
            n_conversations = factor * options.conversations
            write_conversations(path, n_conversations, n_conversations // 5)
            wall, cpu, megabytes = measure(path, options.model)
            size = path.stat().st_size / 1e6
            print(f"{n_conversations} conversations ({size:.0f} MB), {n_conversations // 5} speakers: ", end="")
            print(f"{wall:.1f} s wall, {cpu:.1f} s CPU ({n_conversations / cpu:.0f}/s), peak {megabytes:.0f} MB")


if __name__ == "__main__":
    main()
