"""One ONNX file of encoder and head, for inference without torch. In: trained modules. Out: a file. Effect: disk.

LoRA is merged into the weights first. The graph takes ``input_ids`` and ``attention_mask`` (n_texts, seq_len) int64 and
gives ``outputs`` (n_texts, seq_len, n_outputs) float32: the head on every token, padding too.
"""

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seikaku.errors import ModelError, both
from seikaku.model.onnx.int8 import quantise_int8

if TYPE_CHECKING:
    from torch import nn

    from seikaku.model.encoder.lora import Encoder

INPUT_NAMES = ("input_ids", "attention_mask")
OUTPUT_NAME = "outputs"
OPSET = 17
MAX_FILE_BYTES = 2**31 - 1  # protobuf's limit for one message


def export_onnx(encoder: "Encoder", head: "nn.Module", path: Path, *, int8: bool = False) -> None:
    """Write ``head(encoder.token_vectors(texts))`` as one ONNX file, whole or not at all.

    ``head``: (n_texts, seq_len, width) -> (n_texts, seq_len, n_outputs). ``int8``: matrices in 8 bits, a quarter of
    the size; the outputs are near but not equal (``model.onnx.int8``). Raises ModelError when one file cannot hold
    the model.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        full = Path(folder) / "full.onnx"
        _export_float(encoder, head, full)
        small = Path(folder) / "int8.onnx"
        if int8:
            quantise_int8(full, small)
        made = small if int8 else full
        if made.stat().st_size > MAX_FILE_BYTES or (not int8 and len(list(Path(folder).iterdir())) > 1):
            raise ModelError(
                both(
                    f"この土台（{encoder.backbone}）は float32 では 1 つの ONNX ファイル（2 GB まで）に収まりません。",
                    f"The backbone {encoder.backbone} in float32 does not fit in one ONNX file (of 2 GB at most).",
                ),
                both(
                    "int8 で書き出すか、小さい土台を使ってください。", "Export with --int8, or use a smaller backbone."
                ),
            )
        made.replace(path)


def _export_float(encoder: "Encoder", head: "nn.Module", path: Path) -> None:
    import torch

    axes = {name: {0: "n_texts", 1: "seq_len"} for name in INPUT_NAMES} | {OUTPUT_NAME: {0: "n_texts", 1: "seq_len"}}
    ids = torch.tensor([[0, 5, 6, 2], [0, 5, 2, 1]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    with warnings.catch_warnings(), torch.no_grad():
        # Tracing warns of every Python branch, and of its successor, which needs a further library.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _with_head(encoder, head),
            (ids, mask),
            str(path),
            input_names=list(INPUT_NAMES),
            output_names=[OUTPUT_NAME],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def _with_head(encoder: "Encoder", head: "nn.Module") -> "nn.Module":
    """One module on the CPU, LoRA merged, dropout off; the originals stay as they are."""
    import copy

    import torch

    from seikaku.model.encoder.lora import merge_adapter

    class EncoderWithHead(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = merge_adapter(encoder)
            # The fast attention kernels are chosen by the data, which a traced graph cannot do.
            self.encoder.transformer.set_attn_implementation("eager")
            self.head = copy.deepcopy(head)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
            return self.head(self.encoder.token_vectors(input_ids, attention_mask))

    return EncoderWithHead().cpu().eval()
