"""`seikaku import`: what a conversation file holds, and what was dropped and why. Effects: reads a file, prints."""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seikaku.cli.bilingual import argument, lang_option, option, quiet_option, verb
from seikaku.cli.language import words
from seikaku.cli.reading import format_option, name_inputs, read_files
from seikaku.conversation.inputs.merging import pool
from seikaku.conversation.inputs.part_reading import ReadFile
from seikaku.conversation.readers import title_of_format
from seikaku.conversation.readers.reasons import REASONS
from seikaku.conversation.speakers import shorten_name
from seikaku.conversation.turns import Dropped, ImportReport
from seikaku.errors import Words, both, in_lang

_MAX_FILES_SHOWN = 10
_MAX_SPEAKERS_SHOWN = 3


@verb(
    "import",
    help=both(
        "会話を読み、話者・件数・除いたものを表示します（推定はしません。ファイル、フォルダ、ZIP、- で標準入力）。",
        "Read conversations and show their speakers, counts and what was left out (no estimate; files, folders, ZIPs, "
        "- for standard input).",
    ),
)
@argument("paths", metavar=both("パス...", "PATH..."), nargs=-1, required=True, type=click.Path())
@format_option
@option("--json", "as_json", is_flag=True, help=both("結果を JSON で表示する", "Print the result as JSON"))
@lang_option
@quiet_option
def command(paths: tuple[str, ...], format_name: str | None, as_json: bool) -> None:
    """Read the files and print what the readers say of them."""
    reading = read_files(paths, format_name)
    pooled = pool(reading.files)
    if as_json:
        document = pooled.report.to_dict()
        if len(reading.files) > 1:
            document["files"] = [{"name": file.name} | file.imported.report.to_dict() for file in reading.files]
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    name = name_inputs(paths, [file.name for file in reading.files])
    _print_report(name, len(pooled.conversations), pooled.report, reading.files)


def _print_report(name: str, n_conversations: int, report: ImportReport, files: Sequence[ReadFile]) -> None:
    console = Console()
    summary = Table.grid(padding=(0, 2))
    summary.add_column(no_wrap=True)
    rows: list[tuple[str, str]] = [(both("ファイル", "File"), name)]
    if len(files) > 1:
        rows.append((both("読んだ数", "Files read"), both(f"{len(files)} 個", f"{len(files)}")))
    rows += [
        (both("形式", "Format"), _describe_format(report)),
        (both("確からしさ", "Confidence"), _describe_confidence(report)),
        (both("文字コード", "Encoding"), report.encoding),
        (both("会話", "Conversations"), both(f"{n_conversations} 件", f"{n_conversations}")),
        (both("発話", "Utterances"), both(f"{report.n_utterances} 件", f"{report.n_utterances}")),
        (both("期間", "Period"), _describe_period(report)),
    ]
    if report.me:
        rows.append((both("書き出した人", "Exported by"), shorten_name(report.me)))
    if report.uncertain_names:
        rows.append((both("不確かな名前", "Uncertain names"), ", ".join(map(shorten_name, report.uncertain_names))))
    # Text, not str: a name from a file must not be read as markup.
    for label, value in rows:
        summary.add_row(words(label), Text(words(value)))
    console.print(summary)
    if len(files) > 1:
        console.print(_file_table(files))
    console.print(_count_table(both("話者", "Speaker"), report.speakers))
    for title, records in (
        (both("除いたもの", "Left out"), report.dropped_by),
        (both("発言の中から除いたもの", "Taken out of messages"), report.removed_by),
    ):
        if records:
            console.print(_record_table(title, records))
    for warning in report.warnings:
        console.print(Text(words(both(f"注意: {warning}", f"Note: {in_lang(warning, 'en')}"))))
    for earlier, later in report.renamed:
        console.print(Text(words(_describe_renamed(shorten_name(earlier), shorten_name(later)))))


def _describe_renamed(earlier: str, later: str) -> Words:
    return both(
        f"注意: 「{earlier}」と「{later}」は同じアカウントの名前です。"
        f"同じ人なら --speaker {later}={earlier} でまとめられます。",
        f"Note: “{earlier}” and “{later}” are names of one account. If it is one person: --speaker {later}={earlier}.",
    )


def _describe_format(report: ImportReport) -> Words:
    names = report.format.split(", ")
    titles = [title_of_format(name) for name in names]
    return both(
        "、".join(f"{title}（{name}）" for title, name in zip(titles, names, strict=True)),
        ", ".join(f"{title.english} ({name})" for title, name in zip(titles, names, strict=True)),
    )


def _describe_confidence(report: ImportReport) -> Words:
    confidence = f"{report.confidence:.2f}"
    reasons = [*report.evidence, *report.against]
    if ", " in report.format:  # each of several formats has its own reasons
        return both(f"{confidence}（いちばん低いもの）", f"{confidence} (the lowest)")
    if not reasons:
        return both(confidence, confidence)
    english = ", ".join(in_lang(reason, "en") for reason in reasons)
    return both(f"{confidence}（{'、'.join(reasons)}）", f"{confidence} ({english})")


def _file_table(files: Sequence[ReadFile]) -> Table:
    table = Table(words(both("ファイル", "File")), words(both("形式", "Format")), words(both("発話", "Utterances")))
    table.columns[2].justify = "right"
    shared = os.path.commonpath([PurePath(file.name).parent for file in files]) if _share_a_folder(files) else ""
    for file in files[:_MAX_FILES_SHOWN]:
        report = file.imported.report
        shown = file.name.removeprefix(shared).lstrip("/") if shared else file.name
        table.add_row(Text(shown), report.format, str(report.n_utterances))
    if (n_more := len(files) - _MAX_FILES_SHOWN) > 0:
        rest = sum(file.imported.report.n_utterances for file in files[_MAX_FILES_SHOWN:])
        table.add_row(words(both(f"ほか {n_more} 個", f"{n_more} more")), "", str(rest))
    return table


def _share_a_folder(files: Sequence[ReadFile]) -> bool:
    """Whether all names are paths of one kind, and none is that of standard input."""
    return len({PurePath(file.name).is_absolute() for file in files}) == 1


def _record_table(title: str, records: Sequence[Dropped]) -> Table:
    """For each reason the sum, and of whom how many; the lines are in the JSON."""
    table = Table(words(title), words(both("件数", "Count")), words(both("話者", "Speaker")))
    table.columns[1].justify = "right"
    by_reason: dict[str, Counter[str]] = {}
    for one in records:
        by_reason.setdefault(one.reason, Counter())[one.speaker] += one.count
    for reason, counts in sorted(by_reason.items(), key=lambda item: -item[1].total()):
        named = [(speaker, count) for speaker, count in counts.most_common() if speaker]
        listed = ", ".join(f"{shorten_name(speaker)} {count}" for speaker, count in named[:_MAX_SPEAKERS_SHOWN])
        more = ", …" if len(named) > _MAX_SPEAKERS_SHOWN else ""
        table.add_row(words(REASONS[reason]), str(counts.total()), Text(listed + more))
    return table


def _count_table(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(words(title), words(both("件数", "Count")))
    table.columns[1].justify = "right"
    for name, count in counts.items():
        table.add_row(Text(shorten_name(name)), str(count))
    return table


def _describe_period(report: ImportReport) -> str:
    if report.first_timestamp is None or report.last_timestamp is None:
        return both("日時の記録なし", "no timestamps")
    first, last = (stamp.replace("T", " ") for stamp in (report.first_timestamp, report.last_timestamp))
    return both(f"{first} ～ {last}", f"{first} to {last}")
