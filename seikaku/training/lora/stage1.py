"""Stage 1: encoder + LoRA + auxiliary heads learn age, sex and occupation of synthetic personas.

In: data/processed. Out: a run folder (``output/final_model``). Effects: reads, trains, writes, reports lines.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import set_seed

from seikaku.config import Stage1Config
from seikaku.corpora.raw import NEMOTRON
from seikaku.corpora.store import PERSONAS_NAME, load_manifest
from seikaku.model.encoder.hardware import choose_precision, compute_device, reduced_precision
from seikaku.model.encoder.heads import AuxiliaryHeads, AuxiliaryModel
from seikaku.model.run.folder import RunFolder
from seikaku.training.loop import loop, reporting
from seikaku.training.lora import runs
from seikaku.training.lora.start import build_encoder
from seikaku.training.personas.occupations import INDUSTRIES, SIZES
from seikaku.training.personas.stream import LABELS, PersonaCollator, PersonaStream, open_personas

STAGE = 1
CLASS_LABELS = ("sex", "industry", "size")
# Enough people for an accuracy to within 2 %; more would only make an epoch longer.
_MAX_HELD_OUT = 2_000
_HELD_OUT_SHARE = 0.05  # validates, and as many test
_SMALL = 2_000  # with fewer people, a larger share is held out
_SMALL_HELD_OUT_SHARE = 0.2


def train_stage1(
    config: Stage1Config,
    processed: Path,
    out: Path,
    *,
    resume: bool = False,
    report: Callable[[str], None] = lambda line: None,
    sources: runs.Sources = runs.LOCAL_SOURCES,
) -> RunFolder | None:
    """Train stage 1 and write its run folder; None when SIGTERM stopped it (a resume goes on), or in a helper process.

    Raises DataError, ModelError, UserError and TrainingError, each with its mend.
    """
    is_main = reporting.is_main_process()
    report = reporting.report_lines(report, is_main)
    if (ended := runs.ended_run(STAGE, out, resume=resume, report=report)) is not None:
        return ended
    manifest = load_manifest(processed)
    share = _HELD_OUT_SHARE if manifest["counts"].get("personas", 0) > _SMALL else _SMALL_HELD_OUT_SHARE
    people = open_personas(processed, "train", held_out_share=share, max_persons=config.max_personas or None)
    others = open_personas(processed, "validation", held_out_share=share, max_persons=_MAX_HELD_OUT)
    unseen = open_personas(processed, "test", held_out_share=share, max_persons=_MAX_HELD_OUT)
    set_seed(config.seed)
    encoder, config = build_encoder(config, report, sources)
    heads = AuxiliaryHeads(
        encoder.width, len(INDUSTRIES), len(SIZES),
        age_mean=people.age_mean, age_sd=people.age_sd, weak_traits=config.weak_traits,
    )  # fmt: skip
    per_step = config.batch_size * config.gradient_accumulation_steps * reporting.n_processes()
    weak = config.weak_traits
    validation = list(PersonaStream(others, shuffle=False, weak_traits=weak))
    collate = PersonaCollator(encoder.tokenizer, encoder.special, config.max_tokens)
    task = loop.TrainingTask(
        stage=STAGE,
        model=AuxiliaryModel(encoder, heads),
        train_data=PersonaStream(people, seed=config.seed, batch_size=per_step, weak_traits=weak),
        validation_data=validation,
        collate=collate,
        label_names=tuple(heads.heads),
        metrics=persona_metrics,
        best_metric="loss",
    )
    digest = manifest["files"][PERSONAS_NAME]
    data = runs.describe_data(
        manifest, NEMOTRON.title, NEMOTRON.name, digest, people.n_persons, others.n_persons,
        industries=INDUSTRIES, sizes=SIZES, n_test=unseen.n_persons,
    )  # fmt: skip
    report(f"stage1 学習 {people.n_persons} 人、検証 {others.n_persons} 人、評価 {unseen.n_persons} 人: {data.corpus}")
    settings = runs.run_settings(STAGE, config, data)
    outcome = loop.train(task, config, out, settings=settings, resume=resume, report=report)
    if outcome.is_interrupted or not is_main:
        return None
    examples = list(PersonaStream(unseen, shuffle=False))
    test = score_personas(task.model, examples, collate, config) | guess_personas(examples, people.age_mean)
    report(runs.held_out_line(STAGE, test))
    return runs.finish_run(
        STAGE, config, out, encoder=encoder, heads=heads, data=data, outcome=outcome,
        baseline=guess_personas(validation, people.age_mean), test=test,
    )  # fmt: skip


def score_personas(
    model: torch.nn.Module, examples: list[dict[str, Any]], collate: PersonaCollator, config: Stage1Config
) -> dict[str, float]:
    """``persona_metrics`` of a trained model (dropout off, left so) on ``examples``."""
    model.to(device := compute_device()).eval()
    found: dict[str, list[Any]] = {name: [] for name in LABELS}
    with torch.no_grad(), reduced_precision(device, choose_precision(config.precision)):
        for start in range(0, len(examples), config.batch_size):
            batch = collate(examples[start : start + config.batch_size])
            outputs = model(batch["input_ids"].to(device), batch["attention_mask"].to(device))
            for name, values in found.items():
                values.append(outputs[name].float().cpu().numpy())
    labels = [np.array([example[name] for example in examples]) for name in LABELS]
    return persona_metrics([np.concatenate(values) for values in found.values()], labels)


def persona_metrics(predictions: Any, labels: Any) -> dict[str, float]:
    """Error of age in years and share of right classes; ``predictions`` and ``labels`` in the order of the heads.

    Missing labels (NaN, -100) are left out.
    """
    known = dict(zip(LABELS, labels, strict=False))
    guesses = dict(zip(LABELS, predictions, strict=False))
    errors = guesses["age"] - known["age"]
    metrics = {"mae_age_years": float(np.nanmean(np.abs(errors))), "mse_age_years": float(np.nanmean(errors**2))}
    for name in CLASS_LABELS:
        there = known[name] >= 0
        metrics[f"accuracy_{name}"] = float((guesses[name].argmax(axis=-1) == known[name])[there].mean())
    return metrics


def guess_personas(examples: list[dict[str, Any]], age_mean: float) -> dict[str, float]:
    """The same figures for who reads nothing: the mean age of the training people, the most frequent class."""
    ages = np.array([example["age"] for example in examples])
    figures = {"mae_age_years_constant": float(np.nanmean(np.abs(ages - age_mean)))}
    for name in CLASS_LABELS:
        classes = np.array([example[name] for example in examples])
        counts = np.bincount(classes[classes >= 0])
        figures[f"accuracy_{name}_majority"] = float(counts.max() / counts.sum())
    return figures
