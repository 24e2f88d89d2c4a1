"""Addresses of AWS's Hugging Face images, pinned. In: assets/cloud/images.json (with its source). Effect: reads it."""

import json
from functools import cache
from typing import Any

from seikaku.errors import UserError
from seikaku.places import ASSETS

_PATH = ASSETS / "cloud" / "images.json"


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_PATH.read_text(encoding="utf-8"))
    return document


def training_image(region: str) -> str:
    """The training image's address. Raises UserError for a region whose registry is not listed."""
    return _address("training", region)


def inference_image(region: str) -> str:
    """The inference image's address, for CPU. Raises UserError for a region whose registry is not listed."""
    return _address("inference_cpu", region)


def _address(name: str, region: str) -> str:
    registries = _document()["registries"]
    if region not in registries:
        raise UserError(
            f"リージョン {region} の Hugging Face のイメージの場所が分かりません。",
            f"次のどれかを --region に指定してください: {'、'.join(registries)}",
        )
    image = _document()[name]
    return f"{registries[region]}.dkr.ecr.{region}.amazonaws.com/{image['repository']}:{image['tag']}"
