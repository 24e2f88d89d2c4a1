"""How long training takes on each instance type, and what it costs. In: token counts. Effect: reads the price table.

Floating-point operations of a token (Kaplan et al. 2020, arXiv:2001.08361; the attention term as in appendix B of
PaLM, Chowdhery et al. 2022, arXiv:2204.02311), with N the parameters of the layers, L layers, h the width and
s the tokens of a sequence:
    forward                          2 N + 4 L s h
    backward through the activations 2 N + 8 L s h   (frozen weights need no gradient of their own)
    gradients of LoRA's own weights  6 N_lora
    gradient checkpointing           one forward more
Memory (Korthikanti et al. 2022, arXiv:2205.05198): s b h (34 + 5 a s / h) bytes of a layer's activations for b
sequences at once and a heads, in 16 bits; LoRA keeps less than that, so it is an upper bound. Weights stand in 32 bits,
and once more in 16 bits while autocast computes with them.
"""

import json
import math
from dataclasses import dataclass, replace
from typing import Any

from seikaku.cloud.money import costs
from seikaku.cloud.money.instances import Instance, Measurement, measurements
from seikaku.config import EMBEDDED, Stage1Config, Stage2Config
from seikaku.errors import UserError
from seikaku.places import ASSETS

ASSUMED_UTILISATION = 0.3  # of the dense FP16 peak; used where nothing is measured, and said to be assumed
USABLE_MEMORY_SHARE = 0.9  # the rest is the driver's, the framework's and fragmentation
# The corpora's documented sizes (docs/data.md); tokens as the embedded tokenizer counts them in processed samples.
_N_PERSONAS, _TOKENS_PER_PERSONA = 1_000_000, 67
_N_DIALOGUES, _CHARS_PER_SIDE, _TOKENS_PER_CHAR = 13_583, 346, 0.56
_EMBEDDED_CONFIG = ASSETS / "encoder" / "config.json"
_GB = 1e9
_N_LORA_TARGETS = 2  # query and value, which most kinds of encoder have


@dataclass(frozen=True, slots=True)
class EncoderShape:
    """The sizes of an encoder that decide how much it computes."""

    n_layers: int
    width: int
    n_heads: int
    feed_forward_width: int
    n_embedding_rows: int

    @property
    def n_layer_parameters(self) -> int:
        """Parameters of the layers: four projections, two feed-forward matrices, biases and norms."""
        weights = 4 * self.width**2 + 2 * self.width * self.feed_forward_width
        return self.n_layers * (weights + 9 * self.width + self.feed_forward_width)

    @property
    def n_parameters(self) -> int:
        """With the embeddings."""
        return self.n_layer_parameters + self.n_embedding_rows * self.width

    def n_lora_parameters(self, rank: int, n_targets: int) -> int:
        """Two matrices of each target of each layer."""
        return self.n_layers * n_targets * rank * 2 * self.width


@dataclass(frozen=True, slots=True)
class Workload:
    """What a stage reads: tokens an epoch, in sequences of ``sequence_tokens``, ``n_at_once`` to a GPU; its LoRA."""

    stage: int
    tokens_per_epoch: int
    epochs: int
    sequence_tokens: float
    n_at_once: int
    max_tokens: int
    lora_rank: int
    n_lora_targets: int
    gradient_checkpointing: bool
    source: str  # where the token count comes from, in Japanese

    @property
    def n_tokens(self) -> int:
        """Over all epochs."""
        return self.tokens_per_epoch * self.epochs


@dataclass(frozen=True, slots=True)
class Utilisation:
    """The share of the peak that training reaches, and where the figure comes from, in Japanese."""

    share: float
    source: str


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage on one instance type: hours of computing, its cost, and whether a batch fits a GPU."""

    workload: Workload
    instance: Instance
    utilisation: Utilisation
    hours: float
    memory_gb: float
    cost: costs.CostEstimate

    def to_dict(self) -> dict[str, Any]:
        """As JSON; an unknown price is None."""
        return {
            "instance_type": self.instance.instance_type,
            "stage": self.workload.stage,
            "tokens_per_epoch": self.workload.tokens_per_epoch,
            "tokens_source": self.workload.source,
            "utilisation_source": self.utilisation.source,
            "epochs": self.workload.epochs,
            "hours": round(self.hours, 3),
            "usd": None if self.cost.upper_usd is None else round(self.cost.upper_usd, 2),
            "memory_gb": round(self.memory_gb, 2),
            "fits": self.fits,
        }

    @property
    def fits(self) -> bool:
        """Whether the batch fits; the memory is an upper bound, so a no is a maybe."""
        return self.memory_gb <= self.instance.gpu_memory_gb * USABLE_MEMORY_SHARE


def encoder_shape(backbone: str) -> EncoderShape:
    """The sizes of a backbone. Raises UserError for one that we do not know."""
    if backbone == EMBEDDED:
        config = json.loads(_EMBEDDED_CONFIG.read_text(encoding="utf-8"))
        rows = config["vocab_size"] + config["max_position_embeddings"]
        sizes = (config["num_hidden_layers"], config["hidden_size"], config["num_attention_heads"])
        return EncoderShape(*sizes, config["intermediate_size"], rows)
    known = {  # config.json of the model on the Hugging Face hub
        "FacebookAI/xlm-roberta-large": EncoderShape(24, 1024, 16, 4096, 250_002 + 514),
        "FacebookAI/xlm-roberta-base": EncoderShape(12, 768, 12, 3072, 250_002 + 514),
    }
    if backbone not in known:
        raise UserError(
            f"土台 {backbone} の大きさを知らないので、見積もれません。",
            f"--backbone には {'、'.join(known)}、embedded のどれかを指定してください。",
        )
    return known[backbone]


def build_workload(
    config: Stage1Config | Stage2Config, tokens_per_epoch: int, sequence_tokens: float, source: str
) -> Workload:
    """The workload of a stage's settings; what stage 2 leaves open it takes from stage 1's defaults."""
    first = Stage1Config()
    bag = config.windows_per_bag if isinstance(config, Stage2Config) else 1
    return Workload(
        stage=2 if isinstance(config, Stage2Config) else 1,
        tokens_per_epoch=tokens_per_epoch,
        epochs=config.epochs,
        sequence_tokens=sequence_tokens,
        n_at_once=config.batch_size * bag,
        max_tokens=first.max_tokens if config.max_tokens is None else config.max_tokens,
        lora_rank=first.lora_r if config.lora_r is None else config.lora_r,
        n_lora_targets=len(config.lora_targets) if config.lora_targets else _N_LORA_TARGETS,
        gradient_checkpointing=config.gradient_checkpointing,
        source=source,
    )


def documented_workload(config: Stage1Config | Stage2Config) -> Workload:
    """The whole corpus by its documented size, where no processed data is at hand."""
    if isinstance(config, Stage2Config):
        tokens = round(_N_DIALOGUES * 2 * _CHARS_PER_SIDE * _TOKENS_PER_CHAR)
        source = f"配布元の全量から計算（{_N_DIALOGUES:,} 対話、手元のデータではありません）"
        workload = build_workload(config, tokens, 0, source)
        return replace(workload, sequence_tokens=workload.max_tokens)
    source = f"配布元の全量から計算（{_N_PERSONAS:,} 人、手元のデータではありません）"
    return build_workload(config, _N_PERSONAS * _TOKENS_PER_PERSONA, _TOKENS_PER_PERSONA, source)


def flops_per_token(shape: EncoderShape, workload: Workload) -> float:
    """Operations of one token, forward and backward."""
    layers = 2 * shape.n_layer_parameters
    attention = 4 * shape.n_layers * workload.sequence_tokens * shape.width
    forward, backward = layers + attention, layers + 2 * attention
    again = forward if workload.gradient_checkpointing else 0
    return forward + backward + again + 6 * shape.n_lora_parameters(workload.lora_rank, workload.n_lora_targets)


def memory_gb(shape: EncoderShape, workload: Workload) -> float:
    """An upper bound of a GPU's memory with full sequences, in GB of 10^9 bytes."""
    tokens, width = workload.n_at_once * workload.max_tokens, shape.width
    layer = tokens * width * (34 + 5 * shape.n_heads * workload.max_tokens / width)
    # Checkpointing keeps a layer's input, and one layer whole while it computes again.
    activations = layer + 2 * tokens * width * shape.n_layers
    if not workload.gradient_checkpointing:
        activations = layer * shape.n_layers
    weights = 4 * shape.n_parameters + 2 * shape.n_layer_parameters
    optimizer = 16 * shape.n_lora_parameters(workload.lora_rank, workload.n_lora_targets)
    return (weights + optimizer + activations) / _GB


def find_utilisation(backbone: str, gpu: str | None) -> Utilisation:
    """The utilisation measured with this backbone, best on this very GPU; else the assumed one."""
    measured = [row for row in measurements() if row.model == backbone]
    same = next((row for row in measured if row.gpu == gpu), None)
    if same is not None:
        return Utilisation(same.utilisation, f"{gpu} で実測 {same.utilisation:.0%}")
    if measured:
        return Utilisation(measured[0].utilisation, _transferred(measured[0]))
    return Utilisation(ASSUMED_UTILISATION, f"仮定 {ASSUMED_UTILISATION:.0%}（まだ測っていません）")


def plan_stage(backbone: str, workload: Workload, instance: Instance, region: str) -> StagePlan:
    """One stage on one instance type with GPUs; several are taken to divide the time."""
    shape = encoder_shape(backbone)
    utilisation = find_utilisation(backbone, instance.gpu)
    flops_per_second = instance.peak_fp16_tflops * 1e12 * instance.n_gpus * utilisation.share
    seconds = workload.n_tokens * flops_per_token(shape, workload) / flops_per_second
    cost = costs.estimate_training(instance.instance_type, region, max_runtime_seconds=math.ceil(seconds))
    return StagePlan(workload, instance, utilisation, seconds / 3600, memory_gb(shape, workload), cost)


def _transferred(measured: Measurement) -> str:
    return f"{measured.gpu} で実測した {measured.utilisation:.0%} を当てはめた計算"
