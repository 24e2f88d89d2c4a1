"""CSV or TSV with a header row; columns are guessed by their names and told back to the user. Pure.

日時,話者,本文
2024/05/03 12:30,花子,おはよう
"""

import csv
import io
import unicodedata

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import InputFileError, both

# Names in the order of preference, after normalising (NFKC, lower case, without spaces, "_" and "-").
_COLUMN_NAMES: dict[str, tuple[str, ...]] = {
    "speaker": (
        "speaker", "話者", "発話者", "発言者", "話者名", "speakername", "speakerid", "話者id", "送信者", "名前", "氏名",
        "sender", "author", "user", "username", "ユーザー", "ユーザ", "ユーザー名", "ユーザ名", "name", "from", "role",
        "interlocutorid", "投稿者",
    ),
    "text": (
        "text", "発話", "発話内容", "本文", "発言", "発言内容", "メッセージ", "テキスト", "内容", "utterance",
        "message", "content", "body", "msg", "comment", "コメント", "会話",
    ),
    "timestamp": (
        "timestamp", "日時", "datetime", "送信日時", "投稿日時", "発話日時", "createdat", "sentat", "日付", "date",
        "時刻", "time", "時間",
    ),
    "conversation": (
        "conversationid", "会話id", "dialogueid", "dialogid", "対話id", "conversation", "threadid",
        "sessionid", "roomid",
    ),
}  # fmt: skip
_TITLES = {
    "speaker": both("話者", "speaker"),
    "text": both("発話", "text"),
    "timestamp": both("日時", "time"),
    "conversation": both("会話", "conversation"),
}
_N_EXAMPLES = 5

# Beside one of these a row is a customer or a review unless its people come back; beside two of them it always is.
_LIST_COLUMNS = frozenset(
    (
        "住所 電話 電話番号 メール メールアドレス 郵便番号 生年月日 年齢 評価 星 点数 rating score stars address phone "
        "email 開始 終了 休憩 出勤 退勤 始業 終業 勤務時間 価格 金額 数量 product 商品 商品名"
    ).split()
)
_MIN_LIST_COLUMNS = 2
_MIN_SHARE_WITH_SPEAKER = 0.5
_N_OF_A_PAIR = 2
_MIN_ROWS_TO_COME_BACK = 6
_HAS_COLUMNS = both("話者と発話の列があります", "it has a column of speakers and one of texts")
_NO_COLUMNS = both("話者か発話の列がありません", "it lacks a column of speakers or of texts")
_NO_SPEAKERS = both("話者の列がほとんど空です", "its column of speakers is nearly empty")
_IS_A_LIST = both("名簿・評価・勤務表の列があります", "it has the columns of a list, of reviews or of a time sheet")
_DO_NOT_COME_BACK = both("話者が一度ずつしか現れません", "its speakers do not come back")


def judge(source: Source) -> Judgement:
    """Whether the first row names a speaker's and a text's column, and the rows are a talk's and not a list's."""
    is_named = source.suffix in (".csv", ".tsv")
    rows = _sample_rows(source)
    columns = _find_columns(rows[0]) if rows else {}
    if "speaker" not in columns or "text" not in columns:
        return Judgement(0.55, (), (_NO_COLUMNS,)) if is_named else NOT_THIS
    speakers = [clean_text(row[columns["speaker"]]) for row in rows[1:] if columns["speaker"] < len(row)]
    if sum(map(bool, speakers)) < _MIN_SHARE_WITH_SPEAKER * len(rows[1:]):
        return Judgement(0.4, (_HAS_COLUMNS,), (_NO_SPEAKERS,))
    come_back = len(set(speakers)) <= max(_N_OF_A_PAIR, len(speakers) / 2)
    n_of_a_list = len(_LIST_COLUMNS & set(map(_normalise, rows[0])))
    if n_of_a_list >= _MIN_LIST_COLUMNS or (n_of_a_list and not come_back):
        return Judgement(0.3, (_HAS_COLUMNS,), (_IS_A_LIST,))
    if not come_back and len(speakers) >= _MIN_ROWS_TO_COME_BACK:
        return Judgement(0.7, (_HAS_COLUMNS,), (_DO_NOT_COME_BACK,))
    return Judgement(0.93 if is_named else 0.9, (_HAS_COLUMNS,))


def _sample_rows(source: Source) -> list[list[str]]:
    try:
        return [row for row in csv.reader(source.sample.split("\n"), delimiter=_delimiter(source)) if any(row)]
    except csv.Error:
        return []


def parse(source: Source) -> Collector:
    """Read a table. Raises InputFileError if it is broken or a column is missing."""
    collector = Collector(source)
    (_, header), *rows = _read_rows(source) or [(1, [])]
    columns = _find_columns(header)
    for role in ("speaker", "text"):
        if role not in columns:
            raise _lacks_column(source, role, len(header))
    played = [(title, clean_text(header[columns[role]])) for role, title in _TITLES.items() if role in columns]
    collector.warn(
        both(
            "列の読み取り: " + "、".join(f"{title}=「{name}」" for title, name in played),
            "Columns as they were read: " + ", ".join(f"{title.english} = “{name}”" for title, name in played),
        )
    )
    for number, row in rows:
        _collect(collector, number, {role: row[index] if index < len(row) else "" for role, index in columns.items()})
    return collector


def _lacks_column(source: Source, role: str, n_columns: int) -> InputFileError:
    title, names = _TITLES[role], _COLUMN_NAMES[role]
    japanese = "」「".join(names[:_N_EXAMPLES])
    english = ", ".join([name for name in names if name.isascii()][:_N_EXAMPLES])
    return InputFileError(
        both(
            f"{source.name} に{title}の列がありません（1 行目の {n_columns} 列を見出しとしました）。",
            f"{source.english_name} has no {title.english} column (the {n_columns} columns of line 1 were its header).",
        ),
        both(
            f"1 行目を見出しにし、{title}の列の名前を「{japanese}」のどれかにしてください。",
            f"Make line 1 a header, with one of these as the name of the {title.english} column: {english}.",
        ),
    )


def _collect(collector: Collector, number: int, cells: dict[str, str]) -> None:
    speaker = clean_text(cells["speaker"])
    if not speaker:
        collector.drop("no_speaker", line=number)
        return
    conversation_id = clean_text(cells.get("conversation", "")) or None
    timestamp = collector.read_timestamp(cells.get("timestamp"))
    collector.add(speaker, cells["text"], timestamp, conversation_id, line=number)


def _delimiter(source: Source) -> str:
    first_line = source.sample.lstrip("\n").partition("\n")[0]
    return "\t" if source.suffix == ".tsv" or first_line.count("\t") > first_line.count(",") else ","


def _read_rows(source: Source) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, each with the number of its first line."""
    delimiter = _delimiter(source)
    reader = csv.reader(io.StringIO(source.text, newline=""), delimiter=delimiter, strict=True)
    found: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                found.append((line, row))
            line = reader.line_num + 1
        return found
    except csv.Error:
        if delimiter == "\t":  # many TSV files do not quote: a quote is then a character like any other
            lines = enumerate(source.text.split("\n"), start=1)
            return [(number, line.split("\t")) for number, line in lines if line.strip()]
        raise InputFileError(
            both(
                f"{source.name} は CSV として壊れています（{reader.line_num} 行目付近の引用符）。",
                f"{source.english_name} is broken as CSV (a quote near line {reader.line_num}).",
            ),
            both(
                'セルの中の " は "" と書き、セル全体を " で囲んでください（Excel の CSV 保存ではそうなります）。',
                'Write a " inside a cell as "" and put the whole cell in " (saving as CSV in Excel does so).',
            ),
        ) from None


def _normalise(cell: str) -> str:
    return unicodedata.normalize("NFKC", clean_text(cell.strip('"'))).lower().translate({32: None, 95: None, 45: None})


def _find_columns(header: list[str]) -> dict[str, int]:
    """Which column plays which role; each column plays one role at most."""
    normalised = [_normalise(cell) for cell in header]
    columns: dict[str, int] = {}
    for role, names in _COLUMN_NAMES.items():
        found = next((normalised.index(name) for name in names if name in normalised), None)
        if found is not None:
            columns[role] = found
    return columns


READER = Reader("table", both("表（CSV・TSV）", "table (CSV, TSV)"), judge, parse)
