"""Tries the conversation import with very many made-up files, valid, hostile and damaged, and prints what went wrong.

    python -m tests.fuzz.readers --inputs 1000000 --seconds 3600     # exit code 1 where anything was wrong
    python -m tests.fuzz.readers --huge --inputs 20000               # long repeats only: how long an input may take
    python -m tests.fuzz.readers --only 123456 --write input.txt     # one input again, by its seed, and its bytes

An input is made from its seed (and the fixtures of the day): ``--first`` goes on where an earlier run ended.
"""

import argparse
import json
import multiprocessing
import os
import queue
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests.fuzz.checks import Fault, Input, Outcome, check
from tests.fuzz.inputs import load_seedlings, make_input

_CHUNK = 250
_N_WORST, _N_SEEDS = 5, 4


@dataclass
class Tally:
    """Counts of many inputs. ``faults`` and ``notes``: how many of each, and the first seeds."""

    n: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    readers: Counter[str] = field(default_factory=Counter)
    origins: Counter[str] = field(default_factory=Counter)
    faults: dict[Fault, list[int]] = field(default_factory=dict)
    n_faults: Counter[Fault] = field(default_factory=Counter)
    notes: Counter[Fault] = field(default_factory=Counter)
    first_note: dict[Fault, int] = field(default_factory=dict)
    worst: list[tuple[float, int, str, int]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    cpu: float = 0.0  # of the import alone
    cpu_of_all: float = 0.0

    def add(self, seed: int, given: Input, outcome: Outcome) -> None:
        self.n += 1
        self.taken[outcome.taken] += 1
        self.readers[outcome.reader] += outcome.taken in ("read", "warned")
        self.origins["with truth" if given.case else "damaged"] += 1
        self.cpu += outcome.seconds
        self.sizes.append(len(given.data))
        for fault in set(outcome.faults):
            self.n_faults[fault] += 1
            seeds = self.faults.setdefault(fault, [])
            if len(seeds) < _N_SEEDS:
                seeds.append(seed)
        for note in set(outcome.notes):
            self.notes[note] += 1
            self.first_note.setdefault(note, seed)
        self.worst.append((outcome.seconds, seed, outcome.reader or outcome.taken, len(given.data)))
        self._trim()

    def merge(self, other: "Tally") -> None:
        self.n += other.n
        self.cpu += other.cpu
        self.cpu_of_all += other.cpu_of_all
        for name in ("taken", "readers", "origins", "n_faults", "notes"):
            getattr(self, name).update(getattr(other, name))
        for fault, seeds in other.faults.items():
            self.faults[fault] = sorted({*self.faults.get(fault, []), *seeds})[:_N_SEEDS]
        for note, seed in other.first_note.items():
            self.first_note[note] = min(seed, self.first_note.get(note, seed))
        self.worst += other.worst
        self.sizes += other.sizes[:: max(1, len(other.sizes) // 20)]
        self._trim()

    def _trim(self) -> None:
        if len(self.worst) > 4 * _N_WORST:
            self.worst = sorted(self.worst, reverse=True)[:_N_WORST]


def try_seeds(first: int, count: int, *, huge: bool = False) -> Tally:
    """Make and check the inputs of so many seeds."""
    tally, start = Tally(), time.process_time()
    for seed in range(first, first + count):
        given = make_input(seed, huge=huge)
        tally.add(seed, given, check(given))
    tally.cpu_of_all = time.process_time() - start
    return tally


def _work(counter: Any, end: int, deadline: float, huge: bool, at: Any, results: Any) -> None:
    """Take the next seeds until there are no more, the time is up or nobody waits; what was taken is finished."""
    parent = os.getppid()
    while time.time() < deadline and os.getppid() == parent:
        with counter.get_lock():
            first = counter.value
            counter.value = min(end, first + _CHUNK)
        if first >= end:
            break
        at.value = first
        results.put((first, try_seeds(first, min(_CHUNK, end - first), huge=huge)))
    results.put(None)


def run_all(
    first: int, n_inputs: int, seconds: float, n_workers: int, *, huge: bool = False
) -> tuple[Tally, int, float]:
    """Try the seeds from ``first`` on with several processes; the counts, the next seed, and the seconds it took."""
    start = time.time()
    counter, results = multiprocessing.Value("q", first), multiprocessing.Queue()
    places = [multiprocessing.Value("q", first) for _ in range(n_workers)]
    load_seedlings()
    workers = [
        multiprocessing.Process(target=_work, args=(counter, first + n_inputs, start + seconds, huge, place, results))
        for place in places
    ]
    for worker in workers:
        worker.start()
    tally, n_done, shown = Tally(), 0, start
    while n_done < n_workers:
        try:
            found = results.get(timeout=5)
        except queue.Empty:
            n_done += _bury(workers, places, tally)
            continue
        if found is None:
            n_done += 1
        else:
            tally.merge(found[1])
            for fault, seeds in found[1].faults.items():
                sys.stderr.write(f"fault: {fault}, seeds {seeds}\n")
        if time.time() - shown > 30:
            shown = time.time()
            sys.stderr.write(f"{tally.n:,} inputs, {sum(tally.n_faults.values())} faults, seed {counter.value}\n")
    for worker in workers:
        worker.join()
    return tally, counter.value, time.time() - start


def _bury(workers: list[Any], places: list[Any], tally: Tally) -> int:
    """Count the processes that died of an input, each as a fault of the seeds that it was at."""
    dead = [number for number, worker in enumerate(workers) if worker.exitcode not in (None, 0)]
    for number in dead:
        fault = (f"the process died ({workers[number].exitcode})", f"one of {_CHUNK} seeds from here")
        tally.n_faults[fault] += 1
        tally.faults.setdefault(fault, []).append(places[number].value)
        workers[number] = multiprocessing.Process()  # not counted again
    return len(dead)


def describe(tally: Tally, following: int, seconds: float) -> str:
    """The summary that is printed."""
    rows = [
        f"inputs {tally.n:,} ({dict(tally.origins)}; median {median(tally.sizes or [0]):.0f} B) in {seconds:.0f} s: "
        f"{tally.n / max(seconds, 0.001):.0f} a second, {tally.n / max(tally.cpu_of_all, 0.001):.0f} a second of CPU "
        f"({1000 * tally.cpu / max(tally.n, 1):.2f} ms each in the import)",
        f"taken: {dict(tally.taken.most_common())}",
        f"read as: {dict(tally.readers.most_common())}",
        "slowest (CPU seconds, seed, reader, bytes): "
        + ", ".join(
            f"{s:.2f} {seed} {reader} {size}" for s, seed, reader, size in sorted(tally.worst, reverse=True)[:_N_WORST]
        ),
        "not faults (told to the user, or nobody can know):",
        *(
            f"  {count:7} {kind}: {where} (seed {tally.first_note[kind, where]})"
            for (kind, where), count in tally.notes.most_common()
        ),
        f"faults: {sum(tally.n_faults.values())}",
        *(
            f"  {count:7} {kind}: {where} (seeds {', '.join(map(str, tally.faults[kind, where]))})"
            for (kind, where), count in tally.n_faults.most_common()
        ),
        f"to go on: --first {following}",
    ]
    return "\n".join(rows) + "\n"


def try_one(seed: int, write: Path | None, *, huge: bool) -> int:
    """One input again, and what is wrong with it."""
    given = make_input(seed, huge=huge)
    outcome = check(given)
    if write:
        write.write_bytes(given.data)
    truth = (
        {"names": given.case.names, "said": [(one.speaker, one.lines) for one in given.case.said]}
        if given.case
        else None
    )
    sys.stdout.write(
        f"name {given.name!r}, format {given.format}, from {given.origin}, {len(given.data)} bytes\n{outcome}\n"
    )
    sys.stdout.write(f"truth: {json.dumps(truth, ensure_ascii=False)}\n" if truth else "")
    return int(bool(outcome.faults))


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="how many inputs at most")
    parser.add_argument("--seconds", type=float, default=3600, help="how long at most")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count(), help="how many processes")
    parser.add_argument("--huge", action="store_true", help="repeats of up to 100 kB: how long an input may take")
    parser.add_argument("--only", type=int, help="try the input of this seed alone")
    parser.add_argument("--write", type=Path, help="with --only: where to write the input")
    args = parser.parse_args()
    if args.only is not None:
        return try_one(args.only, args.write, huge=args.huge)
    tally, following, seconds = run_all(args.first, args.inputs, args.seconds, args.workers, huge=args.huge)
    sys.stdout.write(describe(tally, following, seconds))
    return int(bool(tally.n_faults))


if __name__ == "__main__":
    sys.exit(main())
