"""Properties: what is written is what is read, and nothing makes a reader fall over."""

import csv
import io
import json
import time
from datetime import datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seikaku.conversation.readers import FORMAT_NAMES, parse_conversations
from seikaku.conversation.readers.bodies import classify_line_body, clean_text
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import InputFileError

CHARS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs"])
WORDS = st.text(CHARS, min_size=1, max_size=12).map(clean_text)
SPEAKERS = WORDS.filter(lambda name: name not in ("", "Auto-reply", "自動応答"))
LINES = st.one_of(
    WORDS, st.sampled_from(['"', '""', "2024/5/9(木)", "[LINE] x", "12:00 a b", "はい", "そう：ね", "a,b"])
)
BODIES = (
    st.lists(LINES, min_size=1, max_size=4).map("\n".join).map(clean_text).filter(lambda b: not classify_line_body(b))
)
TALKS = st.lists(st.tuples(SPEAKERS, BODIES), min_size=1, max_size=8)


def said(imported: ImportedFile) -> list[tuple[str, str]]:
    return [(said.speaker, said.text) for conversation in imported.conversations for said in conversation.utterances]


@settings(deadline=None, max_examples=80)
@given(TALKS, st.sampled_from(["\n", "\r\n"]))
def test_line_round_trip(talk, newline):
    lines = ["[LINE] だれかとのトーク履歴", "保存日時：2024/05/06 21:00", "", "2024/5/3(金)"]
    for speaker, body in talk:
        written = '"' + body.replace('"', '""') + '"' if "\n" in body else body
        lines.append(f"12:00\t{speaker}\t{written}")
    imported = parse_conversations((newline.join(lines) + newline).replace("\n", newline).encode(), name="a.txt")
    assert said(imported) == talk
    assert {u.timestamp for u in imported.conversations[0].utterances} == {datetime(2024, 5, 3, 12)}


@settings(deadline=None, max_examples=50)
@given(TALKS, st.sampled_from([("a.csv", ","), ("a.tsv", "\t")]))
def test_table_round_trip(talk, kind):
    stream = io.StringIO()
    csv.writer(stream, delimiter=kind[1]).writerows([("話者", "本文"), *talk])
    assert said(parse_conversations(stream.getvalue().encode(), name=kind[0])) == talk


@settings(deadline=None, max_examples=50)
@given(st.lists(TALKS, min_size=2, max_size=4), st.booleans())
def test_json_lines_round_trip(talks, escaped):
    lines = [
        json.dumps({"utterances": [{"speaker": s, "text": t} for s, t in talk]}, ensure_ascii=escaped) for talk in talks
    ]
    imported = parse_conversations("\n".join(lines).encode(), name="a.txt")
    assert imported.report.format == "jsonl"
    assert said(imported) == [pair for talk in talks for pair in talk]


FRAGMENTS = st.sampled_from(
    ["[LINE] Aとのトーク履歴\n", "2024/5/3(金)\n", "2024.05.03 金曜日\n", "Wed, 07/01/2026\n", "13:47\tA\t",
     "13:47\t\t", "午後9:99\t", "9:05 山田 花子 ", '"', '""', "\n", "\r", ",", "\t", "{", "}", "[", "]", ":", "：",
     '"utterances"', '"interlocutor_id"', '"speaker"', '"text"', "null", "1e999", "話者,本文\n", "speaker\ttext\n",
     "花子", "https://", "[スタンプ]", "☎", "\u200e", "\ufeff", "\x00", "おはよう",
     "\x85", "\u2028"]
)  # fmt: skip


def reads_or_refuses(data: bytes, name: str, format_name: str | None) -> None:
    try:
        imported = parse_conversations(data, name=name, format=format_name)
    except InputFileError as error:
        assert error.message.count("\n") == error.mend.count("\n") == 0
        return
    kept = said(imported)
    assert kept and len(kept) == imported.report.n_utterances
    assert all(speaker and text == clean_text(text) for speaker, text in kept)
    json.dumps(imported.report.to_dict(), ensure_ascii=False).encode()


@settings(deadline=None, max_examples=150)
@given(st.lists(FRAGMENTS, max_size=40).map("".join), st.sampled_from([None, *FORMAT_NAMES]))
def test_any_text_is_read_or_refused(text, format_name):
    assume(text)
    reads_or_refuses(text.encode(), "会話", format_name)


@settings(deadline=None, max_examples=100)
@given(
    st.binary(max_size=200),
    st.sampled_from(["a", "a.csv", "a.json", "a.jsonl"]),
    st.sampled_from([None, *FORMAT_NAMES]),
)
def test_any_bytes_are_read_or_refused(data, name, format_name):
    reads_or_refuses(data, name, format_name)


@pytest.mark.parametrize("format_name", [None, *FORMAT_NAMES])
@pytest.mark.parametrize("unit", ["あ", "a b ", '{"', "[{", "：", '","', "http://", '8:00\tA\t"'])
def test_a_very_long_line_is_read_or_refused_in_time(format_name, unit):
    data = (unit * (500_000 // len(unit.encode()))).encode()
    start = time.perf_counter()
    reads_or_refuses(data, "a.txt", format_name)
    assert time.perf_counter() - start < 5
