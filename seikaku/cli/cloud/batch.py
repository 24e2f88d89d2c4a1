"""`seikaku cloud batch`: many conversations by a batch transform -> JSON Lines, CSV. Effects: AWS, writes, prints."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from seikaku.cli.bilingual import argument, option, verb
from seikaku.cli.cloud.announcing import print_estimate, warn_of_image
from seikaku.cli.cloud.batch_input import Asked, encode_lines, read_batch
from seikaku.cli.cloud.options import (
    FOLDER,
    SERVING,
    cloud_options,
    image_option,
    model_option,
    show_requests_option,
    yes_option,
)
from seikaku.cli.cloud.serving_model import load_model, report_changes
from seikaku.cli.language import show, tell, warn, words
from seikaku.cli.reading import format_option
from seikaku.cli.writing import check_output, explain_write_errors
from seikaku.cloud.account.layout import build_name
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.doctor.permissions import require_serve_role
from seikaku.cloud.money import costs
from seikaku.cloud.serving import batch
from seikaku.cloud.serving.batch_request import DEFAULT_INSTANCE_TYPE, INVOCATION_SECONDS, BatchPlan, check_payload_mb
from seikaku.cloud.serving.own_image import find_own_image
from seikaku.cloud.serving.prepared import container_environment, prepare_model
from seikaku.config import MAX_EVIDENCE
from seikaku.errors import InputFileError, UserError, both, in_lang


@verb(
    "batch",
    help=both(
        """多数の会話を SageMaker のバッチ変換で推定します。エンドポイントは要りません。

        \b
        入力は、会話のファイルかフォルダ、または JSON Lines（1 行に 1 会話、または 1 行に 1 つの API の要求）です。
        例: seikaku cloud batch talks.jsonl --purpose research --out output/batch

        1 つの会話（ファイルなら 1 つのファイル）の 1 話者が 1 件です。別の会話の同じ名前は、まとめません。

        会話は暗号化してバケットに送り、結果を受け取ったら消します。
        """,
        """Estimate from many conversations by a batch transform of SageMaker. No endpoint is needed.

        \b
        The input is a file of a conversation, a folder of them, or JSON Lines
        (a conversation a line, or a request of the API a line).
        Such as: seikaku cloud batch talks.jsonl --purpose research --out output/batch

        A speaker of a conversation (of a file) is an estimate. The same name in another conversation is another one.

        Conversations go to the bucket encrypted, and are deleted there when the results have come.
        """,
    ),
)
@argument("path", metavar=both("[入力]", "[INPUT]"), required=False, type=click.Path(path_type=Path))
@option(
    "--out",
    required=True,
    metavar=FOLDER,
    type=click.Path(file_okay=False, path_type=Path),
    help=both(
        "結果（estimates.jsonl と estimates.csv）を書くフォルダ",
        "Folder for the results (estimates.jsonl and estimates.csv)",
    ),
)
@option(
    "--purpose",
    help=both(
        "使う目的（self_reflection、research、service_development、education）",
        "What it is for (self_reflection, research, service_development, education)",
    ),
)
@option(
    "--speaker",
    metavar=both("名前", "NAME"),
    help=both("この話者だけを推定する（既定: すべての話者）", "Estimate this speaker only (default: all speakers)"),
)
@format_option
@option(
    "--evidence",
    "n_evidence",
    type=click.IntRange(0, MAX_EVIDENCE),
    default=0,
    show_default=True,
    help=both(
        "特性ごと・向きごとに返す発話の数（0 なら、結果に本文は入らない）",
        "How many utterances to return for each trait and direction (with 0 no text is in the results)",
    ),
)
@model_option
@image_option
@option(
    "--instance_type",
    default=DEFAULT_INSTANCE_TYPE,
    show_default=True,
    help=both("インスタンスタイプ", "Instance type"),
)
@option(
    "--n_instances",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help=both("インスタンスの数", "Number of instances"),
)
@option(
    "--max_payload_mb",
    type=int,
    default=2,
    show_default=True,
    help=both(
        "1 回に渡す行の合計（MB）。これより大きい 1 行は送れない",
        "Lines handed over at once, in MB; no longer line can be sent",
    ),
)
@option(
    "--max_hours",
    type=click.FloatRange(0.01),
    default=12.0,
    show_default=True,
    help=both(
        "これより長くかかったら止める（このコマンドが動いている間だけ）",
        "Stop it if it takes longer (only while this command runs)",
    ),
)
@option(
    "--max_cost_usd",
    type=click.FloatRange(0),
    help=both(
        "--max_hours までの費用がこの額を超えるなら断る", "Refuse if it may cost more than this until --max_hours"
    ),
)
@option(
    "--keep_in_bucket",
    is_flag=True,
    help=both(
        "バケットの会話と結果を消さない（消さなくても 30 日で消える）",
        "Leave conversations and results in the bucket (they go after 30 days all the same)",
    ),
)
@option(
    "--attach",
    is_flag=True,
    help=both(
        "始めてあるバッチ変換に戻る（--out は同じフォルダ）",
        "Go back to a batch transform that was started (--out: the same folder)",
    ),
)
@show_requests_option
@yes_option
@cloud_options(*SERVING)
def command(settings: CloudSettings, path: Path | None, out: Path, attach: bool, **flags: Any) -> None:
    """Say what it costs, ask, send, wait for the answers; with --attach only the last."""
    check_output(out / batch.RECORD_NAME)
    account = Account(settings)
    if attach:
        _finish(account, out, flags)
        return
    asked, path = _check_flags(path, flags)
    batch.check_unused(out)
    plan = BatchPlan(build_name("batch"), flags["instance_type"], flags["n_instances"], flags["max_payload_mb"])
    _print_cost(account, plan, flags)
    model = load_model(flags["model"])
    image = flags["image"] or find_own_image(account)
    with prepare_model(account, model.files, image, is_onnx=model.is_onnx) as prepared:
        warn_of_image(prepared.image)
        environment = container_environment(
            own_image=prepared.own_image, n_workers=plan.n_workers, seconds=INVOCATION_SECONDS
        )
        requests = batch.build_requests(account, plan, prepared.serve(account, environment))
        if flags["dry_run"]:
            click.echo(json.dumps(requests, ensure_ascii=False, indent=2))
            tell(both("何も作っていません（--dry_run）。", "Nothing was made (--dry_run)."))
            return
        require_serve_role(account, account.bucket, account.serve_role_arn)
        if not flags["yes"]:
            click.confirm(words(both("会話を送って始めますか", "Send the conversations and start?")), abort=True)
        prepared.upload(account, tell)
    lines = encode_lines(read_batch(path, flags["format_name"], asked), plan)
    with explain_write_errors(out):
        record = batch.begin(account, plan, requests, lines, out)
    n_lines, back = f"{sum(record.n_lines):,}", f"seikaku cloud batch --attach --out {out}"
    show(both(f"始めました: {plan.name}（{n_lines} 件）", f"Started: {plan.name} ({n_lines} requests)"))
    tell(
        both(
            f"端末が切れても続きます。戻るには: {back}",
            f"It goes on when the terminal is lost. To go back: {back}",
        )
    )
    _finish(account, out, flags)


def _check_flags(path: Path | None, flags: dict[str, Any]) -> tuple[Asked, Path]:
    from seikaku.serving.requests.purposes import check_purpose

    if path is None:
        raise UserError(
            both("入力がありません。", "There is no input."),
            both(
                "会話のファイルかフォルダを指定してください（--attach なら要りません）。",
                "Name a file of conversations, or a folder (none is needed with --attach).",
            ),
        )
    if not path.exists():
        raise InputFileError(
            both(f"{path} が見つかりません。", f"There is no {path}."),
            both("パスとファイル名を確かめてください。", "Check its path and name."),
        )
    check_purpose(flags["purpose"] or "")
    check_payload_mb(flags["max_payload_mb"])
    return Asked(flags["purpose"], flags["speaker"], flags["n_evidence"]), path


def _print_cost(account: Account, plan: BatchPlan, flags: dict[str, Any]) -> None:
    estimate = costs.estimate_transform(
        plan.instance_type, account.region, max_hours=flags["max_hours"], n_instances=plan.n_instances
    )
    hours = f"--max_hours {flags['max_hours']:g}"
    title = both(f"費用の上限（{hours} 時間まで）", f"The most that it may cost (until {hours})")
    print_estimate(title, estimate)
    costs.check_budget(estimate, flags["max_cost_usd"])


def _finish(account: Account, out: Path, flags: dict[str, Any]) -> None:
    """Follow the job to its end, write the answers, and leave nothing in the bucket."""
    from seikaku.cli.cloud.batch_output import RESULTS_NAME, TABLE_NAME, BatchReport, write_results

    def write(answers: Iterator[tuple[str, dict[str, Any]]]) -> BatchReport:
        with explain_write_errors(out):
            return write_results(out, answers)

    record = batch.load_record(out)
    try:
        described, report = batch.collect(account, record, out, write, report_changes(), flags["max_hours"])
    except Exception:
        if not flags["keep_in_bucket"]:
            warn(
                both(
                    f"会話はバケットに残っています（batch/{record.name}/、30 日で消えます）。",
                    f"The conversations are still in the bucket (batch/{record.name}/; they go after 30 days).",
                )
            )
        raise
    batch.leave(account, record, out, keep_in_bucket=flags["keep_in_bucket"])
    tell(
        both(
            f"書きました: {out / RESULTS_NAME} と {TABLE_NAME}（推定 {report.n_answers:,} 件）",
            f"Wrote {out / RESULTS_NAME} and {TABLE_NAME} (estimates: {report.n_answers:,})",
        )
    )
    if report.n_errors:
        warn(both(f"推定できなかった行: {report.n_errors:,} 件", f"Lines without an estimate: {report.n_errors:,}"))
        for source, detail in report.errors:
            warn(f"  {source}: {detail}")
    _print_bill(record, described)


def _print_bill(record: batch.BatchRecord, described: Mapping[str, Any]) -> None:
    if (billed := batch.bill(record, described)) is not None:
        hours, cost = billed
        minutes = f"{hours * 60:.1f}"
        show(
            both(
                f"かかった時間 {minutes} 分、費用 {cost.text}",
                f"It took {minutes} min and cost {in_lang(cost.text, 'en')}",
            )
        )
