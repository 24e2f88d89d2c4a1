"""The difference of two people: antisymmetric, wider than either interval, nothing where either is withheld."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.inference.difference import estimate_difference, half_width_t
from seikaku.inference.estimates import Amount, Interval, ModelIdentity, TraitEstimate, TraitEstimates
from seikaku.model.norm import Norm
from seikaku.traits import TRAIT_KEYS

NORM = Norm("架空の集団", "a fictional group", 100, dict.fromkeys(TRAIT_KEYS, 4.0), dict.fromkeys(TRAIT_KEYS, 1.0))
WITHHELD = TraitEstimate("withheld", "too_little_text", None, None, None, None, None, None)


def trait(t_score, half_width, status="ok"):
    low, high = t_score - half_width, t_score + half_width
    interval = Interval(4 + (low - 50) / 10, 4 + (high - 50) / 10, low, high)
    return TraitEstimate(status, None, 4 + (t_score - 50) / 10, t_score, 50.0, interval, low <= 50 <= high, None)


def person(name, traits):
    several = dict(zip(TRAIT_KEYS, traits, strict=True))
    return TraitEstimates(name, several, Amount(1, 10, 1000), ModelIdentity("m", "0" * 64), NORM)


T_SCORES = st.floats(0, 100)
TRAIT = st.one_of(
    st.just(WITHHELD), st.builds(trait, T_SCORES, st.floats(0, 40), st.sampled_from(["ok", "low_evidence"]))
)
PEOPLE = st.lists(TRAIT, min_size=5, max_size=5)


@given(PEOPLE, PEOPLE)
def test_exchanging_the_two_turns_the_sign(some, others):
    first, second = person("花子", some), person("太郎", others)
    there, back = estimate_difference(first, second), estimate_difference(second, first)
    assert (there.first, there.second) == (back.second, back.first) == ("花子", "太郎")
    for key in TRAIT_KEYS:
        one, other = there.traits[key], back.traits[key]
        assert (one.status, one.holds_zero) == (other.status, other.holds_zero)
        if one.difference_t is not None:
            assert one.difference_t == -other.difference_t
            assert (one.interval_80.low_t, one.interval_80.high_t) == (
                -other.interval_80.high_t,
                -other.interval_80.low_t,
            )


@given(PEOPLE, PEOPLE)
def test_the_interval_is_wider_than_either_and_narrower_than_both_together(some, others):
    difference = estimate_difference(person("花子", some), person("太郎", others))
    for one, other, compared in zip(some, others, difference.traits.values(), strict=True):
        if WITHHELD in (one, other):
            assert (compared.status, compared.difference_t, compared.interval_80, compared.holds_zero) == (
                "withheld", None, None, None,
            )  # fmt: skip
            continue
        half_widths = half_width_t(one), half_width_t(other)
        half_width = (compared.interval_80.high_t - compared.interval_80.low_t) / 2
        assert max(half_widths) - 1e-9 <= half_width <= sum(half_widths) + 1e-9
        assert half_width == pytest.approx(math.hypot(*half_widths))
        assert compared.holds_zero == (abs(one.t_score - other.t_score) <= math.hypot(*half_widths))
        assert compared.status == ("low_evidence" if "low_evidence" in (one.status, other.status) else "ok")


def test_a_person_does_not_differ_from_themselves():
    person_ = person("花子", [trait(57.0, 12.0)] * 5)
    for compared in estimate_difference(person_, person_).traits.values():
        assert compared.difference_t == 0 and compared.holds_zero


def test_an_interval_cut_off_at_the_end_of_the_scale_keeps_its_uncertainty():
    cut = replace(trait(78.0, 12.0), interval_80=Interval(5.6, 7.0, 66.0, 80.0))
    assert half_width_t(cut) == 12.0
    assert half_width_t(WITHHELD) is None


def test_json_names_its_assumption_and_rounds():
    difference = estimate_difference(
        person("花子", [trait(51.23456, 10)] * 5), person("太郎", [WITHHELD] + [trait(50, 10)] * 4)
    )
    value = json.loads(json.dumps(difference.to_dict()))
    assert (value["first"], value["second"], value["assumption"]) == ("花子", "太郎", "independent_errors")
    assert list(value["traits"]) == list(TRAIT_KEYS)
    assert value["traits"]["openness"] == {
        "status": "withheld", "difference_t": None, "interval_80": None, "holds_zero": None,
    }  # fmt: skip
    assert value["traits"]["neuroticism"]["difference_t"] == 1.2346
    assert value["traits"]["neuroticism"]["interval_80"] == {"low_t": -12.9076, "high_t": 15.3767}


def test_no_figure_of_compatibility():
    value = estimate_difference(person("花子", [trait(50, 10)] * 5), person("太郎", [trait(50, 10)] * 5)).to_dict()
    assert set(value) == {"first", "second", "assumption", "traits"}


def test_estimates_of_different_models_are_not_compared():
    first = person("花子", [trait(50, 10)] * 5)
    for other in (
        replace(first, model=ModelIdentity("m", "1" * 64)),
        replace(first, norm=replace(NORM, n_speakers=5)),
    ):
        with pytest.raises(ValueError, match="same model and norm"):
            estimate_difference(first, other)
