"""`seikaku cloud stop`: end a job before its goal. Effects: asks, SageMaker, prints."""

from dataclasses import replace

import click

from seikaku.cli.bilingual import argument, option, verb
from seikaku.cli.cloud.options import cloud_options
from seikaku.cli.language import show, tell, words
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs.records import Records
from seikaku.cloud.jobs.stopping import Work, find_work
from seikaku.errors import Words, both


@verb(
    "stop",
    help=both(
        """学習の実行・ジョブ・設定の探索・バッチ変換を止めます。止めた後の費用はかかりません。途中保存は残ります。

        NAME は実行かジョブか探索の名前です（seikaku cloud status）。
        """,
        """Stop a run of training, a job, a search or a batch transform. What is stopped costs nothing any more;
        checkpoints stay.

        NAME is the name of a run, a job or a search (seikaku cloud status).
        """,
    ),
)
@argument("name")
@option("--yes", is_flag=True, help=both("確かめずに止める", "Stop it without asking"))
@cloud_options()
def command(settings: CloudSettings, name: str, yes: bool) -> None:
    """Find out what it is, ask, then stop it."""
    run = Records().find(name)
    account = Account(settings if run is None else replace(settings, region=run.region))
    work = find_work(account, name, run)
    if not yes:
        click.confirm(words(_question(work)), abort=True)
    work.stop(account)
    kept = both("", "")
    if work.kind == "tuning":
        kept = both("（終わった試行の結果は残ります）", " (the results of trials that have ended stay)")
    show(both(f"停止を頼みました: {work.name}{kept}", f"Asked for its end: {work.name}{kept.english}"))
    if run is not None:
        command_line = f"seikaku cloud train --resume {run.name}"
        tell(both(f"途中保存から続けるには: {command_line}", f"To go on from the checkpoint: {command_line}"))


def _question(work: Work) -> Words:
    return {
        "training": both(f"学習ジョブ {work.name} を止めますか？", f"Stop the training job {work.name}?"),
        "transform": both(f"バッチ変換 {work.name} を止めますか？", f"Stop the batch transform {work.name}?"),
        "tuning": both(
            f"設定の探索 {work.name} と、その試行を全部止めますか？", f"Stop the search {work.name} and all its trials?"
        ),
    }[work.kind]
