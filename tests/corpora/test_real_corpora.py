"""The development data itself: known counts. Holds no sentence of it."""

import time

import numpy as np
import pyarrow.parquet as pq
import pytest

from seikaku.corpora.fetch_nemotron import fetch_nemotron
from seikaku.corpora.fetch_realpersonachat import fetch_realpersonachat
from seikaku.corpora.preprocess import preprocess
from seikaku.corpora.splits import pair_safe_rows, speaker_folds
from seikaku.corpora.store import load_corpus

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def processed(shared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    raw, out = folder / "raw", folder / "processed"

    def silent(label, n_done, n_total):
        pass

    fetch_realpersonachat(str(shared_data / "real-persona-chat-dev.zip"), None, raw, silent)
    fetch_nemotron(str(shared_data / "nemotron-personas-japan-sample50.csv"), None, raw, silent)
    return preprocess(raw, out, False, silent), out


def test_counts(processed):
    result, _ = processed
    assert result.manifest["counts"] == {
        "speakers": 186,
        "speakers_with_dialogue": 184,
        "speakers_careless": 1,
        "dialogues": 8563,
        "utterances": 257521,
        "communities": 19,
        "kin_groups": 3,
        "speakers_with_kin": 18,
        "speakers_kin_undecided": 23,
        "personas": 50,
    }
    assert result.manifest["dropped"] == {"timestamp_missing_set_null": 134}


def test_the_corpus_loads_fast_and_whole(processed):
    _, out = processed
    start = time.perf_counter()
    corpus = load_corpus(out)
    assert time.perf_counter() - start < 6  # 0.5 s on an idle core
    assert len(corpus.speaker_ids) == 184
    assert len(corpus.sides) == 2 * 8563
    assert [corpus.speaker_ids[i] for i in np.flatnonzero(corpus.is_careless)] == ["HW"]
    assert min(side.partner_index for side in corpus.sides) == 0
    assert corpus.scores.min() >= 1
    assert corpus.scores.max() <= 7
    assert sum(gender == "Female" for gender in corpus.gender) == 111
    n_chars = [sum(map(len, side.texts)) for side in corpus.sides]
    assert 300 < np.mean(n_chars) < 400


def test_folds_leave_every_speaker_with_training_dialogues_of_others(processed):
    _, out = processed
    corpus = load_corpus(out)
    speaker = np.array([side.speaker_index for side in corpus.sides])
    partner = np.array([side.partner_index for side in corpus.sides])
    folds = speaker_folds(184, 10, 0)
    for fold in range(10):
        held_out = folds == fold
        usable = pair_safe_rows(speaker, partner, held_out)
        assert not held_out[speaker[usable]].any()
        assert not held_out[partner[usable]].any()
        assert 0.7 < usable.mean() < 0.9  # both sides outside a tenth: about .81


def test_personas_are_read_whole(processed):
    _, out = processed
    table = pq.read_table(out / "personas.parquet")
    assert table.num_rows == 50
    assert all(table.column(name).null_count == 0 for name in table.schema.names)
