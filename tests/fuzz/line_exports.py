"""Reads very many made-up LINE exports whose truth is known, and prints how many messages were read right and wrong.

    python -m tests.fuzz.line_exports --files 4080     # so many for phones, as many for PCs; exit code 1 where one is
                                                       # silently wrong for no reason that the generator knows

Each file is a talk with one hard thing in it (its kind), in turn; with ``--dense`` one that has them all at once, half
of the files without those that no app writes today (tabs in names, quotes that are not doubled).
"""

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from random import Random

from seikaku.conversation.readers import parse_conversations
from seikaku.errors import InputFileError
from tests.support.line_dialects import PC, PHONE
from tests.support.line_exports import KINDS, Export, write_export

_Row = tuple[str, str, object]
_HOWS = ("told", "silent", "open, told", "open, silent")
_HEAD = "(open: another talk could be written just so; affected: messages that are not right, and those invented)"


@dataclass
class Count:
    """Files, and messages by what became of them: ``[what, how]``; told is told by a warning."""

    files: Counter[str] = field(default_factory=Counter)
    n_messages: int = 0
    n_right: int = 0
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)
    silent_seeds: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: "Count") -> None:
        """Count what another counted, too."""
        self.files.update(other.files)
        self.n_messages += other.n_messages
        self.n_right += other.n_right
        self.wrong.update(other.wrong)
        self.silent_seeds += other.silent_seeds

    def row(self, name: str) -> str:
        """One line of the table."""
        by_how = "".join(f"{sum(n for (_, how), n in self.wrong.items() if how == wanted):14}" for wanted in _HOWS)
        share = sum(self.wrong.values()) / max(1, self.n_messages)
        return f"  {name:30}{sum(self.files.values()):7,}{self.n_messages:10,}{by_how}{share:10.3%}"


def compare(truth: Sequence[_Row], read: Sequence[_Row]) -> Counter[str]:
    """How many messages are right, of a wrong speaker, of a wrong time, changed, lost, or of no truth (invented)."""
    found: Counter[str] = Counter()
    matcher = SequenceMatcher(None, truth, read, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            found["right"] += b - a
            continue
        left = list(read[c:d])
        for row in truth[a:b]:
            found[_match(row, left)] += 1
        found["invented"] += len(left)
    return +found  # without zeros


def _match(row: _Row, left: list[_Row]) -> str:
    """What became of one message; what it is read as is taken out of ``left``."""
    speaker, text, moment = row
    for kind, fits in (
        ("wrong time", lambda one: one[:2] == (speaker, text)),
        ("wrong speaker", lambda one: one[1] == text),
        ("changed text", lambda one: one[0] == speaker and one[2] == moment),
        ("wrong speaker", lambda one: one[2] == moment and text and text.split("\n")[0] in f"{one[0]} {one[1]}"),
    ):
        for one in left:
            if fits(one):
                left.remove(one)
                return kind
    return "lost"


def try_file(export: Export, seed: int, dialect: str) -> Count:
    """Read one export and count."""
    count = Count(n_messages=len(export.truth))
    open_or_not = "open, " if export.undecidable else ""
    try:
        imported = parse_conversations(export.text.encode(), name=export.name)
    except InputFileError:
        count.files["refused" if export.truth else "right"] += 1
        count.wrong["refused with its file", f"{open_or_not}told"] += len(export.truth)
        return count
    read = [(one.speaker, one.text, one.timestamp) for talk in imported.conversations for one in talk.utterances]
    found = compare(export.truth, read)
    count.n_right = found.pop("right", 0)
    if not found:
        count.files["right, with a warning" if imported.report.warnings else "right"] += 1
        return count
    how = open_or_not + ("told" if imported.report.warnings else "silent")
    count.files[f"wrong, {how}"] += 1
    for kind, n in found.items():
        count.wrong[kind, how] += n
    if how == "silent":
        count.silent_seeds.append((seed, dialect))
    return count


def try_family(dialects: Sequence[str], seeds: range, *, dense: bool) -> dict[str, Count]:
    """A file for each seed, each dialect and kind in turn; the counts by dialect and by kind."""
    counts: defaultdict[str, Count] = defaultdict(Count)
    for seed in seeds:
        dialect, ordinary = dialects[seed % len(dialects)], seed // len(dialects) % 2 == 0
        kind = None if dense else KINDS[seed // len(dialects) % len(KINDS)]
        count = try_file(write_export(Random(seed), dialect, ordinary=dense and ordinary, kind=kind), seed, dialect)
        for name in (dialect, kind or ("dense, ordinary" if ordinary else "dense, hostile")):
            counts[name].add(count)
    return dict(sorted(counts.items()))


def describe(family: str, dialects: Sequence[str], counts: dict[str, Count]) -> str:
    """One family's figures: altogether, by what became of the messages, by dialect, and by kind."""
    total = Count()
    for dialect in dialects:
        total.add(counts.get(dialect, Count()))
    kinds = sorted({kind for kind, _ in total.wrong})
    columns = "".join(f"{how:>14}" for how in _HOWS)
    rows = [
        f"{family}: {sum(total.files.values()):,} files, {total.n_messages:,} messages, {total.n_right:,} right "
        f"({total.n_right / max(1, total.n_messages):.3%})",
        f"  files: {dict(total.files.most_common())}",
        f"  {'':47}{columns}",
        *(f"  {kind:47}" + "".join(f"{total.wrong[kind, how]:14}" for how in _HOWS) for kind in kinds),
        f"  {'':30}{'files':>7}{'messages':>10}{columns}{'affected':>10}",
        *(count.row(name) for name, count in counts.items()),
        total.row("all"),
        *(f"  silently wrong: seed {seed}, {dialect}" for seed, dialect in total.silent_seeds[:10]),
    ]
    return "\n".join(rows) + "\n"


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=4080, help="how many for phones, and as many for PCs")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--dense", action="store_true", help="every hard thing at once, in short talks")
    args = parser.parse_args()
    start, n_silent = time.time(), 0
    sys.stdout.write(f"{_HEAD}\n")
    for family, dialects in (("phone", PHONE), ("PC", PC)):
        counts = try_family(dialects, range(args.first, args.first + args.files), dense=args.dense)
        sys.stdout.write(describe(family, dialects, counts))
        n_silent += sum(len(counts[dialect].silent_seeds) for dialect in dialects if dialect in counts)
    sys.stdout.write(f"silently wrong files: {n_silent}; {time.time() - start:.0f} s\n")
    return int(n_silent > 0)


if __name__ == "__main__":
    sys.exit(main())
