"""What an instance type is made of: GPUs, their memory and peaks. In: assets/cloud/instances.json. Effect: reads it."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from seikaku.errors import UserError, Words, both
from seikaku.places import ASSETS

DEFAULT_INSTANCE_TYPE = "ml.g4dn.xlarge"
_PATH = ASSETS / "cloud" / "instances.json"


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance type; ``gpu`` is None without GPUs. Peak: TFLOPS of one GPU, dense FP16 on tensor cores."""

    instance_type: str
    gpu: str | None
    n_gpus: int
    gpu_memory_gb: float
    peak_fp16_tflops: float
    bf16: bool
    vcpus: int
    local_disk: bool  # the instance's own NVMe disk is used, and no volume is billed


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU's memory and its peaks in TFLOPS: dense FP16 on tensor cores, FP32 without them."""

    memory_gb: float
    peak_fp16_tflops: float
    peak_fp32_tflops: float
    bf16: bool


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_PATH.read_text(encoding="utf-8"))
    return document


@cache
def offered_instances() -> tuple[Instance, ...]:
    """The instance types that the documentation and the cost plan speak of, small ones first within a family."""
    return tuple(_build(name, row) for name, row in _document()["instances"].items() if row["offered"])


def training_instances() -> tuple[Instance, ...]:
    """The offered instance types with a GPU."""
    return tuple(instance for instance in offered_instances() if instance.n_gpus)


def find_instance(instance_type: str) -> Instance | None:
    """The instance type's facts, None where we have none."""
    row = _document()["instances"].get(instance_type)
    return None if row is None else _build(instance_type, row)


def require_instance(instance_type: str) -> Instance:
    """As ``find_instance``. Raises UserError for a type without facts."""
    found = find_instance(instance_type)
    if found is None:
        known = [instance.instance_type for instance in offered_instances()]
        raise UserError(
            both(
                f"インスタンスタイプ {instance_type} の情報がありません。",
                f"Nothing is known of the instance type {instance_type}.",
            ),
            both(f"次のどれかを指定してください: {'、'.join(known)}", f"Give one of these: {', '.join(known)}"),
        )
    return found


def has_gpus(instance_type: str) -> bool:
    """Whether the instance type has a GPU, as far as we know."""
    instance = find_instance(instance_type)
    return instance is not None and instance.n_gpus > 0


def has_own_disk(instance_type: str) -> bool:
    """Whether the instance type works on a disk of its own, as far as we know: it takes no volume and no key."""
    instance = find_instance(instance_type)
    return instance is not None and instance.local_disk


def choose_training_instances(instance_type: str) -> tuple[Instance, ...]:
    """The named instance type alone, for "" every one that is offered. Raises UserError for one without GPUs."""
    if not instance_type:
        return training_instances()
    instance = require_instance(instance_type)
    if not instance.n_gpus:
        raise UserError(
            both(
                f"{instance_type} には GPU がないので、学習の時間を見積もれません。",
                f"{instance_type} has no GPU, so how long training takes cannot be estimated.",
            ),
            both(
                "--instance_type ml.g4dn.xlarge など、GPU のあるものを指定してください。",
                "Give one with a GPU, such as --instance_type ml.g4dn.xlarge.",
            ),
        )
    return (instance,)


def known_gpus() -> tuple[str, ...]:
    """The names of the GPUs that we have facts of."""
    return tuple(_document()["gpus"])


def find_gpu(name: str) -> Gpu:
    """A GPU's facts. Raises KeyError for one without."""
    row = _document()["gpus"][name]
    return Gpu(row["memory_gb"], row["peak_fp16_tflops"], row["peak_fp32_tflops"], row["bf16"])


def retirement_notice(instance_type: str) -> Words | None:
    """What is to be said of an instance type that AWS gives to no new jobs; None of any other."""
    for prefix, row in _document()["retired"].items():
        if instance_type.startswith(prefix):
            return both(
                f"警告: {instance_type} は、{row['text']}（{row['as_of']} に確認。{'、'.join(row['sources'])}）",
                f"Warning: {instance_type} is {row['text_en']} (as of {row['as_of']}; {', '.join(row['sources'])})",
            )
    return None


def _build(name: str, row: dict[str, Any]) -> Instance:
    gpu = find_gpu(row["gpu"]) if row["gpu"] else Gpu(0, 0, 0, False)
    return Instance(
        name,
        row["gpu"],
        row["n_gpus"],
        gpu.memory_gb,
        gpu.peak_fp16_tflops,
        gpu.bf16,
        row["vcpus"],
        row["volume"] == "local",
    )
