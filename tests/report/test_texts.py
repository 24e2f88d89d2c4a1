"""Every code has words in both languages, and the summary never claims more than the intervals do."""

import re
import string
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.conversation.readers.reasons import REASONS
from seikaku.errors import both
from seikaku.inference import estimates as estimates_module
from seikaku.inference.estimates import EstimateWarning, Norm, Status
from seikaku.report.words import facts, guide, more_text, standing, summary, texts
from seikaku.report.words.facts import direction
from seikaku.report.words.imports import import_notes, import_sentence
from seikaku.report.words.labels import LABELS
from seikaku.report.words.summary import explain_statuses, summarize
from seikaku.report.words.texts import LANGS, reason_text, single_line, status_label, warning_text
from seikaku.traits import TRAIT_KEYS, TRAITS

QUALITY_CODES = (
    "stickers_only", "not_japanese", "repetitive", "copy_paste", "templates", "code_or_urls", "borrowed",
)  # fmt: skip
QUALITY_WARNINGS = (*QUALITY_CODES, "two_writers", "transcribed")
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
NORM = Norm("基準", "norm", 184, dict.fromkeys(TRAIT_KEYS, 4.5), dict.fromkeys(TRAIT_KEYS, 1.0))


def documented_reasons() -> set[str]:
    """The reason codes that the docstring of TraitEstimate names, and the quality guard's."""
    quoted = set(re.findall(r'"([a-z_]+)"', estimates_module.TraitEstimate.__doc__ or ""))
    return quoted - set(get_args(Status)) | set(QUALITY_CODES)


def test_a_flag_that_contradicts_the_interval_never_names_a_pole(mixed):
    crossing = replace(mixed.traits["conscientiousness"], crosses_mean=False)
    assert direction(crossing) is None
    # The interval itself decides, not the flag beside it.
    assert direction(replace(mixed.traits["openness"], crosses_mean=True)) == "high"


def test_the_summary_says_what_is_known(mixed):
    assert summarize(mixed, "ja") == (
        "基準集団の平均とくらべて、開放性は高い側（新しさを好む、見込み 92%）、"
        "外向性は低い側（控えめ・静か、見込み 92%）と見込まれます。"
        "平均より低い見込みがあるのは神経症傾向（56%）です。誠実性は、平均より高いとも低いとも言えません。"
        "この文章量（4,120字）でどのくらい読み取れるかは、特性で違います（r＝0.08～0.29）。協調性は読み取れません。"
    )


def test_the_usual_result_names_chances_and_no_side(all_crossing):
    assert summarize(all_crossing, "ja") == (
        "平均より高い見込みがあるのは開放性（62%）、低い見込みがあるのは外向性（65%）です。"
        "ほかは、平均より高いとも低いとも言えません。この文章量（4,120字）では、弱くしか読み取れません（r＝0.29）。"
    )
    unknown = {key: replace(e, probability_above=None) for key, e in all_crossing.traits.items()}
    assert summarize(replace(all_crossing, traits=unknown), "ja").startswith(
        "五つの特性はどれも、平均より高いとも低いとも言えません。"
    )
    assert "Whether any of the five traits" in summarize(replace(all_crossing, traits=unknown), "en")


def test_nothing_read_tells_the_amount_or_the_reason_once_and_where_to_look(all_withheld):
    assert summarize(all_withheld, "ja", describes_language=True) == (
        "この文章からは、五つの特性はどれも読み取れません。これほど少ない文章では、精度を確かめていません。"
        "言葉づかいそのものは、下に書いてあります。"
    )
    too_low = {key: replace(e, reason="accuracy_too_low") for key, e in all_withheld.traits.items()}
    said = summarize(replace(all_withheld, traits=too_low), "ja")
    assert said == "この文章量（52字）からは、五つの特性はどれも読み取れません。"
    assert explain_statuses(replace(all_withheld, traits=too_low), "en")[0][0] == "All five traits"


@pytest.mark.parametrize("lang", LANGS)
def test_every_status_and_reason_has_words(lang):
    assert {status for status in get_args(Status) if status_label(status, lang)} == set(texts.STATUS_LABELS)
    reasons = documented_reasons()
    assert {"accuracy_uncertain", "accuracy_too_low", "too_little_text"} <= reasons
    for code in reasons:
        assert code in texts.REASON_TEXTS
        assert code not in reason_text(code, lang)
    for code in QUALITY_WARNINGS:
        assert warning_text(EstimateWarning(code, {"value": 0.3}), lang) == texts.WARNING_TEXTS[code][0][lang]


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
    english += [
        *texts.NOT_FOR["en"],
        guide.EVIDENCE_NOTE["en"],
        *LABELS["en"].values(),
        *(words.english for words in REASONS.values()),
    ]
    english += [text for pair in guide.guide(NORM, "en") for text in pair]
    assert [text for text in english if JAPANESE.search(text)] == []


def test_labels_have_the_same_fields_in_both_languages():
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert set(LABELS["en"]) == set(LABELS["ja"])
    assert {key: fields(text) for key, text in LABELS["ja"].items()} == {
        key: fields(LABELS["en"][key]) for key in LABELS["ja"]
    }


@pytest.mark.parametrize(
    "forbidden", ["診断できます", "高精度", "的中", "劣", "異常", "disorder", "abnormal", "high-precision"]
)
def test_no_clinical_or_boasting_words(forbidden):
    modules = (facts, guide, more_text, standing, summary, texts)
    everything = "".join(str(module.__dict__) for module in modules) + str(LABELS) + str(TRAITS)
    assert forbidden not in everything


def test_not_for_names_each_refused_purpose():
    for words, lang in ((("採用", "与信", "保険", "捜査", "診断", "同意"), "ja"),
                        (("hiring", "credit", "insurance", "policing", "diagnosis", "consent"), "en")):  # fmt: skip
        assert [word for word in words if word not in " ".join(texts.NOT_FOR[lang])] == []


def test_import_words_count_the_dropped_and_name_no_other_speaker(import_report):
    warning = both("話者名を推定しました: 「みなと」、「相手のなまえ」", "Learnt: “みなと”, “相手のなまえ”")
    report = replace(import_report, warnings=(warning,))
    sentence = import_sentence(report, "ja")
    assert "412" in sentence and "スタンプ 31、写真 9、通話 4" in sentence
    notes = import_notes(report, "ja", ["みなと"])
    assert "2024-01-03" in notes[1]
    assert "「みなと」" in notes[2] and "相手のなまえ" not in " ".join(notes)
    english = import_notes(report, "en", ["みなと"])
    assert not JAPANESE.search(" ".join(english[:2])) and "LINE chat history (phone)" in english[0]
    assert english[2] == "Learnt: “みなと”, “(another speaker)”"
    assert import_sentence(replace(report, dropped={}), "en").endswith("(speakers: 2).")


def test_how_sure_the_format_is_and_who_exported_it_are_told(import_report):
    reason = both("見出しがあります", "it has the title")
    report = replace(import_report, confidence=0.98, evidence=(reason,), me="みなと")
    notes = import_notes(report, "ja", ["みなと"])
    assert "形式の確からしさ：0.98（見出しがあります）。" in notes and "書き出した人：「みなと」。" in notes
    assert "How sure the format is: 0.98 (it has the title)." in import_notes(report, "en", ["みなと"])
    assert not any("みなと" in note for note in import_notes(report, "ja", ["だれか"]))
    several = replace(report, format="line, plain")
    assert "LINE chat history (phone), labelled text" in import_notes(several, "en", [])[0]
    assert not any("確からしさ" in note for note in import_notes(several, "ja", []))


@given(st.text())
def test_single_line_leaves_no_control_characters(text):
    line = single_line(text)
    assert line.isprintable() or all(not c.isspace() or c == " " for c in line)
    assert "\x1b" not in line and "\u202e" not in line and "\n" not in line
    assert line == single_line(line)
