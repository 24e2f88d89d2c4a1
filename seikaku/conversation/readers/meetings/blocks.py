"""The cues of a SubRip text, with what stands before their times: nothing, or Notta's speaker. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from seikaku.conversation.readers.meetings.speech import read_elapsed

_CLOCK = r"\d{1,3}:\d{2}:\d{2}[,.]\d{1,3}"
_TIMES = re.compile(rf"(?<!\d)({_CLOCK})[ \t]*-->[ \t]*{_CLOCK}(?!\d)", re.ASCII)
_TAG = re.compile(r"</?(?:[ibus]|font)(?:\s[^<>]*)?>|\{\\[^{}\n]*\}", re.IGNORECASE)
_N_LINES_BEFORE_FIRST = 3
_NUMBER = re.compile(r"[ \t]*\d{1,9}[ \t]*", re.ASCII)


@dataclass(slots=True)
class Block:
    """One cue: the number of the line with its times, what stands before them, its start and its lines."""

    line: int
    before: str
    elapsed: timedelta | None
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words, without the tags of SubRip."""
        return _TAG.sub("", "\n".join(self.lines)).strip()


def read_blocks(lines: Sequence[str]) -> list[Block]:
    """All cues. A line of digits right before the times is the cue's number."""
    blocks: list[Block] = []
    for number, line in enumerate(lines, start=1):
        match = _TIMES.search(line) if "-->" in line else None
        if match:
            if blocks and blocks[-1].lines and blocks[-1].lines[-1].strip().isdecimal():
                blocks[-1].lines.pop()
            elapsed = read_elapsed(match[1])
            before = line[: match.start()].strip()
            blocks.append(Block(number, "" if before.isdecimal() else before, elapsed, []))
        elif blocks:
            blocks[-1].lines.append(line)
    return blocks


def begins_with_block(lines: Sequence[str]) -> bool:
    """Whether a cue stands at the head of the lines that are not blank: its times, or its number above them.

    Subtitles that somebody has pasted into a talk stand below the talk's own first line.
    """
    has_times = ["-->" in line and _TIMES.search(line) is not None for line in lines[:_N_LINES_BEFORE_FIRST]]
    if not any(has_times):
        return False
    first = has_times.index(True)
    return all(_NUMBER.fullmatch(line.lstrip("\ufeff")) for line in lines[:first])
