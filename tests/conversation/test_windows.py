import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seikaku.conversation.windows import assign_windows, begin_windows, cut_blocks

sizes = st.lists(st.integers(0, 2000), max_size=30).map(lambda values: np.array(values, np.int64))


@given(sizes, st.integers(1, 500))
def test_every_character_is_in_one_window_and_windows_are_runs(n_chars, window_chars):
    window, n_windows = assign_windows(n_chars, window_chars)
    assert len(window) == n_chars.sum()
    assert (np.diff(window) >= 0).all()
    assert set(window.tolist()) == set(range(n_windows))


@given(sizes, st.integers(2, 500))
def test_no_window_is_longer_than_one_and_a_half_or_shorter_than_half(n_chars, window_chars):
    window, n_windows = assign_windows(n_chars, window_chars)
    if n_windows > 1:
        lengths = np.bincount(window)
        assert lengths.max() <= 1.5 * window_chars + 1
        assert lengths.min() >= 0.5 * window_chars - 1


def test_a_window_ends_with_its_conversation_unless_that_is_short():
    window, n_windows = assign_windows(np.array([300, 200, 30, 170]), 200)
    assert n_windows == 2 + 1 + 1
    assert window[299] != window[300]
    assert window[500] == window[-1]  # 30 characters go with the next conversation


def test_no_text_has_no_window():
    assert assign_windows(np.zeros(3, np.int64), 200)[1] == 0


@given(st.sets(st.integers(0, 300)), st.integers(0, 20), st.integers(1, 100))
def test_blocks_are_whole_pieces_and_every_piece_is_in_one(begins, last_length, size):
    pieces = np.array(sorted(begins), np.int64)
    total = int(pieces[-1]) + last_length if begins else 0
    blocks = list(cut_blocks(pieces, total, size))
    assert [begin for _, bounds in blocks for begin in bounds[:-1].tolist()] == (pieces.tolist() if total else [])
    assert [first for first, _ in blocks] == np.cumsum([0, *(len(bounds) - 1 for _, bounds in blocks)])[:-1].tolist()
    for _, bounds in blocks:
        assert bounds[-2] - bounds[0] < size  # but for the last piece, which may be long


@given(sizes, st.integers(1, 500))
def test_windows_begin_where_the_window_of_a_character_changes(n_chars, window_chars):
    window, n_windows = assign_windows(n_chars, window_chars)
    begins = begin_windows(n_chars, window_chars)
    assert begins.tolist() == np.flatnonzero(np.diff(window, prepend=-1)).tolist()
    assert len(begins) == n_windows
