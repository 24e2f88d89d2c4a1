"""`seikaku cloud prices`: the price table, and how old it is. Effects: prints; --refresh asks AWS and writes a copy."""

import json
from dataclasses import asdict

import click

from seikaku.cli.cloud.options import cloud_options
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.money.instances import offered_instances
from seikaku.cloud.money.prices import PriceTable, load_prices, refresh_prices, user_path

_USAGES = {"training": "学習", "hosting": "推論", "transform": "バッチ変換"}
_SERVICES = {
    "serverless_gb_second": "サーバーレス推論（メモリ 1 GB・1 秒）",
    "volume_gb_month": "学習のディスク（1 GB・1 か月）",
    "s3_gb_month": "S3（1 GB・1 か月）",
    "lambda_gb_second": "Lambda（メモリ 1 GB・1 秒）",
    "lambda_request": "Lambda（1 回）",
    "http_api_request": "HTTP API（1 回）",
    "logs_gb": "CloudWatch Logs（1 GB）",
}
_UNKNOWN = "不明"


@click.command("prices")
@click.option("--refresh", is_flag=True, help="AWS の料金表に問い合わせ、手元の写しを新しくする（認証が必要）")
@click.option("--json", "as_json", is_flag=True, help="JSON で出力する")
@cloud_options()
def command(settings: CloudSettings, refresh: bool, as_json: bool) -> None:
    """1 時間あたりの料金（オンデマンド、税抜、米ドル）を、出どころと日付つきで表示します。

    \b
    例: seikaku cloud prices --region us-west-2
        seikaku cloud prices --refresh
    """
    region = Account(settings).region
    if refresh:
        _refresh(settings, region, quiet=as_json)
    table = load_prices()
    if as_json:
        prices = [asdict(price) for price in table.instances if price.region == region]
        services = [asdict(price) for price in table.services if price.region == region]
        document = {"region": region, "instances": prices, "services": services}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    _print_instances(region, table)
    _print_services(region, table)


def _refresh(settings: CloudSettings, region: str, *, quiet: bool) -> None:
    found = refresh_prices(settings, region)
    if not quiet:
        click.echo(f"AWS から {region} の料金 {len(found.instances)} 件を取り込みました: {user_path()}")


def _print_instances(region: str, table: PriceTable) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=box.SIMPLE, title=f"1 時間の料金（{region}、米ドル）", title_justify="left")
    for name in ("インスタンス", *_USAGES.values()):
        shown.add_column(name, no_wrap=True)
    shown.add_column("日付・出どころ", overflow="fold")
    for instance in offered_instances():
        prices = [table.find(instance.instance_type, region, usage) for usage in ("training", "hosting", "transform")]
        known = [price for price in prices if price is not None]
        cells = [_UNKNOWN if price is None else f"${price.usd_per_hour:g}" for price in prices]
        shown.add_row(instance.instance_type, *cells, f"{known[0].as_of} {known[0].source}" if known else "")
    Console(width=110).print(shown)
    if any(table.find(instance.instance_type, region, "training") is None for instance in offered_instances()):
        click.echo("「不明」の料金は推測しません。seikaku cloud prices --refresh で AWS から取り込めます。")


def _print_services(region: str, table: PriceTable) -> None:
    found = [price for price in table.services if price.region == region]
    if found:
        click.echo("そのほか")
    for price in found:
        usd = f"{price.usd:.10f}".rstrip("0")
        click.echo(f"  {_SERVICES.get(price.service, price.service)}: ${usd}（{price.as_of}、{price.source}）")
