"""Fictional talks with times."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from seikaku.conversation.turns import Conversation, Utterance

START = datetime(2024, 5, 3, 8, 0)


@pytest.fixture
def talk() -> Callable[..., Conversation]:
    """(speaker, minutes since the start or None[, text]) of each message -> a conversation."""

    def build(*messages: tuple[object, ...]) -> Conversation:
        utterances = []
        for speaker, minutes, *text in messages:
            time = None if minutes is None else START + timedelta(minutes=float(str(minutes)))
            utterances.append(Utterance(str(speaker), str(text[0]) if text else "うん", time))
        return Conversation("架空", tuple(utterances))

    return build
