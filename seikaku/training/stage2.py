"""Stage 2: the encoder and adapter of stage 1, and a new head, learn the five traits from bags of a speaker's windows.

In: data/processed and stage 1's run folder. Out: a run folder (``output/stage2``). Effects: reads, trains, writes,
reports lines.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import set_seed

from seikaku.config import Stage2Config
from seikaku.corpora.raw import REALPERSONACHAT
from seikaku.corpora.store import SpeakerCorpus, load_corpus, load_manifest
from seikaku.errors import DataError, UserError
from seikaku.files import sha256_of_file
from seikaku.model.encoder import Encoder, load_adapter
from seikaku.model.heads import TraitHead, TraitModel
from seikaku.model.run_folder import RunFolder, check_target
from seikaku.training import loop, runs
from seikaku.training.inheritance import inherit_from_stage1
from seikaku.training.stage1 import build_encoder
from seikaku.training.trait_bags import (
    EXTRA_TARGETS,
    BagCollator,
    BagDataset,
    build_labels,
    label_scale,
    mean_by_speaker,
)
from seikaku.training.trait_windows import build_windows, speaker_validation_split
from seikaku.traits import N_TRAITS, SCALE_MAX, SCALE_MIN, TRAIT_KEYS

STAGE = 2
_VALIDATION_SHARE = 0.1
# Windows that the head's feature scale is measured on: enough for a mean and an SD of every feature.
_N_SCALE_WINDOWS = 512

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class _Bags:
    train: BagDataset
    validation: BagDataset
    labels: FloatArray
    mean: FloatArray
    sd: FloatArray
    n_train: int
    n_validation: int
    pad_id: int


def train_stage2(
    config: Stage2Config,
    processed: Path,
    out: Path,
    *,
    resume: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> RunFolder | None:
    """Train stage 2 and write its run folder; None when SIGTERM stopped it (a resume goes on), or in a helper process.

    Raises DataError, ModelError, UserError and TrainingError, each with its mend.
    """
    is_main = loop.is_main_process()
    report = runs.report_lines(report, is_main)
    if Path(config.stage1_model_path).resolve() == out.resolve():
        raise UserError(
            f"出力先が stage 1 の学習結果と同じです: {out}（上書きすると、出発点が失われます）。",
            "--out に別のフォルダを指定してください（既定: output/stage2）。",
        )
    check_target(out, STAGE)
    if (ended := runs.ended_run(out, resume=resume, report=report)) is not None:
        return ended
    config, stage1 = inherit_from_stage1(config, report)
    set_seed(config.seed)
    encoder = build_encoder(config, report)
    if stage1 is not None:
        load_stage1_adapter(encoder, stage1, report)
    corpus = load_corpus(processed)
    bags = _build_bags(corpus, encoder, config)
    head = _build_head(encoder, bags)
    data = runs.describe_data(
        load_manifest(processed), REALPERSONACHAT.title, REALPERSONACHAT.name, corpus.corpus_digest,
        bags.n_train, bags.n_validation, n_train_bags=len(bags.train), targets=_target_names(config),
    )  # fmt: skip
    report(f"stage2 学習 {bags.n_train} 人（束 {len(bags.train)}）、検証 {bags.n_validation} 人: {data.corpus}")
    settings = runs.run_settings(STAGE, config, data)
    task = _build_task(TraitModel(encoder, head, huber_delta=config.huber_delta), bags)
    outcome = loop.train(task, config, out, settings=settings, resume=resume, report=report)
    if outcome.is_interrupted or not is_main:
        return None
    return runs.finish_run(
        STAGE, config, out, encoder=encoder, heads=head, data=data, outcome=outcome,
        baseline=guess_traits(bags.labels[np.unique(bags.validation.speaker)], bags.mean), stage1=stage1,
    )  # fmt: skip


def load_stage1_adapter(encoder: Encoder, stage1: RunFolder, report: Callable[[str], None]) -> None:
    """Put stage 1's LoRA weights into the encoder and say so."""
    load_adapter(encoder, stage1.adapter)
    digest = sha256_of_file(stage1.adapter / "adapter_model.safetensors")
    report(f"stage 1 のアダプターを読み込みました: {stage1.adapter}（sha256 {digest[:12]}…）")


def trait_metrics(scores: FloatArray, labels: FloatArray) -> dict[str, float]:
    """Errors on 1-7 and Pearson r by speaker; both (n_speakers, n_traits). r is 0 where one side does not vary."""
    errors = np.abs(scores - labels)
    metrics = {"mae": float(errors.mean()), "mse": float((errors**2).mean())}
    metrics |= {f"mae_{key}": float(errors[:, index].mean()) for index, key in enumerate(TRAIT_KEYS)}
    r = {f"r_{key}": _pearson(scores[:, index], labels[:, index]) for index, key in enumerate(TRAIT_KEYS)}
    return metrics | {"r_mean": float(np.mean(list(r.values())))} | r


def guess_traits(labels: FloatArray, mean: FloatArray) -> dict[str, float]:
    """The errors of always answering the training mean, on the validation speakers' ``labels`` (n, n_targets)."""
    errors = np.abs(labels[:, :N_TRAITS] - mean[:N_TRAITS])
    by_trait = {f"mae_constant_{key}": float(errors[:, index].mean()) for index, key in enumerate(TRAIT_KEYS)}
    return {"mae_constant": float(errors.mean()), "mse_constant": float((errors**2).mean())} | by_trait


def _target_names(config: Stage2Config) -> tuple[str, ...]:
    return (*TRAIT_KEYS, *(EXTRA_TARGETS if config.extra_targets else ()))


def _build_bags(corpus: SpeakerCorpus, encoder: Encoder, config: Stage2Config) -> _Bags:
    max_tokens = config.max_tokens
    assert max_tokens is not None  # inherited
    rows = _first_rows(corpus, config.max_dialogues)
    try:
        split = speaker_validation_split(corpus, share=_VALIDATION_SHARE, seed=config.seed, rows=rows)
    except ValueError:
        split = None
    if split is None or not len(split.train_rows):
        raise DataError(
            f"話者 {len(corpus.speaker_ids)} 人では、学習と検証に分けられません。",
            "もっと多くの話者と対話のあるデータを python preprocess_data.py で用意してください。",
        )
    labels = build_labels(corpus, EXTRA_TARGETS if config.extra_targets else ())

    def build(part: NDArray[np.int64], is_train: bool) -> BagDataset:
        windows = build_windows(
            corpus, encoder.tokenizer, max_tokens=max_tokens, with_partner=config.with_partner, rows=part
        )
        return BagDataset(
            windows,
            labels,
            windows_per_bag=config.windows_per_bag,
            seed=config.seed,
            shuffle=is_train,
            equal_speakers=is_train and config.equal_speakers,
        )

    mean, sd = label_scale(labels, split.train_speakers)
    return _Bags(
        build(split.train_rows, True),
        build(split.validation_rows, False),
        labels,
        mean,
        sd,
        len(split.train_speakers),
        len(split.validation_speakers),
        encoder.tokenizer.pad_token_id,
    )


def _first_rows(corpus: SpeakerCorpus, max_dialogues: int) -> NDArray[np.int64] | None:
    """At most the first ``max_dialogues`` rows of each speaker; None (all) for 0."""
    if not max_dialogues:
        return None
    speakers = np.array([side.speaker_index for side in corpus.sides], np.int64)
    firsts = [np.flatnonzero(speakers == speaker)[:max_dialogues] for speaker in np.unique(speakers)]
    return np.sort(np.concatenate(firsts))


def _build_head(encoder: Encoder, bags: _Bags) -> TraitHead:
    """The head, with the scales of the training speakers' labels and of their windows as the encoder sees them now."""
    head = TraitHead(encoder.width, n_extra=len(bags.mean) - N_TRAITS)
    head.set_label_scale(bags.mean, bags.sd)
    collate = BagCollator(bags.pad_id)
    chosen = np.linspace(0, len(bags.train) - 1, min(len(bags.train), _N_SCALE_WINDOWS)).astype(int)
    pooled: list[torch.Tensor] = []
    encoder.eval()
    with torch.no_grad():
        for index in chosen:
            bag = bags.train[int(index)]
            batch = collate([bag | {"windows": bag["windows"][:1]}])
            pooled.append(encoder(batch["input_ids"], batch["attention_mask"]))
    head.set_feature_scale(torch.cat(pooled))
    return head


def _build_task(model: TraitModel, bags: _Bags) -> loop.TrainingTask:
    def by_speaker(predictions: Any, _labels: Any) -> dict[str, float]:
        logits = np.asarray(predictions, np.float64)
        speakers, estimates = mean_by_speaker(logits, bags.validation)
        scores = (estimates * bags.sd + bags.mean)[:, :N_TRAITS].clip(SCALE_MIN, SCALE_MAX)
        return trait_metrics(scores, bags.labels[speakers][:, :N_TRAITS])

    return loop.TrainingTask(
        stage=STAGE,
        model=model,
        train_data=bags.train,
        validation_data=bags.validation,
        collate=BagCollator(bags.pad_id),
        label_names=("labels",),
        metrics=by_speaker,
        best_metric="mae",
    )


def _pearson(first: FloatArray, second: FloatArray) -> float:
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])
