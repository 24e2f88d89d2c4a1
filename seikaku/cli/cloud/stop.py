"""`seikaku cloud stop`: end a job before its goal. Effects: asks, SageMaker, prints."""

from dataclasses import replace

import click

from seikaku.cli.cloud.options import cloud_options
from seikaku.cloud.account.account import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs import jobs
from seikaku.cloud.jobs.records import Records
from seikaku.cloud.serving import batch
from seikaku.errors import UserError


@click.command("stop", short_help="ジョブを止める")
@click.argument("name")
@click.option("--yes", is_flag=True, help="確かめずに止める")
@cloud_options()
def command(settings: CloudSettings, name: str, yes: bool) -> None:
    """学習の実行・ジョブ・設定の探索・バッチ変換を止めます。止めた後の費用はかかりません。途中保存は残ります。

    NAME は実行かジョブか探索の名前です（seikaku cloud status）。
    """
    run = Records().find(name)
    account = Account(settings if run is None else replace(settings, region=run.region))
    for job in (name,) if run is None or name in run.job_names else run.job_names:
        description = jobs.find_job(account, job)
        if description is not None and description["TrainingJobStatus"] not in jobs.ENDED:
            _confirm(f"学習ジョブ {job} を止めますか？", yes)
            jobs.stop_job(account, job)
            click.echo(f"停止を頼みました: {job}")
            if run is not None:
                click.echo(f"途中保存から続けるには: seikaku cloud train --resume {run.name}")
            return
    if run is not None or description is not None:
        raise UserError(f"{name} に、動いているジョブはありません。", "seikaku cloud status で様子を確かめてください。")
    if batch.is_running(account, name):
        _confirm(f"バッチ変換 {name} を止めますか？", yes)
        batch.stop(account, name)
        click.echo(f"停止を頼みました: {name}")
        return
    _stop_tuning(account, name, yes)


def _stop_tuning(account: Account, name: str, yes: bool) -> None:
    from seikaku.cloud.jobs.tuning import find_tuning

    if find_tuning(account, name) is None:
        raise UserError(
            f"{name} という実行もジョブも探索もありません（{account.region}）。",
            "seikaku cloud status で名前を確かめるか、--region を指定してください。",
        )
    _confirm(f"設定の探索 {name} と、その試行を全部止めますか？", yes)
    account.client("sagemaker").stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    click.echo(f"停止を頼みました: {name}（終わった試行の結果は残ります）")


def _confirm(question: str, yes: bool) -> None:
    if not yes:
        click.confirm(question, abort=True)
