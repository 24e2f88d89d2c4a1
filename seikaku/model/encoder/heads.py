"""What stands on the encoder: heads for stage 1 (age, sex, occupation) and stage 2 (the five traits). No effects.

Every loss term is divided by what a guess from the training average would cost (1 for a standardised number, log n for
one of n classes), so that all begin near 1 and the stated weights compare. A missing label (NaN, -100) adds nothing
to the loss and nothing to any gradient. ``forward`` names its arguments on purpose: transformers' Trainer takes
a ``**kwargs`` for a loss that is already scaled for gradient accumulation.

Shapes: n_texts texts (stage 2: windows), width of the encoder, n_bags bags of one speaker's windows each.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seikaku.traits import N_TRAITS

MISSING_CLASS = -100
# Stage 1's terms. Occupation counts twice, as industry and as size, so each has half.
AUXILIARY_WEIGHTS = {"age": 1.0, "sex": 1.0, "industry": 0.5, "size": 0.5, "weak_traits": 1.0}
# Stage 2's further targets (KiSS-18, ATQ, demographics) together, beside 1 for the five traits together.
EXTRA_WEIGHT = 0.2
_INITIAL_SD = 0.02


class AuxiliaryHeads(nn.Module):
    """Stage 1: linear heads for age (standardised inside), sex, industry, size and, if asked, weak trait labels."""

    age_scale: Tensor

    def __init__(
        self,
        width: int,
        n_industries: int,
        n_sizes: int,
        *,
        age_mean: float,
        age_sd: float,
        weak_traits: bool = False,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        widths = {"age": 1, "sex": 2, "industry": n_industries, "size": n_sizes}
        if weak_traits:
            widths["weak_traits"] = N_TRAITS
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict({name: _linear(width, n_outputs) for name, n_outputs in widths.items()})
        self.register_buffer("age_scale", torch.tensor([age_mean, age_sd], dtype=torch.float32))

    def forward(self, pooled: Tensor) -> dict[str, Tensor]:
        """(n_texts, width) -> ``age`` (n_texts,) in years, logits ``sex`` (n_texts, 2) etc., ``weak_traits`` (, 5)."""
        shared = self.dropout(pooled)
        outputs = {name: head(shared) for name, head in self.heads.items()}
        outputs["age"] = outputs["age"].squeeze(-1) * self.age_scale[1] + self.age_scale[0]
        return outputs

    def loss(self, outputs: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
        """The weighted mean of the terms; ``labels`` holds one tensor for each output, NaN or -100 where missing."""
        age_sd = self.age_scale[1]
        terms = {"age": _masked_huber(outputs["age"] / age_sd, labels["age"] / age_sd)}
        for name in ("sex", "industry", "size"):
            terms[name] = _masked_cross_entropy(outputs[name], labels[name])
        if "weak_traits" in outputs:
            terms["weak_traits"] = _masked_huber(outputs["weak_traits"], labels["weak_traits"])
        total = sum(AUXILIARY_WEIGHTS[name] for name in terms)
        return torch.stack([AUXILIARY_WEIGHTS[name] * term for name, term in terms.items()]).sum() / total


class TraitHead(nn.Module):
    """Stage 2: a linear head on a bag's vector, in units of the training speakers' mean and SD.

    ``extra`` targets stand behind the five traits. Buffers: ``label_mean`` and ``label_sd`` (n_targets,), and the mean
    and SD of the vectors that ``set_feature_scale`` saw: mean-pooled vectors share a large common part, and what tells
    speakers apart is small beside it.
    """

    label_mean: Tensor
    label_sd: Tensor
    feature_mean: Tensor
    feature_sd: Tensor

    def __init__(self, width: int, n_extra: int = 0, *, dropout: float = 0.1) -> None:
        super().__init__()
        n_targets = N_TRAITS + n_extra
        self.dropout = nn.Dropout(dropout)
        self.linear = _linear(width, n_targets)
        self.register_buffer("label_mean", torch.zeros(n_targets))
        self.register_buffer("label_sd", torch.ones(n_targets))
        self.register_buffer("feature_mean", torch.zeros(width))
        self.register_buffer("feature_sd", torch.ones(width))

    def set_label_scale(self, mean: Any, sd: Any) -> None:
        """Mean and SD of the training speakers' labels, (n_targets,); raises ValueError unless every SD is > 0."""
        mean, sd = torch.as_tensor(mean, dtype=torch.float32), torch.as_tensor(sd, dtype=torch.float32)
        if not bool((sd > 0).all()):
            raise ValueError("a target without variance cannot be standardised")
        self.label_mean.copy_(mean)
        self.label_sd.copy_(sd)

    def set_feature_scale(self, pooled: Tensor) -> None:
        """Standardise by these training vectors (n, width), as the encoder gives them before stage 2."""
        self.feature_mean.copy_(pooled.mean(dim=0))
        self.feature_sd.copy_(pooled.std(dim=0).clamp_min(1e-6))

    def forward(self, pooled: Tensor) -> Tensor:
        """(n_bags, width) -> standardised estimates (n_bags, n_targets)."""
        return torch.as_tensor(self.linear(self.dropout((pooled - self.feature_mean) / self.feature_sd)))

    def standardise(self, labels: Tensor) -> Tensor:
        """Labels on their own scales (n_bags, n_targets) -> standardised; NaN stays."""
        return (labels - self.label_mean) / self.label_sd

    def token_scores(self, vectors: Tensor) -> Tensor:
        """Token vectors (n_texts, seq_len, width) -> the five traits on 1-7, not clipped (n_texts, seq_len, n_traits).

        The head is linear (dropout off): the mean over tokens is the estimate of the mean vector.
        """
        return torch.as_tensor(self(vectors) * self.label_sd + self.label_mean)[..., :N_TRAITS]


class AuxiliaryModel(nn.Module):
    """Stage 1's whole model: encoder and auxiliary heads."""

    def __init__(self, encoder: nn.Module, heads: AuxiliaryHeads) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = heads

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        age: Tensor | None = None,
        sex: Tensor | None = None,
        industry: Tensor | None = None,
        size: Tensor | None = None,
        weak_traits: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """``loss`` (when all labels are given), then ``age`` (n_texts,) in years and the logits of the classes."""
        outputs = self.heads(self.encoder(input_ids, attention_mask))
        given = {"age": age, "sex": sex, "industry": industry, "size": size, "weak_traits": weak_traits}
        labels = {name: label for name, label in given.items() if label is not None}
        return {"loss": self.heads.loss(outputs, labels), **outputs} if labels else outputs


class TraitModel(nn.Module):
    """Stage 2's whole model: windows are encoded, averaged over their bag, and the head estimates the bag."""

    def __init__(self, encoder: nn.Module, head: TraitHead, *, huber_delta: float = 1.0) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head
        self.huber_delta = huber_delta

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        bag: Tensor,
        labels: Tensor | None = None,
        weight: Tensor | None = None,
        lower: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """``loss`` (when labels are given) and standardised ``logits`` (n_bags, n_targets).

        ``bag`` (n_windows,) holds each window's bag, 0..n_bags-1, each with one window at least; ``labels``
        (n_bags, n_targets) on their own scales, NaN where missing; ``weight`` (n_bags,) of a bag in the loss;
        ``lower``: as of the encoder.
        """
        more = {} if lower is None else {"lower": lower}
        logits = self.head(mean_by_bag(self.encoder(input_ids, attention_mask, **more), bag))
        return {"logits": logits} if labels is None else {"loss": self.loss(logits, labels, weight), "logits": logits}

    def loss(self, logits: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        """Huber loss of the traits, plus ``EXTRA_WEIGHT`` times that of the further targets."""
        targets = self.head.standardise(labels)
        traits = _masked_huber(logits[:, :N_TRAITS], targets[:, :N_TRAITS], weight, self.huber_delta)
        if logits.shape[1] == N_TRAITS:
            return traits
        extra = _masked_huber(logits[:, N_TRAITS:], targets[:, N_TRAITS:], weight, self.huber_delta)
        return traits + EXTRA_WEIGHT * extra


def mean_by_bag(pooled: Tensor, bag: Tensor) -> Tensor:
    """(n_windows, width) and each window's bag (n_windows,) -> the mean of every bag (n_bags, width)."""
    n_bags = int(bag.max()) + 1
    sums = pooled.new_zeros(n_bags, pooled.shape[1]).index_add(0, bag, pooled)
    counts = pooled.new_zeros(n_bags).index_add(0, bag, pooled.new_ones(len(bag)))
    return sums / counts.unsqueeze(1)


def _linear(width: int, n_outputs: int) -> nn.Linear:
    layer = nn.Linear(width, n_outputs)
    nn.init.normal_(layer.weight, std=_INITIAL_SD)  # near the training average at first
    nn.init.zeros_(layer.bias)
    return layer


def _masked_huber(outputs: Tensor, labels: Tensor, weight: Tensor | None = None, delta: float = 1.0) -> Tensor:
    """Mean Huber loss over the labels that are there, times 2 (near 1 for standardised labels and output 0)."""
    known = ~torch.isnan(labels)
    # Filled before the loss: a NaN times a mask of 0 would still be NaN in the gradient.
    filled = torch.where(known, labels, outputs.detach())
    losses = functional.huber_loss(outputs, filled, reduction="none", delta=delta)
    weights = known.to(losses.dtype)
    if weight is not None:
        weights = weights * weight.to(losses.dtype).view(-1, *[1] * (losses.dim() - 1))
    return 2 * (losses * weights).sum() / known.sum().clamp_min(1)


def _masked_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy over the labels that are there, in units of guessing among all classes alike."""
    total = functional.cross_entropy(logits, labels, ignore_index=MISSING_CLASS, reduction="sum")
    return total / (labels != MISSING_CLASS).sum().clamp_min(1) / math.log(logits.shape[1])
