"""How a way of writing is measured, and how far from the norm group's it is. All sentences are fictional."""

import itertools
import json
import random
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.model.typicality import (
    FIGURES,
    GROUPS,
    LEVELS,
    WritingNorm,
    list_letter_pairs,
    measure_distances,
    measure_writing,
)
from seikaku.training.fitting.typicality import fit_writing_norm

CHAT = [
    "昨日は友だちと海へ行きました。",
    "うん、すごく楽しかったよ！",
    "私は次の休みも行きたいな",
    "いいね、何時に集まる？",
]
NO_PAIRS = np.zeros(0, np.int64)


def figures_of(texts, pairs=None):
    figures, _ = measure_writing(texts, list_letter_pairs(CHAT) if pairs is None else pairs)
    return dict(zip(FIGURES, figures.tolist(), strict=True))


@pytest.mark.parametrize(
    ("texts", "name", "expected"),
    [
        (["誠に恐縮ですが", "はい"], "formal_phrases", 100 * 2 / 9),
        (["犬である。しかし猫"], "written_phrases", 100 * 2 / 9),
        (["あなたはそれを見た"], "translated_pronouns", 100 * 2 / 9),
        (["彼は「はい」と", "『本』"], "quoted", 7 / 10),
        (["「閉じない", "開かない」"], "quoted", 0.0),
        (["うん", "そうだね"], "short_messages", 2 / 6),
        (["うん", "そうだね"], "long_messages", np.log(3)),
        (["今日はXとYと1を2こ"], "kanji", 2 / 11),
        (["総事業費は高い", "食事"], "kanji_compounds", 4 / 9),
        (["コーヒーとパン"], "katakana", 6 / 7),
        (["CIがOKです"], "latin", 4 / 7),
        (["3時と１０分"], "digits", 3 / 6),
        (["海へ空へ"], "unknown_pairs", 2 / 3),
        (["ああああ"], "repeated_pairs", 2 / 3),
    ],
)
def test_the_figures_are_what_their_names_say(texts, name, expected):
    assert figures_of(texts, list_letter_pairs(["海へ"]))[name] == pytest.approx(expected)


def test_every_figure_is_in_one_group():
    assert sorted(itertools.chain(*GROUPS.values())) == sorted(FIGURES)
    assert list(GROUPS) == ["register", "length", "script", "vocabulary"]


def test_no_message_has_no_figure():
    for texts in ([], ["", " \u3000"], ["https://example.com/a"]):
        figures, n_chars = measure_writing(texts, NO_PAIRS)
        assert (figures == 0).all() and n_chars == 0


@given(st.lists(st.text(max_size=30), max_size=8))
def test_any_text_has_finite_figures(texts):
    figures, n_chars = measure_writing(texts, list_letter_pairs(CHAT))
    assert np.isfinite(figures).all()
    assert n_chars <= sum(len("".join(text.split())) for text in texts)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("私", "僕"),
        lambda text: text.replace("私", "俺"),
        lambda text: text.replace("ました", "ったわ").replace("だよ", "だぜ"),
        lambda text: text + "😂✨",
        lambda text: text + "wwww",
        lambda text: text.replace("。", "").replace("、", ""),
        lambda text: text + " https://example.com/map?x=1",
    ],
)
def test_what_friends_and_tastes_differ_in_counts_for_nothing(change):
    before, after = figures_of(CHAT), figures_of([change(text) for text in CHAT])
    moving = {"short_messages", "long_messages", "kanji", "unknown_pairs", "repeated_pairs"}  # with length and words
    still = [name for name in FIGURES if name not in moving]
    assert [after[name] for name in still] == pytest.approx([before[name] for name in still])
    assert [after[name] for name in ("kanji", "repeated_pairs")] == pytest.approx(
        [before[name] for name in ("kanji", "repeated_pairs")], abs=0.03
    )


@given(st.permutations(CHAT * 3))
def test_the_order_of_messages_hardly_matters(texts):
    before, after = figures_of(CHAT * 3), figures_of(texts)
    del before["repeated_pairs"], after["repeated_pairs"]  # repetition is looked for nearby
    assert after == pytest.approx(before)


def test_repetition_is_of_what_stands_nearby_and_does_not_grow_with_the_amount():
    varied = [chr(0x4E00 + place) + "が" + chr(0x5E00 + place) for place in range(3000)]
    assert figures_of(varied)["repeated_pairs"] == 0
    phrase = ["今日のおすすめは季節のカレーです"]
    assert figures_of(phrase * 200)["repeated_pairs"] == pytest.approx(
        figures_of(phrase * 20)["repeated_pairs"], abs=0.02
    )


def norm_of(**changes):
    """Mean 0, spread 1 in every figure; 95 and 99 of 100 dialogues within 4 and 5."""
    quantiles = np.tile(np.interp(LEVELS, [0, 0.95, 0.99, 1], [0, 4, 5, 8]), (1 + len(GROUPS), 1))
    n = len(FIGURES)
    fields = {
        "mean": np.zeros(n),
        "between": np.ones(n),
        "within": np.zeros(n),
        "quantiles": quantiles,
        "pairs": NO_PAIRS,
    }
    return WritingNorm(**fields | changes)


def kept(norm, texts):
    return norm.assess(texts).kept


def test_what_is_left_falls_from_all_to_nothing_between_the_two_limits():
    def at(log_length):  # the only figure that counts in these is the length of messages
        between = np.where(np.array(FIGURES) == "long_messages", 1.0, np.inf)
        return norm_of(between=between).assess(["あ" * round(np.exp(log_length))])

    for log_length, expected in ((1.0, 1.0), (3.9, 1.0), (4.5, 0.5), (5.1, 0.0), (7.0, 0.0)):
        found = at(log_length)
        assert found.kept == pytest.approx(expected, abs=0.02)
        assert (found.kept == 1.0) == (found.overall.less_usual >= 5.0)
        assert (found.kept == 0.0) == (found.overall.less_usual <= 1.0)
        assert (found.kept == 0.0) == (found.overall.reach >= 1.0)
    assert at(4.5).reasons == ("length",)
    assert at(3.9).reasons == ()
    assert at(9.0).overall.less_usual == 0.0


def test_only_more_than_usual_is_unusual():
    norm = norm_of(mean=np.full(len(FIGURES), 100.0))
    found = norm.assess(CHAT)
    assert set(found.figures.values()) == {0.0}
    assert (found.kept, found.overall.reach) == (1.0, 0.0)


def test_little_text_may_differ_more():
    norm = norm_of(within=np.full(len(FIGURES), 20.0))
    little, much = (norm.deviate(np.ones(len(FIGURES)), n_chars) for n_chars in (300, 30_000))
    assert little == pytest.approx(1 / np.sqrt(1 + 400 / 300))
    assert much == pytest.approx(1 / np.sqrt(1 + 400 / 30_000))


def test_a_group_that_hardly_varies_refuses_nobody():
    norm = norm_of(quantiles=np.zeros((1 + len(GROUPS), len(LEVELS))))
    between = np.full(len(FIGURES), np.inf)
    between[FIGURES.index("short_messages")] = 0.5
    found = norm_of(quantiles=norm.quantiles, between=between).assess(["あ"] * 50)  # a distance of 2
    assert found.kept == 1.0


@given(st.lists(st.text(max_size=40), max_size=6))
def test_the_json_form_holds_everything_and_only_numbers(texts):
    found = norm_of().assess(texts)
    written = json.loads(json.dumps(found.to_json()))
    assert list(written["groups"]) == list(GROUPS) and list(written["figures"]) == list(FIGURES)
    assert 0 <= written["kept"] <= 1
    for rarity in (written["overall"], *written["groups"].values()):
        assert 0 <= rarity["less_usual_of_100"] <= 100 and rarity["reach"] >= 0
    assert set(written["reasons"]) <= set(GROUPS)


def test_the_distance_in_all_is_that_of_the_groups_together():
    deviation = np.random.default_rng(0).uniform(0, 3, (7, len(FIGURES)))
    overall, *groups = measure_distances(deviation)
    assert overall == pytest.approx(np.sqrt(sum(group**2 for group in groups)))
    assert overall == pytest.approx(np.linalg.norm(deviation, axis=1))


@pytest.fixture(scope="module")
def chats(messages):
    """60 speakers of 30 dialogues of 12 fictional messages each, and the rows of each speaker."""
    texts = [tuple(messages(12, seed, 0.2)) for seed in range(1800)]
    return texts, [np.arange(first, first + 30) for first in range(0, 1800, 30)]


@pytest.fixture(scope="module")
def norm(chats):
    return fit_writing_norm(*chats, seed=0, min_speakers=3)


def test_of_the_dialogues_it_was_fitted_to_about_one_in_twenty_is_lessened(chats, norm):
    texts, _ = chats
    figures = np.stack([norm.deviate(*measure_writing(own, norm.pairs)) for own in texts])
    overall = measure_distances(figures)[0]
    assert (overall > norm.quantiles[0, 95]).mean() == pytest.approx(0.05, abs=0.02)
    assert (overall > norm.quantiles[0, 99]).mean() == pytest.approx(0.01, abs=0.01)


def test_the_group_itself_is_usual_at_any_amount_and_other_ways_of_writing_are_not(chats, norm):
    texts, _ = chats
    for amount in (1, 3, 30):
        own = [text for row in range(amount) for text in texts[row]]
        assert kept(norm, own) == 1.0
    assert kept(norm, ["うん"] * 200) == 0.0
    assert kept(norm, ["誠に恐れ入りますが、貴社の弊社への何卒よろしくお願い申し上げます。"] * 10) == 0.0
    assert kept(norm, ["def main(argv): return parser.parse_args(argv)"] * 10) == 0.0


def test_a_pair_is_the_groups_from_so_many_speakers_on(chats):
    texts, bags = chats
    rare = [(*own, "魑魅") if row in (0, 31, 61) else own for row, own in enumerate(texts)]  # three speakers
    pair = list_letter_pairs(["魑魅"])[0]
    for least, expected in ((3, True), (4, False)):
        assert (pair in fit_writing_norm(rare, bags, 0, min_speakers=least).pairs) is expected


def test_what_the_model_is_indifferent_to_is_tolerated(chats, norm):
    def shout(texts):
        return [text + "ＯＫ" * 5 for text in texts]

    tolerant = fit_writing_norm(*chats, seed=0, min_speakers=3, restyles=[shout])
    loud = shout(chats[0][0])
    assert kept(norm, loud) == 0.0
    assert kept(tolerant, loud) == 1.0
    assert kept(tolerant, ["うん"] * 200) == 0.0


def test_fitting_is_deterministic_and_takes_speakers_with_one_dialogue(chats):
    texts, bags = chats
    first, second = (fit_writing_norm(texts, bags[:10], 1, min_speakers=2) for _ in range(2))
    for name in ("mean", "between", "within", "quantiles", "pairs"):
        assert (getattr(first, name) == getattr(second, name)).all()
    single = fit_writing_norm(texts, [bag[:1] for bag in bags], 1, min_speakers=2)
    assert (single.within == 0).all() and kept(single, texts[5]) == 1.0


def test_fifty_thousand_messages_take_a_moment(norm, messages):
    source = random.Random(0)
    texts = [text[: source.randint(8, 30)] + str(source.random()) for text in messages(500, 3)] * 100
    start = time.perf_counter()
    norm.assess(texts)
    assert time.perf_counter() - start < 2.0  # 0.2 s on an idle machine
