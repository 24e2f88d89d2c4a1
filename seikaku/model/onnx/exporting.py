"""A stage 2 run as a folder that runs without torch (`model.onnx.loading`). In: a run folder. Out: files. Effect: disk.

``model.json`` comes last, once ONNX agrees with torch.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seikaku.errors import ModelError, both
from seikaku.files import sha256_of_file, write_json
from seikaku.model.calibration import Calibration
from seikaku.model.encoder.batches import pad
from seikaku.model.encoder.special import SpecialTokens, encode_texts
from seikaku.model.onnx.loading import FORMAT, FORMAT_VERSION, MODEL_NAME, SETTINGS_NAME, TOKENIZER_NAME, onnx_scorer
from seikaku.model.run.folder import CONFIG_NAME, RunFolder
from seikaku.model.run.loading import load_trait_model

if TYPE_CHECKING:
    from seikaku.model.encoder.heads import TraitHead

# Our own sentences, about as much as the least text that is ever estimated from.
_PROBE = (
    "はじめまして。週末は山に登ったり、家で本を読んだりしています。",
    "先週は友だちと海まで自転車で行って、帰りに食べたかき氷がとてもおいしかったです。",
    "仕事は図書館で、古い資料の整理をしています。細かい作業ですが、性に合っているみたいです。",
    "最近は料理にも少しずつ挑戦していて、昨日は初めて自分でパンを焼きました。固かったけれど、うれしかったです。",
    "来月は妹の引っ越しを手伝う予定で、今から何を持って行こうか考えています。そちらはどんな毎日ですか？",
)
# Of an estimate, on 1-7: float32 differs by rounding only, 8 bits by what they cannot hold.
TOLERANCE_1TO7 = {False: 1e-3, True: 0.25}


@dataclass(frozen=True, slots=True)
class ExportedRun:
    """The written model file, and the greatest difference to torch that was found (on the 1-7 scale)."""

    path: Path
    difference: float


def export_run(run_path: Path, out: Path, *, int8: bool) -> ExportedRun:
    """Write the folder. Raises ModelError: no whole run of stage 2, too large, or an export that differs from torch."""
    from seikaku.model.onnx.graph import export_onnx

    model, run = load_trait_model(run_path)
    encoder: Any = model.encoder
    if not (run.path / TOKENIZER_NAME).is_file():
        raise ModelError(
            both(
                f"土台 {encoder.backbone} の tokenizer には {TOKENIZER_NAME} がないので、ONNX に書き出せません。",
                f"The tokenizer of the backbone {encoder.backbone} has no {TOKENIZER_NAME}, so it cannot be exported.",
            ),
            both(
                "学習結果のフォルダをそのまま --model に指定して使うか、tokenizer.json のある土台で学習してください。",
                "Use the run's folder itself as --model, or train with a backbone that has a tokenizer.json.",
            ),
        )
    head = _token_head(model.head)
    out.mkdir(parents=True, exist_ok=True)
    (out / SETTINGS_NAME).unlink(missing_ok=True)
    export_onnx(encoder, head, out / MODEL_NAME, int8=int8)
    shutil.copyfile(run.path / TOKENIZER_NAME, out / TOKENIZER_NAME)
    max_tokens = run.load_config()["config"]["max_tokens"]
    difference = _compare(encoder, head, out / MODEL_NAME, run.load_calibration(), max_tokens)
    if not difference <= TOLERANCE_1TO7[int8]:
        raise ModelError(
            both(
                f"書き出した ONNX の値が torch と {difference:.3g} 違います（許す差 {TOLERANCE_1TO7[int8]:g}）: {out}",
                f"The exported ONNX differs from torch by {difference:.3g} (allowed: {TOLERANCE_1TO7[int8]:g}): {out}",
            ),
            both("--int8 を外して書き出してください。", "Export without --int8.")
            if int8
            else both("onnxruntime と torch の版を確かめてください。", "Check the versions of onnxruntime and torch."),
        )
    write_json(out / SETTINGS_NAME, _describe(run, encoder.special, out, int8))
    return ExportedRun(out / MODEL_NAME, difference)


def _token_head(head: "TraitHead") -> Any:
    """The head as a module of its own that scores tokens: (n_texts, seq_len, width) -> (n_texts, seq_len, n_traits)."""
    from torch import Tensor, nn

    class TokenHead(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = head

        def forward(self, vectors: Tensor) -> Tensor:
            return self.head.token_scores(vectors)

    return TokenHead().eval()


def _compare(encoder: Any, head: Any, path: Path, calibration: Calibration, max_tokens: int) -> float:
    """The greatest difference between estimates: from little text, where rounding averages out least, and from a window
    of full length, where layers that look at near tokens only must leave the far ones out in both.
    """
    import torch

    texts = [np.array(ids) for ids in encode_texts(encoder.tokenizer, _PROBE)]
    room = max_tokens - encoder.special.n_around
    longest = np.resize(np.concatenate(texts), room)
    score = onnx_scorer(path)
    found = []
    for batch in ([text[:room] for text in texts], [longest, texts[0][:room]]):
        ids, mask = pad([encoder.special.frame([text]) for text in batch], encoder.special.pad)
        with torch.no_grad():
            expected = head(encoder.token_vectors(torch.from_numpy(ids), torch.from_numpy(mask))).numpy()
        found.append(((score(ids, mask) - expected) * mask[:, :, None]).sum(axis=(0, 1)) / mask.sum())
    return float((np.abs(found) * calibration.slope).max())


def _describe(run: RunFolder, special: SpecialTokens, out: Path, int8: bool) -> dict[str, Any]:
    config = run.load_config()
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "int8": int8,
        "config": config["config"],
        "data": config["data"],
        "special_tokens": special._asdict(),
        "calibration": run.load_calibration().to_json(),
        "files": {name: sha256_of_file(out / name) for name in (MODEL_NAME, TOKENIZER_NAME)},
        "run_config_sha256": sha256_of_file(run.path / CONFIG_NAME),
        "seikaku_version": config["seikaku_version"],
    }
