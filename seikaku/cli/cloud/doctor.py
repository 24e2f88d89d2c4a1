"""`seikaku cloud doctor`: is everything there that the other verbs need, and if not, what to do. Effect: prints."""

import json
from collections import Counter
from pathlib import Path

import click

from seikaku.cli.cloud.options import cloud_options
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.doctor.checks import Check, Patient, Status
from seikaku.cloud.doctor.examination import is_healthy, run_checks
from seikaku.cloud.money.instances import DEFAULT_INSTANCE_TYPE
from seikaku.places import PROCESSED_DATA, REPOSITORY

_MARKS: dict[Status, tuple[str, str, str]] = {
    "ok": ("✓", "green", "良好"),
    "warning": ("!", "yellow", "注意"),
    "failed": ("✗", "red", "要対応"),
    "skipped": ("-", "bright_black", "未確認"),
}


@click.command("doctor")
@click.option("--instance_type", default=DEFAULT_INSTANCE_TYPE,
              help=f"学習に使うインスタンスタイプ（既定: {DEFAULT_INSTANCE_TYPE}）")  # fmt: skip
@click.option("--data", "data_folder", type=click.Path(path_type=Path), default=PROCESSED_DATA,
              help=f"前処理済みデータのフォルダ（既定: {PROCESSED_DATA}）")  # fmt: skip
@click.option("--fast", is_flag=True, help="時間のかかる検査（権限・上限・イメージ）を省く")
@click.option("--json", "as_json", is_flag=True, help="JSON で出力する")
@cloud_options("bucket", "role_arn", "serve_role_arn")
def command(settings: CloudSettings, instance_type: str, data_folder: Path, fast: bool, as_json: bool) -> None:
    """AWS を使うための準備を順に調べ、足りないものには直し方を示します。何も作らず、何も変えません。

    問題がなければ終了コード 0、直すべきものがあれば 1 です。
    """
    patient = Patient(settings, instance_type, REPOSITORY, data_folder)
    checks: list[Check] = []
    for check in run_checks(patient, fast=fast):
        checks.append(check)
        if not as_json:
            _print_check(check)
    if as_json:
        document = {"healthy": is_healthy(checks), "checks": [check.to_dict() for check in checks]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        counts = Counter(check.status for check in checks)
        click.echo("\n" + "、".join(f"{label} {counts[status]}" for status, (_, _, label) in _MARKS.items()))
    if not is_healthy(checks):
        click.get_current_context().exit(1)


def _print_check(check: Check) -> None:
    mark, colour, _ = _MARKS[check.status]
    click.echo(f"{click.style(mark, fg=colour)} {check.name}: {check.line}")
    if check.mend:
        click.echo(f"    → {check.mend}")
