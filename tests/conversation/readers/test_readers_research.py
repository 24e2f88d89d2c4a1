"""NUCC and BTSJ: what fixtures cannot show (claims on other formats, damage, joining, any text)."""

import csv
import io
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.conversation.readers import parse_conversations
from seikaku.conversation.readers.research import READERS, btsj, nucc
from seikaku.conversation.readers.source import Source
from seikaku.errors import InputFileError

DIALECTS = Path(__file__).parent / "dialects"
PIECES = st.sampled_from(
    ["＠データ１\n", "＠ＥＮＤ\n", "％ｃｏｍ：", "Ｆ００１：", "M002：", "X：", "（", "）", "(", ")", "＜笑い＞", "＜",
     "＞", "***", "＊", "\n", "はい", "、", "話者", "発話内容", "発話文番号", "発話文終了", ",", "\t", "/", "*", ",,",
     "1-1", '"', "<", ">", "{<}", "【【", "[", "]", "=", "#", "'", "\x00", "\u3000"]
)  # fmt: skip
HEADER = "発話文番号,発話文終了,話者,発話内容\n"


@pytest.mark.parametrize(
    "text",
    [
        "M：おはよう\nF：おはよう\n",  # men and women without numbers
        "Ｆ００１：おはよう\n",  # one line is no talk
        "F001：おはよう\nM002：おはよう（笑）\n",  # codes alone are anybody's
        "＠花子：おはよう\n＠太郎：おはよう\n",
        "話者,発話内容\n花子,おはよう\n",
        "発話文番号,発話\n1,おはよう\n",
    ],
)
def test_what_lacks_the_marks_is_left_to_others(text):
    assert [reader.judge(Source("a.txt", text)).confidence for reader in READERS] == [0, 0]


@pytest.mark.parametrize("name", [reader.name for reader in READERS])
@pytest.mark.parametrize("text", ["おはよう\nおはよう\n", "＠データ１\n＠ＥＮＤ\n", "話者,本文\n花子,やあ\n", '"' * 9])
def test_what_has_another_shape_is_refused_with_a_mend(name, text):
    with pytest.raises(InputFileError) as caught:
        parse_conversations(text.encode(), name="a.csv", format=name)
    assert caught.value.mend
    assert "おはよう" not in caught.value.message + caught.value.mend


def test_a_cell_without_end_is_refused_with_its_line():
    text = HEADER + '1,*,A,"' + "あ" * 200_000
    with pytest.raises(InputFileError, match="2 行目付近"):
        parse_conversations(text.encode(), name="a.csv", format="btsj")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("1-1,/,A,あの、,,\n2,*,B,うん。\n1-2,*,A,ね。\n", ["あの、ね。", "うん。"]),
        ("1-1,/,A,あ,,\n2,*,B,うん。\n1-2,/,A,い,,\n3,*,B,へえ。\n1-3,*,A,う。\n", ["あいう。", "うん。", "へえ。"]),
        ("1-1,/,A,あ,,\n2-1,/,B,か,,\n1-2,*,A,い。\n2-2,*,B,き。\n", ["あい。", "かき。"]),
        ("1-1,/,A,あ,,\n1-2,*,B,い。\n", ["あ", "い。"]),  # nobody is given another's words
        ("1,*,A,あ。\n1,*,A,い。\n", ["あ。", "い。"]),  # a finished utterance does not go on
        (",,A,あ，，\n,,A,い。\n", ["あい。"]),  # neither numbers nor ends: the commas tell
    ],
)
def test_parts_are_joined_where_the_first_stands(rows, expected):
    rows = "\n".join(",".join([*line.split(",", 3)[:3], f'"{line.split(",", 3)[3]}"']) for line in rows.splitlines())
    imported = parse_conversations((HEADER + rows).encode(), name="a.csv", format="btsj")
    assert [said.text for said in imported.conversations[0].utterances] == expected


def test_lines_of_the_file_are_told():
    text = HEADER + '1,*,A,"はい\nはい"\n2,*,,だれ\n3,*,A,<笑い>\n'
    report = parse_conversations(text.encode(), name="a.csv").report
    assert {one.reason: one.lines for one in report.dropped_by} == {"no_speaker": (4,), "annotation": (5,)}


WORDS = st.text("あいうえおabc、。", min_size=1, max_size=8).filter(lambda word: word.strip("、。"))


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["Ｆ００１", "M002", "F003"]), WORDS), min_size=2, max_size=9))
def test_nucc_round_trip(talk):
    lines, before = ["＠データ１", "＠参加者Ｆ００１：女性"], ""
    for code, word in talk:
        lines.append(word if code == before else f"{code}：{word}")
        before = code
    if len([line for line in lines if "：" in line]) < 3:
        return
    imported = parse_conversations("\n".join([*lines, "＠ＥＮＤ"]).encode(), name="a.txt")
    assert imported.report.format == "nucc"
    assert imported.report.warnings == ()
    assert [(said.speaker, said.text) for said in imported.conversations[0].utterances] == [
        (code.replace("Ｆ００１", "F001"), word) for code, word in talk
    ]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("AB"), WORDS), min_size=1, max_size=9), st.sampled_from(",\t"))
def test_btsj_round_trip(talk, delimiter):
    written = io.StringIO()
    rows = csv.writer(written, delimiter=delimiter)
    rows.writerow(HEADER.strip().split(","))
    for number, (speaker, word) in enumerate(talk, start=1):
        rows.writerow([number, "*", speaker, word])
    imported = parse_conversations(written.getvalue().encode(), name="a.csv")
    assert imported.report.format == "btsj"
    assert imported.report.warnings == ()
    assert [(said.speaker, said.text) for said in imported.conversations[0].utterances] == talk


@settings(deadline=None, max_examples=200)
@given(st.lists(PIECES, min_size=1, max_size=40).map("".join), st.booleans(), st.sampled_from(["nucc", "btsj"]))
def test_any_text_is_read_or_refused(text, with_header, name):
    text = HEADER + text if with_header else text
    for reader in READERS:
        assert 0 <= reader.judge(Source("a.csv", text)).confidence <= 1
    try:
        imported = parse_conversations(text.encode(), name="a.csv", format=name)
    except InputFileError as error:
        assert error.message.count("\n") == error.mend.count("\n") == 0
        return
    assert all(said.text and said.speaker for talk in imported.conversations for said in talk.utterances)


@pytest.mark.parametrize("module", [nucc, btsj])
@pytest.mark.parametrize(
    "piece", ["（", "(あ", "＜", "<笑", "<笑>{", "【", "[あ", "/間", "／沈黙", "#あ", "＊", ",,", "=", "\n"]
)
def test_marks_take_linear_time(module, piece):
    text = HEADER + "＠データ１\nＦ００１：あ\n1,*,A,Ｆ００１：" + piece * (100_000 // len(piece))
    began = time.process_time()
    source = Source("a.txt", text)
    module.READER.judge(source)
    module.READER.parse(source)
    assert time.process_time() - began < 2
