"""When an estimate is shown, held back or marked as tentative."""

from dataclasses import replace

import numpy as np
import pytest

from seikaku.conversation.quality import QualityIssue, QualityReport
from seikaku.inference.estimates import EstimateWarning
from seikaku.inference.status import MIN_R_FOR_OK, MIN_R_TO_SHOW, judge, measure_unlikeness, shrink_factors
from seikaku.model.calibration import AccuracyCurve, AmountTable
from seikaku.model.ngram.folder import load_model
from seikaku.model.typicality import FIGURES, GROUPS, LEVELS, WritingNorm
from seikaku.report.words.texts import LANGS, REASON_TEXTS, reason_text, warning_text
from seikaku.traits import N_TRAITS, TRAIT_KEYS

KNOWN = 0.9


@pytest.fixture(scope="session")
def trained(trained_model_folder):
    return load_model(trained_model_folder)


def quality(n_chars, *issues):
    return QualityReport(10, n_chars, issues)


def flat(trained, r, r_low):
    """The model with the same accuracy for every trait and amount."""

    def table(value):
        return AmountTable(np.array([100.0]), np.full((1, N_TRAITS), value))

    return recalibrated(trained, accuracy=AccuracyCurve(table(r), table(r_low), table(r + 0.1)))


def recalibrated(trained, **changes):
    return replace(trained, calibration=replace(trained.calibration, **changes))


@pytest.mark.parametrize(
    ("r", "r_low", "status", "reason"),
    [
        (0.30, 0.10, "ok", None),
        (MIN_R_FOR_OK, 0.001, "ok", None),
        (0.30, 0.0, "low_evidence", "accuracy_uncertain"),
        (MIN_R_FOR_OK - 0.001, 0.1, "low_evidence", "accuracy_uncertain"),
        (MIN_R_TO_SHOW, 0.01, "low_evidence", "accuracy_uncertain"),
        (MIN_R_TO_SHOW - 0.001, 0.01, "withheld", "accuracy_too_low"),
        (-0.4, -0.5, "withheld", "accuracy_too_low"),
    ],
)
def test_accuracy_decides(trained, r, r_low, status, reason):
    verdicts, warnings = judge(flat(trained, r, r_low), quality(5000), KNOWN)
    assert tuple(verdicts) == TRAIT_KEYS
    for verdict in verdicts.values():
        assert (verdict.status, verdict.reason) == (status, reason)
        assert (verdict.accuracy.r, verdict.accuracy.r_low_95) == (r, r_low)
    assert warnings == ()


def test_accuracy_of_a_few_validation_speakers_is_never_ok(trained):
    sure = flat(trained, 0.6, 0.5)
    for source, status in (("protocol", "ok"), ("validation", "low_evidence")):
        verdicts, _ = judge(recalibrated(sure, source=source), quality(5000), KNOWN)
        assert {verdict.status for verdict in verdicts.values()} == {status}


def test_accuracy_is_read_at_the_amount_of_text(trained):
    statuses = [judge(trained, quality(n), KNOWN)[0]["neuroticism"].status for n in (300, 3_000, 30_000)]
    assert statuses == ["low_evidence", "low_evidence", "ok"]
    between = judge(trained, quality(949), KNOWN)[0]["openness"].accuracy.r  # half way on the log scale
    assert between == pytest.approx((0.25 + 0.32) / 2, abs=1e-3)


def test_below_the_floor_everything_is_withheld_with_the_numbers(trained):
    verdicts, warnings = judge(trained, quality(trained.calibration.floor_chars - 1), 0.0)
    assert {(v.status, v.reason, v.accuracy) for v in verdicts.values()} == {("withheld", "too_little_text", None)}
    assert warnings == (EstimateWarning("short_text", {"n_chars": 299, "floor_chars": 300}),)
    assert warning_text(warnings[0], "ja").endswith("使えた文章は 299字、確かめたのは 300字以上です。")
    assert judge(trained, quality(trained.calibration.floor_chars), KNOWN)[0]["openness"].status == "ok"


@pytest.mark.parametrize(
    "code", ["stickers_only", "not_japanese", "repetitive", "copy_paste", "templates", "code_or_urls", "borrowed"]
)
def test_the_guard_withholds_or_warns(trained, code):
    verdicts, warnings = judge(trained, quality(5000, QualityIssue(code, "withhold", 0.9)), 0.0)
    assert {(v.status, v.reason, v.accuracy) for v in verdicts.values()} == {("withheld", code, None)}
    assert warnings == ()
    verdicts, warnings = judge(trained, quality(5000, QualityIssue(code, "warn", 0.3)), KNOWN)
    assert verdicts["openness"].status == "ok"
    assert warnings == (EstimateWarning(code, {"value": 0.3}),)


def test_unfamiliar_wording_is_never_ok(trained):
    floor = trained.calibration.known_share_floor
    plain, _ = judge(trained, quality(5000), floor)
    verdicts, warnings = judge(trained, quality(5000), floor - 0.01)
    assert warnings == (EstimateWarning("unlike_norm", {"known_share": floor - 0.01, "floor": floor}),)
    for key, verdict in verdicts.items():
        if plain[key].status == "ok":
            assert (verdict.status, verdict.reason) == ("low_evidence", "unlike_norm")
        else:
            assert verdict == plain[key]
    assert {verdict.status for verdict in verdicts.values()} == {"low_evidence", "withheld"}


def test_a_way_of_writing_that_the_norm_group_does_not_have_is_withheld_and_its_edge_is_tentative(trained):
    verdicts, warnings = judge(trained, quality(5000), KNOWN, 0.0)
    assert {(v.status, v.reason, v.accuracy) for v in verdicts.values()} == {("withheld", "unusual_writing", None)}
    assert warnings == ()
    plain, _ = judge(trained, quality(5000), KNOWN, 1.0)
    verdicts, warnings = judge(trained, quality(5000), KNOWN, 0.4)
    assert warnings == (EstimateWarning("unusual_writing", {"kept": 0.4}),)
    assert warning_text(warnings[0], "ja").endswith("平均からのずれの 40% を残しています。")
    assert "ok" in {verdict.status for verdict in plain.values()}
    assert "ok" not in {verdict.status for verdict in verdicts.values()}


def test_an_estimate_keeps_less_the_less_usual_the_writing_and_never_leaves_its_bounds(trained):
    deviation = np.array([0.5, -0.5, 0.1, 0.0, -2.0])
    assert shrink_factors(trained, deviation, 10.0, 0.4).tolist() == [0.4] * 5  # no bounds were measured
    bounded = recalibrated(trained, bounds=AmountTable(np.array([10.0]), np.full((1, N_TRAITS), 0.25)))
    kept = shrink_factors(bounded, deviation, 10.0, 1.0) * deviation
    assert kept.tolist() == pytest.approx([0.25, -0.25, 0.1, 0.0, -0.25])


def test_a_model_that_does_not_know_how_its_norm_group_writes_judges_nobody_by_it(trained):
    assert trained.typicality is None
    assert measure_unlikeness(trained, ["うん"] * 50) is None
    n = len(FIGURES)
    between = np.where(np.array(FIGURES) == "short_messages", 0.1, np.inf)
    quantiles = np.tile(LEVELS, (1 + len(GROUPS), 1))
    strict = WritingNorm(np.zeros(n), between, np.zeros(n), quantiles, np.zeros(0, np.int64))
    judged = replace(trained, typicality=strict)
    assert measure_unlikeness(judged, ["今日は朝から雨が降っていました"] * 5).kept == 1.0
    assert measure_unlikeness(judged, ["うん"] * 50).kept == 0.0


@pytest.mark.parametrize("lang", LANGS)
def test_every_reason_and_warning_has_words(lang):
    for reason in ("accuracy_uncertain", "accuracy_too_low", "too_little_text", "unlike_norm", "unusual_writing"):
        assert reason in REASON_TEXTS
        assert reason not in reason_text(reason, lang)
    for code, values in (
        ("short_text", {"n_chars": 12, "floor_chars": 300}),
        ("unlike_norm", {"known_share": 0.4, "floor": 0.9}),
        ("unusual_writing", {"kept": 0.4}),
        ("repetitive", {"value": 0.86}),
    ):
        assert code not in warning_text(EstimateWarning(code, values), lang)
