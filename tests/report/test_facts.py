"""Two facts of a trait, for every combination of what an estimate may hold: they never contradict each other."""

import re
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seikaku.inference.estimates import (
    Accuracy,
    Amount,
    Interval,
    LanguageStanding,
    ModelIdentity,
    MoreText,
    Norm,
    Status,
    TraitEstimate,
    TraitEstimates,
)
from seikaku.model.typicality import GROUPS, Rarity
from seikaku.report.charts.trait_bar import look_of
from seikaku.report.words import unlikeness
from seikaku.report.words.facts import direction, find, say_before_after, say_found, say_reading
from seikaku.report.words.more_text import say_more_text
from seikaku.report.words.standing import name_wording, say_place, say_relation, say_unplaced
from seikaku.report.words.summary import explain_statuses, summarize
from seikaku.report.words.texts import LANGS
from seikaku.report.words.unlikeness import name_group, say_unlike_groups, say_unlikeness
from seikaku.traits import TRAIT_KEYS, TRAITS

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
NORM = Norm("基準", "norm", 184, dict.fromkeys(TRAIT_KEYS, 4.5), dict.fromkeys(TRAIT_KEYS, 1.0))
REASONS = ("accuracy_uncertain", "unlike_norm", "accuracy_too_low", "too_little_text", "unusual_writing", "repetitive")
NOT_READ = {"ja": "読み取れない", "en": "cannot be read"}
CLAIMS = {
    "ja": re.compile(r"より(高い|低い)(側|見込み)"),
    "en": re.compile(r"(above|below) the mean"),
}
NO_CLAIM = {
    "ja": ("どちらとも言えない", "言えることはない"),
    "en": ("cannot be said either way", "nothing can be said"),
}


@st.composite
def trait_estimates(draw: st.DrawFn) -> TraitEstimate:
    """Every combination, also those that no estimator makes."""
    status = draw(st.sampled_from(get_args(Status)))
    reason = None if status == "ok" else draw(st.sampled_from(REASONS))
    r = draw(st.sampled_from([-0.1, 0.0, 0.049, 0.05, 0.149, 0.15, 0.299, 0.3, 0.6]) | st.floats(-0.2, 0.7))
    accuracy = draw(st.none() | st.just(Accuracy(r, r - draw(st.floats(0, 0.3)), r + 0.2)))
    before = draw(st.none() | st.just(Interval(3.2, 5.8, 37.2, 62.8)))
    more = draw(st.none() | st.builds(MoreText, st.integers(1, 10**6), st.floats(-0.1, 0.6), st.floats(1, 15)))
    language = draw(st.none() | st.just(LanguageStanding(0.2, 0.0, 99.9)))
    if status == "withheld":
        return TraitEstimate(status, reason, *[None] * 5, accuracy, (), before, None, language, more)
    low, t_score, high = sorted(draw(st.tuples(*[st.floats(20, 80)] * 3)))
    probability = draw(st.none() | st.floats(0, 1))
    interval = Interval(3, 5, low, high)
    return TraitEstimate(
        status,
        reason,
        4.0,
        t_score,
        50.0,
        interval,
        low <= 50 <= high,
        accuracy,
        (),
        before,
        probability,
        language,
        more,
    )


@st.composite
def five_estimates(draw: st.DrawFn) -> TraitEstimates:
    traits = {key: draw(trait_estimates()) for key in TRAIT_KEYS}
    return TraitEstimates("話者", traits, Amount(1, 2, 352), ModelIdentity("m", "0" * 64), NORM)


@given(trait_estimates(), st.sampled_from(LANGS))
def test_the_two_facts_never_contradict_each_other(estimate, lang):
    reading, found = say_reading(estimate, lang), say_found(estimate, lang)
    is_read = NOT_READ[lang] not in reading
    claims = bool(CLAIMS[lang].search(found))
    assert claims != (found in NO_CLAIM[lang])  # one or the other
    if not is_read:
        assert found == NO_CLAIM[lang][1]
    if claims:
        assert is_read and estimate.status != "withheld"
        assert estimate.accuracy is not None and f"{estimate.accuracy.r:.2f}".lstrip("-") in reading
    if estimate.status == "withheld":
        assert found == NO_CLAIM[lang][1] and look_of(estimate) == "withheld"
    assert "推定できます" not in reading + found and "estimated" not in reading + found


@given(trait_estimates())
def test_a_side_is_never_against_the_interval_or_the_probability(estimate):
    finding = find(estimate)
    if finding.side is None:
        assert finding.percent is None
        return
    assert estimate.interval_80 is not None
    low, high = estimate.interval_80.low_t, estimate.interval_80.high_t
    assert low > 50 or finding.kind == "leaning" or finding.side == "low"
    assert high < 50 or finding.kind == "leaning" or finding.side == "high"
    if finding.kind == "leaning":  # a chance, and no side, where the interval holds the mean
        assert low <= 50 <= high and direction(estimate) is None
    if estimate.probability_above is not None and finding.percent is not None:
        assert (estimate.probability_above > 0.55) == (finding.side == "high")
        assert 55 < finding.percent <= 99
        exact = 100 * max(estimate.probability_above, 1 - estimate.probability_above)
        assert finding.percent == min(99, round(exact))


@given(five_estimates(), st.sampled_from(LANGS))
def test_the_summary_says_of_each_trait_what_its_facts_say(estimates, lang):
    summary = summarize(estimates, lang)
    for trait in TRAITS:
        finding = find(estimates.traits[trait.key])
        low_pole, high_pole = trait.poles(lang)
        pole = {"high": high_pole, "low": low_pole, None: None}[direction(estimates.traits[trait.key])]
        assert [named for named in (low_pole, high_pole) if named in summary] == [pole] * (pole is not None)
        if finding.kind == "leaning":
            bracket = "（" if lang == "ja" else " ("
            assert f"{trait.name(lang)}{bracket}{finding.percent}%" in summary
    if lang == "en":
        assert not JAPANESE.search(summary)
    assert len(summary) < 600


@given(five_estimates(), st.sampled_from(LANGS))
def test_each_reason_is_told_once(estimates, lang):
    told = explain_statuses(estimates, lang)
    assert len({why for _, why in told}) == len(told) <= 5
    names = [name for which, _ in told for name in re.split(r"・|, | and ", which)]
    everybody = {"ja": "五つの特性", "en": "All five traits"}[lang]
    assert len(names) == len(set(names)) and (everybody not in names or names == [everybody])
    if lang == "en":
        assert not JAPANESE.search(str(told))


def test_an_r_that_may_be_nothing_is_said_to_be(make_estimate):
    uncertain = make_estimate("openness", 53, 41, 65, reason="accuracy_uncertain")

    def why(accuracy):
        estimates = {key: replace(uncertain, accuracy=accuracy) for key in TRAIT_KEYS}
        told = explain_statuses(TraitEstimates("x", estimates, Amount(1, 2, 3), ModelIdentity("m", "0"), NORM), "ja")
        return told[0][1] if told else None

    assert "95%区間が 0 を含む" in why(Accuracy(0.1, -0.02, 0.2))
    assert why(Accuracy(0.12, 0.02, 0.2)) is None  # how weakly it is read says it all
    assert "確かめた人が少ない" in why(Accuracy(0.3, 0.1, 0.5))


@pytest.mark.parametrize(
    ("r", "ja", "en"),
    [
        (0.04, "読み取れない（r＝0.04）", "cannot be read (r = 0.04)"),
        (0.07, "ごく弱く読み取れる（r＝0.07）", "can be read very weakly (r = 0.07)"),
        (0.2, "弱く読み取れる（r＝0.20）", "can be read weakly (r = 0.20)"),
        (0.41, "ある程度読み取れる（r＝0.41）", "can be read moderately (r = 0.41)"),
    ],
)
def test_how_well_a_trait_reads(make_estimate, r, ja, en):
    estimate = replace(make_estimate("openness", 53, 41, 65), accuracy=Accuracy(r, r - 0.1, r + 0.1))
    assert (say_reading(estimate, "ja"), say_reading(estimate, "en")) == (ja, en)
    unlike = replace(estimate, status="low_evidence", reason="unlike_norm")
    assert "ふだんの会話" in say_reading(unlike, "ja") and "ordinary chats" in say_reading(unlike, "en")


def test_what_was_found(make_estimate):
    clear = replace(make_estimate("openness", 57.8, 50.6, 65.0), probability_above=0.914)
    assert say_found(clear, "ja") == "平均より高い側（見込み 91%）"
    assert say_found(replace(clear, probability_above=None), "en") == "above the mean"
    leaning = replace(make_estimate("openness", 46.9, 35, 59), probability_above=0.39)
    assert say_found(leaning, "ja") == "平均より低い見込み 61%"
    assert say_found(leaning, "en") == "61% chance of being below the mean"
    for even in (0.45, 0.447, 0.5, 0.55, 0.553, None):
        assert say_found(replace(leaning, probability_above=even), "ja") == "どちらとも言えない"
    assert say_found(replace(clear, probability_above=0.9999), "ja") == "平均より高い側（見込み 99%）"
    assert say_found(replace(clear, probability_above=0.3), "ja") == "どちらとも言えない"  # against its own interval


def test_the_range_before_stands_beside_the_one_after(make_estimate):
    estimate = make_estimate("openness", 48.3, 35.6, 61.1)
    assert say_before_after(estimate, "ja") == "読む前 37～63 → 読んだ後 36～61"
    assert say_before_after(estimate, "en", 1) == "before 37.2–62.8 → after 35.6–61.1"
    assert say_before_after(replace(estimate, before_80=None), "ja") == "36～61"


# --- what more text would change


def told_of_more(mixed, **changes):
    traits = {key: replace(estimate, **changes) for key, estimate in mixed.traits.items()}
    return "".join(say_more_text(replace(mixed, traits=traits), "ja"))


def test_more_text_that_changes_nothing_is_said_to(mixed):
    weak = {"accuracy": Accuracy(0.07, -0.05, 0.2), "more_text": MoreText(30_798, 0.12, 12.6), "reason": None}
    same = told_of_more(mixed, status="ok", interval_80=Interval(3, 5, 38, 63), t_score=50.5, **weak)
    assert same == (
        "文章を約31,000字まで増やしても、五つの特性はごく弱くしか読み取れません（r＝0.12）。"
        "推定の幅もほとんど狭まりません（偏差値で±13 ほど）。"
    )
    assert (
        told_of_more(mixed, more_text=None) == "これより多い文章では確かめていないので、増やせば変わるとは言えません。"
    )
    never = told_of_more(mixed, accuracy=None, more_text=MoreText(30_798, 0.03, 12.6), reason="too_little_text")
    assert "五つの特性は読み取れません" in never and "まだ" not in never


def test_more_text_that_helps_is_said_to_and_by_how_much(all_withheld, mixed):
    told = "".join(say_more_text(all_withheld, "ja"))
    assert told.startswith("文章を約31,000字まで増やすと、五つの特性はごく弱く（r＝0.11）読み取れるようになります。")
    told = " ".join(say_more_text(mixed, "en"))
    assert (
        "With about 31,000 characters of text, Openness and Conscientiousness could be read moderately (r = 0.31), and "
        "Agreeableness could be read very weakly (r = 0.11)."
    ) in told
    assert "The others could not be read better than now (r = 0.12)." in told


def test_text_that_cannot_be_used_is_not_asked_for_more_of(all_withheld):
    traits = {key: replace(estimate, reason="code_or_urls") for key, estimate in all_withheld.traits.items()}
    told = say_more_text(replace(all_withheld, traits=traits), "ja")[0]
    assert told.startswith("ふだんの日本語の会話が約31,000字あれば、")


@given(five_estimates(), st.sampled_from(LANGS))
def test_what_is_said_of_more_text_is_short_and_no_hope_beyond_the_figures(estimates, lang):
    told = say_more_text(estimates, lang)
    assert 1 <= len(told) <= 6
    if lang == "en":
        assert not JAPANESE.search(" ".join(told))
    most = max((e.more_text.r for e in estimates.traits.values() if e.more_text), default=0.0)
    better = {"ja": "ある程度（r", "en": "could be read moderately"}[lang]
    assert better not in " ".join(told) or most >= 0.3


# --- how unlike the norm group's chats


@pytest.mark.parametrize("lang", LANGS)
def test_usual_rare_and_unseen_writing_are_told_apart(described, lang):
    rare = described.unlikeness
    far, near = Rarity(0.2, 1.4), Rarity(63.0, 0.2)
    usual = replace(rare, overall=near, groups=dict.fromkeys(rare.groups, near), kept=1.0)
    unseen = replace(rare, overall=far, groups=dict.fromkeys(rare.groups, far), kept=0.0)
    told = [say_unlikeness(one, lang) for one in (usual, rare, unseen)]
    words = {
        "ja": ("ふつうの範囲", "めずらしい", "ほとんどありません"),
        "en": ("within the usual", "rare", "Hardly any"),
    }
    for sentence, word in zip(told, words[lang], strict=True):
        assert [other for other in words[lang] if other in sentence] == [word]
    assert "63" in told[0] and "3" in told[1] and name_group("length", lang) in told[1]
    assert all(name_group(key, lang) in told[2] for key in rare.groups)
    groups = say_unlike_groups(unseen, lang)
    assert groups.count({"ja": "1件未満", "en": "fewer than 1"}[lang]) == 4
    if lang == "en":
        assert not JAPANESE.search("".join(told) + groups)


def test_every_group_of_the_model_has_a_word():
    assert set(unlikeness._GROUPS) == set(GROUPS)


# --- where the language stands


def test_the_wording_never_bears_the_name_of_the_trait_without_its_accuracy():
    openness = TRAITS[0]
    standing, accuracy = LanguageStanding(71.6, 60.2, 99.8), Accuracy(0.21, 0.05, 0.36)
    assert name_wording(openness, "ja") == "開放性の高い人に多い言葉づかい"
    assert say_place(standing, "ja") == "基準集団の 100人中 72人より多い（同じ人の別の文章なら 60～99人）"
    assert say_place(standing, "en") == "more than 72 of 100 in the norm group (60–99 in other text of the same person)"
    said = say_relation(openness, accuracy, "ja")
    assert "r＝0.21" in said and "弱く" in said and "本人の開放性の位置ではありません" in said
    assert "not where the person's openness stands" in say_relation(openness, accuracy, "en")


@example(0.0, 0.0, 0.0)
@example(100.0, 100.0, 100.0)
@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100))
def test_nobody_is_above_everybody(percentile, low, high):
    numbers = re.findall(r"\d+", say_place(LanguageStanding(percentile, low, high), "ja"))[1:]
    assert len(numbers) == 3 and all(1 <= int(number) <= 99 for number in numbers)


def test_traits_whose_wording_is_not_known_are_named_in_one_sentence(mixed, all_crossing):
    assert say_unplaced(all_crossing, "ja") is None
    assert say_unplaced(mixed, "ja").startswith("外向性・協調性・神経症傾向については")
    none = replace(mixed, traits={key: replace(e, language=None) for key, e in mixed.traits.items()})
    assert "どの特性についても" in say_unplaced(none, "ja")
