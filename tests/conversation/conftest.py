"""Shared by the tests of conversations: the examples' folder, and reading a text as a file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from seikaku.conversation.readers import parse_conversations
from seikaku.conversation.turns import ImportedFile


@pytest.fixture
def examples() -> Path:
    return Path(__file__).parents[2] / "examples"


@pytest.fixture
def read() -> Callable[..., ImportedFile]:
    def read_text(text: str, name: str = "会話.txt", format: str | None = None) -> ImportedFile:
        return parse_conversations(text.encode(), name=name, format=format)

    return read_text


@pytest.fixture
def said(read: Callable[..., ImportedFile]) -> Callable[..., list[tuple[str, str]]]:
    """(speaker, text) of everything that was kept."""

    def pairs(text: str, name: str = "会話.txt", format: str | None = None) -> list[tuple[str, str]]:
        imported = read(text, name, format)
        return [
            (said.speaker, said.text) for conversation in imported.conversations for said in conversation.utterances
        ]

    return pairs
