"""One ONNX file: it gives what torch gives (float32: within 1e-5; 8 bits: within a tenth of the outputs' spread)."""

import numpy as np
import pytest
import torch
from tiny_encoder import SENTENCES

from seikaku.errors import ModelError
from seikaku.model.encoder.lora import LoraSettings, load_encoder
from seikaku.model.onnx import graph
from seikaku.model.onnx.graph import INPUT_NAMES, export_onnx

N_OUTPUTS = 5
FLOAT_TOLERANCE = 1e-5  # seen: 2e-7
SHORT_AND_LONG = [*SENTENCES, SENTENCES[0] + SENTENCES[7]]


def trained(backbone):
    """An encoder whose LoRA changes something, and a linear head with dropout."""
    torch.manual_seed(0)
    encoder = load_encoder(backbone, LoraSettings())
    for name, weight in encoder.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.05)
    head = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.Linear(encoder.width, N_OUTPUTS))
    return encoder.train(), head.train()


def torch_outputs(encoder, head, batch):
    encoder.eval(), head.eval()
    with torch.inference_mode():
        return head(encoder(batch["input_ids"], batch["attention_mask"])).numpy()


def onnx_outputs(path, batch):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (outputs,) = session.run(["outputs"], {name: batch[name].numpy() for name in INPUT_NAMES})
    mask = batch["attention_mask"].numpy()[:, :, None]
    return (outputs * mask).sum(axis=1) / mask.sum(axis=1)  # the head is linear: the mean of the tokens' outputs


def compare(backbone, path, *, int8):
    """Exports in training mode; returns torch's and ONNX Runtime's outputs (n_texts, N_OUTPUTS)."""
    encoder, head = trained(backbone)
    export_onnx(encoder, head, path, int8=int8)
    assert encoder.training and head.training  # as they were
    batch = encoder.tokenizer(SHORT_AND_LONG, padding=True, return_tensors="pt")
    return torch_outputs(encoder, head, batch), onnx_outputs(path, batch)


def test_float32_is_torchs(tiny_backbone, tmp_path):
    expected, found = compare(str(tiny_backbone), tmp_path / "model.onnx", int8=False)
    assert expected.std(axis=0).min() > 100 * FLOAT_TOLERANCE
    assert np.abs(found - expected).max() < FLOAT_TOLERANCE


def test_int8_is_near_and_smaller(tiny_backbone, tmp_path):
    expected, found = compare(str(tiny_backbone), tmp_path / "int8.onnx", int8=True)
    assert 0 < np.abs(found - expected).max() < 0.1 * expected.std(axis=0).mean()
    export_onnx(*trained(str(tiny_backbone)), tmp_path / "full.onnx")
    # The tiny model is mostly graph and biases.
    assert (tmp_path / "int8.onnx").stat().st_size < 0.7 * (tmp_path / "full.onnx").stat().st_size


def test_any_number_of_texts_of_any_length(tiny_backbone, tmp_path):
    encoder, head = trained(str(tiny_backbone))
    export_onnx(encoder, head, tmp_path / "model.onnx")
    for texts in (SENTENCES[:1], [SENTENCES[2][:3]] * 7, [SENTENCES[5] * 2, SENTENCES[6][:2]]):
        batch = encoder.tokenizer(texts, padding=True, return_tensors="pt")
        found = onnx_outputs(tmp_path / "model.onnx", batch)
        assert np.abs(found - torch_outputs(encoder, head, batch)).max() < FLOAT_TOLERANCE


def test_one_file_is_left(tiny_backbone, tmp_path):
    export_onnx(*trained(str(tiny_backbone)), tmp_path / "new" / "model.onnx", int8=True)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["model.onnx"]


def test_a_model_too_large_for_one_file(tiny_backbone, tmp_path, monkeypatch):
    monkeypatch.setattr(graph, "MAX_FILE_BYTES", 100_000)
    with pytest.raises(ModelError, match="1 つの ONNX ファイル（2 GB まで）に収まりません"):
        export_onnx(*trained(str(tiny_backbone)), tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []
    export_onnx(*trained(str(tiny_backbone)), tmp_path / "model.onnx", int8=True)
    assert (tmp_path / "model.onnx").stat().st_size < 100_000


@pytest.mark.slow
@pytest.mark.parametrize(("int8", "tolerance"), [(False, FLOAT_TOLERANCE), (True, 0.01)], ids=["float32", "int8"])
def test_the_embedded_encoder(tmp_path, int8, tolerance):
    expected, found = compare("embedded", tmp_path / "model.onnx", int8=int8)
    assert np.abs(found - expected).max() < tolerance  # seen: 3e-7 and 3e-3
    r = [np.corrcoef(found[:, i], expected[:, i])[0, 1] for i in range(N_OUTPUTS)]
    assert min(r) > 0.998  # the order of texts stays
    size_mb = (tmp_path / "model.onnx").stat().st_size / 1e6
    assert size_mb < (50 if int8 else 180)
