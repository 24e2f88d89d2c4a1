"""`seikaku import`: what a conversation file holds, and what was dropped and why. Effects: reads a file, prints."""

import json
from collections.abc import Mapping

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seikaku.cli.bilingual import argument, lang_option, option, quiet_option, verb
from seikaku.cli.language import words
from seikaku.cli.reading import format_option, read_input
from seikaku.conversation.readers import title_of_format
from seikaku.conversation.readers.reasons import REASONS
from seikaku.conversation.turns import ImportReport
from seikaku.errors import both, in_lang


@verb(
    "import",
    help=both(
        "会話ファイルを読み、話者・件数・除いたものを表示します（推定はしません。- で標準入力）。",
        "Read a conversation file and show its speakers, its counts and what was left out (no estimate; - for "
        "standard input).",
    ),
)
@argument("file", metavar=both("ファイル", "FILE"), type=click.Path())
@format_option
@option("--json", "as_json", is_flag=True, help=both("結果を JSON で表示する", "Print the result as JSON"))
@lang_option
@quiet_option
def command(file: str, format_name: str | None, as_json: bool) -> None:
    """Read the file and print what the reader says of it."""
    name, imported = read_input(file, format_name)
    if as_json:
        click.echo(json.dumps(imported.report.to_dict(), ensure_ascii=False, indent=2))
        return
    _print_report(name, len(imported.conversations), imported.report)


def _print_report(name: str, n_conversations: int, report: ImportReport) -> None:
    console = Console()
    summary = Table.grid(padding=(0, 2))
    title = title_of_format(report.format)
    # Text, not str: a name from a file must not be read as markup.
    for label, value in (
        (both("ファイル", "File"), name),
        (both("形式", "Format"), both(f"{title}（{report.format}）", f"{title.english} ({report.format})")),
        (both("文字コード", "Encoding"), report.encoding),
        (both("会話", "Conversations"), both(f"{n_conversations} 件", f"{n_conversations}")),
        (both("発話", "Utterances"), both(f"{report.n_utterances} 件", f"{report.n_utterances}")),
        (both("期間", "Period"), _describe_period(report)),
    ):
        summary.add_row(words(label), Text(words(value)))
    console.print(summary)
    console.print(_count_table(both("話者", "Speaker"), report.speakers))
    if report.dropped:
        dropped = {words(REASONS[code]): n for code, n in report.dropped.items()}
        console.print(_count_table(both("除いたもの", "Left out"), dropped))
    for warning in report.warnings:
        console.print(Text(words(both(f"注意: {warning}", f"Note: {in_lang(warning, 'en')}"))))


def _count_table(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(words(title), words(both("件数", "Count")))
    table.columns[1].justify = "right"
    for name, count in counts.items():
        table.add_row(Text(name), str(count))
    return table


def _describe_period(report: ImportReport) -> str:
    if report.first_timestamp is None or report.last_timestamp is None:
        return both("日時の記録なし", "no timestamps")
    first, last = (stamp.replace("T", " ") for stamp in (report.first_timestamp, report.last_timestamp))
    return both(f"{first} ～ {last}", f"{first} to {last}")
