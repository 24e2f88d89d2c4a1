"""Model names of the command line -> regressors of the evaluation protocol. Effects: imports what is named, reads runs.

``ngram+frozen`` is the mean of two; ``frozen:HUB_ID`` names another encoder; a folder of stage 2 is trained anew in
every fold with the settings it was trained with; ``module:callable`` is somebody's own.
"""

import importlib
from pathlib import Path
from typing import Any

from seikaku.config import EMBEDDED
from seikaku.errors import UserError, both

MODELS = ("ngram", "plain-ngram", "constant", "frozen")
_FROZEN_PREFIX = "frozen:"


def load_regressor(model_name: str, report: Any = lambda line: None, vectors: Path | None = None) -> Any:
    """A regressor by its name; a frozen encoder keeps what it read in ``vectors``.

    Raises UserError for a name that leads nowhere, ModelError for a broken run.
    """
    if _is_run(model_name):
        from seikaku.model.run.folder import open_run_folder
        from seikaku.training.lora.regressor import regressor_of_run

        return regressor_of_run(open_run_folder(Path(model_name), stage=2), report)
    if "+" in model_name:
        from seikaku.training.ridge.combination import CombinedRegressor

        return CombinedRegressor(tuple(load_regressor(part, report, vectors) for part in model_name.split("+")))
    if model_name == "frozen" or model_name.startswith(_FROZEN_PREFIX):
        return _frozen(model_name.removeprefix(_FROZEN_PREFIX) if ":" in model_name else EMBEDDED, report, vectors)
    return _own(model_name) if model_name in MODELS else _foreign(model_name)


def _is_run(model_name: str) -> bool:
    return Path(model_name).is_dir()


def _own(model_name: str) -> Any:
    from seikaku.evaluation.baselines import ConstantRegressor, PlainNgramRegressor
    from seikaku.training.ridge.ngram import NgramRegressor

    makers = {"ngram": NgramRegressor, "plain-ngram": PlainNgramRegressor, "constant": ConstantRegressor}
    return makers[model_name]()


def _frozen(backbone: str, report: Any, vectors: Path | None) -> Any:
    from seikaku.model.encoder.hardware import fast_precision
    from seikaku.training.ridge.frozen import FrozenConfig, FrozenRegressor

    name = "frozen" if backbone == EMBEDDED else f"{_FROZEN_PREFIX}{backbone}"
    config = FrozenConfig(backbone=backbone, precision=fast_precision())
    return FrozenRegressor(config, name, vectors=vectors, report=report)


def _foreign(model_name: str) -> Any:
    module_name, _, attribute = model_name.partition(":")
    try:
        return getattr(importlib.import_module(module_name), attribute)()
    except (ImportError, AttributeError, ValueError):
        raise UserError(
            both(f"モデル {model_name} はありません。", f"There is no model {model_name}."),
            both(
                f"{'、'.join(MODELS)}、stage 2 の学習結果のフォルダ、「モジュール:関数」のどれかを指定してください。",
                f"Name one of {', '.join(MODELS)}, a folder that stage 2 has written, or “module:callable”.",
            ),
        ) from None
