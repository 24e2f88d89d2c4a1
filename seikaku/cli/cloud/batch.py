"""`seikaku cloud batch`: many conversations by a batch transform -> JSON Lines, CSV. Effects: AWS, writes, prints."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from seikaku.cli.cloud.announcing import warn_of_image
from seikaku.cli.cloud.batch_input import Asked, encode_lines, read_batch
from seikaku.cli.cloud.options import SERVING, cloud_options
from seikaku.cli.cloud.serving_model import load_model, report_changes
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
from seikaku.errors import InputFileError, UserError


@click.command("batch")
@click.argument("path", metavar="[入力]", required=False, type=click.Path(path_type=Path))
@click.option("--out", required=True, metavar="フォルダ", type=click.Path(file_okay=False, path_type=Path),
              help="結果（estimates.jsonl と estimates.csv）を書くフォルダ")  # fmt: skip
@click.option("--purpose", help="使う目的（self_reflection、research、service_development、education）")
@click.option("--speaker", metavar="名前", help="この話者だけを推定する（既定: すべての話者）")
@format_option
@click.option("--evidence", "n_evidence", type=click.IntRange(0, MAX_EVIDENCE), default=0, show_default=True,
              help="特性ごと・向きごとに返す発話の数（0 なら、結果に本文は入らない）")  # fmt: skip
@click.option("--model", metavar="フォルダ", type=click.Path(path_type=Path),
              help="seikaku export か seikaku fit の出力（既定: 同梱モデル）")  # fmt: skip
@click.option(
    "--image",
    default="",
    metavar="URI",
    help="推論のイメージ（既定: seikaku cloud image で作ったもの、なければ AWS の Hugging Face のもの）",
)
@click.option("--instance_type", default=DEFAULT_INSTANCE_TYPE, show_default=True, help="インスタンスタイプ")
@click.option("--n_instances", type=click.IntRange(1), default=1, show_default=True, help="インスタンスの数")
@click.option("--max_payload_mb", type=int, default=2, show_default=True,
              help="1 回に渡す行の合計（MB）。これより大きい 1 行は送れない")  # fmt: skip
@click.option("--max_hours", type=click.FloatRange(0.01), default=12.0, show_default=True,
              help="これより長くかかったら止める（このコマンドが動いている間だけ）")  # fmt: skip
@click.option("--max_cost_usd", type=click.FloatRange(0), help="--max_hours までの費用がこの額を超えるなら断る")
@click.option("--keep_in_bucket", is_flag=True, help="バケットの会話と結果を消さない（消さなくても 30 日で消える）")
@click.option("--attach", is_flag=True, help="始めてあるバッチ変換に戻る（--out は同じフォルダ）")
@click.option("--dry_run", is_flag=True, help="送る要求と費用だけを表示する")
@click.option("--yes", is_flag=True, help="確認を省く")
@cloud_options(*SERVING)
def command(settings: CloudSettings, path: Path | None, out: Path, attach: bool, **flags: Any) -> None:
    """多数の会話を SageMaker のバッチ変換で推定します。エンドポイントは要りません。

    \b
    入力は、会話のファイルかフォルダ、または JSON Lines（1 行に 1 会話、または 1 行に 1 つの API の要求）です。
    例: seikaku cloud batch talks.jsonl --purpose research --out output/batch

    1 つの会話（ファイルなら 1 つのファイル）の 1 話者が 1 件です。別の会話の同じ名前は、まとめません。

    会話は暗号化してバケットに送り、結果を受け取ったら消します。
    """
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
            click.echo("何も作っていません（--dry_run）。", err=True)
            return
        require_serve_role(account, account.bucket, account.serve_role_arn)
        if not flags["yes"]:
            click.confirm("会話を送って始めますか", abort=True)
        prepared.upload(account, click.echo)
    lines = encode_lines(read_batch(path, flags["format_name"], asked), plan)
    with explain_write_errors(out):
        record = batch.begin(account, plan, requests, lines, out)
    click.echo(f"始めました: {plan.name}（{sum(record.n_lines):,} 件）")
    click.echo(f"端末が切れても続きます。戻るには: seikaku cloud batch --attach --out {out}")
    _finish(account, out, flags)


def _check_flags(path: Path | None, flags: dict[str, Any]) -> tuple[Asked, Path]:
    from seikaku.serving.requests.purposes import check_purpose

    if path is None:
        raise UserError("入力がありません。", "会話のファイルかフォルダを指定してください（--attach なら要りません）。")
    if not path.exists():
        raise InputFileError(f"{path} が見つかりません。", "パスとファイル名を確かめてください。")
    check_purpose(flags["purpose"] or "")
    check_payload_mb(flags["max_payload_mb"])
    return Asked(flags["purpose"], flags["speaker"], flags["n_evidence"]), path


def _print_cost(account: Account, plan: BatchPlan, flags: dict[str, Any]) -> None:
    estimate = costs.estimate_transform(
        plan.instance_type, account.region, max_hours=flags["max_hours"], n_instances=plan.n_instances
    )
    click.echo(f"費用の上限（--max_hours {flags['max_hours']:g} 時間まで）: {estimate.text}")
    for line in estimate.lines:
        click.echo(f"  {line}")
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
            click.echo(f"会話はバケットに残っています（batch/{record.name}/、30 日で消えます）。", err=True)
        raise
    batch.leave(account, record, out, keep_in_bucket=flags["keep_in_bucket"])
    click.echo(f"書きました: {out / RESULTS_NAME} と {TABLE_NAME}（推定 {report.n_answers:,} 件）")
    if report.n_errors:
        click.echo(f"推定できなかった行: {report.n_errors:,} 件", err=True)
        for source, detail in report.errors:
            click.echo(f"  {source}: {detail}", err=True)
    _print_bill(record, described)


def _print_bill(record: batch.BatchRecord, described: Mapping[str, Any]) -> None:
    if (billed := batch.bill(record, described)) is not None:
        hours, cost = billed
        click.echo(f"かかった時間 {hours * 60:.1f} 分、費用 {cost.text}")
