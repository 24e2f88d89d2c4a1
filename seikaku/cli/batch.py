"""`seikaku batch`: JSON Lines of conversations -> a CSV with one row a speaker.

Effects: reads the input, writes the CSV and, while at work, files beside it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from seikaku.cli.bilingual import allow_download_option, argument, lang_option, model_option, option, quiet_option, verb
from seikaku.cli.language import tell
from seikaku.cli.progress import LOADING, OnProgress, show_progress
from seikaku.cli.reading import STDIN, STDIN_NAME
from seikaku.cli.writing import CSV_ENDINGS, check_output, explain_write_errors, writes
from seikaku.conversation.readers import explain_open_errors
from seikaku.errors import InputFileError, both, in_lang

if TYPE_CHECKING:
    from seikaku.inference.bulk import BulkReport

_MAX_BAD_LINES_LISTED = 5
_MEGABYTE = 1_000_000
_READING = both("読み込み（MB）", "Reading (MB)")


@verb(
    "batch",
    help=both(
        """JSON Lines の会話（1 行に 1 会話、- で標準入力）から全話者を推定し、1 話者 1 行の CSV に書きます。

        {"conversation_id": "1", "utterances": [{"speaker": "花子", "text": "おはよう"}]}

        別の会話でも、名前が同じなら同じ人としてまとめます。行は話者の名前の順に並びます。

        途中で止まっても、同じコマンドをもう一度実行すれば続きから始めます（途中の結果は ファイル.csv.part にあり、
        会話の本文は含みません）。
        """,
        """Estimate all speakers of JSON Lines (one conversation a line, - for standard input) into a CSV with one row
        a speaker.

        {"conversation_id": "1", "utterances": [{"speaker": "Hanako", "text": "..."}]}

        The same name is the same person, in other conversations too. Rows are in the order of the names.

        After a stop the same command goes on where it was (what is done lies in FILE.csv.part, which holds no text of
        the conversations).
        """,
    ),
)
@argument("path", metavar=both("入力.jsonl", "INPUT.jsonl"), type=click.Path())
@option(
    "--out",
    required=True,
    metavar=both("ファイル.csv", "FILE.csv"),
    type=click.Path(path_type=Path),
    help=both("書き出す CSV", "The CSV to write"),
)
@model_option
@allow_download_option
@option(
    "--skip_bad_lines",
    is_flag=True,
    help=both(
        "壊れた行を飛ばして数える（既定: 止まってその行を示す）",
        "Pass over broken lines and count them (default: stop and name the line)",
    ),
)
@lang_option
@quiet_option
def command(path: str, out: Path, model: Path | None, allow_download: bool, skip_bad_lines: bool) -> None:
    """Check the output, estimate, then tell what was done."""
    check_output(out, CSV_ENDINGS, [path])
    from seikaku.inference.bulk import estimate_bulk
    from seikaku.inference.estimator import Estimator
    from seikaku.report.csv_table import CSV_SPEAKER_COLUMNS, speaker_row

    with (
        _open_input(path) as (name, stream, n_bytes),
        show_progress("steps") as on_progress,
        writes(out),
        explain_write_errors(out),
    ):
        on_progress(LOADING, 0, 1)
        estimator = Estimator.load(model, may_download=allow_download)
        on_progress(LOADING, 1, 1)
        report = estimate_bulk(
            _read_lines(stream, n_bytes, on_progress),
            out,
            estimator,
            name=name,
            columns=CSV_SPEAKER_COLUMNS,
            make_row=speaker_row,
            skip_bad_lines=skip_bad_lines,
            on_progress=on_progress,
        )
    _tell_report(report, out)


def _tell_report(report: "BulkReport", out: Path) -> None:
    if report.n_resumed:
        tell(
            both(
                f"前回の続きから始めました（済んでいた話者 {report.n_resumed:,} 人）。",
                f"Went on from the last time (speakers that were done: {report.n_resumed:,}).",
            )
        )
    n_bad = len(report.bad_lines)
    if n_bad:
        tell(both(f"飛ばした行: {n_bad:,} 行", f"Lines passed over: {n_bad:,}"))
        for _, message in report.bad_lines[:_MAX_BAD_LINES_LISTED]:
            tell(both(f"  {message}", f"  {in_lang(message, 'en')}"))
        if (n_more := n_bad - _MAX_BAD_LINES_LISTED) > 0:
            tell(both(f"  ほか {n_more:,} 行", f"  and {n_more:,} more"))
    tell(
        both(
            f"CSV を書きました: {out}（会話 {report.n_conversations:,} 件、話者 {report.n_speakers:,} 人）",
            f"Wrote the CSV: {out} (conversations: {report.n_conversations:,}, speakers: {report.n_speakers:,})",
        )
    )


@contextmanager
def _open_input(path: str) -> Iterator[tuple[str, IO[bytes], int | None]]:
    """Yield the input's display name, its stream and its size in bytes (None where it is not known)."""
    if path == STDIN:
        yield STDIN_NAME, sys.stdin.buffer, None
        return
    with explain_open_errors(Path(path)):
        if Path(path).is_dir():
            raise InputFileError(
                both(f"{path} はフォルダです。", f"{path} is a folder."),
                both("JSON Lines のファイルを 1 つ指定してください。", "Name one file of JSON Lines."),
            )
        stream = Path(path).open("rb")
    with stream:
        yield path, stream, Path(path).stat().st_size


def _read_lines(stream: IO[bytes], n_bytes: int | None, on_progress: OnProgress) -> Iterator[bytes]:
    """The lines, telling how many megabytes are read."""
    n_read = 0
    for line in stream:
        yield line
        n_told, n_read = n_read // _MEGABYTE, n_read + len(line)
        if n_read // _MEGABYTE > n_told:
            on_progress(_READING, n_read // _MEGABYTE, None if n_bytes is None else n_bytes // _MEGABYTE)
