"""AWS's Hugging Face images: addresses, and until when they get patches. Effect: reads a file.

In: assets/cloud/images.json, where every figure has its source. An image is pinned; the one that will follow it waits
beside it until AWS lists it in the region (``account.registry``).
"""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from seikaku.errors import UserError, Words, both
from seikaku.places import ASSETS

_PATH = ASSETS / "cloud" / "images.json"
TRAINING, TRAINING_SUCCESSOR, INFERENCE = "training", "training_successor", "inference_cpu"
OFFERED = (TRAINING, TRAINING_SUCCESSOR, INFERENCE)


@dataclass(frozen=True, slots=True)
class Image:
    """One of AWS's images; ``end_of_patch``: the last day with security patches, None where AWS tells none."""

    repository: str
    tag: str
    end_of_patch: date | None

    def registry(self, region: str) -> str:
        """The account that holds it in a region. Raises UserError for a region whose registry is not listed."""
        registries = list_registries()
        if region not in registries:
            raise UserError(
                both(
                    f"リージョン {region} の Hugging Face のイメージの場所が分かりません。",
                    f"Where the Hugging Face images of the region {region} lie is not known.",
                ),
                both(
                    f"次のどれかを --region に指定してください: {'、'.join(registries)}",
                    f"Give --region one of these: {', '.join(registries)}",
                ),
            )
        return registries[region]

    def address(self, region: str) -> str:
        """What a request calls it. Raises UserError for a region whose registry is not listed."""
        return f"{self.registry(region)}.dkr.ecr.{region}.amazonaws.com/{self.repository}:{self.tag}"


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_PATH.read_text(encoding="utf-8"))
    return document


def list_registries() -> dict[str, str]:
    """Region -> the account of AWS that holds the images there."""
    registries: dict[str, str] = _document()["registries"]
    return registries


def find_image(kind: str) -> Image | None:
    """One of ``OFFERED``, None where there is none of that kind (no successor is known)."""
    found = _document().get(kind)
    if found is None:
        return None
    end = found.get("end_of_patch")
    return Image(found["repository"], found["tag"], date.fromisoformat(end) if end else None)


def training_image(region: str) -> str:
    """The pinned training image's address. Raises UserError for a region whose registry is not listed."""
    return _pinned(TRAINING).address(region)


def inference_image(region: str) -> str:
    """The inference image's address, for CPU. Raises UserError for a region whose registry is not listed."""
    return _pinned(INFERENCE).address(region)


@dataclass(frozen=True, slots=True)
class PatchEnd:
    """An image that gets no security patches any more: what happened, and what to do."""

    line: Words
    mend: Words

    @property
    def notice(self) -> Words:
        """Both in one line."""
        return both(f"{self.line}{self.mend}", f"{self.line.english} {self.mend.english}")


def find_patch_end(address: str, today: date | None = None) -> PatchEnd | None:
    """Whether the image behind ``address`` is past its date; None for one that is not, and for an image of others.

    ``today``: another day than this one.
    """
    for kind in OFFERED:
        image = find_image(kind)
        if image is None or image.end_of_patch is None or not address.endswith(f"/{image.repository}:{image.tag}"):
            continue
        if image.end_of_patch < (today or datetime.now(UTC).date()):
            name = f"{image.repository}:{image.tag}"
            line = both(
                f"イメージ {name} のセキュリティの修正は、{image.end_of_patch} に終わっています。",
                f"The image {name} has had no security patches since {image.end_of_patch}.",
            )
            return PatchEnd(line, _mend(kind))
    return None


def _mend(kind: str) -> Words:
    successor = find_image(TRAINING_SUCCESSOR)
    if kind == TRAINING and successor is not None:
        return both(
            f"後継の {successor.tag} が AWS の一覧にあれば、始めるときに自動でそちらを使います。",
            f"Where AWS lists its successor {successor.tag}, that one is used instead.",
        )
    if kind == INFERENCE:
        return both(
            "seikaku cloud image で自分のイメージを作ると、deploy と batch はそちらを使います。",
            "Build an image of your own with seikaku cloud image: deploy and batch then use it.",
        )
    return both("seikaku を新しくしてください。", "Update seikaku.")


def _pinned(kind: str) -> Image:
    image = find_image(kind)
    assert image is not None, kind
    return image
