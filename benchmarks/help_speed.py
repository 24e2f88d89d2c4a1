"""How long `seikaku --help` takes, beside an empty Python: what a user waits for at every command.

    .venv/bin/python benchmarks/help_speed.py

The two alternate, so that a busy moment of the machine hits both; the medians and their ratio are printed.
"""

import statistics
import subprocess
import sys
import time

N_RUNS = 15


def measure_seconds(arguments: list[str]) -> float:
    """Wall-clock time of one run of the interpreter."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Run both commands in turn and print the medians."""
    commands = {"python -c pass": ["-c", "pass"], "seikaku --help": ["-m", "seikaku", "--help"]}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(N_RUNS):
        for name, arguments in commands.items():
            seconds[name].append(measure_seconds(arguments))
    empty, ours = (statistics.median(values) for values in seconds.values())
    for name, values in seconds.items():
        print(f"{name:16} median {statistics.median(values):.3f} s  min {min(values):.3f} s  max {max(values):.3f} s")
    print(f"ratio {ours / empty:.1f} (median of {N_RUNS} runs each)")


if __name__ == "__main__":
    main()
