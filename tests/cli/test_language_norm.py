"""The command that measures the norm group's language, on a fictional corpus."""

import json
from dataclasses import replace

import numpy as np
import pytest
from planted import build_corpus

from seikaku.cli import language_norm
from seikaku.conversation.description.describe import load_norm


@pytest.fixture(scope="module")
def corpus():
    """35 speakers, of whom one is careless and two cannot be told apart."""
    corpus = build_corpus(n_speakers=35, n_dialogues=120)
    kin = np.full(35, -1)
    kin[[3, 4]] = 0
    return replace(corpus, kin=kin)


def test_it_writes_the_norm_of_those_whom_scores_refer_to(corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(language_norm, "load_corpus", lambda folder: corpus)
    path = tmp_path / "norm.json"
    assert language_norm.main([str(tmp_path), str(path)]) == 0
    norm = load_norm(path)
    assert norm.n_speakers == 32
    assert (norm.corpus, norm.licence) == ("RealPersonaChat 1.0.0", "CC BY-SA 4.0")
    said = capsys.readouterr().out
    assert "話者 32 人" in said
    assert all(key in said for key in norm.figures)
    ids, texts = corpus.speaker_ids, {text for side in corpus.sides for text in side.texts}
    written = json.dumps(json.loads(path.read_text(encoding="utf-8")), ensure_ascii=False)
    assert not [word for word in (*ids, *texts) if word in written]


def test_no_data(tmp_path, capsys):
    assert language_norm.main([str(tmp_path / "absent"), str(tmp_path / "norm.json")]) == 2
    message, mend = capsys.readouterr().err.splitlines()
    assert "absent" in message
    assert "preprocess_data.py" in mend
    assert not (tmp_path / "norm.json").exists()


@pytest.mark.parametrize("arguments", [[], ["only one"], ["a", "b", "c"]])
def test_usage(arguments, capsys):
    assert language_norm.main(arguments) == 2
    assert "使い方" in capsys.readouterr().err
