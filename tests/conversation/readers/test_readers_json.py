"""JSON, JSON Lines and RealPersonaChat's layout."""

import json
from datetime import datetime

import pytest

from seikaku.errors import InputFileError

SHAPE = '{"conversation_id": "1", "utterances": [{"speaker": "花子", "text": "こんにちは"}]} の形にしてください。'
JSON_MEND = "その場所の引用符・かっこ・カンマを確かめるか、もとのアプリから書き出し直してください。"


def conversation(conversation_id="c1", text="おはよう", **more):
    return {"conversation_id": conversation_id, "utterances": [{"speaker": "花子", "text": text, **more}]}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrap", [lambda c: c, lambda c: [c], lambda c: {"conversations": [c]}])
def test_one_list_and_wrapped(read, wrap, indent):
    value = wrap(conversation(timestamp="2024-05-03T12:30:15.5Z"))
    imported = read(json.dumps(value, ensure_ascii=False, indent=indent), name="-")
    assert (imported.report.format, imported.conversations[0].conversation_id) == ("json", "c1")
    assert imported.conversations[0].utterances[0].timestamp == datetime(2024, 5, 3, 12, 30, 15, 500000)
    assert imported.report.first_timestamp == "2024-05-03T12:30:15"


def test_ids_are_made_unique_and_filled_in(read):
    lines = [conversation(), conversation(), {"utterances": conversation()["utterances"]}, conversation(7)]
    imported = read("\n".join(json.dumps(line) for line in lines), name="a/ログ.jsonl")
    assert [c.conversation_id for c in imported.conversations] == ["c1", "c1-2", "ログ", "7"]
    assert imported.report.format == "jsonl"


def test_json_lines_are_recognised_without_a_name(read):
    assert (
        read(f"{json.dumps(conversation())}\n\n{json.dumps(conversation('c2'))}\n", name="-").report.format == "jsonl"
    )


def test_numbers_as_speakers_and_unreadable_timestamps(read):
    value = {
        "utterances": [
            {"speaker": 1, "text": "やあ", "timestamp": 5},
            {"speaker": 2, "text": "うん", "timestamp": None},
        ]
    }
    imported = read(json.dumps(value))
    assert imported.report.speakers == {"1": 1, "2": 1}
    assert imported.report.warnings == ("読めない日時が 1 件ありました。その発話は日時なしとして残しました。",)


def test_realpersonachat(read):
    value = {
        "dialogue_id": 12,
        "interlocutors": ["AA", "AB"],
        "utterances": [
            {"utterance_id": 0, "interlocutor_id": "AB", "text": "やあ", "timestamp": "2022-08-06T14:51:18.360000"},
            {"utterance_id": 1, "interlocutor_id": "AA", "text": "うん", "timestamp": "NaT"},
        ],
        "evaluations": [],
    }
    imported = read(json.dumps(value), name="00012.json")
    assert (imported.report.format, imported.conversations[0].conversation_id) == ("realpersonachat", "12")
    assert [u.timestamp for u in imported.conversations[0].utterances] == [
        datetime(2022, 8, 6, 14, 51, 18, 360000),
        None,
    ]
    assert imported.report.warnings == ()


def test_escaped_junk_is_removed(said):
    text = r'{"utterances": [{"speaker": "花\u200e子", "text": "\ud800い\u0000い\r\nね\ud83d\ude00"}]}'
    assert said(text) == [("花子", "いい\nね😀")]


@pytest.mark.parametrize(
    ("text", "message", "mend"),
    [
        ('{"utterances": [\n {"speaker" "花子"}]}', "a.json は JSON として壊れています（2 行 13 列）。", JSON_MEND),
        ('{"a":' * 100_000, "a.json は JSON として壊れています（入れ子が深すぎます）。", JSON_MEND),
        ("[" * 100_000, "a.json は JSON として壊れています（入れ子が深すぎます）。", JSON_MEND),
        (f'{{"a": {"1" * 5000}}}', "a.json は JSON として壊れています（数値が長すぎます）。", JSON_MEND),
        ('{"messages": []}', 'a.json の 1 番目の会話に "utterances" の配列がありません。', SHAPE),
        ('[{"utterances": []}, 5]', 'a.json の 2 番目の会話に "utterances" の配列がありません。', SHAPE),
        ("12", 'a.json の 1 番目の会話に "utterances" の配列がありません。', SHAPE),
        (
            '{"utterances": [null]}',
            'a.json の 1 番目の会話、1 番目の発話に "speaker"（話者の名前）がありません。',
            SHAPE,
        ),
        (
            '{"utterances": [{"speaker": " ", "text": "あ"}]}',
            'a.json の 1 番目の会話、1 番目の発話に "speaker"（話者の名前）がありません。',
            SHAPE,
        ),
        (
            '{"utterances": [{"speaker": true, "text": "あ"}]}',
            'a.json の 1 番目の会話、1 番目の発話に "speaker"（話者の名前）がありません。',
            SHAPE,
        ),
        (
            '{"utterances": [{"speaker": "花子", "text": "あ"}, {"speaker": "花子", "text": 5}]}',
            'a.json の 1 番目の会話、2 番目の発話に "text"（文字列）がありません。',
            SHAPE,
        ),
    ],
)
def test_errors(read, text, message, mend):
    with pytest.raises(InputFileError) as caught:
        read(text, name="a.json")
    assert (caught.value.message, caught.value.mend) == (message, mend)


def test_broken_line_of_json_lines_is_named_by_its_line(read):
    with pytest.raises(InputFileError) as caught:
        read(f"{json.dumps(conversation())}\n{{\n", name="a.jsonl")
    assert caught.value.message == "a.jsonl は JSON として壊れています（2 行 2 列）。"
