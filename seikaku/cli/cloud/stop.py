"""`seikaku cloud stop`: end a job before its goal. Effects: asks, SageMaker, prints."""

from dataclasses import replace

import click

from seikaku.cli.cloud.options import cloud_options
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs.records import Records
from seikaku.cloud.jobs.stopping import find_work

_QUESTIONS = {
    "training": "学習ジョブ {name} を止めますか？",
    "transform": "バッチ変換 {name} を止めますか？",
    "tuning": "設定の探索 {name} と、その試行を全部止めますか？",
}


@click.command("stop")
@click.argument("name")
@click.option("--yes", is_flag=True, help="確かめずに止める")
@cloud_options()
def command(settings: CloudSettings, name: str, yes: bool) -> None:
    """学習の実行・ジョブ・設定の探索・バッチ変換を止めます。止めた後の費用はかかりません。途中保存は残ります。

    NAME は実行かジョブか探索の名前です（seikaku cloud status）。
    """
    run = Records().find(name)
    account = Account(settings if run is None else replace(settings, region=run.region))
    work = find_work(account, name, run)
    if not yes:
        click.confirm(_QUESTIONS[work.kind].format(name=work.name), abort=True)
    work.stop(account)
    click.echo(f"停止を頼みました: {work.name}" + ("（終わった試行の結果は残ります）" if work.kind == "tuning" else ""))
    if run is not None:
        click.echo(f"途中保存から続けるには: seikaku cloud train --resume {run.name}")
