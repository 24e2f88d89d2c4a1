"""A lively and a quiet speaker's long talk, so that the planted model has something to claim."""

import pytest


@pytest.fixture(scope="session")
def long_talk(talk, messages):
    """花子 is lively, 太郎 quiet; about 10,000 characters each."""
    return talk(花子=messages(400, seed=1, lively=0.9), 太郎=messages(400, seed=2, lively=-0.9))
