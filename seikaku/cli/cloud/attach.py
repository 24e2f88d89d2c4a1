"""`seikaku cloud attach`: back to a run whose terminal was lost. Effects: SageMaker, S3, prints, writes."""

from dataclasses import replace
from pathlib import Path

import click

from seikaku.cli.bilingual import argument, option, verb
from seikaku.cli.cloud.following import fetch_result, finish_run, print_end, watch_job
from seikaku.cli.cloud.options import cloud_options
from seikaku.cli.cloud.train import DEFAULT_OUT
from seikaku.cli.cloud.tune import watch_tuning
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs import training, tuning
from seikaku.cloud.jobs.records import Records
from seikaku.errors import both


@verb(
    "attach",
    help=both(
        """実行・学習ジョブ・探索の続きを見ます。stage 1 が終わっていれば、stage 2 を始めるところから続けます。

        NAME は実行かジョブか探索の名前（seikaku cloud status）。省くと、いちばん新しい実行です。
        """,
        """Watch a run, a training job or a search further. Where stage 1 has ended, stage 2 is started.

        NAME is the name of a run, a job or a search (seikaku cloud status); left out, it is the newest run.
        """,
    ),
)
@argument("name", default="")
@option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_OUT,
    show_default=True,
    help=both(
        "この機械に記録がないジョブの結果を置くフォルダ",
        "Folder for the result of a job that this machine has no record of",
    ),
)
@cloud_options()
def command(settings: CloudSettings, name: str, out: Path) -> None:
    """Go on with the run of that name, else with what AWS knows by it."""
    records = Records()
    run = records.find(name)
    if run is not None:
        finish_run(Account(replace(settings, region=run.region)), records, run, wait=True)
        return
    if not name:
        records.require(name)
    _attach_to_stranger(Account(settings), name, out)


def _attach_to_stranger(account: Account, name: str, out: Path) -> None:
    """A job or a tuning job that another machine, or another folder, started."""
    if training.find_job(account, name) is None:
        tuning.require_tuning(account, name)
        watch_tuning(account, name)
        return
    description = watch_job(account, name)
    training.check_end(account, description, "seikaku cloud train")
    target = out / f"stage{training.stage_of(description)}"
    fetch_result(account, description, target)
    print_end(account, description, target)
