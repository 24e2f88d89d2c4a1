"""Where a figure stands in a norm group, and when it stands nowhere."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.conversation.description.catalogue import FIGURES
from seikaku.conversation.description.describe import embedded_norm
from seikaku.conversation.description.placing import LEAST_AGREEMENT, LEVELS, FigureNorm, LanguageNorm

UNIFORM = np.array(LEVELS) / 100
FIGURE = FigureNorm(
    amounts=np.array([10.0, 1000.0]),
    agreement=np.array([0.5, 0.9]),
    quantiles=np.stack([2 * UNIFORM, UNIFORM]),  # little text scatters more
)
NORM = LanguageNorm("架空の人たち", "fictional people", 50, "2026-01-01", "none", "none", {"question_share": FIGURE})


def test_the_group_is_taken_at_a_like_amount():
    assert FIGURE.place(0.3, 1000).percentile == pytest.approx(30)
    assert FIGURE.place(0.3, 50_000) == FIGURE.place(0.3, 1000)
    between = FIGURE.place(0.3, 316)  # a quarter of the way back, in orders of magnitude
    assert between.percentile == pytest.approx(30 / 1.25, abs=0.1)


def test_no_place_where_two_parts_of_a_speaker_disagree():
    assert FIGURE.place(0.3, 9) is None
    assert FIGURE.place(0.3, 99) is None
    assert FIGURE.place(0.3, 101) is not None, "halfway from .5 to .9"
    assert NORM.place("emoji_share", 0.3, 1000) is None


def test_beyond_the_outermost_quantiles_nothing_finer_is_said():
    assert FIGURE.place(-1.0, 1000).percentile == LEVELS[0]
    assert FIGURE.place(9.0, 1000).percentile == LEVELS[-1]


def test_the_range_is_what_other_text_of_the_person_would_show():
    place = FIGURE.place(0.5, 1000)
    generator = np.random.default_rng(0)
    second = 0.9 * 0.0 + np.sqrt(1 - 0.81) * generator.normal(size=100_000)  # normal ranks that go together at .9
    low, high = np.quantile(second, [0.1, 0.9])
    share_below = [float((generator.normal(size=100_000) < end).mean()) for end in (low, high)]
    assert (place.low, place.high) == pytest.approx(np.array(share_below) * 100, abs=1)
    assert FIGURE.place(0.5, 110).high > place.high, "less text, wider"


@given(st.floats(0, 1), st.integers(101, 10_000))
def test_a_place_lies_within_its_range_and_within_the_levels(value, n):
    place = FIGURE.place(value, n)
    assert LEVELS[0] <= place.low <= place.percentile <= place.high <= LEVELS[-1]


def test_who_shares_a_value_with_many_stands_in_their_middle():
    many_zeros = replace(FIGURE, quantiles=np.stack([np.maximum(UNIFORM - 0.6, 0)] * 2))
    zero = many_zeros.place(0.0, 1000)
    assert (zero.percentile, zero.same) == (30, 0.6)
    assert many_zeros.place(0.1, 1000).same == 0
    all_same = replace(FIGURE, quantiles=np.zeros((2, len(LEVELS)))).place(0.0, 1000)
    assert (all_same.percentile, all_same.same) == (50, 1.0)


def test_json_and_back():
    document = json.loads(json.dumps(NORM.to_json()))
    back = LanguageNorm.from_json(document)
    assert back.to_json() == document
    assert back.place("question_share", 0.3, 1000) == NORM.place("question_share", 0.3, 1000)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"schema_version": 2},
        {"levels": [1, 2]},
        {"figures": {"question_share": {"amounts": [1, 2], "agreement": [0.5], "quantiles": [[0.0] * 19] * 2}}},
        {"figures": {"question_share": {"amounts": [1], "agreement": [0.5], "quantiles": [[0.0] * 18]}}},
        {"figures": {"question_share": {"amounts": [2, 2], "agreement": [0.5, 0.5], "quantiles": [[0.0] * 19] * 2}}},
        {"figures": {"question_share": {"amounts": [0], "agreement": [0.5], "quantiles": [[0.0] * 19]}}},
    ],
)
def test_what_is_no_norm_is_refused(change):
    with pytest.raises(ValueError):
        LanguageNorm.from_json(NORM.to_json() | change)


def test_the_embedded_norm_says_what_it_is():
    norm = embedded_norm()
    assert (norm.n_speakers, norm.licence) == (165, "CC BY-SA 4.0")
    for figure in norm.figures.values():
        assert (np.diff(figure.amounts) > 0).all()
        assert (np.diff(figure.agreement) >= 0).all()
        assert (np.diff(figure.quantiles, axis=1) >= 0).all()


def test_every_least_amount_rests_on_the_measured_agreement():
    """Half of the differences between speakers come back; emoji are nearly absent from the corpus."""
    figures = embedded_norm().figures
    measured = [kind for kind in FIGURES if kind.key in figures and kind.key != "emoji_share"]
    assert len(measured) == 9
    for kind in measured:
        figure = figures[kind.key]
        agreement = float(np.interp(np.log(kind.least), np.log(figure.amounts), figure.agreement))
        assert agreement >= 0.5, kind.key
        assert kind.least >= figure.amounts[0]
    assert figures["emoji_share"].agreement.max() < LEAST_AGREEMENT
