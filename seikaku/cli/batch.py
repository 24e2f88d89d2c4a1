"""`seikaku batch`: JSON Lines of conversations -> a CSV with one row a speaker.

Effects: reads the input, writes the CSV and, while at work, files beside it.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from seikaku.cli.progress import show_progress
from seikaku.cli.reading import STDIN
from seikaku.cli.writing import check_output, explain_write_errors
from seikaku.conversation.readers import explain_open_errors
from seikaku.errors import InputFileError

if TYPE_CHECKING:
    from seikaku.inference.estimates import TraitEstimates

_STDIN_NAME = "標準入力"
_MAX_BAD_LINES_LISTED = 5
_MEGABYTE = 1_000_000


@click.command("batch")
@click.argument("path", metavar="入力.jsonl")
@click.option("--out", required=True, metavar="ファイル.csv", type=click.Path(path_type=Path), help="書き出す CSV")
@click.option("--model", metavar="フォルダ", type=click.Path(path_type=Path), help="モデル（既定: 同梱モデル）")
@click.option("--skip_bad_lines", is_flag=True, help="壊れた行を飛ばして数える（既定: 止まってその行を示す）")
def command(path: str, out: Path, model: Path | None, skip_bad_lines: bool) -> None:
    """JSON Lines の会話（1 行に 1 会話、- で標準入力）から全話者を推定し、1 話者 1 行の CSV に書きます。

    {"conversation_id": "1", "utterances": [{"speaker": "花子", "text": "おはよう"}]}

    別の会話でも、名前が同じなら同じ人としてまとめます。行は話者の名前の順に並びます。

    途中で止まっても、同じコマンドをもう一度実行すれば続きから始めます（途中の結果は ファイル.csv.part にあり、
    会話の本文は含みません）。
    """
    check_output(out)
    from seikaku.inference.bulk import estimate_bulk
    from seikaku.inference.estimator import Estimator
    from seikaku.report.csv_table import CSV_AMOUNT_COLUMNS, CSV_TRAIT_COLUMNS

    estimator = Estimator.load(model)
    with _open_input(path) as (name, stream, n_bytes), show_progress("steps") as on_progress, explain_write_errors(out):
        report = estimate_bulk(
            _read_lines(stream, n_bytes, on_progress),
            out,
            estimator,
            name=name,
            columns=("speaker", *CSV_AMOUNT_COLUMNS, *CSV_TRAIT_COLUMNS),
            make_row=_make_row,
            skip_bad_lines=skip_bad_lines,
            on_progress=on_progress,
        )
    if report.n_resumed:
        click.echo(f"前回の続きから始めました（済んでいた話者 {report.n_resumed:,} 人）。", err=True)
    if report.bad_lines:
        click.echo(f"飛ばした行: {len(report.bad_lines):,} 行", err=True)
        for _, message in report.bad_lines[:_MAX_BAD_LINES_LISTED]:
            click.echo(f"  {message}", err=True)
        if len(report.bad_lines) > _MAX_BAD_LINES_LISTED:
            click.echo(f"  ほか {len(report.bad_lines) - _MAX_BAD_LINES_LISTED:,} 行", err=True)
    click.echo(
        f"CSV を書きました: {out}（会話 {report.n_conversations:,} 件、話者 {report.n_speakers:,} 人）", err=True
    )


@contextmanager
def _open_input(path: str) -> Iterator[tuple[str, IO[bytes], int]]:
    """Yield the input's display name, its stream and its size in bytes (0 where it is not known)."""
    if path == STDIN:
        yield _STDIN_NAME, sys.stdin.buffer, 0
        return
    if Path(path).is_dir():
        raise InputFileError(f"{path} はフォルダです。", "JSON Lines のファイルを 1 つ指定してください。")
    with explain_open_errors(Path(path)):
        stream = Path(path).open("rb")
    with stream:
        yield path, stream, Path(path).stat().st_size


def _read_lines(stream: IO[bytes], n_bytes: int, on_progress: Callable[[str, int, int], None]) -> Iterator[bytes]:
    """The lines, telling how many megabytes are read."""
    n_read = 0
    for line in stream:
        yield line
        n_told, n_read = n_read // _MEGABYTE, n_read + len(line)
        if n_bytes and n_read // _MEGABYTE > n_told:
            on_progress("読み込み（MB）", n_read // _MEGABYTE, n_bytes // _MEGABYTE)


def _make_row(estimates: "TraitEstimates") -> list[str]:
    from seikaku.report.csv_table import CSV_AMOUNT_COLUMNS, CSV_TRAIT_COLUMNS, safe_cell, trait_cells

    cells = trait_cells(estimates)
    amount = [str(getattr(estimates.amount, column)) for column in CSV_AMOUNT_COLUMNS]
    return [safe_cell(estimates.speaker), *amount, *(cells[column] for column in CSV_TRAIT_COLUMNS)]
