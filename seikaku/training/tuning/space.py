"""What tuning searches, on this machine and on SageMaker alike. In: settings that are fixed. Out: what is left open.

LoRA's alpha is not searched and does not follow the rank: it acts like the learning rate, which is searched with it
(Hu et al. 2021, LoRA, section 4.1: "we simply set alpha to the first r we try and do not tune it").
Effect: reads the space that ships with the package. Light: no torch.
"""

import json
from collections.abc import Callable
from typing import Any

from seikaku.config import NO_STAGE1, Stage2Config
from seikaku.errors import UserError, both
from seikaku.places import ASSETS

_FIXED_BY_STAGE1 = "lora_r"


def load_search_space() -> dict[str, Any]:
    """The search space that local and SageMaker tuning share."""
    space = json.loads((ASSETS / "tuning" / "search_space.json").read_text(encoding="utf-8"))
    assert isinstance(space, dict)
    return space


def choose_parameters(fixed: dict[str, Any], report: Callable[[str], None]) -> dict[str, Any]:
    """The parameters to search: the space without what is given, and without what stage 1's adapter decides.

    Raises UserError when nothing is left to search.
    """
    parameters = {name: item for name, item in load_search_space()["parameters"].items() if name not in fixed}
    if fixed.get("stage1_model_path", Stage2Config().stage1_model_path) != NO_STAGE1:
        if parameters.pop(_FIXED_BY_STAGE1, None):
            report(
                both(
                    f"{_FIXED_BY_STAGE1} は stage 1 の値に決まるので探しません"
                    "（--stage1_model_path none なら探します）。",
                    f"{_FIXED_BY_STAGE1} is not searched: stage 1 decides it (with --stage1_model_path none it is).",
                )
            )
    if not parameters:
        raise UserError(
            both("探す設定が残っていません。", "No setting is left to search."),
            both("固定するフラグを減らしてください。", "Fix fewer of them by flags."),
        )
    return parameters
