"""Reads very many made-up LINE exports whose truth is known, and prints how many messages were read right and wrong.

    python -m tests.fuzz.line_exports --files 4000     # so many for phones, as many for PCs; exit code 1 where one is
                                                       # silently wrong for no reason that the generator knows

Without ``--hostile`` half of the files are ordinary (no tabs in names, quotes doubled) and half are hostile.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from random import Random

from seikaku.conversation.readers import parse_conversations
from seikaku.errors import InputFileError
from tests.support.line_exports import PC, PHONE, Export, write_export

_Row = tuple[str, str, object]
_HOWS = ("told", "silent", "open")


@dataclass
class Count:
    """Files, and messages by what became of them: ``[kind, how]``, where how is told (a warning), silent, or open."""

    files: Counter[str] = field(default_factory=Counter)
    n_messages: int = 0
    n_right: int = 0
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)
    silent_seeds: list[tuple[int, str]] = field(default_factory=list)


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


def try_file(export: Export, count: Count, seed: int, dialect: str) -> None:
    """Read one export and count."""
    count.n_messages += len(export.truth)
    try:
        imported = parse_conversations(export.text.encode(), name=export.name)
    except InputFileError:
        count.files["refused" if export.truth else "right"] += 1
        count.wrong["refused with its file", "told"] += len(export.truth)
        return
    read = [(one.speaker, one.text, one.timestamp) for talk in imported.conversations for one in talk.utterances]
    found = compare(export.truth, read)
    count.n_right += found.pop("right", 0)
    how = "told" if imported.report.warnings else "open" if export.undecidable else "silent"
    if not found:
        count.files["right, with a warning" if imported.report.warnings else "right"] += 1
        return
    count.files[f"wrong, {how}"] += 1
    for kind, n in found.items():
        count.wrong[kind, how] += n
    if how == "silent":
        count.silent_seeds.append((seed, dialect))


def try_family(dialects: Sequence[str], n_files: int, first: int, *, hostile: bool) -> dict[str, Count]:
    """So many files, each dialect in turn; the counts by dialect."""
    counts = {dialect: Count() for dialect in dialects}
    for seed in range(first, first + n_files):
        dialect = dialects[seed % len(dialects)]
        ordinary = not hostile and seed // len(dialects) % 2 == 0
        try_file(write_export(Random(seed), dialect, ordinary=ordinary), counts[dialect], seed, dialect)
    return counts


def describe(family: str, counts: dict[str, Count]) -> str:
    """One family's figures: altogether, then by dialect."""
    total = Count()
    for one in counts.values():
        total.files.update(one.files)
        total.n_messages += one.n_messages
        total.n_right += one.n_right
        total.wrong.update(one.wrong)
        total.silent_seeds += one.silent_seeds
    kinds = sorted({kind for kind, _ in total.wrong})
    rows = [
        f"{family}: {sum(total.files.values()):,} files, {total.n_messages:,} messages, {total.n_right:,} right "
        f"({total.n_right / max(1, total.n_messages):.3%})",
        f"  files: {dict(total.files.most_common())}",
        f"  {'messages':24}{'told':>8}{'silent':>8}{'open':>8}     (open: another talk could be written just so)",
        *(f"  {kind:24}" + "".join(f"{total.wrong[kind, how]:8}" for how in _HOWS) for kind in kinds),
        *(
            f"  {dialect:12}{sum(one.files.values()):6} files {one.n_messages:7} messages {one.n_right:7} right; "
            f"wrong: told {_sum(one, 'told')}, silent {_sum(one, 'silent')}, open {_sum(one, 'open')}"
            for dialect, one in counts.items()
        ),
        *(f"  silently wrong: seed {seed}, {dialect}" for seed, dialect in total.silent_seeds[:10]),
    ]
    return "\n".join(rows) + "\n"


def _sum(count: Count, how: str) -> int:
    return sum(n for (_, told), n in count.wrong.items() if told == how)


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=4000, help="how many for phones, and as many for PCs")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--hostile", action="store_true", help="all of them hostile")
    args = parser.parse_args()
    start, n_silent = time.time(), 0
    for family, dialects in (("phone", PHONE), ("PC", PC)):
        counts = try_family(dialects, args.files, args.first, hostile=args.hostile)
        sys.stdout.write(describe(family, counts))
        n_silent += sum(len(one.silent_seeds) for one in counts.values())
    sys.stdout.write(f"silently wrong files: {n_silent}; {time.time() - start:.0f} s\n")
    return int(n_silent > 0)


if __name__ == "__main__":
    sys.exit(main())
