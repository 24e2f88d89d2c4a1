"""Speakers whom their writing does not tell apart are found without labels, and nobody else is. All fictional."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import build_corpus, plant_clique, report_kin, split_people

from seikaku.corpora import kin
from seikaku.corpora.kin import find_kin
from seikaku.corpora.store import DialogueSide

texts = st.lists(st.text(max_size=20), max_size=4)


@pytest.fixture(scope="module")
def corpus():
    """61 speakers with habits of their own, about thirty dialogues each."""
    return build_corpus(61, 900, seed=1, signal=0.0, n_habits=90)


def keep_few(corpus, speaker, n_a_half):
    """``n_a_half`` of the speaker's sides in dialogues of even number, and of odd; the partners' sides stay."""
    own = [side for side in corpus.sides if side.speaker_index == speaker]
    halves = ([side for side in own if side.dialogue_id % 2 == half] for half in (0, 1))
    kept = [side for half in halves for side in half[:n_a_half]]
    return replace(corpus, sides=tuple(side for side in corpus.sides if side not in own or side in kept))


def grouped(report):
    return np.flatnonzero(report.group >= 0).tolist()


@pytest.mark.parametrize(("signal", "seed"), [(0.0, 0), (1.0, 2)])
def test_nobody_is_kin_in_an_ordinary_corpus(signal, seed):
    report = report_kin(build_corpus(61, 900, seed=seed, signal=signal, n_habits=90))
    assert (report.group == -1).all()
    assert report.n_undecided == 0


def test_nobody_is_kin_where_nobody_has_a_style():
    """All write alike: a speaker's halves have no more in common than anybody's, and the ratio of the two is noise."""
    found = [grouped(report_kin(build_corpus(41, 400, seed=seed, signal=0.0))) for seed in range(8)]
    assert found == [[]] * 8


def test_a_person_under_two_ids_is_found_whatever_they_answered(corpus):
    for answers in (None, 8.0 - corpus.scores[[20]]):
        divided = split_people(corpus, [20], answers)
        report = report_kin(divided)
        assert grouped(report) == [20, 61]
        assert np.array_equal(report.group, divided.kin)


def test_a_person_under_three_ids_is_one_group_and_another_person_another():
    divided = split_people(build_corpus(61, 1200, seed=1, signal=0.0, n_habits=90), [5, 40])
    divided = split_people(divided, [5])
    groups = divided.kin[[5, 61, 63, 40, 62]]
    assert groups.tolist() == [0, 0, 0, 1, 1]
    assert (divided.kin >= 0).sum() == 5


def test_a_circle_with_one_style_is_one_group():
    report = report_kin(plant_clique(build_corpus(41, 400, seed=2, signal=1.0), 6))
    assert np.flatnonzero(report.group == 0).tolist() == list(range(41, 47))
    assert set(report.group.tolist()) == {-1, 0}


@pytest.mark.parametrize(("n_a_half", "n_undecided"), [(3, 0), (2, 1), (0, 1)])
def test_speakers_with_too_little_text_are_undecided_and_counted(corpus, n_a_half, n_undecided):
    report = report_kin(keep_few(corpus, 7, n_a_half))
    assert report.n_undecided == n_undecided
    assert report.group[7] == -1


def test_two_ids_with_too_little_text_are_not_called_kin(corpus):
    """The same person, but nobody could tell from two dialogues a half."""
    assert grouped(report_kin(split_people(corpus, [20])))
    report = report_kin(keep_few(split_people(corpus, [20]), 61, 2))
    assert (grouped(report), report.n_undecided) == ([], 1)


@pytest.mark.parametrize("n_known", [0, 1, 2])
def test_with_nobody_to_be_unlike_nothing_is_said(n_known):
    sides = [(speaker, dialogue) for dialogue in range(8) for speaker in range(n_known)]
    speaker, dialogue = np.array(sides, np.int64).reshape(-1, 2).T
    report = find_kin(4, speaker, dialogue, [["今日は晴れました"]] * len(sides))
    assert report.group.tolist() == [-1] * 4
    assert report.n_undecided == 4 - n_known


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60))
def test_both_sides_of_a_dialogue_are_in_the_same_half(numbers):
    dialogue = np.array(numbers, np.int64)
    half = kin._number_halves(dialogue)
    assert set(half.tolist()) <= {0, 1}
    for number in set(numbers):
        assert len(set(half[dialogue == number].tolist())) == 1
    n_distinct = len(set(numbers))
    assert len(set(dialogue[half == 0].tolist())) - n_distinct // 2 in (0, 1)


@given(st.lists(st.integers(0, 5), max_size=50), st.integers(1, 4))
def test_the_first_of_each_are_kept_in_order(group, n_most):
    kept = kin._first_of_each(np.array(group, np.int64), n_most)
    expected = [place for place, own in enumerate(group) if group[:place].count(own) < n_most]
    assert kept.tolist() == expected


@given(st.lists(texts, min_size=24, max_size=24))
def test_any_text_is_compared_and_nothing_nonsensical_comes_out(said):
    said[0] = ["\ud800 よみまちがい", *said[0]]  # half a character, as a JSON escape can hold
    speaker, dialogue = np.tile(np.arange(4), 6), np.repeat(np.arange(6), 4)
    report = find_kin(4, speaker, dialogue, said)
    assert 0 <= report.n_undecided <= 4
    members = np.bincount(report.group + 1)[1:]  # of each group, by its number
    assert (members >= 2).all()


def test_the_order_of_the_sides_does_not_matter(corpus):
    divided = split_people(corpus, [20])
    little = [side for side in divided.sides if side.dialogue_id < 600]  # under the most that are compared
    orders = [little, little[::-1], [little[row] for row in np.random.default_rng(0).permutation(len(little))]]
    reports = [report_kin(replace(divided, sides=tuple(order))) for order in orders]
    assert grouped(reports[0])
    for report in reports[1:]:
        assert np.array_equal(report.group, reports[0].group)


@pytest.mark.parametrize("noise", [0.5, 1.0, 1.5])
def test_likeness_is_one_for_one_person_and_nought_for_two_whatever_the_noise(noise):
    """Styles as plain numbers: speakers 2k and 2k + 1 are one person, the halves differ by noise of their own."""
    draw = np.random.default_rng(0)
    style = np.repeat(draw.normal(size=(40, 800)), 2, axis=0)
    first, second = style + noise * draw.normal(size=(2, 80, 800))
    likeness, z = kin._compare(first, second)
    same = likeness[np.arange(0, 80, 2), np.arange(1, 80, 2)]
    different = likeness[np.arange(80)[:, None] // 2 != np.arange(80) // 2]
    assert np.mean(same) == pytest.approx(1.0, abs=0.05)
    assert np.mean(different) == pytest.approx(0.0, abs=0.05)
    assert np.median(z[np.arange(0, 80, 2), np.arange(1, 80, 2)]) > 4
    assert np.allclose(likeness, likeness.T)
    assert np.allclose(z, z.T)


def test_a_side_where_somebody_says_nothing_is_no_fault():
    corpus = build_corpus(13, 160, seed=4)
    silent = tuple(
        DialogueSide(side.dialogue_id, side.speaker_index, side.partner_index, ()) if row % 7 == 0 else side
        for row, side in enumerate(corpus.sides)
    )
    assert len(report_kin(replace(corpus, sides=silent)).group) == 13
