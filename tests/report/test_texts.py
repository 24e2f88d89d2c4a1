"""Every code has words in both languages, and the summary never claims more than the intervals do."""

import re
import string
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.conversation.readers.reasons import REASONS_JA
from seikaku.inference import estimates as estimates_module
from seikaku.inference.estimates import (
    Amount,
    EstimateWarning,
    Interval,
    ModelIdentity,
    Norm,
    Status,
    TraitEstimate,
    TraitEstimates,
)
from seikaku.report.words import texts
from seikaku.report.words.imports import REASONS_EN, import_notes, import_sentence
from seikaku.report.words.labels import LABELS
from seikaku.report.words.summary import direction, explain_statuses, summarize
from seikaku.report.words.texts import LANGS, reason_text, single_line, status_label, warning_text
from seikaku.traits import TRAIT_KEYS, TRAITS

QUALITY_CODES = ("not_japanese", "repetitive", "copy_paste", "code_or_urls")
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
NORM = Norm("基準", "norm", 184, dict.fromkeys(TRAIT_KEYS, 4.5), dict.fromkeys(TRAIT_KEYS, 1.0))
SIDES = ("高い側", "低い側", "higher side", "lower side")


def documented_reasons() -> set[str]:
    """The reason codes that the docstring of TraitEstimate names, and the quality guard's."""
    quoted = set(re.findall(r'"([a-z_]+)"', estimates_module.TraitEstimate.__doc__ or ""))
    return quoted - set(get_args(Status)) | set(QUALITY_CODES)


@st.composite
def trait_estimates(draw: st.DrawFn) -> TraitEstimate:
    status = draw(st.sampled_from(get_args(Status)))
    if status == "withheld":
        reason = draw(st.sampled_from(["accuracy_too_low", "too_little_text", *QUALITY_CODES, "a_new_reason"]))
        return TraitEstimate("withheld", reason, None, None, None, None, None, None)
    low, t_score, high = sorted(draw(st.tuples(*[st.floats(20, 80)] * 3)))
    reason = "accuracy_uncertain" if status == "low_evidence" else None
    return TraitEstimate(status, reason, 4.0, t_score, 50.0, Interval(3, 5, low, high), low <= 50 <= high, None)


@st.composite
def five_estimates(draw: st.DrawFn) -> TraitEstimates:
    traits = {key: draw(trait_estimates()) for key in TRAIT_KEYS}
    return TraitEstimates("話者", traits, Amount(1, 2, 3), ModelIdentity("m", "0" * 64), NORM)


@given(five_estimates(), st.sampled_from(LANGS))
def test_summary_names_a_pole_exactly_where_the_interval_excludes_the_mean(estimates, lang):
    summary = summarize(estimates, lang)
    named = 0
    for trait in TRAITS:
        estimate = estimates.traits[trait.key]
        low_pole, high_pole = trait.poles(lang)
        band = estimate.interval_80
        is_high = band is not None and band.low_t > 50
        is_low = band is not None and band.high_t < 50
        assert (high_pole in summary) == is_high
        assert (low_pole in summary) == is_low
        named += is_high or is_low
    assert sum(summary.count(side) for side in SIDES) == named


@given(five_estimates(), st.sampled_from(LANGS))
def test_summary_accounts_for_every_trait_and_speaks_one_language(estimates, lang):
    summary = summarize(estimates, lang)
    collective = {"ja": ("ほかの特性", "5つの特性"), "en": ("other traits", "five traits")}[lang]
    for trait in TRAITS:
        assert trait.name(lang) in summary or any(words in summary for words in collective)
    if lang == "en":
        assert not JAPANESE.search(summary)
        assert not JAPANESE.search(str(explain_statuses(estimates, lang)))


def test_a_flag_that_contradicts_the_interval_never_names_a_pole(mixed):
    crossing = replace(mixed.traits["conscientiousness"], crosses_mean=False)
    assert direction(crossing) is None
    flagged = replace(mixed.traits["openness"], crosses_mean=True)
    assert direction(flagged) is None


def test_all_crossing_says_that_unknown_is_not_average(all_crossing):
    assert summarize(all_crossing, "ja") == (
        "今回の文章からは、5つの特性のどれも基準集団の平均と区別できません。"
        "平均的という意味ではなく、まだ分からないという意味です。"
    )
    assert "does not mean average" in summarize(all_crossing, "en")


def test_all_withheld_tells_the_reason_once(all_withheld):
    assert summarize(all_withheld, "ja").count(reason_text("too_little_text", "ja")) == 1


@pytest.mark.parametrize("lang", LANGS)
def test_every_status_and_reason_has_words(lang):
    assert {status for status in get_args(Status) if status_label(status, lang)} == set(texts.STATUS_LABELS)
    reasons = documented_reasons()
    assert {"accuracy_uncertain", "accuracy_too_low", "too_little_text"} <= reasons
    for code in reasons:
        assert code in texts.REASON_TEXTS
        assert code not in reason_text(code, lang)


@pytest.mark.parametrize("lang", LANGS)
def test_unknown_codes_are_named(lang):
    assert "brand_new" in reason_text("brand_new", lang)
    assert "brand_new" in warning_text(EstimateWarning("brand_new", {}), lang)


def test_warnings_give_their_figures_and_do_without():
    full = EstimateWarning("short_text", {"n_chars": 1234, "floor_chars": 5000})
    assert "1,234字" in warning_text(full, "ja") and "5,000" in warning_text(full, "en")
    bare = EstimateWarning("short_text", {"n_chars": 1234})
    assert warning_text(bare, "ja") == texts.WARNING_TEXTS["short_text"][0]["ja"]
    assert "46%" in warning_text(EstimateWarning("unlike_norm", {"known_share": 0.46}), "ja")
    odd = EstimateWarning("unlike_norm", {"known_share": "0.46"})
    assert warning_text(odd, "en") == texts.WARNING_TEXTS["unlike_norm"][0]["en"]


def test_english_words_hold_no_japanese():
    english = [words["en"] for words in (*texts.STATUS_LABELS.values(), *texts.REASON_TEXTS.values())]
    english += [part["en"] for parts in texts.WARNING_TEXTS.values() for part in parts if part]
    english += [*texts.NOT_FOR["en"], texts.EVIDENCE_NOTE["en"], *LABELS["en"].values(), *REASONS_EN.values()]
    english += [text for pair in texts.guide(NORM, "en") for text in pair]
    assert [text for text in english if JAPANESE.search(text)] == []


def test_labels_have_the_same_fields_in_both_languages():
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert set(LABELS["en"]) - set(LABELS["ja"]) == {"import_warnings"}  # Japanese prints the warnings themselves
    assert {key: fields(text) for key, text in LABELS["ja"].items()} == {
        key: fields(LABELS["en"][key]) for key in LABELS["ja"]
    }


@pytest.mark.parametrize(
    "forbidden", ["診断できます", "高精度", "的中", "劣", "異常", "disorder", "abnormal", "high-precision"]
)
def test_no_clinical_or_boasting_words(forbidden):
    everything = str(texts.__dict__) + str(LABELS) + str(TRAITS)
    assert forbidden not in everything


def test_not_for_names_each_refused_purpose():
    for words, lang in ((("採用", "与信", "保険", "捜査", "診断", "同意"), "ja"),
                        (("hiring", "credit", "insurance", "policing", "diagnosis", "consent"), "en")):  # fmt: skip
        assert [word for word in words if word not in " ".join(texts.NOT_FOR[lang])] == []


def test_readers_reasons_have_english_words():
    assert set(REASONS_EN) == set(REASONS_JA)


def test_import_words_count_the_dropped_and_name_no_other_speaker(import_report):
    report = replace(import_report, warnings=("話者名を推定しました: 「みなと」、「相手のなまえ」",))
    sentence = import_sentence(report, "ja")
    assert "412" in sentence and "スタンプ 31、写真 9、通話 4" in sentence
    notes = import_notes(report, "ja", ["みなと"])
    assert "2024-01-03" in notes[1]
    assert "「みなと」" in notes[2] and "相手のなまえ" not in " ".join(notes)
    english = import_notes(report, "en", ["みなと"])
    assert not JAPANESE.search(" ".join(english)) and "1 notes" in english[2]
    assert import_sentence(replace(report, dropped={}), "en").endswith("(2 speakers).")


@given(st.text())
def test_single_line_leaves_no_control_characters(text):
    line = single_line(text)
    assert line.isprintable() or all(not c.isspace() or c == " " for c in line)
    assert "\x1b" not in line and "\u202e" not in line and "\n" not in line
    assert line == single_line(line)
