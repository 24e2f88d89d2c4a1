import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.corpora.splits import (
    HOLDOUT_PARTS,
    assign_parts,
    group_folds,
    hold_out,
    pair_safe_rows,
    speaker_folds,
)

speaker_sets = st.lists(st.text("ABCDEFGH", min_size=1, max_size=4), unique=True, max_size=60)
seeds = st.integers(0, 2**32 - 1)


def draw_groups(n_speakers, n_groups, seed):
    generator = np.random.default_rng(seed)
    return generator.integers(0, n_groups, n_speakers), generator.normal(4, 1, (n_speakers, 5))


@settings(deadline=None, max_examples=30)  # the machine that runs the tests may be busy
@given(st.integers(0, 60), st.integers(1, 25), seeds)
def test_parts_hold_whole_groups(n_speakers, n_groups, seed):
    groups, labels = draw_groups(n_speakers, n_groups, seed)
    parts = np.array(assign_parts(groups, labels, seed), "<U10")
    assert parts.shape == (n_speakers,)
    assert set(parts.tolist()) <= set(HOLDOUT_PARTS)
    assert all(len(set(parts[groups == group].tolist())) == 1 for group in np.unique(groups))
    if len(np.unique(groups)) >= 3:
        assert set(parts.tolist()) == set(HOLDOUT_PARTS)
    else:
        assert set(parts.tolist()) <= {"train"}


def test_about_a_tenth_tests_and_another_validates():
    groups, labels = draw_groups(400, 80, 0)
    parts = assign_parts(groups, labels, 0)
    assert 30 <= parts.count("test") <= 50
    assert 30 <= parts.count("validation") <= 50
    assert parts != assign_parts(groups, labels, 1)


def test_whole_groups_are_held_out_and_lone_speakers_where_there_is_one_group():
    groups, labels = draw_groups(100, 20, 0)
    held_out = hold_out(groups, labels, 0.1, 0)
    assert 5 <= held_out.sum() <= 15
    assert not set(groups[held_out]) & set(groups[~held_out])
    assert 1 <= hold_out(np.zeros(30, np.int64), labels[:30], 0.1, 0).sum() <= 5
    assert hold_out(np.array([0, 1]), labels[:2], 0.9, 0).sum() == 1
    with pytest.raises(ValueError, match="at least two speakers to divide, got 1"):
        hold_out(np.array([3]), labels[:1], 0.1, 0)


@settings(deadline=None)  # the machine that runs the tests may be busy
@given(st.data(), st.integers(2, 60), seeds)
def test_folds_cover_evenly_and_are_deterministic(data, n_speakers, seed):
    n_folds = data.draw(st.integers(2, n_speakers))
    folds = speaker_folds(n_speakers, n_folds, seed)
    sizes = np.bincount(folds, minlength=n_folds)
    assert folds.shape == (n_speakers,)
    assert sizes.size == n_folds
    assert sizes.max() - sizes.min() <= 1
    assert np.array_equal(folds, speaker_folds(n_speakers, n_folds, seed))


@pytest.mark.parametrize("n_folds", [1, 6])
def test_folds_refuse_an_impossible_number(n_folds):
    with pytest.raises(ValueError, match="n_folds"):
        speaker_folds(5, n_folds, 0)


@settings(deadline=None)  # the machine that runs the tests may be busy
@given(st.data(), st.integers(1, 12))
def test_no_dialogue_of_a_held_out_speaker_is_usable_on_either_side(data, n_speakers):
    pairs = data.draw(st.lists(st.tuples(st.integers(0, n_speakers - 1), st.integers(-1, n_speakers - 1))))
    held_out = np.array(data.draw(st.lists(st.booleans(), min_size=n_speakers, max_size=n_speakers)))
    speaker, partner = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    usable = pair_safe_rows(speaker, partner, held_out)
    for row, (s, p) in enumerate(pairs):
        assert usable[row] == (not held_out[s] and (p == -1 or not held_out[p]))
    # what is usable is exactly what no held-out speaker took part in: both sides of a dialogue agree
    known = partner >= 0
    assert np.array_equal(pair_safe_rows(partner[known], speaker[known], held_out), usable[known])


@st.composite
def grouped_speakers(draw):
    groups = np.array(draw(st.lists(st.integers(-3, 9), min_size=2, max_size=60)), np.int64)
    n_groups = len(np.unique(groups))
    n_folds = draw(st.integers(2, max(2, n_groups)))
    labels = np.random.default_rng(draw(seeds)).normal(4.0, 1.0, (len(groups), 5))
    return groups, labels, n_folds, n_groups


@settings(deadline=None, max_examples=30)  # three hundred deals each
@given(grouped_speakers(), seeds)
def test_folds_by_group_hold_whole_groups_fill_every_fold_and_are_deterministic(drawn, seed):
    groups, labels, n_folds, n_groups = drawn
    if n_groups < 2:
        with pytest.raises(ValueError, match=f"got 2 folds for {n_groups} groups"):
            group_folds(groups, labels, n_folds, seed)
        return
    folds = group_folds(groups, labels, n_folds, seed)
    assert folds.shape == groups.shape
    assert set(folds.tolist()) == set(range(n_folds))
    for group in set(groups.tolist()):
        assert len(set(folds[groups == group].tolist())) == 1
    assert np.array_equal(folds, group_folds(groups, labels, n_folds, seed))


def test_folds_by_group_depend_on_the_seed():
    groups, labels = np.arange(60) // 3, np.random.default_rng(0).normal(size=(60, 5))
    drawn = [group_folds(groups, labels, 10, seed).tolist() for seed in range(5)]
    assert len(set(map(tuple, drawn))) == 5


@pytest.mark.parametrize("n_folds", [0, 1, 5])
def test_folds_by_group_refuse_an_impossible_number(n_folds):
    groups = np.array([0, 0, 3, 3, 5, 9])
    with pytest.raises(ValueError, match=f"need 2 <= n_folds <= n_groups, got {n_folds} folds for 4 groups"):
        group_folds(groups, np.zeros((6, 5)), n_folds, 0)


def test_folds_by_group_are_more_even_in_size_and_labels_than_a_random_deal():
    """Groups of one to nine speakers whose labels go together: what chance makes of them is far from even."""
    draw = np.random.default_rng(0)
    n_folds, unevenness = 8, {"chosen": [], "random": []}
    for seed in range(10):
        groups = np.repeat(np.arange(30), draw.integers(1, 10, 30))
        labels = draw.normal(size=(30, 5))[groups] + draw.normal(size=(len(groups), 5))
        at_random = draw.permutation(np.arange(30) % n_folds)[groups]
        for name, folds in (("chosen", group_folds(groups, labels, n_folds, seed)), ("random", at_random)):
            sizes = np.bincount(folds, minlength=n_folds)
            means = np.stack([labels[folds == fold].mean(axis=0) for fold in range(n_folds)])
            unevenness[name].append((sizes.std() / sizes.mean(), means.std()))
    chosen, at_random = (np.array(values) for values in unevenness.values())
    assert (chosen[:, 0] < 0.2).all()
    assert chosen[:, 0].mean() < 0.5 * at_random[:, 0].mean()
    assert chosen[:, 1].mean() < 0.8 * at_random[:, 1].mean()


def test_folds_by_group_bear_labels_that_do_not_vary():
    folds = group_folds(np.arange(12) // 2, np.full((12, 5), 4.0), 3, 0)
    assert np.bincount(folds).tolist() == [4, 4, 4]
