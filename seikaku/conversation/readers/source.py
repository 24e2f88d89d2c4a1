"""One file as the readers look at it, what a reader is, and what it answers. Pure.

All that is dear (the lines, the JSON value) is made once, however many readers ask for it.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Any, Protocol

from seikaku.conversation.turns import ImportedFile
from seikaku.errors import Words, in_lang

# Beneath the first a file is refused; beneath the second it is read, and the user is told that it is not certain.
MIN_CONFIDENCE = 0.5
SURE_CONFIDENCE = 0.8

N_SAMPLE_CHARS = 100_000
N_SAMPLE_BYTES = 4 * N_SAMPLE_CHARS  # hold the sample in any encoding
_N_SAMPLE_RECORDS = 50
_BEGINS_AS_JSON = re.compile(r"\s*(?:\{|\[\s*[{\]])")


def nothing_beside(_: str) -> str | None:
    """No file came along."""
    return None


class Content:
    """A file's bytes until they are taken: of 200 MB nobody holds a second copy."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self) -> bytes:
        """The bytes, which are kept here no longer."""
        data, self.data = self.data, b""
        return data


@dataclass(frozen=True)
class Source:
    """One file's display name (in both languages where it is no path) and decoded text (newlines are LF).

    ``beside`` gives the text of a file that came along (Slack's ``users.json``) by the last part of its name: from the
    same folder, or from the nearest one above it; None where there is none. ``value`` is the JSON value of a large file
    that was read already: then ``text`` is only its beginning.
    """

    name: str
    text: str
    beside: Callable[[str], str | None] = nothing_beside
    value: Any = None

    @property
    def english_name(self) -> str:
        """The name for an English text."""
        return in_lang(self.name, "en")

    @property
    def stem(self) -> str:
        """The name without folder and suffix: the conversation's id where the file gives none."""
        return PurePath(self.name).stem or self.name

    @property
    def suffix(self) -> str:
        """The suffix in lower case with its dot, or an empty string."""
        return PurePath(self.name).suffix.lower()

    @cached_property
    def sample(self) -> str:
        """The first 100,000 characters, whole lines: what every reader judges by."""
        if len(self.text) <= N_SAMPLE_CHARS:
            return self.text
        return self.text[:N_SAMPLE_CHARS].rpartition("\n")[0] or self.text[:N_SAMPLE_CHARS]

    @cached_property
    def sample_lines(self) -> list[str]:
        """The lines of the sample that are not blank."""
        return [line for line in self.sample.split("\n") if line.strip()]

    def take_lines(self) -> list[str]:
        """All lines; the text is kept here no longer, only the sample: both are as much memory as what is read."""
        _, lines = self.sample, self.text.split("\n")
        object.__setattr__(self, "text", "")
        return lines

    @property
    def begins_as_json(self) -> bool:
        """Whether the text begins as a JSON object or array does."""
        return _BEGINS_AS_JSON.match(self.text) is not None

    @cached_property
    def document(self) -> Any:
        """The JSON value of the whole text; None where it is none (or broken)."""
        if self.value is not None:
            return self.value
        return _load(self.text) if self.begins_as_json else None

    @cached_property
    def sample_records(self) -> list[Any]:
        """The values of the first lines of a JSON Lines text (at most 50); empty where it is none."""
        if not self.begins_as_json:
            return []
        values = [_load(line) for line in self.sample_lines[:_N_SAMPLE_RECORDS]]
        return values if all(isinstance(value, dict) for value in values) else []


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Judgement:
    """How sure a reader is that a file is of its format, from 0 to 1, what speaks for it and what against it.

    Above .9: names or lines that no other format has. .8: the usual form. Between .5 and .8 the file is read and the
    user is told. It is a rank among readers with fixed thresholds, not a probability that was measured.
    """

    confidence: float
    evidence: tuple[Words, ...] = ()
    against: tuple[Words, ...] = ()


NOT_THIS = Judgement(0.0)


class Parsed(Protocol):
    """What a reader has taken out of a file (a ``Collector``)."""

    def finish(self, format_name: str, encoding: str) -> ImportedFile:
        """The conversations and the report. Raises InputFileError if no utterance is left."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One format: its name for ``--format``, its title, how sure it is of a file, and how to read it.

    ``companions`` are files that come along with the format and hold no talk (Slack's ``users.json``). ``of_json``: it
    reads ``Source.document`` and not the text, of which a large file of JSON has only the beginning.
    """

    name: str
    title: Words
    judge: Callable[[Source], Judgement]
    parse: Callable[[Source], Parsed]
    companions: frozenset[str] = frozenset()
    of_json: bool = False
