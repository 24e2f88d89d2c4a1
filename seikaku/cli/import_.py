"""`seikaku import`: what a conversation file holds, and what was dropped and why. Effects: reads a file, prints."""

import json

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seikaku.cli.reading import format_option, read_input
from seikaku.conversation.readers import title_of_format
from seikaku.conversation.readers.reasons import REASONS_JA
from seikaku.conversation.turns import ImportReport


@click.command("import")
@click.argument("file", metavar="ファイル")
@format_option
@click.option("--json", "as_json", is_flag=True, help="結果を JSON で表示する")
def command(file: str, format_name: str | None, as_json: bool) -> None:
    """会話ファイルを読み、話者・件数・除いたものを表示します（推定はしません。- で標準入力）。"""
    name, imported = read_input(file, format_name)
    if as_json:
        click.echo(json.dumps(imported.report.to_dict(), ensure_ascii=False, indent=2))
        return
    _print_report(name, len(imported.conversations), imported.report)


def _print_report(name: str, n_conversations: int, report: ImportReport) -> None:
    console = Console()
    summary = Table.grid(padding=(0, 2))
    # Text, not str: a name from a file must not be read as markup.
    for label, value in (
        ("ファイル", name),
        ("形式", f"{title_of_format(report.format)}（{report.format}）"),
        ("文字コード", report.encoding),
        ("会話", f"{n_conversations} 件"),
        ("発話", f"{report.n_utterances} 件"),
        ("期間", _describe_period(report)),
    ):
        summary.add_row(label, Text(value))
    console.print(summary)
    console.print(_count_table("話者", report.speakers))
    if report.dropped:
        console.print(_count_table("除いたもの", {REASONS_JA[code]: n for code, n in report.dropped.items()}))
    for warning in report.warnings:
        console.print(Text(f"注意: {warning}"))


def _count_table(title: str, counts: dict[str, int]) -> Table:
    table = Table(title, "件数")
    table.columns[1].justify = "right"
    for name, count in counts.items():
        table.add_row(Text(name), str(count))
    return table


def _describe_period(report: ImportReport) -> str:
    if report.first_timestamp is None or report.last_timestamp is None:
        return "日時の記録なし"
    first, last = (stamp.replace("T", " ") for stamp in (report.first_timestamp, report.last_timestamp))
    return f"{first} ～ {last}"
