"""`seikaku train`: two-stage LoRA training. Flags are the fields of the stages' settings. Effects: prints, writes.

In a SageMaker training job the flags are the hyperparameters, and what is not given comes from the job's channels.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seikaku.cli.bilingual import Command, lang_option, option, quiet_option, verb
from seikaku.cli.language import hush_libraries, is_quiet, show, warn, words
from seikaku.cli.local_data import LOCAL_SETTINGS, find_local_data
from seikaku.cli.options import settings_options
from seikaku.cli.writing import writes
from seikaku.config import Stage1Config, Stage2Config
from seikaku.errors import DataError, UserError, both, in_lang
from seikaku.places import PROCESSED_DATA
from seikaku.settings import settings_of

if TYPE_CHECKING:
    from seikaku.training.lora.runs import Sources
    from seikaku.training.sagemaker.container import TrainingContainer

STAGES: dict[int, type[Any]] = {1: Stage1Config, 2: Stage2Config}
DEFAULT_OUT = {1: Path("output/final_model"), 2: Path("output/stage2")}
LOCAL_OUT = {1: Path("output/local_stage1"), 2: Path("output/local_stage2")}


def stage_options(target: str, *stages: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options of ``stages``; the command gets what was given as its argument ``target``.

    What was not given is left out, so that a flag of another stage can be told.
    """
    classes = {f"stage {stage}": STAGES[stage] for stage in stages}
    return settings_options(target, classes, has_boolean_values=True)


class TrainCommand(Command):
    """The verb; in a SageMaker job the reason of a failure is also written where the service reads it."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the flags."""
        with _failure_written():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb."""
        with _failure_written():
            return super().invoke(ctx)


@contextmanager
def _failure_written() -> Iterator[None]:
    from seikaku.cli.usage import explain_usage
    from seikaku.training.sagemaker.failure_file import write_failure

    try:
        yield
    except (click.exceptions.Exit, click.Abort):
        raise
    except click.ClickException as error:
        write_failure(os.environ, UserError(*explain_usage(error)))
        raise
    except Exception as error:
        write_failure(os.environ, error)
        raise


@verb(
    "train",
    cls=TrainCommand,
    help=both(
        """土台のエンコーダに LoRA を付けて学習し、アダプター・設定・数値・モデルカードのフォルダを書きます。

        \b
        例: seikaku train --stage 1 --epochs 3 --batch_size 8
            seikaku train --stage 2 --epochs 5 --batch_size 8 --stage1_model_path output/final_model

        途中で止めても（SIGTERM・停電）、同じコマンドに --resume を付ければ、止めなかったときと同じ結果になります。
        """,
        """Train a backbone encoder with LoRA, and write a folder with adapter, settings, figures and model card.

        \b
        Example: seikaku train --stage 1 --epochs 3 --batch_size 8
                 seikaku train --stage 2 --epochs 5 --batch_size 8 --stage1_model_path output/final_model

        After a stop (SIGTERM, a power cut) the same command with --resume ends as it would have without the stop.
        """,
    ),
)
@option(
    "--stage",
    type=click.IntRange(1, 2),
    required=True,
    help=both(
        "1: 合成ペルソナの年齢・性別・職業、2: 会話の五特性（stage 1 から続ける）",
        "1: age, sex and occupation of synthetic personas; 2: the five traits of conversation (goes on from stage 1)",
    ),
)
@option(
    "--data",
    "data_folder",
    type=click.Path(path_type=Path),
    help=both(
        f"前処理済みデータのフォルダ（既定: {PROCESSED_DATA}）",
        f"Folder of the processed data (default: {PROCESSED_DATA})",
    ),
)
@option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help=both(
        "学習結果のフォルダ（既定: stage 1 は output/final_model、stage 2 は output/stage2）",
        "Folder of the run (default: output/final_model for stage 1, output/stage2 for stage 2)",
    ),
)
@option(
    "--resume",
    is_flag=True,
    help=both("途中保存から続ける（なければ初めから）", "Go on from a checkpoint (from the start where there is none)"),
)
@option(
    "--local",
    is_flag=True,
    help=both(
        "手元での短い試し学習（同梱の土台、数分。データがなければ架空の見本を使う）",
        "A short trial on this machine (embedded backbone, minutes; the fictional sample where there are no data)",
    ),
)
@stage_options("given", 1, 2)
@lang_option
@quiet_option
def command(
    stage: int, data_folder: Path | None, out: Path | None, resume: bool, local: bool, given: dict[str, Any]
) -> None:
    """Train what was asked for, or, in a SageMaker job, what its channels hold."""
    from seikaku.training.loop.reporting import is_main_process
    from seikaku.training.sagemaker.container import open_container

    container = open_container(os.environ, stage)
    if container is not None:
        _refuse_in_job(data=data_folder, out=out, resume=resume, local=local)
        _train_in_job(container, stage, stage_config(stage, given))
        return
    data_folder = data_folder or PROCESSED_DATA
    if local:
        given = LOCAL_SETTINGS[stage] | given
        data_folder = find_local_data(stage, data_folder)
    config = stage_config(stage, given)
    target = out or (LOCAL_OUT if local else DEFAULT_OUT)[stage]
    with hush_libraries(), writes(target) if is_main_process() else nullcontext():
        run = _train(stage, config, data_folder, target, resume)
    if run is not None:
        card = target / "README.md"
        show(
            both(
                f"学習結果を書きました: {target}（モデルカード {card}）", f"Wrote the run: {target} (model card {card})"
            )
        )
    elif is_quiet() and is_main_process():  # else the loop has said so
        warn(
            both(
                "途中保存して終わりました。続けるには --resume を付けてください。",
                "It ended with a checkpoint. Go on with --resume.",
            )
        )


def _refuse_in_job(**flags: Any) -> None:
    given = [f"--{name}" for name, value in flags.items() if value]
    if given:
        raise UserError(
            both(
                f"{'、'.join(given)} は SageMaker の学習ジョブの中では使えません。",
                f"{', '.join(given)} cannot be used in a training job of SageMaker.",
            ),
            both(
                "ハイパーパラメータから外してください"
                "（データはチャンネル data、結果と途中保存の場所はジョブが決めます）。",
                "Take it out of the hyperparameters (data come from the channel data; the job itself decides where the "
                "run and its checkpoints go).",
            ),
        )


def _train_in_job(container: "TrainingContainer", stage: int, config: Any) -> None:
    """Train, or take the run that the job had ended with before it was cut off, and hand its files to SageMaker."""
    from seikaku.training.loop.reporting import is_main_process
    from seikaku.training.lora.runs import report_final
    from seikaku.training.sagemaker.container import INTERRUPTED_EXIT_CODE, forbid_hub

    forbid_hub(os.environ)
    config = container.settle(config)
    run = container.find_ended_run(config)
    if run is not None:
        report_line(both(f"学習は前回の起動で終わっています: {run.path}", f"The training had ended before: {run.path}"))
        report_final(run, report_line)
        if stage == 2 and is_main_process():  # it may have been cut off just before this
            with container.open_sources(config) as sources:
                run = _test(run, container.find_data(), sources)
    else:
        data_folder = container.find_data()
        if is_main_process():
            container.clear_remains()
        with container.open_sources(config) as sources:
            run = _train(stage, config, data_folder, container.run_folder, True, sources)
    if not is_main_process():
        return
    if run is None:
        click.get_current_context().exit(INTERRUPTED_EXIT_CODE)
    container.publish(run)
    report_line(
        both(f"学習結果を渡しました: {container.model_folder}", f"Handed the run over: {container.model_folder}")
    )


def stage_config(stage: int, given: dict[str, Any]) -> Any:
    """The stage's settings from the flags that were typed. Raises UserError for a flag of the other stage."""
    kind = STAGES[stage]
    foreign = [f"--{name}" for name in given if name not in settings_of(kind)]
    if foreign:
        japanese, english = "、".join(foreign), ", ".join(foreign)
        raise UserError(
            both(
                f"{japanese} は stage {3 - stage} のフラグで、--stage {stage} では使えません。",
                f"{english}: of stage {3 - stage}, without use for --stage {stage}.",
            ),
            both(
                f"{japanese} を外すか、--stage {3 - stage} にしてください。",
                f"Leave it out, or give --stage {3 - stage}.",
            ),
        )
    return kind(**given)


def _train(
    stage: int, config: Any, data_folder: Path, out: Path, resume: bool, sources: "Sources | None" = None
) -> Any:
    from seikaku.training.lora.runs import LOCAL_SOURCES

    sources = sources or LOCAL_SOURCES
    if stage == 1:
        from seikaku.training.lora.stage1 import train_stage1

        return train_stage1(config, data_folder, out, resume=resume, report=report_line, sources=sources)
    from seikaku.training.lora.stage2 import train_stage2

    run = train_stage2(config, data_folder, out, resume=resume, report=report_line, sources=sources)
    return run and _test(run, data_folder, sources)


def _test(run: Any, data_folder: Path, sources: "Sources") -> Any:
    """The run with the figures of the test speakers, which are told; as it is where it has them, or cannot have them.

    It cannot where it had ended before, with other data or another division.
    """
    from seikaku.corpora.store import load_corpus
    from seikaku.evaluation.holdout import add_test_figures, report_figures

    if (found := run.load_metrics().get("test")) is not None:
        report_line(report_figures(found))
        return run
    try:
        return add_test_figures(run, load_corpus(data_folder), report_line, sources.find_backbone)
    except DataError as error:
        english = f"{in_lang(error.message, 'en')} {in_lang(error.mend, 'en')}"
        report_line(
            both(
                f"評価用の話者では採点していません。{error.message}{error.mend}",
                f"Not scored on the test speakers. {english}",
            )
        )
        return run


def report_line(line: str) -> None:
    """Print a line at once, unless progress is unwanted: a job's log is read while it runs."""
    if not is_quiet():
        print(words(line), flush=True)
