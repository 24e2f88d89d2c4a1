"""Stage 2's fit, for a run and for a fold of the protocol alike. In: encoder, token ids, labels. Out: a trained model.

The head begins where ridge on the frozen encoder's vectors ends; LoRA and head learn from there. From a random head the
first steps would bend the encoder's features towards noise (Kumar et al. 2022, ICLR: linear probing, then fine-tuning).

Effects: moves the encoder to the compute device; ``training.loop.loop`` then trains the task.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seikaku.config import Stage2Config
from seikaku.model.calibration import Calibration
from seikaku.model.encoder.hardware import choose_precision, compute_device
from seikaku.model.encoder.heads import TraitHead, TraitModel
from seikaku.model.encoder.lora import Encoder
from seikaku.training.fitting.kernel import choose_penalty, solve_dual
from seikaku.training.loop import loop
from seikaku.training.speakers.bags import BagCollator, BagDataset, label_scale, mean_by_speaker
from seikaku.training.speakers.held_out import calibrate_run, draw_validation_parts
from seikaku.training.speakers.pooling import PooledRows, pool_rows
from seikaku.training.speakers.windows import EncodedRows, IntArray, SpeakerSplit, pack_windows
from seikaku.traits import N_TRAITS, SCALE_MAX, SCALE_MIN, TRAIT_KEYS

STAGE = 2
# Dialogues of each training speaker that the head's beginning is measured on: more would cost an epoch's time.
_ROWS_PER_SPEAKER = 12
_PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TraitData:
    """``labels`` (n_speakers, n_targets) on their own scales, traits first, NaN where missing."""

    encoded: EncodedRows
    labels: FloatArray
    split: SpeakerSplit


@dataclass(frozen=True)
class TraitTask:
    """A model before training, its bags, and the loop's task."""

    model: TraitModel
    train: BagDataset
    validation: BagDataset
    loop_task: loop.TrainingTask


def build_task(encoder: Encoder, data: TraitData, config: Stage2Config) -> TraitTask:
    """Windows, bags and a head that stands at the ridge solution."""
    max_tokens = config.max_tokens
    assert max_tokens is not None  # inherited
    mean, sd = label_scale(data.labels, data.split.train_speakers)

    def build(rows: IntArray, is_train: bool) -> BagDataset:
        return BagDataset(
            pack_windows(data.encoded, max_tokens=max_tokens, rows=rows),
            data.labels,
            windows_per_bag=config.windows_per_bag,
            seed=config.seed,
            shuffle=is_train,
            equal_speakers=is_train and config.equal_speakers,
        )

    train, validation = build(data.split.train_rows, True), build(data.split.validation_rows, False)
    head = TraitHead(encoder.width, n_extra=len(mean) - N_TRAITS)
    head.set_label_scale(mean, sd)
    place_head(head, encoder, data, config)
    model = TraitModel(encoder, head, huber_delta=config.huber_delta)

    def by_speaker(predictions: Any, _labels: Any) -> dict[str, float]:
        speakers, estimates = mean_by_speaker(np.asarray(predictions, np.float64), validation)
        scores = (estimates * sd + mean)[:, :N_TRAITS].clip(SCALE_MIN, SCALE_MAX)
        return trait_metrics(scores, data.labels[speakers][:, :N_TRAITS])

    task = loop.TrainingTask(
        stage=STAGE,
        model=model,
        train_data=train,
        validation_data=validation,
        collate=BagCollator(data.encoded.special.pad),
        label_names=("labels",),
        metrics=by_speaker,
        best_metric="mae",
        keeps_start=True,  # frozen encoder and ridge: LoRA must be better, or is left out
    )
    return TraitTask(model, train, validation, task)


def place_head(head: TraitHead, encoder: Encoder, data: TraitData, config: Stage2Config) -> None:
    """Set the head's feature scale and its weights: ridge on the mean vectors of the training speakers."""
    rows_of = [
        data.split.train_rows[data.encoded.speaker[data.split.train_rows] == speaker][:_ROWS_PER_SPEAKER]
        for speaker in data.split.train_speakers
    ]
    rows = np.concatenate(rows_of)
    encoder.to(compute_device())  # the Trainer would only move it when training begins
    pooled = pool(encoder, data.encoded, rows, config)
    head.set_feature_scale(torch.from_numpy(pooled.means))
    bounds = np.cumsum([0, *map(len, rows_of)])
    bags = [np.arange(first, last) for first, last in zip(bounds[:-1], bounds[1:], strict=True)]
    features = (pooled.mean_of(bags) - head.feature_mean.numpy()) / head.feature_sd.numpy()
    centre = features.mean(axis=0)
    features = features - centre
    labels = data.labels[data.split.train_speakers]
    targets = np.nan_to_num((labels - head.label_mean.numpy()) / head.label_sd.numpy())
    unit = float((features**2).sum() / len(features))
    kernel = features @ features.T / unit
    penalty = choose_penalty(kernel, targets, _PENALTIES)
    weights = features.T @ solve_dual(kernel, targets, penalty) / unit
    with torch.no_grad():
        head.linear.weight.copy_(torch.from_numpy(weights.T))
        head.linear.bias.copy_(torch.from_numpy(-(centre @ weights)))


def calibrate_fit(model: TraitModel, data: TraitData, config: Stage2Config, norm_names: tuple[str, str]) -> Calibration:
    """Slope, intervals and accuracy by amount on the validation speakers, whom no weight was fitted to."""
    encoder: Any = model.encoder
    rows, speakers = data.split.validation_rows, data.split.validation_speakers
    pooled = pool(encoder, data.encoded, rows, config)
    own = data.encoded.speaker[rows]
    parts = draw_validation_parts([np.flatnonzero(own == speaker) for speaker in speakers], config.seed)
    n_chars = data.encoded.n_chars[rows]
    return calibrate_run(
        score_vectors(model.head, pooled.mean_of(parts.rows)),
        data.labels[speakers][:, :N_TRAITS],
        parts,
        n_tokens=pooled.tokens_of(parts.rows),
        n_chars=np.array([n_chars[bag].sum() for bag in parts.rows], np.float64),
        norm_scores=data.labels[data.split.train_speakers][:, :N_TRAITS],
        norm_names=norm_names,
        row_chars=n_chars,
        row_known=data.encoded.known_share(rows),
    )


def pool(encoder: Encoder, encoded: EncodedRows, rows: IntArray, config: Stage2Config) -> PooledRows:
    """``pool_rows`` with a run's window size and precision."""
    assert config.max_tokens is not None
    return pool_rows(encoder, encoded, rows, max_tokens=config.max_tokens, precision=choose_precision(config.precision))


def score_vectors(head: TraitHead, vectors: FloatArray) -> FloatArray:
    """Mean token vectors (n, width) -> raw scores on 1-7, (n, n_traits), not clipped; dropout is off."""
    head.eval()
    with torch.no_grad():
        device = head.label_mean.device
        scores: FloatArray = head.token_scores(torch.from_numpy(vectors).float().to(device)).cpu().numpy()
    return scores.astype(np.float64)


def trait_metrics(scores: FloatArray, labels: FloatArray) -> dict[str, float]:
    """Errors on 1-7 and Pearson r by speaker; both (n_speakers, n_traits). r is 0 where one side does not vary."""
    errors = np.abs(scores - labels)
    metrics = {"mae": float(errors.mean()), "mse": float((errors**2).mean())}
    metrics |= {f"mae_{key}": float(errors[:, index].mean()) for index, key in enumerate(TRAIT_KEYS)}
    r = {f"r_{key}": _pearson(scores[:, index], labels[:, index]) for index, key in enumerate(TRAIT_KEYS)}
    return metrics | {"r_mean": float(np.mean(list(r.values())))} | r


def _pearson(first: FloatArray, second: FloatArray) -> float:
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])
