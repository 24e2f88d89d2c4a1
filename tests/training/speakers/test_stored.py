"""Vectors kept on disk: read once, loaded as they were, never taken for another encoder's or another text's."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from seikaku.model.encoder.special import SpecialTokens
from seikaku.training.speakers import stored
from seikaku.training.speakers.pooling import PooledRows
from seikaku.training.speakers.stored import pool_stored
from seikaku.training.speakers.windows import EncodedRows

SPECIAL = SpecialTokens((0,), (1,), (1,), 2, 3)


def encoded_rows(n_rows=7):
    """Row r: one utterance of r + 1 tokens, all of them r."""
    lengths = np.arange(1, n_rows + 1)
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    numbers = np.arange(n_rows)
    tokens = np.repeat(numbers, lengths).astype(np.int32)
    return EncodedRows(tokens, bounds, np.arange(n_rows + 1), numbers, numbers, lengths, SPECIAL)


@dataclass
class Reader:
    """Pools by adding token ids, counts the portions that it read, and may die at one."""

    encoded: EncodedRows
    n_read: int = 0
    dies_at: int | None = None

    def __call__(self, rows):
        if self.n_read == self.dies_at:
            raise KeyboardInterrupt
        self.n_read += 1
        bounds = self.encoded.bounds
        sums = [[self.encoded.tokens[bounds[row] : bounds[row + 1]].sum()] for row in rows]
        return PooledRows(np.array(sums, np.float32), np.diff(bounds)[rows])


@pytest.fixture(autouse=True)
def small_portions(monkeypatch):
    monkeypatch.setattr(stored, "PORTION_ROWS", 3)


def read(encoded, folder, identity=None, **options):
    reader, lines = Reader(encoded, **options), []
    return pool_stored(reader, encoded, identity or {"weights": "a"}, folder, lines.append), reader, lines


def test_a_second_reading_loads_what_the_first_read(tmp_path):
    encoded = encoded_rows()
    first, reader, lines = read(encoded, tmp_path)
    again, second, second_lines = read(encoded, tmp_path)
    assert (reader.n_read, second.n_read) == (3, 0)
    assert len(lines) == 3
    assert not second_lines
    np.testing.assert_array_equal(first.sums[:, 0], [0, 2, 6, 12, 20, 30, 42])
    np.testing.assert_array_equal(first.sums, again.sums)
    np.testing.assert_array_equal(first.n_tokens, again.n_tokens)


def test_a_killed_reading_loses_one_portion(tmp_path):
    encoded = encoded_rows()
    with pytest.raises(KeyboardInterrupt):
        read(encoded, tmp_path, dies_at=2)
    assert read(encoded, tmp_path)[1].n_read == 1


@pytest.mark.parametrize("change", ["weights", "token", "utterances", "rows"])
def test_nothing_else_is_taken_for_it(tmp_path, change):
    """The same tokens in other utterances, or utterances in other rows, are windowed otherwise."""
    encoded = encoded_rows()
    read(encoded, tmp_path)
    other, identity = encoded, {"weights": "a"}
    if change == "weights":
        identity = {"weights": "b"}
    elif change == "token":
        other = replace(encoded, tokens=encoded.tokens + 1)
    elif change == "utterances":
        other = replace(encoded, bounds=encoded.bounds[[0, 1, 2, 4, 4, 5, 6, 7]])
    else:
        other = replace(encoded, row_bounds=encoded.row_bounds[[0, 1, 1, 3, 4, 5, 6, 7]])
    assert read(other, tmp_path, identity)[1].n_read > 0


def test_a_damaged_file_is_read_anew(tmp_path):
    encoded = encoded_rows()
    first = read(encoded, tmp_path)[0]
    for path in sorted(tmp_path.iterdir())[:2]:
        path.write_bytes(path.read_bytes()[:20])
    again, reader, _ = read(encoded, tmp_path)
    assert reader.n_read == 2
    np.testing.assert_array_equal(first.sums, again.sums)


def test_a_folder_that_cannot_be_written_is_told_once_and_the_figures_are_the_same(tmp_path):
    encoded = encoded_rows()
    blocked = tmp_path / "file"
    blocked.write_text("")
    pooled, reader, lines = read(encoded, blocked / "vectors")
    assert reader.n_read == 3
    assert sum("保存できない" in line for line in lines) == 1
    np.testing.assert_array_equal(pooled.sums, read(encoded, None)[0].sums)
