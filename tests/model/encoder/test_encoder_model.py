"""An encoder's scores are the mean over tokens, split exactly over the utterances, whatever the windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.model.calibration import AccuracyCurve, AmountTable, Calibration, shrink_nothing
from seikaku.model.encoder.explaining import EncoderModel
from seikaku.model.encoder.special import SpecialTokens
from seikaku.model.norm import Norm

SPECIAL = SpecialTokens(begin=(0,), end=(2,), separator=(2,), pad=1, unknown=3)
RARE = "龘"


class Encoding:
    def __init__(self, ids):
        self.ids = ids


class CodePoints:
    """A token a character; one character is unknown."""

    def encode_batch(self, texts, add_special_tokens):
        assert add_special_tokens is False
        return [Encoding([SPECIAL.unknown if character == RARE else ord(character) for character in t]) for t in texts]


def score_by_id(ids, mask):
    """Scores that depend on the token alone; padding gets nonsense, which must not be read."""
    scores = np.sin(ids[:, :, None] * np.arange(1, 6)).astype(np.float32) + 4
    return np.where(mask[:, :, None] == 1, scores, np.float32(1e6))


def table(*rows):
    return AmountTable(np.array([10.0, 100.0]), np.array([np.full(5, row) for row in rows]))


def calibration(slope=0.5, offset=(0.0, 0.0)):
    curve = AccuracyCurve(table(0.1, 0.3), table(-0.1, 0.1), table(0.3, 0.5))
    scores = np.array([[3.0] * 5, [5.0] * 5])
    return Calibration(
        source="validation", n_speakers=18, slope=np.full(5, slope),
        offset=table(*offset), half_widths=table(1.5, 1.0), bounds=None, accuracy=curve,
        norm=Norm.of_scores("架空", "fictional", scores), floor_chars=100, known_share_floor=0.9,
        shrinkage=shrink_nothing(5), before=np.full(5, 1.5),
    )  # fmt: skip


def model(max_tokens=16, **changes):
    return EncoderModel(CodePoints(), score_by_id, SPECIAL, max_tokens, calibration(**changes))


talks = st.lists(st.lists(st.text("あいうえおかきくけこ", max_size=40), max_size=6), min_size=1, max_size=4)


@given(talks, st.integers(5, 40))
def test_contributions_add_up_to_the_distance_from_the_norm_mean(talk, max_tokens):
    said = model(max_tokens, offset=(0.2, -0.1))
    explained = said.explain(talk)
    n_utterances = sum(map(len, talk))
    assert explained.contributions.shape == (n_utterances, 5)
    if any(text for texts in talk for text in texts):
        np.testing.assert_allclose(explained.contributions.sum(axis=0), explained.score - 4, atol=1e-5)
    assert np.isfinite(explained.score).all()


@given(talks, st.integers(5, 40))
def test_the_score_is_the_mean_over_all_tokens(talk, max_tokens):
    explained = model(max_tokens, slope=1.0).explain(talk)
    own = [ord(character) for texts in talk for text in texts for character in text]
    n_windows = (explained.amount - len(own)) / 2
    assert n_windows == int(n_windows) >= 1  # a begin and an end each, and no text is lost
    ids = np.array([*own, *[*SPECIAL.begin, *SPECIAL.end] * int(n_windows)])
    expected = score_by_id(ids[None, :], np.ones((1, len(ids)), int))[0].mean(axis=0)
    np.testing.assert_allclose(explained.score, expected, atol=1e-4)


def test_what_an_utterance_adds_is_what_its_tokens_add():
    texts = ["ああああ", "いいい", ""]
    contributions = model(slope=1.0).explain([texts]).contributions
    total = 4 + 3 + 2
    special = (score_by_id(np.array([[0, 2]]), np.ones((1, 2), int))[0] - 4).sum(axis=0)
    for text, found in zip(texts, contributions, strict=True):
        ids = np.array([[ord(character) for character in text]], int).reshape(1, -1)
        own = (score_by_id(ids, np.ones(ids.shape, int))[0] - 4).sum(axis=0)
        np.testing.assert_allclose(found, (own + special * len(text) / 7) / total, atol=1e-5)


def test_slope_and_offset_draw_the_score_to_the_norm_mean():
    raw = model(slope=1.0).explain([["ああ"]]).score
    drawn = model(slope=0.5, offset=(0.25, 0.25)).explain([["ああ"]]).score
    np.testing.assert_allclose(drawn, 4 + 0.5 * (raw - 4) - 0.25)


def test_unknown_tokens_are_counted():
    assert model().explain([["あい" + RARE + "う"], ["え"]]).known_share == pytest.approx(0.8)
    assert model().explain([["あい"]]).known_share == 1
    assert model().explain([[""]]).known_share == 1
