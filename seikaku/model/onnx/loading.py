"""A stage 2 run's ONNX export, loaded to estimate without torch. In: a folder. Out: ``TrainedModel``. Effect: reads.

model.onnx          scores of every token on 1-7 (`model.onnx.exporting`)
tokenizer.json      of the `tokenizers` library
model.json          settings, calibration, the SHA-256 of the files above; written last
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from seikaku.errors import ModelError, both
from seikaku.files import sha256_of_file
from seikaku.model.calibration import Calibration
from seikaku.model.encoder.explaining import Float32Array, IntArray, TokenScorer
from seikaku.model.encoder.special import SpecialTokens
from seikaku.model.settings import read_settings
from seikaku.model.trained import TrainedModel
from seikaku.telemetry import stop_events

MODEL_NAME = "model.onnx"
SETTINGS_NAME = "model.json"
TOKENIZER_NAME = "tokenizer.json"
FORMAT = "seikaku-onnx"
FORMAT_VERSION = 3  # 3: any number of special tokens around a window
MODEL_ID = "seikaku-lora-onnx"
_MEND = both("seikaku export で書き出し直してください。", "Export it anew with seikaku export.")


def load_trained_onnx(folder: Path) -> TrainedModel:
    """Load and check an export. Raises ModelError that names what is missing, altered or of another format."""
    from tokenizers import Tokenizer

    from seikaku.model.run.loading import assemble

    subject = both("書き出し", "export")
    settings = read_settings(folder / SETTINGS_NAME, (FORMAT, FORMAT_VERSION), subject=subject, mend=_MEND)
    for name, expected in settings["files"].items():
        if not (folder / name).is_file() or sha256_of_file(folder / name) != expected:
            raise ModelError(
                both(
                    f"書き出したファイルが壊れているか、書き換えられています: {folder / name}",
                    f"An exported file is damaged or altered: {folder / name}",
                ),
                _MEND,
            )
    tokenizer: Any = Tokenizer.from_file(str(folder / TOKENIZER_NAME))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return assemble(
        MODEL_ID,
        hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest(),
        tokenizer=tokenizer,
        score_tokens=onnx_scorer(folder / MODEL_NAME),
        special=SpecialTokens.from_json(settings["special_tokens"]),
        recorded=settings,
        calibration=Calibration.from_json(settings["calibration"]),
    )


def onnx_scorer(path: Path) -> TokenScorer:
    """Score tokens with ONNX Runtime on the CPU."""
    import onnxruntime

    stop_events(onnxruntime)
    session: Any = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def score(input_ids: IntArray, attention_mask: IntArray) -> Float32Array:
        (scores,) = session.run(None, {"input_ids": input_ids, "attention_mask": attention_mask})
        found: Float32Array = scores
        return found

    return score
