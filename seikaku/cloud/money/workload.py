"""What a stage computes: its steps, their operations and their memory. In: settings, token counts. No effects.

Floating-point operations of a token (Kaplan et al. 2020, arXiv:2001.08361; the attention term as in appendix B of
PaLM, Chowdhery et al. 2022, arXiv:2204.02311), with N the parameters of the layers, L layers, h the width and
s the tokens of a sequence:
    forward                          2 N + 4 L s h
    backward through the activations 2 N + 8 L s h   (frozen weights need no gradient of their own)
    gradients of LoRA's own weights  6 N_lora
(What gradient checkpointing costs is in ``step_time``: it was measured to be more than its operations.)
Memory (Korthikanti et al. 2022, arXiv:2205.05198): 18 s b h + 4 s b f + 5 a b s^2 bytes of a layer's activations for b
sequences at once, a heads and a feed-forward part of width f, in 16 bits (with a gate, 8 s b f); LoRA keeps less, so it
is an upper bound. Weights stand in 32 bits, and once more in 16 bits while autocast computes with them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from seikaku.cloud.money.encoders import EncoderShape
from seikaku.config import Stage1Config, Stage2Config
from seikaku.errors import both

# The corpora's documented sizes (docs/data.md), and lengths as the embedded tokenizer counts them in the published
# samples: of 50 personas' 500 texts, the mean of each twentieth from the shortest to the longest.
_N_PERSONAS = 1_000_000
_TRAIN_SHARE = {1: 0.9, 2: 0.9}  # the rest validates and, in stage 1, tests
_PERSONA_LENGTHS = (
    33.7, 40.1, 43.9, 46.7, 49.4, 51.9, 54.9, 57.1, 59.3, 62.5,
    65.1, 67.5, 69.8, 73.4, 76.6, 80.6, 86.5, 93.7, 105.8, 129.0,
)  # fmt: skip
_N_DIALOGUES, _CHARS_PER_SIDE, _TOKENS_PER_CHAR = 13_583, 346, 0.56
QUERY_AND_VALUE = ("query", "value")  # what the default encoder's kind adapts
_GB = 1e9


@dataclass(frozen=True, slots=True)
class Workload:
    """What a stage reads: ``n_sequences`` an epoch, ``n_at_once`` to a GPU and step; and its LoRA.

    ``lengths`` are the mean tokens of equally many sequences each, from short to long: batches are of similar length.
    """

    stage: int
    n_sequences: int
    lengths: tuple[float, ...]
    epochs: int
    n_at_once: int
    max_tokens: int
    precision: str
    lora_rank: int
    lora_targets: tuple[str, ...]
    gradient_checkpointing: bool
    source: str  # where the token count comes from, in Japanese

    @property
    def mean_tokens(self) -> float:
        """Of a sequence."""
        return sum(self.lengths) / len(self.lengths)

    @property
    def tokens_per_epoch(self) -> int:
        """Of all sequences."""
        return round(self.n_sequences * self.mean_tokens)

    def steps(self, n_gpus: int) -> Iterator[tuple[float, float]]:
        """For each length, how many steps a whole training takes on ``n_gpus``, and the tokens of a sequence in it."""
        n_steps = self.n_sequences * self.epochs / (self.n_at_once * n_gpus)
        for length in self.lengths:
            yield n_steps / len(self.lengths), length


def build_workload(
    config: Stage1Config | Stage2Config,
    n_sequences: int,
    lengths: tuple[float, ...],
    source: str,
    lora_targets: tuple[str, ...] = QUERY_AND_VALUE,
) -> Workload:
    """The workload of a stage's settings; what stage 2 leaves open it takes from stage 1's defaults.

    ``lora_targets``: those of the encoder's kind, where the settings name none.
    """
    first = Stage1Config()
    if isinstance(config, Stage1Config) and config.max_personas:
        n_sequences = min(n_sequences, config.max_personas)
    bag = config.windows_per_bag if isinstance(config, Stage2Config) else 1
    return Workload(
        stage=2 if isinstance(config, Stage2Config) else 1,
        n_sequences=n_sequences,
        lengths=lengths,
        epochs=config.epochs,
        n_at_once=config.batch_size * bag,
        max_tokens=first.max_tokens if config.max_tokens is None else config.max_tokens,
        precision=config.precision,
        lora_rank=first.lora_r if config.lora_r is None else config.lora_r,
        lora_targets=config.lora_targets or lora_targets,
        gradient_checkpointing=config.gradient_checkpointing,
        source=source,
    )


def documented_workload(
    config: Stage1Config | Stage2Config, lora_targets: tuple[str, ...] = QUERY_AND_VALUE
) -> Workload:
    """The whole corpus by its documented size, where no processed data is at hand."""
    if isinstance(config, Stage2Config):
        source = both(
            f"配布元の全量から計算（{_N_DIALOGUES:,} 対話、手元のデータではありません）",
            f"computed from all that is published ({_N_DIALOGUES:,} dialogues), not from data at hand",
        )
        longest = Stage1Config().max_tokens if config.max_tokens is None else config.max_tokens
        tokens = _N_DIALOGUES * 2 * _CHARS_PER_SIDE * _TOKENS_PER_CHAR * _TRAIN_SHARE[2]
        return build_workload(config, round(tokens / longest), (float(longest),), source, lora_targets)
    used = both("", "")
    if config.max_personas:
        used = both(f"、使うのは {config.max_personas:,} 人", f", of whom {config.max_personas:,} are used")
    source = both(
        f"配布元の全量から計算（{_N_PERSONAS:,} 人{used}、手元のデータではありません）",
        f"computed from all that is published ({_N_PERSONAS:,} people{used.english}), not from data at hand",
    )
    lengths = tuple(min(length, config.max_tokens) for length in _PERSONA_LENGTHS)
    return build_workload(config, round(_N_PERSONAS * _TRAIN_SHARE[1]), lengths, source, lora_targets)


def of_personas(workload: Workload, n_personas: int) -> Workload:
    """Stage 1's workload with ``--max_personas`` set so, or all that the corpus has; texts as long."""
    most = round(_N_PERSONAS * _TRAIN_SHARE[1])
    source = both(f"--max_personas {n_personas} として計算", f"computed for --max_personas {n_personas}")
    return replace(workload, n_sequences=min(n_personas, most), source=source)


def flops_per_token(shape: EncoderShape, workload: Workload, sequence_tokens: float) -> float:
    """Operations of one token of such a sequence, forward and backward."""
    lora = 6 * shape.n_lora_parameters(workload.lora_rank, workload.lora_targets)
    return 4 * shape.n_layer_parameters + 12 * shape.n_layers * sequence_tokens * shape.query_width + lora


def step_flops(shape: EncoderShape, workload: Workload, sequence_tokens: float) -> float:
    """Operations of a step on one GPU, all sequences as long."""
    return workload.n_at_once * sequence_tokens * flops_per_token(shape, workload, sequence_tokens)


def memory_gb(shape: EncoderShape, workload: Workload) -> float:
    """An upper bound of a GPU's memory with full sequences, in GB of 10^9 bytes."""
    tokens, width = workload.n_at_once * workload.max_tokens, shape.width
    per_feed_forward = 8 if shape.n_feed_forward == 3 else 4
    of_scores = 5 * shape.n_heads * workload.max_tokens
    layer = tokens * (18 * width + per_feed_forward * shape.feed_forward_width + of_scores)
    # Checkpointing keeps a layer's input, and one layer whole while it computes again.
    activations = layer + 2 * tokens * width * shape.n_layers
    if not workload.gradient_checkpointing:
        activations = layer * shape.n_layers
    weights = 4 * shape.n_parameters + 2 * shape.n_layer_parameters
    optimizer = 16 * shape.n_lora_parameters(workload.lora_rank, workload.lora_targets)
    return (weights + optimizer + activations) / _GB
