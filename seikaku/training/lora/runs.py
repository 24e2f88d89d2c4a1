"""What both stages do around the loop: find the source's words, and write the run folder. Effects: reads, writes."""

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from seikaku.config import LoopConfig
from seikaku.model.calibration import Calibration
from seikaku.model.encoder.backbone import BackboneFiles, find_backbone
from seikaku.model.encoder.special import text_tokenizer
from seikaku.model.run.card import render_lora_card
from seikaku.model.run.folder import ADAPTER_NAME, RunFolder, check_target, save_run_folder
from seikaku.settings import to_json
from seikaku.training.loop.checkpoints import checkpoints_folder
from seikaku.training.loop.reporting import TENSORBOARD_NAME, final_line, metric_line, n_processes
from seikaku.version import __version__

FICTIONAL_NORM_NAMES = ("架空の見本の話者", "speakers of the fictional sample")
FICTIONAL_PREFIX = "fictional_"  # of the sample that ships with the project: nobody is to be cited for it
_LIBRARIES = ("torch", "transformers", "peft", "accelerate", "tokenizers")


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Which data a run learned from: the corpus's name, a digest of its content, who was counted, whom to cite."""

    corpus: str
    digest: str
    n_train: int
    n_validation: int
    citations: tuple[str, ...]
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sources:
    """How a run finds the files that its settings name; the names themselves go into ``run_config.json``."""

    find_backbone: Callable[[str], BackboneFiles] = find_backbone
    find_stage1: Callable[[str], Path] = Path


LOCAL_SOURCES = Sources()


def describe_data(
    manifest: dict[str, Any], title: str, name: str, digest: str, n_train: int, n_validation: int, **details: Any
) -> TrainingData:
    """``TrainingData`` with the source and citations that preprocessing recorded for corpus ``name``."""
    source = manifest["sources"][name]
    if source["source"].startswith(FICTIONAL_PREFIX):
        return TrainingData(f"架空の見本（{source['source']}）", digest, n_train, n_validation, (), details)
    corpus = f"{title}（{source['source']}、{source['licence']}）"
    return TrainingData(corpus, digest, n_train, n_validation, tuple(source["citations"]), details)


def finish_run(
    stage: int,
    config: LoopConfig,
    out: Path,
    *,
    encoder: Any,
    heads: Any,
    data: TrainingData,
    outcome: Any,
    baseline: dict[str, float],
    stage1: RunFolder | None = None,
    calibration: Calibration | None = None,
    test: dict[str, float] | None = None,
) -> RunFolder:
    """Write the folder of a run that ended, delete its checkpoints.

    ``baseline``: figures of guessing, for the card; ``test``: figures of who was held out, where they are known yet.
    """
    from seikaku.model.encoder.lora import count_trainable, save_adapter

    settings = to_json(config)
    run_config = {
        "stage": stage,
        "config": settings,
        "data": asdict(data),
        "stage1": str(Path(settings["stage1_model_path"])) if stage1 else None,
        "stage1_files": stage1.load_config()["files"] if stage1 else None,
        "n_steps": outcome.n_steps,
        "n_processes": n_processes(),
        "n_trainable": count_trainable(encoder) + sum(weight.numel() for weight in heads.parameters()),
        "seikaku_version": __version__,
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
    }
    metrics = {"best": outcome.metrics | baseline, "history": outcome.history} | ({"test": test} if test else {})
    checkpoints = checkpoints_folder(out)

    def write_model(folder: Path) -> None:
        save_adapter(encoder, folder / ADAPTER_NAME)
        text_tokenizer(encoder.tokenizer)  # else a cut or padding of its last use is saved with it
        encoder.tokenizer.save_pretrained(folder)
        if (checkpoints / TENSORBOARD_NAME).is_dir():
            shutil.copytree(checkpoints / TENSORBOARD_NAME, folder / TENSORBOARD_NAME)

    card = render_lora_card(run_config, metrics, calibration)
    run = save_run_folder(
        out, write_model, heads=heads.state_dict(), config=run_config, metrics=metrics, card=card,
        calibration=calibration,
    )  # fmt: skip
    shutil.rmtree(checkpoints)  # only now: until the folder is whole they are all there is
    return run


def ended_run(stage: int, out: Path, *, resume: bool, report: Callable[[str], None]) -> RunFolder | None:
    """The whole run in ``out`` where a resume finds that nothing is left to do, else None.

    Raises UserError where a run of ``stage`` must not be written.
    """
    check_target(out, stage)
    if not resume or checkpoints_folder(out).exists() or not RunFolder(out).is_valid():
        return None
    report(f"学習は終わっています: {out}（初めから学習し直すには --resume を外してください）")
    report_final(RunFolder(out), report)
    return RunFolder(out)


def report_final(run: RunFolder, report: Callable[[str], None]) -> None:
    """Report the figures of a whole run's kept epoch, as its training did when it ended."""
    metrics = run.load_metrics()
    validated = metrics["history"][0].keys()  # "best" also has the figures of guessing
    best = {name: value for name, value in metrics["best"].items() if name in validated}
    stage = run.load_config()["stage"]
    report(final_line(stage, best))
    if stage == 1 and "test" in metrics:
        report(held_out_line(stage, metrics["test"]))


def held_out_line(stage: int, figures: dict[str, float]) -> str:
    """`stage1 test test_mae_age_years=...`: one line, in the form that a job's log is read by."""
    return metric_line(stage, "test", {f"test_{name}": value for name, value in figures.items()})


def run_settings(stage: int, config: LoopConfig, data: TrainingData, stage1: RunFolder | None = None) -> dict[str, Any]:
    """What a resumed run must have in common with the one that began."""
    settings: dict[str, Any] = {"stage": stage} | to_json(config) | {"data": data.digest}
    if stage1 is None:
        return settings
    # Its name may be that of another run by now.
    return settings | {"stage1_adapter": stage1.load_config()["files"][f"{ADAPTER_NAME}/adapter_model.safetensors"]}
