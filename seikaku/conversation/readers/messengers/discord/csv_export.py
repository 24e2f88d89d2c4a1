"""Discord as DiscordChatExporter writes it in CSV. Pure.

AuthorID,Author,Date,Content,Attachments,Reactions

Times with an offset become Japan time; others are the exporter's own. Bots are not marked in this form.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.japan_time import from_iso
from seikaku.conversation.readers.messengers.chain import warn_of_date_order
from seikaku.conversation.readers.messengers.date_order import Shared, decide_order, read_written
from seikaku.conversation.readers.messengers.discord.discord_text import is_system, read_english, read_text
from seikaku.conversation.readers.messengers.json_values import lacks, reason_of_file
from seikaku.conversation.readers.messengers.people import People
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import InputFileError, both

_HEADER = ("authorid", "author", "date", "content")
_N_FULL = 6

_HEADER_FOUND = both("見出しが AuthorID,Author,Date,Content です", "its header is AuthorID,Author,Date,Content")
BOTS_NOT_MARKED = both(
    "この形式にはボットかどうかが書かれていないので、ボットの発言も残っています（JSON の書き出しなら除けます）。",
    "This form does not mark bots, so their messages are kept (the JSON export would leave them out).",
)


def judge(source: Source) -> Judgement:
    """Whether the first line is the exporter's header."""
    lines = source.sample_lines
    header = lines[0].lower().replace('"', "").replace(" ", "") if lines else ""
    return Judgement(0.99, (_HEADER_FOUND,)) if header.startswith(",".join(_HEADER)) else NOT_THIS


def parse(source: Source) -> Collector:
    """Read one channel. Raises InputFileError where the header is missing or the table broken."""
    header, *rows = _read_rows(source)
    if tuple(cell.strip().lower() for cell in header[1][: len(_HEADER)]) != _HEADER:
        raise lacks(source, "AuthorID,Author,Date,Content", "DiscordChatExporter")
    collector = Collector(source)
    people = People(collector)
    moments = _read_moments(collector, [row for _, row in rows])
    for (line, row), moment in zip(rows, moments, strict=True):
        if len(row) < len(_HEADER):
            collector.drop("not_utterance", line=line)
            continue
        speaker = people.name(row[0], row[1].removesuffix("#0000"))
        text, removed = read_text(row[3])
        reason = _reason(row, speaker, has_text=bool(text or removed))
        if reason is not None:
            collector.drop(reason, "" if reason == "system" else speaker, line)
            continue
        collector.add(speaker, text, moment, line=line, removed=removed)
    collector.warn(BOTS_NOT_MARKED)
    return collector


def _reason(row: Sequence[str], speaker: str, *, has_text: bool) -> str | None:
    if not speaker:
        return "no_speaker"
    if is_system(row[3]):
        return "system"
    if not has_text and len(row) >= _N_FULL - 1 and row[4].strip():
        return reason_of_file(row[4].split(",")[0])
    return None


def _read_moments(collector: Collector, rows: Sequence[Sequence[str]]) -> list[datetime | None]:
    """One moment a row, in the order of numbers that the whole file shows."""
    dates = [row[2].strip() if len(row) > 2 else "" for row in rows]
    shared: Shared = {}
    written = [read_written(date, shared) for date in dates]
    found = [one for one in written if one]
    order = decide_order(found)
    moments = [
        order.moment(one) if one else read_english(date) or from_iso(collector, date)
        for date, one in zip(dates, written, strict=True)
    ]
    if found and not order.certain:
        warn_of_date_order(collector)
    return moments


def _read_rows(source: Source) -> list[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its first line."""
    reader = csv.reader(io.StringIO(source.text))
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for row in reader:
            if any(row):
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error:
        raise InputFileError(
            both(
                f"{source.name} は CSV として壊れています（{reader.line_num} 行付近）。",
                f"{source.english_name} is broken as CSV (near line {reader.line_num}).",
            ),
            both("もとのツールから書き出し直してください。", "Export it anew from the tool that it came from."),
        ) from None
    return rows or [(1, [])]


READER = Reader(
    "discord-csv", both("Discord（DiscordChatExporter の CSV）", "Discord (DiscordChatExporter, CSV)"), judge, parse
)
