"""`seikaku cloud prices`: the price table, and how old it is. Effects: prints; --refresh asks AWS and writes a copy."""

import json
from dataclasses import asdict

import click

from seikaku.cli.bilingual import option, verb
from seikaku.cli.cloud.options import cloud_options, json_option
from seikaku.cli.language import show, tell, words
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.money.instances import offered_instances
from seikaku.cloud.money.prices import PriceTable, Usage, load_prices, refresh_prices, user_path
from seikaku.errors import Words, both

_USAGES: dict[Usage, Words] = {
    "training": both("学習", "Training"),
    "hosting": both("推論", "Hosting"),
    "transform": both("バッチ変換", "Batch transform"),
}
_SERVICES = {
    "serverless_gb_second": both("サーバーレス推論（メモリ 1 GB・1 秒）", "Serverless (1 GB of memory for 1 s)"),
    "volume_gb_month": both("学習のディスク（1 GB・1 か月）", "Disk of training (1 GB for a month)"),
    "s3_gb_month": both("S3（1 GB・1 か月）", "S3 (1 GB for a month)"),
    "lambda_gb_second": both("Lambda（メモリ 1 GB・1 秒）", "Lambda (1 GB of memory for 1 s)"),
    "lambda_request": both("Lambda（1 回）", "Lambda (a call)"),
    "http_api_request": both("HTTP API（1 回）", "HTTP API (a call)"),
    "logs_gb": both("CloudWatch Logs（1 GB）", "CloudWatch Logs (1 GB)"),
}
_UNKNOWN = both("不明", "unknown")


@verb(
    "prices",
    help=both(
        """1 時間あたりの料金（オンデマンド、税抜、米ドル）を、出どころと日付つきで表示します。

        \b
        例: seikaku cloud prices --region us-west-2
            seikaku cloud prices --refresh
        """,
        """Show the prices of an hour (on demand, without tax, in US dollars) with where they are from and their dates.

        \b
        Such as: seikaku cloud prices --region us-west-2
                 seikaku cloud prices --refresh
        """,
    ),
)
@option(
    "--refresh",
    is_flag=True,
    help=both(
        "AWS の料金表に問い合わせ、手元の写しを新しくする（認証が必要）",
        "Ask AWS for its price list and renew the copy on this machine (needs credentials)",
    ),
)
@json_option
@cloud_options()
def command(settings: CloudSettings, refresh: bool, as_json: bool) -> None:
    """Renew the table if asked to, and print it."""
    region = Account(settings).region
    if refresh:
        _refresh(settings, region)
    table = load_prices()
    if as_json:
        prices = [asdict(price) for price in table.instances if price.region == region]
        services = [asdict(price) for price in table.services if price.region == region]
        document = {"region": region, "instances": prices, "services": services}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    _print_instances(region, table)
    _print_services(region, table)


def _refresh(settings: CloudSettings, region: str) -> None:
    n_prices = len(refresh_prices(settings, region).instances)
    tell(
        both(
            f"AWS から {region} の料金 {n_prices} 件を取り込みました: {user_path()}",
            f"Took in {n_prices} prices of {region} from AWS: {user_path()}",
        )
    )


def _print_instances(region: str, table: PriceTable) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    title = both(f"1 時間の料金（{region}、米ドル）", f"Prices of an hour ({region}, US dollars)")
    shown = Table(box=box.SIMPLE, title=words(title), title_justify="left")
    for name in (both("インスタンス", "Instance"), *_USAGES.values()):
        shown.add_column(words(name), no_wrap=True)
    shown.add_column(words(both("日付・出どころ", "Date and source")), overflow="fold")
    for instance in offered_instances():
        prices = [table.find(instance.instance_type, region, usage) for usage in _USAGES]
        known = [price for price in prices if price is not None]
        cells = [words(_UNKNOWN) if price is None else f"${price.usd_per_hour:g}" for price in prices]
        shown.add_row(instance.instance_type, *cells, f"{known[0].as_of} {known[0].source}" if known else "")
    Console(width=110).print(shown)
    if any(table.find(instance.instance_type, region, "training") is None for instance in offered_instances()):
        show(
            both(
                "「不明」の料金は推測しません。seikaku cloud prices --refresh で AWS から取り込めます。",
                "What is unknown is not guessed. seikaku cloud prices --refresh takes it in from AWS.",
            )
        )


def _print_services(region: str, table: PriceTable) -> None:
    found = [price for price in table.services if price.region == region]
    if found:
        show(both("そのほか", "Other prices"))
    for price in found:
        usd = f"{price.usd:.10f}".rstrip("0")
        name = _SERVICES.get(price.service, both(price.service, price.service))
        show(
            both(
                f"  {name}: ${usd}（{price.as_of}、{price.source}）",
                f"  {name.english}: ${usd} ({price.as_of}, {price.source})",
            )
        )
