"""Scoring a whole file: every speaker across conversations, in bounded memory, resumable."""

import csv
import hashlib
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.conversation.turns import Conversation, Utterance
from seikaku.errors import InputFileError
from seikaku.inference import bulk
from seikaku.inference.bulk import estimate_bulk
from seikaku.inference.estimator import Estimator

COLUMNS = ("speaker", "n_conversations", "n_utterances", "n_chars", "extraversion")


@pytest.fixture(scope="session")
def estimator(trained_model_folder):
    return Estimator.load(trained_model_folder)


def make_row(estimates):
    amount = estimates.amount
    score = estimates.to_dict()["traits"]["extraversion"]["score_1to7"]
    counts = (amount.n_conversations, amount.n_utterances, amount.n_chars)
    return [estimates.speaker, *map(str, counts), str(score)]


@pytest.fixture
def score(estimator, tmp_path):
    """Runs lines and returns the report and the rows; ``out`` is the same file each time."""

    def run(lines, **options):
        out = tmp_path / "out.csv"
        named = {"name": "会話.jsonl", "columns": COLUMNS, "make_row": make_row} | options
        report = estimate_bulk(lines, out, estimator, **named)
        with out.open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        assert tuple(header) == COLUMNS
        assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]  # nothing is left beside it
        return report, rows

    return run


def line(number, **texts):
    utterances = [{"speaker": speaker, "text": text} for speaker, said in texts.items() for text in said]
    return json.dumps({"conversation_id": str(number), "utterances": utterances}, ensure_ascii=False).encode() + b"\n"


def test_the_same_name_is_the_same_person_and_rows_are_sorted(score, estimator, messages):
    texts = [messages(20, seed, 0.5) for seed in range(3)]
    lines = [line(1, 花子=texts[0], 太郎=["うん"]), line(1, 花子=texts[1]), line(2, 次郎=["やあ"], 花子=texts[2])]
    report, rows = score(lines)
    assert [row[0] for row in rows] == sorted(["花子", "太郎", "次郎"])
    assert (report.n_conversations, report.n_speakers, report.n_resumed, report.bad_lines) == (3, 3, 0, [])
    conversations = [
        Conversation(str(i), tuple(Utterance("花子", text) for text in said)) for i, said in enumerate(texts)
    ]
    assert make_row(estimator.estimate(conversations, "花子")) in rows


def test_lines_without_speech_and_blank_lines_are_passed_over(score, messages):
    lines = [b"\xef\xbb\xbf" + line(1, 花子=messages(20)), b"\n", b"  \r\n", line(2, 太郎=["[スタンプ]", ""])]
    report, rows = score(lines)
    assert (report.n_conversations, [row[:3] for row in rows]) == (1, [["花子", "1", "20"]])


BAD_LINES = {
    "broken": (b'{"utterances": [}\n', "会話.jsonl は JSON として壊れています（2 行 17 列）。"),
    "torn": (b'{"utterances": [\n', "会話.jsonl は JSON として壊れています（2 行 17 列）。"),
    "no utterances": (b'{"text": "x"}\n', '会話.jsonl（2 行目） の 1 番目の会話に "utterances" の配列がありません。'),
    "no text": (
        b'{"utterances": [{"speaker": "A"}]}\n',
        '会話.jsonl（2 行目） の 1 番目の会話、1 番目の発話に "text"（文字列）がありません。',
    ),
    "no speaker": (
        b'{"utterances": [{"text": "A"}]}\n',
        '会話.jsonl（2 行目） の 1 番目の会話、1 番目の発話に "speaker"（話者の名前）がありません。',
    ),
    "not UTF-8": ("{あ".encode("cp932") + b"\n", "会話.jsonl の 2 行目は UTF-8 ではありません。"),
}


@pytest.mark.parametrize(("bad", "message"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_stops_with_its_number_or_is_counted(score, tmp_path, messages, bad, message):
    lines = [line(1, 花子=messages(20)), bad, line(3, 太郎=messages(20, 1))]
    with pytest.raises(InputFileError, match=re.escape(message)) as caught:
        score(lines)
    assert caught.value.mend.endswith("壊れた行を飛ばすには --skip_bad_lines を付けてください。")
    assert list(tmp_path.iterdir()) == []
    report, rows = score(lines, skip_bad_lines=True)
    assert report.bad_lines == [(2, message)]
    assert len(rows) == 2


@pytest.mark.parametrize("lines", [[], [b"\n"], [line(1, 花子=["[写真]"])]], ids=["empty", "blank", "photos"])
def test_nothing_to_score(score, tmp_path, lines):
    with pytest.raises(InputFileError, match=r"会話\.jsonl に発話のある会話がありません。"):
        score(lines)
    assert list(tmp_path.iterdir()) == []


class StopEarlyError(Exception):
    pass


@pytest.fixture
def eight_speakers(messages):
    return [line(i, **{f"話者{i % 8}": messages(6, i), f"話者{(i + 1) % 8}": messages(6, i + 99)}) for i in range(24)]


def stopping_after(n_rows):
    """A row maker that fails after some rows, and the list of speakers that it was asked for."""
    asked = []

    def make(estimates):
        if len(asked) == n_rows:
            raise StopEarlyError
        asked.append(estimates.speaker)
        return make_row(estimates)

    return make, asked


@pytest.mark.parametrize("n_rows", [0, 1, 3, 7])
def test_goes_on_where_it_stopped(score, eight_speakers, tmp_path, n_rows):
    report, unbroken = score(eight_speakers)
    (tmp_path / "out.csv").unlink()
    first, asked_first = stopping_after(n_rows)
    with pytest.raises(StopEarlyError):
        score(eight_speakers, make_row=first)
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv.part"]
    second, asked_second = stopping_after(8)
    report, rows = score(eight_speakers, make_row=second)
    assert rows == unbroken
    assert report.n_resumed == n_rows
    assert sorted(asked_first + asked_second) == sorted(f"話者{i}" for i in range(8))


def test_a_torn_row_is_made_again(score, eight_speakers, tmp_path):
    _, unbroken = score(eight_speakers)
    with pytest.raises(StopEarlyError):
        score(eight_speakers, make_row=stopping_after(4)[0])
    part = tmp_path / "out.csv.part"
    part.write_bytes(part.read_bytes()[:-9])
    (tmp_path / "out.csv").unlink()
    report, rows = score(eight_speakers)
    assert (report.n_resumed, rows) == (3, unbroken)


@pytest.mark.parametrize("what", ["input", "columns", "garbage"])
def test_a_part_of_something_else_is_not_taken_over(score, eight_speakers, tmp_path, what):
    with pytest.raises(StopEarlyError):
        score(eight_speakers, make_row=stopping_after(4)[0])
    if what == "garbage":
        (tmp_path / "out.csv.part").write_bytes(b"\x00\xff{")
    if what == "columns":
        with pytest.raises(StopEarlyError):
            score(eight_speakers, columns=("a",), make_row=stopping_after(0)[0])
        report, _ = score(eight_speakers)
    else:
        report, _ = score(eight_speakers + [line(99, 花子=["はい"])] * (what == "input"))
    assert report.n_resumed == 0


def test_the_part_file_and_the_disk_hold_no_text(score, eight_speakers, tmp_path):
    eight_speakers.append(line(99, 花子=["合言葉は秘密の桃缶"]))
    with pytest.raises(StopEarlyError):
        score(eight_speakers, make_row=stopping_after(8)[0])
    (part,) = tmp_path.iterdir()
    assert "桃缶" not in part.read_text(encoding="utf-8")
    assert hashlib.sha256(b"".join(eight_speakers)).hexdigest() in part.read_text(encoding="utf-8")


def test_reports_progress_by_speaker(score, eight_speakers):
    seen = []
    score(eight_speakers, on_progress=lambda what, done, total: seen.append((done, total)))
    assert seen == [(number, 8) for number in range(1, 9)]


@settings(max_examples=25, deadline=None)
@given(
    said=st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=30)), min_size=1, max_size=12),
    n_buckets=st.integers(1, 5),
)
def test_any_names_and_texts(estimator, tmp_path_factory, said, n_buckets):
    folder = tmp_path_factory.mktemp("bulk")
    lines = [line(number, **{f"{name}x": [text]}) for number, (name, text) in enumerate(said)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "N_BUCKETS", n_buckets)
        try:
            out = folder / "out.csv"
            report = estimate_bulk(lines, out, estimator, name="n", columns=COLUMNS, make_row=make_row)
        except InputFileError as error:
            assert "発話のある会話がありません" in error.message
            return
    with out.open(encoding="utf-8", newline="") as stream:
        speakers = [row[0] for row in list(csv.reader(stream))[1:]]
    assert speakers == sorted(set(speakers))
    assert len(speakers) == report.n_speakers
