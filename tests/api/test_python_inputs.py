"""Every kind of talk that a caller may hold reads the same, and each wrong one is answered without a word of it."""

import json
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import seikaku
from seikaku.errors import InputFileError, SeikakuError, UserError, in_lang

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LINES = [("店長", "おはようございます。"), ("新人", "よろしくお願いします！"), ("店長", "まずは\n準備から。")]


def said(imported):
    return [(u.speaker, u.text) for conversation in imported.conversations for u in conversation.utterances]


@pytest.mark.parametrize("as_type", [Path, str])
def test_a_path_is_read(as_type):
    assert seikaku.read(as_type(EXAMPLES / "line_1on1.txt")).report.speakers == {"花子": 136, "太郎": 92}


@pytest.mark.parametrize("name", sorted(p.name for p in EXAMPLES.iterdir() if p.suffix in {".txt", ".csv", ".json"}))
def test_the_text_of_a_file_reads_as_the_file_does(name):
    path = EXAMPLES / name
    from_file = seikaku.read(path)
    text = path.read_bytes().decode(from_file.report.encoding)
    assert said(seikaku.read(text, format=from_file.report.format)) == said(from_file)


def test_rows_may_be_dicts_and_tuples():
    rows = [{"speaker": speaker, "text": text} for speaker, text in LINES]
    assert said(seikaku.read(rows)) == said(seikaku.read(LINES)) == said(seikaku.read(tuple(LINES))) == LINES


def test_timestamps_of_rows_may_be_written_or_datetimes():
    imported = seikaku.read([("花子", "あ", datetime(2024, 5, 3, 9, 0)), ("花子", "い", "2024/05/04 10:30")])
    assert imported.report.first_timestamp == "2024-05-03T09:00:00"
    assert imported.report.last_timestamp == "2024-05-04T10:30:00"


def test_missing_timestamps_of_pandas_are_missing():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"speaker": ["花子", "花子"], "text": ["あ", "い"], "timestamp": ["2024-05-03", None]})
    frame["timestamp"] = pandas.to_datetime(frame["timestamp"])
    report = seikaku.read(frame.to_dict("records")).report
    assert report.first_timestamp == report.last_timestamp == "2024-05-03T00:00:00"
    assert not report.warnings


def test_one_line_of_json_is_a_talk_and_a_name_in_brackets_a_file(tmp_path, monkeypatch):
    line = json.dumps({"conversation_id": "1", "utterances": [{"speaker": "花子", "text": "おはよう"}]})
    assert said(seikaku.read(line)) == [("花子", "おはよう")]
    monkeypatch.chdir(tmp_path)
    Path("[LINE] 太郎とのトーク").write_text("花子：おはよう\n太郎：うん\n", encoding="utf-8")
    assert said(seikaku.read("[LINE] 太郎とのトーク")) == [("花子", "おはよう"), ("太郎", "うん")]


TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
SPEAKER = st.sampled_from(["花子", "太郎", "A"])


@given(st.lists(st.tuples(SPEAKER, TEXT), min_size=1, max_size=8))
def test_rows_are_cleaned_as_a_json_file_is(rows):
    document = json.dumps({"utterances": [{"speaker": speaker, "text": text} for speaker, text in rows]})
    try:
        from_json = seikaku.read(document, format="json")
    except InputFileError:
        with pytest.raises(InputFileError, match="発話がありません"):
            seikaku.read(rows)
    else:
        from_rows = seikaku.read(rows)
        assert said(from_rows) == said(from_json)
        assert from_rows.report.dropped == from_json.report.dropped


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.sampled_from(["", "\n", "\n花子：", "{", '[{"']))
def test_no_text_breaks_it_and_no_error_repeats_the_text(text, extra):
    marker = "ひみつの合言葉"
    try:
        seikaku.read(extra + text + marker + text)
    except SeikakuError as error:
        assert marker not in error.message + error.mend
        assert "--" not in error.mend


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.integers(),
            st.tuples(st.just("ひみつの合言葉")),
            st.fixed_dictionaries({"speaker": st.one_of(st.none(), st.just(" ")), "text": st.just("ひみつの合言葉")}),
            st.fixed_dictionaries({"speaker": st.just("花子"), "text": st.one_of(st.none(), st.integers())}),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_wrong_rows_are_named_by_number_only(rows):
    with pytest.raises(InputFileError, match="渡されたリストの 1 番目") as caught:
        seikaku.read(rows)
    assert "ひみつ" not in caught.value.message + caught.value.mend


@pytest.mark.parametrize(
    ("talk", "error", "message"),
    [
        ("そうだね、また明日", InputFileError, r"1 行の文字列（9 文字）が、ファイルとして見つかりません"),
        ("あ" * 3000, InputFileError, "1 行の文字列（3000 文字）"),
        ("a\0b", InputFileError, "1 行の文字列"),
        ("トーク.txt", InputFileError, "ファイル トーク.txt が見つかりません"),
        (Path("無い.csv"), InputFileError, "ファイル 無い.csv が見つかりません"),
        (" ", InputFileError, "空です"),
        ("\n\n", InputFileError, "空白しかありません"),
        ("ただの\n文章", InputFileError, "渡された文字列 の形式がわかりません"),
        ([], InputFileError, "渡されたリストは空です"),
        (["a.txt", "b.txt"], InputFileError, "ファイル a.txt が見つかりません"),
        (["ひみつ", "ひみつ"], InputFileError, "1 行の文字列（3 文字）が、ファイルとして見つかりません"),
        (["a.txt", ("花子", "あ")], InputFileError, "1 番目は str で、話者と発話の組ではありません"),
        ([("花子", "あ", None, 1)], InputFileError, "4 個の値の tuple"),
        ([("花子", "[写真]")], InputFileError, "発話がありません"),
        (3, UserError, "会話として int は読めません"),
        (None, UserError, "会話として NoneType は読めません"),
        ({"speaker": "花子", "text": "あ"}, UserError, "会話として dict は読めません"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_each_wrong_talk_has_its_answer(talk, error, message):
    with pytest.raises(error, match=message) as caught:
        seikaku.estimate(talk)
    assert caught.value.mend


def test_a_format_may_be_named_and_must_exist():
    assert seikaku.read("場所：駅\n花子：着いた\n", format="plain").report.format == "plain"
    with pytest.raises(UserError, match="形式 excel はありません"):
        seikaku.read("花子：着いた\n太郎：うん", format="excel")
    with pytest.raises(UserError, match="ファイルと文字列にだけ使えます"):
        seikaku.read(LINES, format="plain")
    with pytest.raises(UserError, match="読み取り済みの会話には使えません"):
        seikaku.estimate(seikaku.read(LINES), "店長", format="plain")


def test_advice_speaks_of_the_argument_and_not_of_the_commands_flag_in_both_languages():
    with pytest.raises(InputFileError) as told:
        seikaku.read("場所は駅\nもう着いた\n")
    for lang in ("ja", "en"):
        mend = in_lang(told.value.mend, lang)
        assert "format=" in mend and "--format" not in mend


def test_paths_are_read_as_one(tmp_path):
    """As at the shell and the page: one name is one person, and what was passed over is told."""
    for name, text in (
        ("a.txt", "花子：おはよう\n太郎：うん\n花子：ね\n"),
        ("b.txt", "花子：また\n話者 1：うん\n花子：ね\n"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "memo.md").write_text("ただのメモ。", encoding="utf-8")
    several = seikaku.read([tmp_path / "a.txt", str(tmp_path / "b.txt")])
    assert several.report.speakers == {"花子": 4, "太郎": 1, "話者 1": 1}
    folder = seikaku.read(tmp_path)
    assert folder.conversations == several.conversations
    assert "memo.md の形式がわかりません" in folder.report.warnings[-1]
    path = tmp_path / "束.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a.txt", "b.txt"):
            archive.write(tmp_path / name, name)
    assert seikaku.read(str(path)).report.speakers == several.report.speakers
