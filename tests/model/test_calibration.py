"""What a model knows of its accuracy: tables by amount, and the one JSON form of all kinds of models."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.model.calibration import AccuracyCurve, AmountTable, Calibration, Standing, conformal_quantile
from seikaku.model.norm import Norm

SCORES = np.array([[3.0, 4.0, 3.5, 2.0, 5.1], [5.0, 4.4, 3.6, 6.0, 5.3], [1.0, 2.0, 3.0, 4.0, 5.0]])


def table(*rows):
    return AmountTable(np.array([10.0, 100.0]), np.array([np.full(5, row) for row in rows]))


def calibration(**changes):
    values = {
        "source": "protocol", "n_speakers": 184, "slope": np.full(5, 0.1 + 0.2), "offset": table(0.1, -0.2),
        "half_widths": table(1.5, 1.0), "bounds": table(0.5, 0.7),
        "accuracy": AccuracyCurve(table(0.1, 0.3), table(-0.1, 0.1), table(0.3, 0.5)),
        "norm": Norm.of_scores("架空", "fictional", SCORES), "floor_chars": 100, "known_share_floor": 0.9,
        "shrinkage": table(0.5, 1.0), "before": np.full(5, 1.5), "standing": Standing(table(0.1, 0.2), table(1.5, 0.9)),
        "probability_gain": table(-0.001, 0.002),
    }  # fmt: skip
    return Calibration(**values | changes)


@pytest.mark.parametrize("changes", [{}, {"bounds": None, "source": "validation"}])
def test_a_calibration_comes_back_from_json_the_same(changes):
    before = calibration(**changes)
    after = Calibration.from_json(json.loads(json.dumps(before.to_json())))
    assert after.to_json() == before.to_json()
    assert (after.bounds is None) == (before.bounds is None)
    raw, amount = np.random.default_rng(0).normal(4, 1, (3, 5)), np.array([5, 50, 500])
    np.testing.assert_array_equal(after.apply(raw, amount), before.apply(raw, amount))
    np.testing.assert_array_equal(after.accuracy.at(50.0), before.accuracy.at(50.0))
    np.testing.assert_array_equal(after.shrink(raw, amount), before.shrink(raw, amount))
    for name in set(before.to_json()) - {"bounds", "shrinkage", "before", "standing", "probability_gain"}:
        with pytest.raises(KeyError, match=name):
            Calibration.from_json({other: value for other, value in before.to_json().items() if other != name})


def test_a_run_that_was_saved_earlier_is_still_read():
    """Such runs held the norm's means a second time, as the intercept, and knew less of themselves."""
    later = ("bounds", "shrinkage", "before", "standing", "probability_gain")
    now = calibration(source="validation", bounds=None)
    value = {name: part for name, part in now.to_json().items() if name not in later}
    before = Calibration.from_json(value | {"intercept": SCORES.mean(axis=0).tolist()})
    assert {name: part for name, part in before.to_json().items() if name not in later} == value
    assert (before.bounds, before.standing, before.probability_gain) == (None, None, None)
    scores = np.random.default_rng(0).normal(4, 1, (2, 5))
    assert before.shrink(scores, np.array([1, 1e6])) == pytest.approx(scores)
    assert before.before == pytest.approx(1.2816 * np.std(SCORES, axis=0, ddof=1), rel=1e-4)


def test_only_the_protocol_is_no_provisional_source():
    assert calibration(source="validation").is_provisional
    assert not calibration(source="protocol").is_provisional


def test_scores_are_drawn_to_the_norm_mean_and_shifted_by_the_offset_of_their_amount():
    mean = SCORES.mean(axis=0)
    found = calibration(slope=np.full(5, 0.5)).apply(mean + np.array([[2.0], [-2.0]]), np.array([1, 1e6]))
    assert found - mean == pytest.approx(np.array([[1.0 - 0.1] * 5, [-1.0 + 0.2] * 5]))


def test_little_text_is_drawn_further_to_the_mean():
    mean = SCORES.mean(axis=0)
    found = calibration().shrink(mean + np.array([[2.0], [2.0]]), np.array([1, 1e6]))
    assert found - mean == pytest.approx(np.array([[1.0] * 5, [2.0] * 5]))


def test_accuracy_is_r_and_the_ends_of_its_interval():
    assert calibration().accuracy.at(1.0) == pytest.approx(np.tile([0.1, -0.1, 0.3], (5, 1)))


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=30)
def test_conformal_half_widths_cover_new_speakers(seed):
    generator = np.random.default_rng(seed)
    residuals, fresh = np.abs(generator.standard_t(4, (150, 1))), np.abs(generator.standard_t(4, (4000, 1)))
    width = conformal_quantile(residuals, np.ones(150), 0.8)
    assert 0.68 < (fresh <= width).mean() < 0.92


def test_conformal_weights_give_a_speaker_with_many_parts_no_more_say():
    residuals = np.concatenate([np.full((90, 1), 9.0), np.arange(1.0, 10.0)[:, None]])
    weights = np.concatenate([np.full(90, 1 / 90), np.ones(9)])
    assert conformal_quantile(residuals, weights, 0.5)[0] < 9.0
    assert conformal_quantile(residuals, np.ones(99), 0.5)[0] == 9.0


def test_tables_are_read_between_their_rows_in_log_amount():
    table = AmountTable(np.array([1.0, 100.0]), np.array([[0.0, 10.0], [1.0, 20.0]]))
    assert table.at(10.0) == pytest.approx([0.5, 15.0])
    assert table.at(np.array([0.1, 1e6])) == pytest.approx(np.array([[0.0, 10.0], [1.0, 20.0]]))
