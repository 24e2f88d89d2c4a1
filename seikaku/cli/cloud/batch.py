"""`seikaku cloud batch`: many conversations by a batch transform -> JSON Lines, CSV. Effects: AWS, writes, prints."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from seikaku.cli.cloud.batch_input import Asked, BatchLine, encode_request, read_batch
from seikaku.cli.cloud.options import SERVING, cloud_options
from seikaku.cli.cloud.serving_model import container_environment, prepare_model, report_changes
from seikaku.cli.reading import format_option
from seikaku.cli.writing import check_output, explain_write_errors
from seikaku.cloud.account.account import Account
from seikaku.cloud.account.layout import build_name
from seikaku.cloud.account.rules import check_request
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.money import costs
from seikaku.cloud.serving import batch
from seikaku.cloud.serving.batch_request import (
    DEFAULT_INSTANCE_TYPE,
    INVOCATION_SECONDS,
    MEGABYTE,
    BatchPlan,
    build_transform,
    check_payload_mb,
)
from seikaku.cloud.serving.endpoint_request import ServedModel, build_model
from seikaku.errors import InputFileError, UserError


@click.command("batch", short_help="多数の会話をまとめて推定する（バッチ変換）")
@click.argument("path", metavar="[入力]", required=False, type=click.Path(path_type=Path))
@click.option("--out", required=True, metavar="フォルダ", type=click.Path(file_okay=False, path_type=Path),
              help="結果（estimates.jsonl と estimates.csv）を書くフォルダ")  # fmt: skip
@click.option("--purpose", help="使う目的（self_reflection、research、service_development、education）")
@click.option("--speaker", metavar="名前", help="この話者だけを推定する（既定: すべての話者）")
@format_option
@click.option("--evidence", "n_evidence", type=click.IntRange(0, 20), default=0, show_default=True,
              help="特性ごと・向きごとに返す発話の数（0 なら、結果に本文は入らない）")  # fmt: skip
@click.option("--model", metavar="フォルダ", type=click.Path(path_type=Path),
              help="seikaku export か seikaku fit の出力（既定: 同梱モデル）")  # fmt: skip
@click.option(
    "--image", default="", metavar="URI", help="ECR に置いた自分のイメージ（既定: Hugging Face の推論イメージ）"
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
    asked = _check_flags(path, flags)
    if (out / batch.RECORD_NAME).exists():
        raise UserError(
            f"{out} に、終わっていないバッチ変換の記録があります。",
            f"--attach で続きを待つか、要らなければ {out / batch.RECORD_NAME} を消してください。",
        )
    assert path is not None
    plan = BatchPlan(build_name("batch"), flags["instance_type"], flags["n_instances"], flags["max_payload_mb"])
    _print_cost(account, plan, flags)
    with prepare_model(account, flags["model"], flags["image"]) as prepared:
        environment = container_environment(
            own_image=bool(flags["image"]), n_workers=plan.n_workers, seconds=INVOCATION_SECONDS
        )
        requests = _build_requests(account, plan, prepared.serve(account, environment))
        if flags["dry_run"]:
            click.echo(json.dumps(requests, ensure_ascii=False, indent=2))
            click.echo("何も作っていません（--dry_run）。", err=True)
            return
        if not flags["yes"]:
            click.confirm("会話を送って始めますか", abort=True)
        prepared.upload(account)
    _start(account, plan, requests, read_batch(path, flags["format_name"], asked), out)
    _finish(account, out, flags)


def _check_flags(path: Path | None, flags: dict[str, Any]) -> Asked:
    from seikaku.serving.requests.purposes import check_purpose

    if path is None:
        raise UserError("入力がありません。", "会話のファイルかフォルダを指定してください（--attach なら要りません）。")
    if not path.exists():
        raise InputFileError(f"{path} が見つかりません。", "パスとファイル名を確かめてください。")
    check_purpose(flags["purpose"] or "")
    check_payload_mb(flags["max_payload_mb"])
    return Asked(flags["purpose"], flags["speaker"], flags["n_evidence"])


def _print_cost(account: Account, plan: BatchPlan, flags: dict[str, Any]) -> None:
    estimate = costs.estimate_transform(
        plan.instance_type, account.region, max_hours=flags["max_hours"], n_instances=plan.n_instances
    )
    click.echo(f"費用の上限（--max_hours {flags['max_hours']:g} 時間まで）: {estimate.text}")
    for line in estimate.lines:
        click.echo(f"  {line}")
    costs.check_budget(estimate, flags["max_cost_usd"])


def _build_requests(account: Account, plan: BatchPlan, model: ServedModel) -> dict[str, dict[str, Any]]:
    requests = {
        "CreateModel": build_model(plan.name, model, account.serve_role_arn, account.settings),
        "CreateTransformJob": build_transform(plan, account.bucket, account.settings),
    }
    for operation, request in requests.items():
        check_request(operation, request)
    return requests


def _start(
    account: Account, plan: BatchPlan, requests: dict[str, dict[str, Any]], lines: Iterator[BatchLine], out: Path
) -> None:
    """Send the requests and start the job. What is in the bucket goes again when that fails."""
    from seikaku.cli.cloud.batch_output import SOURCES_NAME

    out.mkdir(parents=True, exist_ok=True)
    try:
        with explain_write_errors(out), (out / SOURCES_NAME).open("w", encoding="utf-8") as sources:
            n_lines = batch.upload_requests(account, plan, _send(lines, plan, sources))
        if not n_lines:
            raise InputFileError("推定できる会話がありません。", "入力と --speaker を確かめてください。")
        batch.start(account, requests)
    except BaseException:
        (out / SOURCES_NAME).unlink(missing_ok=True)
        batch.clear(account, plan.name)
        raise
    batch.BatchRecord(
        plan.name, account.region, account.bucket, plan.instance_type, plan.n_instances, tuple(n_lines)
    ).save(out)
    click.echo(f"始めました: {plan.name}（{sum(n_lines):,} 件）")
    click.echo(f"端末が切れても続きます。戻るには: seikaku cloud batch --attach --out {out}")


def _send(lines: Iterator[BatchLine], plan: BatchPlan, sources: Any) -> Iterator[bytes]:
    """The lines that can be sent; of every line it is noted where it comes from."""
    from seikaku.cli.cloud.batch_output import note_source
    from seikaku.serving.requests.problems import TooLargeError, describe_problem

    for line in lines:
        error: Exception | None = line.error
        encoded = b"" if line.request is None else encode_request(line.request)
        if len(encoded) > plan.max_payload_mb * MEGABYTE:
            error = TooLargeError(
                f"1 件が {len(encoded) / MEGABYTE:.1f} MB あります（上限 {plan.max_payload_mb} MB）。",
                "--max_payload_mb を大きくするか、会話を分けてください。",
            )
        note_source(sources, line.source, None if error is None else describe_problem(error, plan.name))
        if error is None:
            yield encoded


def _finish(account: Account, out: Path, flags: dict[str, Any]) -> None:
    """Follow the job to its end, fetch the answers, and leave nothing in the bucket."""
    from seikaku.cli.cloud.batch_output import RESULTS_NAME, TABLE_NAME, write_results

    record = batch.load_record(out)
    try:
        described = batch.follow(account, record.name, report_changes(), flags["max_hours"])
        with batch.fetched_answers(account, record) as answers, explain_write_errors(out):
            report = write_results(out, answers)
    except Exception:
        if not flags["keep_in_bucket"]:
            click.echo(f"会話はバケットに残っています（batch/{record.name}/、30 日で消えます）。", err=True)
        raise
    if not flags["keep_in_bucket"]:
        batch.clear(account, record.name)
    (out / batch.RECORD_NAME).unlink()
    click.echo(f"書きました: {out / RESULTS_NAME} と {TABLE_NAME}（推定 {report.n_answers:,} 件）")
    if report.n_errors:
        click.echo(f"推定できなかった行: {report.n_errors:,} 件", err=True)
        for source, detail in report.errors:
            click.echo(f"  {source}: {detail}", err=True)
    _print_bill(account, record, described)


def _print_bill(account: Account, record: batch.BatchRecord, described: dict[str, Any]) -> None:
    if "TransformStartTime" not in described or "TransformEndTime" not in described:
        return
    hours = (described["TransformEndTime"] - described["TransformStartTime"]).total_seconds() / 3600
    bill = costs.estimate_transform(
        record.instance_type, account.region, max_hours=hours, n_instances=record.n_instances
    )
    click.echo(f"かかった時間 {hours * 60:.1f} 分、費用 {bill.text}")
