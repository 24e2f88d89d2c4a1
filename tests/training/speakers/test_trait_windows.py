"""Windows, bags and splits of a fictional corpus: nothing lost, nothing mixed, everything once."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import build_corpus

from seikaku.corpora.store import DialogueSide
from seikaku.model.encoder.special import SpecialTokens
from seikaku.training.speakers.bags import (
    BagCollator,
    BagDataset,
    mean_by_speaker,
)
from seikaku.training.speakers.windows import encode_rows, pack_windows, split_speakers

BEGIN, PAD, END = 0, 1, 2
SPECIAL = SpecialTokens(begin=(BEGIN,), end=(END,), separator=(END,), pad=PAD, unknown=3)


class CodePointTokenizer:
    """A token a character, which can be read back."""

    def __call__(self, texts, **options):
        assert options["add_special_tokens"] is False
        return {"input_ids": [[ord(character) for character in text] for text in texts]}


def build_windows(corpus, tokenizer, *, max_tokens, with_partner):
    return pack_windows(encode_rows(corpus.sides, tokenizer, SPECIAL, with_partner=with_partner), max_tokens=max_tokens)


def split(corpus, part):
    encoded = encode_rows(corpus.sides, CodePointTokenizer(), SPECIAL, with_partner=False)
    return split_speakers(encoded, np.arange(len(corpus.sides)), part)


def read_back(ids):
    assert ids[0] == BEGIN
    assert ids[-1] == END
    return "".join(chr(token) for token in ids if token not in (BEGIN, END))


def corpus_of(dialogues):
    """A corpus of two speakers from pairs of sides; the first of a pair speaks first."""
    sides = []
    for dialogue, (first, second) in enumerate(dialogues):
        sides += [DialogueSide(dialogue, 0, 1, tuple(first)), DialogueSide(dialogue, 1, 0, tuple(second))]
    return replace(build_corpus(n_speakers=2, n_dialogues=2), sides=tuple(sides))


@pytest.fixture(scope="module")
def corpus():
    return build_corpus(n_speakers=12, n_dialogues=60)


texts = st.lists(st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x30FF), max_size=30), max_size=5)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=8), st.integers(4, 40))
@settings(max_examples=60, deadline=None)
def test_packing_loses_no_text_and_never_mixes_speakers(dialogues, max_tokens):
    corpus = corpus_of(dialogues)
    windows = build_windows(corpus, CodePointTokenizer(), max_tokens=max_tokens, with_partner=False)
    assert all(len(ids) <= max_tokens for ids in windows.input_ids)
    for speaker in (0, 1):
        said = "".join(text for pair in dialogues for text in pair[speaker])
        packed = "".join(read_back(windows.input_ids[w]) for w in np.flatnonzero(windows.speaker == speaker))
        assert packed == said
    for rows, speaker in zip(windows.rows, windows.speaker, strict=True):
        assert {corpus.sides[row].speaker_index for row in rows} == {speaker}


def test_an_utterance_is_cut_only_if_it_alone_fills_a_window():
    corpus = corpus_of([(["あ" * 20, "い" * 20, "う" * 20, "え" * 75], ["お"])])
    windows = build_windows(corpus, CodePointTokenizer(), max_tokens=40, with_partner=False)
    own = [Counter(read_back(windows.input_ids[w])) for w in np.flatnonzero(windows.speaker == 0)]
    for letter in "あいう":
        assert [count[letter] for count in own if letter in count] == [20]
    assert sum(count["え"] for count in own) == 75
    assert max(count["え"] for count in own) <= 37


def test_windows_are_as_few_as_greedy_packing_needs_and_even():
    corpus = corpus_of([(["あ" * 10] * 11, ["い"])])
    windows = build_windows(corpus, CodePointTokenizer(), max_tokens=103, with_partner=False)
    sizes = [len(windows.input_ids[w]) - 2 for w in np.flatnonzero(windows.speaker == 0)]
    assert sorted(sizes) == [50, 60]  # greedy alone would give 100 and 10


def test_dialogues_are_kept_apart_and_windows_know_their_rows():
    corpus = corpus_of([(["あい"], ["か"]), (["うえ"], ["き"])])
    windows = build_windows(corpus, CodePointTokenizer(), max_tokens=64, with_partner=False)
    own = windows.input_ids[int(np.flatnonzero(windows.speaker == 0)[0])]
    assert own.tolist() == [BEGIN, ord("あ"), ord("い"), END, ord("う"), ord("え"), END]
    assert own.dtype == np.int32
    assert [rows.tolist() for rows in windows.rows] == [[0, 2], [1, 3]]


def test_chosen_rows_are_all_that_is_read(corpus):
    encoded = encode_rows(corpus.sides, CodePointTokenizer(), SPECIAL, with_partner=False)
    rows = np.arange(0, len(corpus.sides), 3)
    windows = pack_windows(encoded, max_tokens=128, rows=rows)
    assert set(np.concatenate(windows.rows)) == set(rows)
    said = Counter("".join(text for row in rows for text in corpus.sides[row].texts))
    assert said == Counter("".join(read_back(ids) for ids in windows.input_ids))


def test_the_partners_turns_are_marked_and_in_turn():
    corpus = corpus_of([(["あ", "い"], ["か", "き", "く"])])
    windows = build_windows(corpus, CodePointTokenizer(), max_tokens=64, with_partner=True)
    assert [read_back(ids) for ids in windows.input_ids] == [
        "本人：あ相手：か本人：い相手：き相手：く",
        "相手：あ本人：か相手：い本人：き本人：く",
    ]


def test_a_partner_without_labels_is_left_out():
    corpus = corpus_of([(["あ", "い"], ["か"])])
    alone = replace(corpus, sides=(replace(corpus.sides[0], partner_index=-1),))
    windows = build_windows(alone, CodePointTokenizer(), max_tokens=64, with_partner=True)
    assert [read_back(ids) for ids in windows.input_ids] == ["本人：あ本人：い"]


def test_no_room_is_refused(corpus):
    with pytest.raises(ValueError, match="at least 4, got 3"):
        build_windows(corpus, CodePointTokenizer(), max_tokens=3, with_partner=False)


def test_a_real_tokenizer_gives_what_it_gives_alone(corpus):
    pytest.importorskip("transformers")
    from tiny_encoder import build_tiny_tokenizer

    tokenizer = build_tiny_tokenizer()
    windows = build_windows(corpus, tokenizer, max_tokens=64, with_partner=True)
    first = corpus.sides[int(windows.rows[0][0])]
    mark = "本人：" if first.dialogue_id == 0 else "相手："
    expected = tokenizer(mark + first.texts[0])["input_ids"][:-1]
    assert windows.input_ids[0][: len(expected)].tolist() == expected
    assert max(len(ids) for ids in windows.input_ids) <= 64


@pytest.fixture(scope="module")
def windows(corpus):
    return build_windows(corpus, CodePointTokenizer(), max_tokens=96, with_partner=False)


@pytest.mark.parametrize("windows_per_bag", [1, 3, 1000])
def test_bags_cover_every_window_once_an_epoch(corpus, windows, windows_per_bag):
    data = BagDataset(windows, corpus.scores, windows_per_bag=windows_per_bag)
    n_bags = len(data)
    for epoch in range(3):
        data.set_epoch(epoch)
        assert sorted(np.concatenate(data.bags)) == list(range(len(windows.input_ids)))
        assert len(data) == n_bags
        for index, bag in enumerate(data.bags):
            assert len(set(windows.speaker[bag])) == 1
            assert len(bag) <= windows_per_bag
            assert data[index]["labels"] == pytest.approx(corpus.scores[windows.speaker[bag[0]]])


def test_bags_are_a_function_of_seed_and_epoch(corpus, windows):
    def drawn(seed, epoch):
        data = BagDataset(windows, corpus.scores, windows_per_bag=3, seed=seed)
        data.set_epoch(7)  # what came before must not matter
        data.set_epoch(epoch)
        return [bag.tolist() for bag in data.bags]

    assert drawn(0, 1) == drawn(0, 1)
    assert drawn(0, 1) != drawn(0, 2)
    assert drawn(0, 1) != drawn(1, 1)


def test_equal_speakers_count_alike(corpus, windows):
    data = BagDataset(windows, corpus.scores, windows_per_bag=2, equal_speakers=True)
    weights = np.array([data[index]["weight"] for index in range(len(data))])
    totals = np.bincount(data.speaker, weights=weights)
    assert np.allclose(totals, totals[0])
    assert weights.mean() == pytest.approx(1.0)
    assert len(set(np.bincount(data.speaker))) > 1  # speakers differ in their number of bags


def test_a_batch_pads_to_its_longest_window(corpus, windows):
    pytest.importorskip("torch")
    data = BagDataset(windows, corpus.scores, windows_per_bag=3)
    chosen = [0, 5, 9]
    batch = BagCollator(windows.pad_id)([data[index] for index in chosen])
    expected = [windows.input_ids[w] for index in chosen for w in data.bags[index]]
    assert next(iter(batch)) == "labels"
    assert batch["input_ids"].shape == (len(expected), data.lengths[chosen].max())
    for ids, mask, window in zip(batch["input_ids"], batch["attention_mask"], expected, strict=True):
        assert ids[mask.bool()].tolist() == window.tolist()
        assert set(ids[~mask.bool()].tolist()) <= {PAD}
    assert batch["bag"].tolist() == [place for place, index in enumerate(chosen) for _ in data.bags[index]]
    assert batch["labels"].shape == (3, 5)


def test_the_mean_by_speaker_weighs_windows_alike(corpus, windows):
    data = BagDataset(windows, corpus.scores, windows_per_bag=4)
    of_window = np.random.default_rng(0).normal(size=(len(windows.input_ids), 2))
    of_bag = np.stack([of_window[bag].mean(axis=0) for bag in data.bags])
    speakers, means = mean_by_speaker(of_bag, data)
    for speaker, mean in zip(speakers, means, strict=True):
        assert mean == pytest.approx(of_window[windows.speaker == speaker].mean(axis=0))


def test_the_split_is_pair_safe_and_never_holds_a_test_speaker(corpus):
    part = np.array(
        [{0: "test", 1: "test", 2: "validation", 3: "validation", 4: ""}.get(s, "train") for s in range(12)]
    )
    parts = split(corpus, part)
    assert parts.train_speakers.tolist() == list(range(5, 12))
    assert parts.validation_speakers.tolist() == [2, 3]

    def who(row):
        return {corpus.sides[row].speaker_index, corpus.sides[row].partner_index}

    assert not any(who(row) & {0, 1, 2, 3} for row in parts.train_rows)
    assert not any(who(row) & {0, 1} for row in parts.validation_rows)
    assert any(
        4 in who(row) for row in parts.train_rows
    )  # whose own words are in no part: as a partner they may be met


def test_a_test_speakers_words_reach_no_window(corpus):
    """The leak that must be impossible: what only test speakers say is in nothing that trains or validates."""
    marker = "証"
    sides = tuple(
        replace(side, texts=tuple(text + marker for text in side.texts)) if side.speaker_index < 3 else side
        for side in corpus.sides
    )
    marked = replace(corpus, sides=sides)
    part = np.array(["test"] * 3 + ["validation"] * 3 + ["train"] * 6)
    for with_partner in (False, True):
        encoded = encode_rows(marked.sides, CodePointTokenizer(), SPECIAL, with_partner=with_partner)
        parts = split_speakers(encoded, np.arange(len(marked.sides)), part)
        for rows in (parts.train_rows, parts.validation_rows):
            assert len(rows)
            windows = pack_windows(encoded, max_tokens=64, rows=rows)
            assert not any(marker in read_back(ids) for ids in windows.input_ids)


def test_dialogues_are_capped_after_those_of_held_out_partners_are_gone(corpus):
    """Capped before, a speaker whose first dialogues were with them would train with fewer than asked for."""
    part = np.array(["test"] * 3 + ["validation"] * 3 + ["train"] * 6)
    encoded = encode_rows(corpus.sides, CodePointTokenizer(), SPECIAL, with_partner=False)
    rows = np.arange(len(corpus.sides))
    whole, capped = (split_speakers(encoded, rows, part, most) for most in (0, 3))
    for name in ("train_rows", "validation_rows"):
        own, all_own = (encoded.speaker[getattr(one, name)] for one in (capped, whole))
        available = np.bincount(all_own, minlength=12)
        np.testing.assert_array_equal(np.bincount(own, minlength=12), np.minimum(available, 3))
        assert set(getattr(capped, name)) <= set(getattr(whole, name))
    dropped = np.setdiff1d(rows[part[encoded.speaker] == "train"], whole.train_rows)
    assert len(dropped)
