"""Stage 2: the encoder and adapter of stage 1, and a new head, learn the five traits from bags of a speaker's windows.

In: data/processed and stage 1's run folder. Out: a run folder (``output/stage2``). Effects: reads, trains, writes,
reports lines.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from transformers import set_seed

from seikaku.config import Stage2Config
from seikaku.corpora.raw import REALPERSONACHAT
from seikaku.corpora.realpersonachat import NORM_NAMES
from seikaku.corpora.splits import TRAIN, VALIDATION, hold_out, leave_out
from seikaku.corpora.store import SpeakerCorpus, load_corpus, load_manifest
from seikaku.errors import DataError, UserError, both
from seikaku.model.encoder.lora import Encoder
from seikaku.model.run.folder import RunFolder
from seikaku.training.loop import loop, reporting
from seikaku.training.loop.checkpoints import checkpoints_folder
from seikaku.training.loop.failures import explain_failures
from seikaku.training.lora import runs
from seikaku.training.lora.inheritance import inherit_from_stage1
from seikaku.training.lora.start import build_encoder, load_stage1_adapter
from seikaku.training.speakers import fit
from seikaku.training.speakers.bags import EXTRA_TARGETS, build_labels
from seikaku.training.speakers.fit import STAGE, TraitData, TraitTask
from seikaku.training.speakers.lower import keep_lower
from seikaku.training.speakers.windows import encode_rows, split_speakers
from seikaku.traits import N_TRAITS, TRAIT_KEYS

_VALIDATION_SHARE = 0.1


def train_stage2(
    config: Stage2Config,
    processed: Path,
    out: Path,
    *,
    resume: bool = False,
    report: Callable[[str], None] = lambda line: None,
    sources: runs.Sources = runs.LOCAL_SOURCES,
) -> RunFolder | None:
    """Train stage 2 and write its run folder; None when SIGTERM stopped it (a resume goes on), or in a helper process.

    Raises DataError, ModelError, UserError and TrainingError, each with its mend.
    """
    is_main = reporting.is_main_process()
    report = reporting.report_lines(report, is_main)
    if Path(config.stage1_model_path).resolve() == out.resolve():
        raise UserError(
            both(
                f"出力先が stage 1 の学習結果と同じです: {out}（上書きすると、出発点が失われます）。",
                f"The output is stage 1's run: {out} (writing over it would lose the start).",
            ),
            both(
                "--out に別のフォルダを指定してください（既定: output/stage2）。",
                "Give --out another folder (default: output/stage2).",
            ),
        )
    if (ended := runs.ended_run(STAGE, out, resume=resume, report=report)) is not None:
        return ended
    config, stage1 = inherit_from_stage1(config, report, sources.find_stage1)
    set_seed(config.seed)
    encoder, config = build_encoder(config, report, sources)
    if stage1 is not None:
        load_stage1_adapter(encoder, stage1, report)
    corpus = load_corpus(processed)
    data = build_data(corpus, encoder, config)
    with explain_failures(checkpoints_folder(out), config.batch_size, config.gradient_accumulation_steps):
        task = fit.build_task(encoder, data, config)
    described = _describe(processed, corpus, data, task, config)
    who = f"学習 {described.n_train} 人（束 {len(task.train)}）、検証 {described.n_validation} 人"
    report(f"stage2 {who}: {described.corpus}")
    settings = runs.run_settings(STAGE, config, described, stage1)
    prepared = replace(
        task.loop_task,
        prepare=lambda folder: keep_lower(encoder, (task.train, task.validation), folder, report),
    )
    outcome = loop.train(prepared, config, out, settings=settings, resume=resume, report=report)
    if outcome.is_interrupted or not is_main:
        return None
    names = NORM_NAMES if described.citations else runs.FICTIONAL_NORM_NAMES
    return runs.finish_run(
        STAGE, config, out, encoder=encoder, heads=task.model.head, data=described, outcome=outcome, stage1=stage1,
        baseline=guess_traits(data),
        calibration=fit.calibrate_fit(task.model, data, config, names),
    )  # fmt: skip


def guess_traits(data: TraitData) -> dict[str, float]:
    """The errors of always answering the training mean, for the validation speakers."""
    mean = data.labels[data.split.train_speakers][:, :N_TRAITS].mean(axis=0)
    errors = np.abs(data.labels[data.split.validation_speakers][:, :N_TRAITS] - mean)
    by_trait = {f"mae_constant_{key}": float(errors[:, index].mean()) for index, key in enumerate(TRAIT_KEYS)}
    return {"mae_constant": float(errors.mean()), "mse_constant": float((errors**2).mean())} | by_trait


def build_data(corpus: SpeakerCorpus, encoder: Encoder, config: Stage2Config) -> TraitData:
    """Token ids, labels, who trains and who validates, as preprocessing divided them; test speakers in neither part.

    Careless answerers are in neither part, and nobody trains whom writing does not tell from others (kin). Where the
    corpus has no validation part (fewer than three talk communities), one is drawn here, and there is no test part.
    """
    encoded = encode_rows(corpus.sides, encoder.tokenizer, encoder.special, with_partner=config.with_partner)
    too_few = DataError(
        both(
            f"話者 {len(corpus.speaker_ids)} 人では、学習と検証に分けられません。",
            f"{len(corpus.speaker_ids)} speakers cannot be divided into training and validation.",
        ),
        both(
            "もっと多くの話者と対話のあるデータを python preprocess_data.py で用意してください。",
            "Get data with more speakers and dialogues with python preprocess_data.py.",
        ),
    )
    try:
        part = _parts(corpus, config.seed)
    except ValueError:
        raise too_few from None
    split = split_speakers(encoded, np.arange(len(encoded.speaker)), part, config.max_dialogues)
    if len(split.train_speakers) < 2 or not len(split.validation_speakers):  # one has no variance
        raise too_few
    return TraitData(encoded, build_labels(corpus, EXTRA_TARGETS if config.extra_targets else ()), split)


def _parts(corpus: SpeakerCorpus, seed: int) -> NDArray[np.str_]:
    part = corpus.part
    if VALIDATION not in part:
        part = np.where(hold_out(corpus.community, corpus.scores, _VALIDATION_SHARE, seed), VALIDATION, TRAIN)
    return leave_out(part, corpus.is_careless, corpus.kin >= 0)


def _describe(
    processed: Path, corpus: SpeakerCorpus, data: TraitData, task: TraitTask, config: Stage2Config
) -> runs.TrainingData:
    targets = (*TRAIT_KEYS, *(EXTRA_TARGETS if config.extra_targets else ()))
    return runs.describe_data(
        load_manifest(processed), REALPERSONACHAT.title, REALPERSONACHAT.name, corpus.corpus_digest,
        len(data.split.train_speakers), len(data.split.validation_speakers),
        n_train_bags=len(task.train), targets=targets, parts_digest=corpus.parts_digest,
    )  # fmt: skip
