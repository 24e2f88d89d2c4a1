"""How a way of writing is measured, and how far from the norm group's it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.model.typicality import STYLE_NAMES, Typicality, measure_style
from seikaku.training.fitting.typicality import fit_typicality
from seikaku.training.style.restyling import drop_punctuation, speak_plainly, split_messages, write_in_kana

TALK = ["昨日は友だちと海へ行きました。", "はい、とても楽しかったです！", "私は次の休みも行きたいと思っています。"]


def style_of(texts):
    return dict(zip(STYLE_NAMES, measure_style(texts), strict=True))


def test_the_figures_are_what_their_names_say():
    style = style_of(["うん", "そうだね"])
    assert np.exp(style["log_message_chars"]) == pytest.approx(3.0)
    assert style["spread_of_log_message_chars"] == pytest.approx(np.log([2, 4]).std())
    assert style["pronouns_per_char"] == 0
    assert style_of(["私は彼女とあなたを待つ"])["pronouns_per_char"] == pytest.approx(3 / 11)
    assert (measure_style(["", "  "]) == 0).all()


@given(st.lists(st.text(max_size=30), max_size=8))
def test_any_text_has_finite_figures(texts):
    assert np.isfinite(measure_style(texts)).all()


def test_spelling_punctuation_and_politeness_hardly_count():
    before = measure_style(TALK)
    for restyle in (drop_punctuation, speak_plainly):
        assert abs(measure_style(restyle(TALK)) - before).max() < 0.25
    assert measure_style(write_in_kana(TALK))[0] > before[0]  # kana is longer than kanji, a little
    assert measure_style(split_messages(TALK))[0] < before[0] - 0.2


def test_what_is_left_falls_from_all_to_nothing_between_the_two_limits():
    typical = Typicality(
        chars=np.array([300.0, 3000.0]),
        mean=np.zeros((2, 3)),
        precision=np.stack([np.eye(3), 4 * np.eye(3)]),
        limits=np.array([[2.0, 3.0], [2.0, 3.0]]),
    )
    assert [typical.keep(np.array([x, 0.0, 0.0]), 300) for x in (0.0, 2.0, 2.5, 3.0, 9.0)] == [1, 1, 0.5, 0, 0]
    # More text was measured more narrowly: the same distance from the mean is further out.
    assert typical.keep(np.array([1.25, 0.0, 0.0]), 5000) == 0.5


def test_of_the_people_it_was_fitted_to_about_one_in_a_hundred_is_left_out():
    generator = np.random.default_rng(0)
    texts = [tuple("あ" * int(n) for n in np.exp(generator.normal(3.0, 0.5, 20)).round().clip(1)) for _ in range(1200)]
    bags = [np.arange(row, row + 6) for row in range(0, 1200, 6)]
    typical = fit_typicality(texts, bags, seed=0)
    assert (np.diff(typical.chars) > 0).all()
    kept = np.array([typical.keep(measure_style(own), sum(map(len, own))) for own in texts])
    assert 0.90 < (kept == 1).mean() < 0.99
    assert (kept == 0).mean() < 0.03
    assert typical.keep(measure_style(["あ"] * 300), 300) == 0
    assert typical.keep(measure_style(["あ" * 300]), 300) == 0
