"""`seikaku cloud attach`: back to a run whose terminal was lost. Effects: SageMaker, S3, prints, writes."""

from dataclasses import replace
from pathlib import Path

import click

from seikaku.cli.cloud.following import fetch_result, finish_run, print_end, watch_job
from seikaku.cli.cloud.options import cloud_options
from seikaku.cli.cloud.train import DEFAULT_OUT
from seikaku.cloud.account.account import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs import jobs
from seikaku.cloud.jobs.logs import LogTail
from seikaku.cloud.jobs.records import Records
from seikaku.errors import UserError

_LAST_LINES = 20


@click.command("attach", short_help="切れた端末から、実行中のジョブに戻る")
@click.argument("name", default="")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=DEFAULT_OUT, show_default=True,
              help="この機械に記録がないジョブの結果を置くフォルダ")  # fmt: skip
@cloud_options()
def command(settings: CloudSettings, name: str, out: Path) -> None:
    """実行・学習ジョブ・探索の続きを見ます。stage 1 が終わっていれば、stage 2 を始めるところから続けます。

    NAME は実行かジョブか探索の名前（seikaku cloud status）。省くと、いちばん新しい実行です。
    """
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
    from seikaku.cli.cloud.tune import watch_tuning
    from seikaku.cloud.jobs.tuning import find_tuning

    description = jobs.find_job(account, name)
    if description is None:
        if find_tuning(account, name) is None:
            raise UserError(
                f"{name} という実行もジョブも探索もありません（{account.region}）。",
                "seikaku cloud status で名前を確かめるか、--region を指定してください。",
            )
        watch_tuning(account, name)
        return
    description = watch_job(account, name, description["ResourceConfig"]["InstanceType"])
    jobs.check_end(description, LogTail(account, name).last_lines(_LAST_LINES), "seikaku cloud train")
    stage = int(description["HyperParameters"]["stage"])
    target = out / f"stage{stage}"
    fetch_result(account, description, target, stage)
    print_end(account, description, target)
