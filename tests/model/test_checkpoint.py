import json

import numpy as np
import pytest
from planted import build_corpus

from seikaku.config import NgramConfig, ProtocolConfig
from seikaku.errors import DataError, ModelError
from seikaku.evaluation.release import pool_adjacent_violators, release_model
from seikaku.evaluation.run import evaluate
from seikaku.evaluation.tables import card_tables
from seikaku.model.card import render_card
from seikaku.model.checkpoint import EMBEDDED_FOLDER, SETTINGS_NAME, WEIGHTS_NAME, load_model, save_model
from seikaku.training.ngram_fit import NgramRegressor

CONFIG = NgramConfig(min_speakers=3, calibration_sizes=(1, 3), window_chars=100)
PROTOCOL = ProtocolConfig(n_folds=4, n_repeats=1, amounts=(1, 3), equal_amounts=(), n_bootstrap=50, n_permutations=0)


@pytest.fixture(scope="module")
def corpus():
    return build_corpus(60, 480, seed=5)


@pytest.fixture(scope="module")
def evaluation(corpus):
    return json.loads(json.dumps(evaluate(NgramRegressor(CONFIG), corpus, PROTOCOL, lambda *_: None)))


@pytest.fixture
def folder(tmp_path, corpus, evaluation):
    trained = release_model(corpus, CONFIG, evaluation)
    save_model(tmp_path / "model", trained, render_card(trained, card_tables(evaluation, "ja")))
    return tmp_path / "model"


def test_a_saved_model_comes_back_the_same(folder, corpus, evaluation):
    trained, loaded = release_model(corpus, CONFIG, evaluation), load_model(folder)
    talk = [["みんなで集まって騒ぎたいです。", "予定は前の週に書き出しておきます。"]]
    assert (loaded.text_model.explain(talk).score == trained.text_model.explain(talk).score).all()
    assert loaded.norm == trained.norm
    assert loaded.provenance == json.loads(json.dumps(trained.provenance))
    assert (loaded.accuracy.r.at(500.0) == trained.accuracy.r.at(500.0)).all()


def test_the_hash_is_of_the_content_and_not_of_the_place(folder, tmp_path):
    moved = tmp_path / "elsewhere"
    folder.rename(moved)
    first = load_model(moved).model_hash
    assert len(first) == 64
    settings = json.loads((moved / SETTINGS_NAME).read_text())
    settings["floor_chars"] += 1
    (moved / SETTINGS_NAME).write_text(json.dumps(settings))
    assert load_model(moved).model_hash != first


def test_the_careless_speaker_is_not_in_the_norm(folder):
    assert load_model(folder).norm.n_speakers == 59


def test_the_card_holds_the_measured_table(folder, evaluation):
    card = (folder / "README.md").read_text()
    assert card_tables(evaluation, "ja")["accuracy"] in card
    assert "使ってはいけないこと" in card and "cc-by-sa-4.0" in card


def test_an_evaluation_of_other_data_or_settings_is_refused(corpus, evaluation):
    with pytest.raises(DataError, match="このデータとこの設定のものではありません"):
        release_model(corpus, NgramConfig(), evaluation)
    with pytest.raises(DataError, match="このデータとこの設定のものではありません"):
        release_model(corpus, CONFIG, evaluation | {"data": {"corpus_digest": "別のデータ"}})


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / WEIGHTS_NAME).unlink(), "model.safetensors がありません"),
        (lambda f: (f / SETTINGS_NAME).unlink(), "model.json がありません"),
        (lambda f: (f / SETTINGS_NAME).write_text("{"), "設定を読めません"),
        (lambda f: (f / SETTINGS_NAME).write_text('{"format": "other"}'), "形式は扱えません"),
        (lambda f: (f / WEIGHTS_NAME).write_bytes((f / WEIGHTS_NAME).read_bytes()[:-1]), "記録と一致しません"),
    ],
)
def test_a_damaged_folder_is_refused_by_name(folder, damage, message):
    damage(folder)
    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ModelError, match="フォルダがありません"):
        load_model(tmp_path / "none")


def test_pooling_adjacent_violators_is_monotone_and_keeps_the_mean():
    values = np.array([0.3, 0.1, 0.2, 0.5, 0.4])
    pooled = pool_adjacent_violators(values)
    assert (np.diff(pooled) >= 0).all()
    assert pooled.mean() == pytest.approx(values.mean())
    assert pool_adjacent_violators(np.array([1.0, 2.0, 3.0])).tolist() == [1.0, 2.0, 3.0]


def test_the_embedded_model_is_small_and_holds_no_text():
    files = sorted(path.name for path in EMBEDDED_FOLDER.iterdir())
    assert files == ["README.md", "model.json", "model.safetensors"]
    assert sum(path.stat().st_size for path in EMBEDDED_FOLDER.iterdir()) < 5 * 2**20
    trained = load_model()
    assert trained.provenance["config"]["min_speakers"] >= 10
    # Keys are single characters and pairs: nothing longer fits, so no utterance can be in the file.
    assert trained.text_model.keys.max() < (0x110000 << 21) + (1 << 21)
    settings = (EMBEDDED_FOLDER / SETTINGS_NAME).read_text()
    assert len(settings) < 4000
