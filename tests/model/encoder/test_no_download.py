"""A run of a stranger may name any address: without leave, its backbone is looked for on this machine alone."""

import pytest

from seikaku.errors import ModelError

pytest.importorskip("huggingface_hub")

from seikaku.model.encoder.backbone import find_backbone


def test_without_leave_the_hub_is_not_asked(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))

    def connect(*_):
        raise AssertionError("something connects")

    monkeypatch.setattr("socket.socket.connect", connect)
    with pytest.raises(ModelError, match="手元にありません") as caught:
        find_backbone("stranger/model", may_download=False)
    assert "--allow_download" in caught.value.mend


def test_a_run_is_loaded_without_leave_unless_it_is_given(monkeypatch, tmp_path):
    from seikaku.model.run import loading

    asked = []

    def load(path, find):
        asked.append(find.keywords)
        raise ModelError("a", "b")

    monkeypatch.setattr(loading, "load_trait_model", load)
    for leave in ({}, {"may_download": True}):
        with pytest.raises(ModelError):
            loading.load_trained_run(tmp_path, **leave)
    assert asked == [{"may_download": False}, {"may_download": True}]
