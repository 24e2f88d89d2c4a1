"""Talk communities: who talks among themselves is held out together. Speakers are numbers, dialogues are pairs."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import build_corpus, plant_clique, without_partners

from seikaku.corpora.communities import find_communities


def nobody(n_speakers):
    return np.full(n_speakers, -1, np.int64)


def two_circles(n_each=8, n_between=2, n_dialogues=2):
    """Everybody of a circle with everybody of it, and few dialogues between the circles."""
    first, second = range(n_each), range(n_each, 2 * n_each)
    return [*combinations(first, 2), *combinations(second, 2)] * n_dialogues + [(0, n_each)] * n_between


@st.composite
def graphs(draw):
    n_speakers = draw(st.integers(1, 14))
    speaker = st.integers(0, n_speakers - 1)
    pairs = draw(st.lists(st.tuples(speaker, st.integers(-1, n_speakers - 1)), max_size=40))
    kin = draw(st.lists(st.integers(-1, 2), min_size=n_speakers, max_size=n_speakers))
    return n_speakers, pairs, np.array(kin, np.int64)


def test_two_dense_circles_with_few_links_between_them_are_two_communities():
    found = find_communities(16, two_circles(), nobody(16))
    assert found.tolist() == [0] * 8 + [1] * 8


def test_it_is_the_number_of_dialogues_that_ties():
    """Everybody met everybody once; whoever meets every day is a circle all the same."""
    pairs = [*combinations(range(6), 2)] + [(0, 1), (2, 3), (4, 5)] * 30
    assert find_communities(6, pairs, nobody(6)).tolist() == [0, 0, 1, 1, 2, 2]


def test_kin_stay_together_even_where_they_talk_with_different_circles():
    kin = nobody(16)
    kin[[3, 12]] = 0
    found = find_communities(16, two_circles(n_between=0), kin)
    assert found[3] == found[12]
    alone = find_communities(16, two_circles(n_between=0), nobody(16))
    assert alone[3] != alone[12]


def test_who_talks_with_nobody_known_is_a_community_of_one():
    pairs = [*two_circles(), (16, -1), (16, -1), (-1, 17)]
    found = find_communities(19, pairs, nobody(19))
    assert len(set(found.tolist())) == 5
    assert all((found == found[speaker]).sum() == 1 for speaker in (16, 17, 18))


@pytest.mark.parametrize("pairs", [[], [(0, -1), (1, -1), (2, -1)]])
def test_monologues_are_communities_of_one(pairs):
    assert find_communities(3, pairs, nobody(3)).tolist() == [0, 1, 2]


def test_nobody_is_no_community():
    assert find_communities(0, [], nobody(0)).tolist() == []


@given(graphs())
def test_everybody_has_one_community_numbered_by_its_first_speaker_and_kin_share_it(graph):
    n_speakers, pairs, kin = graph
    found = find_communities(n_speakers, pairs, kin)
    assert found.shape == (n_speakers,)
    first_seen = list(dict.fromkeys(found.tolist()))
    assert first_seen == list(range(len(first_seen)))
    for group in set(kin.tolist()) - {-1}:
        assert len(set(found[kin == group].tolist())) == 1


@given(graphs(), st.randoms(use_true_random=False))
def test_neither_the_order_of_dialogues_nor_who_spoke_first_matters(graph, shuffler):
    n_speakers, pairs, kin = graph
    expected = find_communities(n_speakers, pairs, kin)
    assert find_communities(n_speakers, pairs, kin).tolist() == expected.tolist()
    turned = [pair[::-1] if shuffler.random() < 0.5 else pair for pair in pairs]
    shuffler.shuffle(turned)
    assert find_communities(n_speakers, turned, kin).tolist() == expected.tolist()


def test_a_circle_that_hardly_talks_with_others_is_one_community_of_the_corpus():
    corpus = plant_clique(build_corpus(41, 400, seed=1), n_members=6)
    members = np.arange(41, 47)
    pairs = {side.dialogue_id: (side.speaker_index, side.partner_index) for side in corpus.sides}
    by_talk_alone = find_communities(47, pairs.values(), nobody(47))
    for found in (corpus.community, by_talk_alone):
        assert len(set(found[members].tolist())) == 1
        assert np.isin(found, found[members]).sum() == 6
    assert len(set(corpus.community.tolist())) > 5


def test_a_corpus_of_monologues_is_as_many_communities_as_speakers():
    corpus = without_partners(build_corpus(20, 60))
    assert corpus.community.tolist() == list(range(20))
