"""What an estimate could live on instead of personality is measured as what it is."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import build_corpus

from seikaku.evaluation.checks import traps
from seikaku.evaluation.protocol import OutOfFold, build_sides
from seikaku.traits import TRAIT_KEYS

texts = st.lists(st.text(max_size=20), max_size=4)


@pytest.fixture(scope="module")
def corpus():
    return build_corpus(60, 480, seed=5)


def wrap(estimates, folds):
    nothing = np.full((1, *estimates.shape), np.nan)
    return OutOfFold(estimates[None], nothing, nothing, folds[None])


def test_style_is_amount_message_length_and_familiar_wording(corpus):
    sides = build_sides(corpus)
    style = traps.measure_style(sides, [side.texts for side in corpus.sides])
    assert list(style) == ["log_amount", "log_message_chars", "familiarity"]
    own = [side for side in corpus.sides if side.speaker_index == 7]
    said = [text for side in own for text in side.texts]
    assert style["log_amount"][7] == pytest.approx(np.log(len(own)))
    assert style["log_message_chars"][7] == pytest.approx(np.log(np.mean([len(text) for text in said])))
    assert style["familiarity"] == pytest.approx(np.ones(60))  # all use the same dozen sentences


def test_familiarity_is_one_for_what_many_use_and_nought_for_what_nobody_else_does():
    shared = ["今日は朝から雨が降っていました", "昼はうどんを食べました"]
    own = ["いろはにほへと", "ちりぬるを"]
    half = ["あさきゆめみし"]
    everybody = [shared] * 30 + [own] + [[*half, "えひもせすん"], []]
    found = traps.measure_familiarity(everybody)
    assert found[:30].tolist() == [1.0] * 30
    assert found[30] == 0.0
    assert found[32] == 0.0  # who says nothing
    mixed = traps.measure_familiarity([shared] * 30 + [["今日は", "ぬるを"]])
    assert mixed[30] == pytest.approx(0.5)


def test_a_pair_is_familiar_from_ten_speakers_on_and_never_across_messages():
    said = [["やま", "かわ"]] * 9 + [["やま"]] + [["うみ"]] * 90
    found = traps.measure_familiarity(said)
    assert found[0] == pytest.approx(0.5)  # ten say やま, nine say かわ, and nobody まか
    assert found[9] == 1.0
    assert found[10] == 1.0


@given(st.lists(texts, max_size=12))
def test_familiarity_of_any_text_is_a_share(said):
    found = traps.measure_familiarity(said)
    assert found.shape == (len(said),)
    assert ((found >= 0) & (found <= 1)).all()


def test_an_estimate_that_lives_on_the_amount_of_text_is_told(corpus):
    sides = build_sides(corpus)
    draw = np.random.default_rng(0)
    amount = draw.normal(size=60)
    scores = sides.scores.copy()
    scores[:, 2] = 4 + amount + 0.5 * draw.normal(size=60)  # who writes much is extraverted
    sides = replace(sides, scores=scores)
    estimates = np.tile(amount[:, None], 5) + 0.01 * draw.normal(size=(60, 5))
    estimates[:, 0] = scores[:, 0]  # and openness is known for itself
    figures = traps.trap_figures(
        wrap(estimates, np.zeros(60, np.int64)), sides, {"log_amount": amount, "other": scores[:, 1]}
    )
    assert list(figures) == ["log_amount", "other"]
    assert list(figures["log_amount"]) == list(TRAIT_KEYS)
    caught, honest = figures["log_amount"]["extraversion"], figures["log_amount"]["openness"]
    assert set(caught) == {"r_label", "r_estimate", "r_given"}
    assert caught["r_label"] > 0.8
    assert caught["r_estimate"] > 0.95
    assert abs(caught["r_given"]) < 0.3
    assert abs(honest["r_estimate"]) < 0.3
    assert honest["r_given"] > 0.95
