"""`seikaku cloud doctor`: is everything there that the other verbs need, and if not, what to do. Effect: prints."""

import json
from collections import Counter
from pathlib import Path

import click

from seikaku.cli.bilingual import option, verb
from seikaku.cli.cloud.options import cloud_options, json_option
from seikaku.cli.language import words
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.doctor.checks import Check, Patient, Status
from seikaku.cloud.doctor.examination import is_healthy, run_checks
from seikaku.cloud.money.instances import DEFAULT_INSTANCE_TYPE
from seikaku.errors import Words, both
from seikaku.places import PROCESSED_DATA, REPOSITORY

_MARKS: dict[Status, tuple[str, str, Words]] = {
    "ok": ("✓", "green", both("良好", "fine")),
    "warning": ("!", "yellow", both("注意", "to note")),
    "failed": ("✗", "red", both("要対応", "to mend")),
    "skipped": ("-", "bright_black", both("未確認", "not looked at")),
}
_BETWEEN = both("、", ", ")


@verb(
    "doctor",
    help=both(
        """AWS を使うための準備を順に調べ、足りないものには直し方を示します。何も作らず、何も変えません。

        問題がなければ終了コード 0、直すべきものがあれば 1 です。
        """,
        """Look at all that AWS needs, one thing after the other, and say how to mend what is lacking. Nothing is made,
        nothing is changed.

        The exit code is 0 where nothing is wrong, 1 where something has to be mended.
        """,
    ),
)
@option(
    "--instance_type",
    default=DEFAULT_INSTANCE_TYPE,
    help=both(
        f"学習に使うインスタンスタイプ（既定: {DEFAULT_INSTANCE_TYPE}）",
        f"Instance type of training (default: {DEFAULT_INSTANCE_TYPE})",
    ),
)
@option(
    "--data",
    "data_folder",
    type=click.Path(path_type=Path),
    default=PROCESSED_DATA,
    help=both(
        f"前処理済みデータのフォルダ（既定: {PROCESSED_DATA}）",
        f"Folder of the processed data (default: {PROCESSED_DATA})",
    ),
)
@option(
    "--fast",
    is_flag=True,
    help=both(
        "時間のかかる検査（権限・上限・イメージ）を省く", "Leave out what takes long (permissions, quotas, images)"
    ),
)
@json_option
@cloud_options("bucket", "role_arn", "serve_role_arn")
def command(settings: CloudSettings, instance_type: str, data_folder: Path, fast: bool, as_json: bool) -> None:
    """Print each check as it is made; as JSON all of them at the end."""
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
        counted = [f"{words(label)} {counts[status]}" for status, (_, _, label) in _MARKS.items()]
        click.echo("\n" + words(_BETWEEN).join(counted))
    if not is_healthy(checks):
        click.get_current_context().exit(1)


def _print_check(check: Check) -> None:
    mark, colour, _ = _MARKS[check.status]
    click.echo(f"{click.style(mark, fg=colour)} {words(check.name)}: {words(check.line)}")
    if check.mend:
        click.echo(f"    → {words(check.mend)}")
