"""What is said of language and what of the trait: from one distribution, and only where it was shown."""

from dataclasses import replace

import numpy as np
import pytest

from seikaku.conversation.turns import Conversation, Utterance
from seikaku.inference.estimates import Accuracy, TraitEstimate
from seikaku.inference.estimator import Estimator
from seikaku.model.calibration import AccuracyCurve, AmountTable
from seikaku.model.predictive import Z_80, standard_normal
from seikaku.traits import TRAIT_KEYS


@pytest.fixture(scope="session")
def estimator(trained_model_folder):
    return Estimator.load(trained_model_folder)


@pytest.fixture
def said(estimator, messages):
    def estimate(n, lively=0.4, **changes):
        own = Estimator(replace(estimator.trained, calibration=replace(estimator.trained.calibration, **changes)))
        talk = Conversation("1", tuple(Utterance("花子", text) for text in messages(n, 3, lively)))
        return own.estimate([talk], "花子")

    return estimate


def given(estimates):
    return {key: trait for key, trait in estimates.traits.items() if trait.status != "withheld"}


def test_probability_score_and_interval_are_of_one_distribution(said):
    found = given(said(300))
    assert found
    for trait in found.values():
        interval = trait.interval_80
        if 1 < interval.low_1to7 and interval.high_1to7 < 7:
            sd = (interval.high_t - interval.low_t) / 2 / Z_80
            assert trait.probability_above == pytest.approx(float(standard_normal((trait.t_score - 50) / sd)), abs=1e-9)
        assert (trait.leaning == "high") == (trait.probability_above > 0.55)
        assert (trait.leaning == "low") == (trait.probability_above < 0.45)


def test_no_probability_where_it_was_no_better_than_a_half(said):
    worse = AmountTable(np.array([100.0, 1e6]), np.full((2, 5), -0.001))
    for changes in ({"probability_gain": worse}, {"probability_gain": None}):
        for trait in said(300, **changes).traits.values():
            assert trait.probability_above is None
            assert trait.leaning is None


def test_the_band_before_reading_is_the_same_for_everybody_and_never_withheld(said):
    much, little = said(300), said(4)
    for key in TRAIT_KEYS:
        before = much.traits[key].before_80
        assert before == little.traits[key].before_80
        assert before.low_t < 50 < before.high_t


def test_language_stands_under_a_traits_name_only_where_it_goes_with_the_trait(said):
    found = said(300)
    for trait in found.traits.values():
        shown = trait.accuracy is not None and trait.accuracy.r_low_95 > 0
        assert (trait.language is not None) == shown
    assert any(trait.language for trait in found.traits.values())
    assert all(trait.language is None for trait in said(300, source="validation").traits.values())
    assert all(trait.language is None for trait in said(300, standing=None).traits.values())
    assert all(trait.language is None for trait in said(4).traits.values())  # too little text: nothing was measured


def test_livelier_language_stands_higher_and_its_band_narrows_with_text(said):
    places = [said(300, lively).traits["extraversion"].language.percentile for lively in (-0.5, 0.0, 0.5)]
    assert places == sorted(places)
    short, long = (said(n, 0.0).traits["extraversion"].language for n in (60, 600))
    for place in (short, long):
        assert 0 <= place.low_80 <= place.percentile <= place.high_80 <= 100
    assert long.high_80 - long.low_80 < short.high_80 - short.low_80


def test_more_text_is_told_until_the_most_that_was_measured(said, estimator):
    curve = estimator.trained.calibration.accuracy.r
    little, most = said(60).traits["openness"], said(60, accuracy=_curve_up_to(10))
    assert little.more_text.n_chars == curve.amounts[-1]
    assert little.more_text.r == curve.values[-1, 0]
    assert all(trait.more_text is None for trait in most.traits.values())


def _curve_up_to(chars):
    table = AmountTable(np.array([1.0, chars]), np.full((2, 5), 0.3))
    return AccuracyCurve(table, table, table)


def test_little_text_is_drawn_in(said):
    flat = AmountTable(np.ones(1), np.ones((1, 5)))
    half = AmountTable(np.ones(1), np.full((1, 5), 0.5))
    whole, drawn = said(100, shrinkage=flat, bounds=None), said(100, shrinkage=half, bounds=None)
    for key, trait in given(whole).items():
        if 1 < trait.score_1to7 < 7:
            assert drawn.traits[key].t_score - 50 == pytest.approx((trait.t_score - 50) / 2)
            for one, other in zip(trait.evidence, drawn.traits[key].evidence, strict=True):
                assert other.contribution_t == pytest.approx(one.contribution_t / 2)


WORDS = {-0.1: "none", 0.04: "none", 0.05: "very_weak", 0.14: "very_weak", 0.15: "weak", 0.29: "weak", 0.3: "moderate"}


@pytest.mark.parametrize(("r", "word"), WORDS.items())
def test_how_well_a_trait_can_be_read_in_a_word(r, word):
    assert Accuracy(r, r - 0.1, r + 0.1).readability == word


def test_a_probability_near_a_half_leans_nowhere():
    trait = TraitEstimate("low_evidence", "accuracy_uncertain", 4.0, 50.0, 50.0, None, True, None)
    leanings = {p: replace(trait, probability_above=p).leaning for p in (0.44, 0.45, 0.5, 0.55, 0.56)}
    assert list(leanings.values()) == ["low", None, None, None, "high"]
