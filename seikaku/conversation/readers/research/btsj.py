"""A transcript by BTSJ (基本的な文字化の原則): a table, from CSV, TSV or Excel. Pure.

    ライン番号,発話文番号,発話文終了,話者,発話内容
    310,310-1,/,JF01,ほんと、来てる人が多いんで,,
    311,311,*,JF02,ふーん。
    312,310-2,*,JF01,中国が一番多い。

A line whose end is ``/`` (its text ends in ``,,``) goes on in a later line of the same speaker and number: the parts
are joined where the first one stands. The other's short replies in ( ) and the transcriber's marks are taken out;
words said at the same time, ``<うん>{<}``, stay.
"""

import csv
import io
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.research.marks import take_out
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import InputFileError, both

_COLUMNS = {
    "text": ("発話内容", "発話"),
    "speaker": ("話者", "話者記号"),
    "number": ("発話文番号", "発話文no", "発話文no."),
    "end": ("発話文終了",),
    "line": ("ライン番号", "ラインno", "ラインno."),
}
_N_ROWS_TO_HEADER = 20
_UNFINISHED = "/"
_MARKS = (
    re.compile(r"[(（][^()（）]{0,200}[)）]"),  # the other's short replies
    re.compile(r"[<＜][^<>＜＞{}]{0,30}(?:笑|咳|息|間|沈黙)[^<>＜＞{}]{0,30}[>＞](?!\{[<>]\})"),
    re.compile(r"[\[［][^\[\]［］]{0,60}[\]］]"),  # how the voice went, what happened
    re.compile(r"[/／](?:少し間|間|沈黙)[^/／\n]{0,20}[/／]"),
    re.compile(r"【【|】】|[#＃]+|^=|=$"),
)
_AT_ONCE = re.compile(r"<([^<>{}]{0,500})>\{[<>]\}")  # what both said at the same time
_OTHER_MARKS = (re.compile(r"\{[<>]\}"), re.compile(r"[<＜][^<>＜＞]{0,200}[>＞]"))
_ENDS_UNFINISHED = re.compile(r"(?:,,|，，)\s*$")
_HAS_COLUMNS = both("BTSJ の列（発話文番号・発話文終了）があります", "it has the columns of BTSJ")


@dataclass(slots=True)
class _Said:
    """One utterance: its first line, and its parts."""

    speaker: str
    number: str
    line: int
    parts: list[str] = field(default_factory=list)
    removed: Counter[str] = field(default_factory=Counter)


def judge(source: Source) -> Judgement:
    """Whether one of the first rows names BTSJ's columns beside the speaker and the text."""
    if "発話" not in source.sample:
        return NOT_THIS
    columns, _ = _find_header(_read_rows(source, source.sample, _N_ROWS_TO_HEADER))
    if "text" not in columns or "speaker" not in columns:
        return NOT_THIS
    if "end" in columns or ("number" in columns and "line" in columns):
        return Judgement(0.99, (_HAS_COLUMNS,))
    return Judgement(0.985, (_HAS_COLUMNS,)) if "number" in columns and "発話文番号" in source.sample else NOT_THIS


def parse(source: Source) -> Collector:
    """Read a BTSJ table. Raises InputFileError if the columns are missing or the table is broken."""
    collector = Collector(source)
    rows = _read_rows(source, source.text)
    columns, first = _find_header(rows[:_N_ROWS_TO_HEADER])
    if "text" not in columns or "speaker" not in columns:
        raise _without_columns(source)
    said: list[_Said] = []
    open_by: dict[str, _Said] = {}
    n_lost = 0
    for line, row in rows[first + 1 :]:
        cells = {role: row[index].strip() if index < len(row) else "" for role, index in columns.items()}
        speaker = clean_text(cells["speaker"])
        if not speaker:
            if any(cell.strip() for cell in row):
                collector.drop("no_speaker", line=line)
            continue
        base = cells.get("number", "").partition("-")[0]
        goes_on = open_by.pop(speaker, None)
        if goes_on is None or (base and goes_on.number and base != goes_on.number):
            n_lost += goes_on is not None
            goes_on = _Said(speaker, base, line)
            said.append(goes_on)
        text, is_unfinished, removed = _take_out(cells["text"])
        goes_on.parts.append(text)
        goes_on.removed += removed
        if cells.get("end") == _UNFINISHED or (is_unfinished and not cells.get("end")):
            open_by[speaker] = goes_on
    for one in said:
        collector.add(one.speaker, "".join(one.parts), None, line=one.line, removed=one.removed)
    _tell_unfinished(collector, n_lost + len(open_by))
    return collector


def _tell_unfinished(collector: Collector, n: int) -> None:
    if n:
        collector.warn(
            both(
                f"続きの見つからない発話文が {n} 件あります。書かれたところまでを発話としました。",
                f"Utterances whose rest was not found: {n}. They were kept as far as they are written.",
            )
        )


def _read_rows(source: Source, text: str, limit: int | None = None) -> list[tuple[int, list[str]]]:
    """The rows with the numbers of their first lines; at most ``limit``. A broken quote is a character."""
    first_lines = text[:2000]
    delimiter = "\t" if first_lines.count("\t") > first_lines.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for row in reader:
            rows.append((line, row))
            line = reader.line_num + 1
            if limit is not None and len(rows) >= limit:
                break
    except csv.Error:  # a cell of more than 131,072 characters
        if limit is None:
            raise InputFileError(
                both(
                    f"{source.name} は表として壊れています（{line} 行目付近の引用符）。",
                    f"{source.english_name} is broken as a table (a quote near line {line}).",
                ),
                both(
                    'セルの中の " は "" と書き、セル全体を " で囲んでください。',
                    'Write a " inside a cell as "" and put the whole cell in ".',
                ),
            ) from None
    return rows


def _find_header(rows: list[tuple[int, list[str]]]) -> tuple[dict[str, int], int]:
    """Column of each role, and the position of the row that names them; roles that no column names are absent."""
    for position, (_, row) in enumerate(rows):
        names = ["".join(unicodedata.normalize("NFKC", clean_text(cell)).lower().split()) for cell in row]
        found = {
            role: next(names.index(name) for name in wanted if name in names)
            for role, wanted in _COLUMNS.items()
            if any(name in names for name in wanted)
        }
        if "speaker" in found and "text" in found:
            return found, position
    return {}, 0


def _take_out(text: str) -> tuple[str, bool, Counter[str]]:
    """What was said, whether it goes on in a later line, and how many marks were taken out."""
    text = clean_text(text).removeprefix("'")  # Excel's sign for a text
    is_unfinished = _ENDS_UNFINISHED.search(text) is not None
    text = _ENDS_UNFINISHED.sub("", text)
    text, n_marks = take_out(text, _MARKS)
    text, n_at_once = _AT_ONCE.subn(r"\1", text)
    text, n_others = take_out(text, _OTHER_MARKS)
    n_marks += n_at_once + n_others
    return text, is_unfinished, Counter(annotation=n_marks) if n_marks else Counter()


def _without_columns(source: Source) -> InputFileError:
    return InputFileError(
        both(
            f"{source.name} に BTSJ の列（話者・発話内容）がありません。",
            f"{source.english_name} has no columns of BTSJ.",
        ),
        both(
            "見出しの行に「発話文番号」「発話文終了」「話者」「発話内容」を書いてください。",
            "Write a header row with BTSJ's own names: number and end of the line, speaker, utterance.",
        ),
    )


READER = Reader("btsj", both("BTSJ の文字化資料", "BTSJ transcript"), judge, parse)
