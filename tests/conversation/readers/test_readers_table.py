"""CSV and TSV."""

from datetime import datetime

import pytest

from seikaku.errors import InputFileError


@pytest.mark.parametrize(
    "speaker", ["speaker", "話者", "名前", "発言者", "user", "Speaker_ID", " ユーザー名 ", "送信者", "ＮＡＭＥ"]
)
@pytest.mark.parametrize("text", ["text", "発話", "本文", "内容", "message", "Content", "発言 内容"])
def test_columns_are_found_by_name_and_told(read, speaker, text):
    imported = read(f"no,{speaker},{text}\n1,花子,おはよう\n", name="表.csv")
    assert imported.report.warnings == (f"列の読み取り: 話者=「{speaker.strip()}」、発話=「{text}」",)
    assert imported.report.speakers == {"花子": 1}


def test_timestamps_conversations_and_odd_rows(read):
    text = (
        "会話ID,日時,話者,発話\n"
        "b,2024/5/3 9:05,花子,おはよう\n"
        "a,2024-05-03T10:00:30+09:00,太郎,やあ\n"
        "b,2024年5月3日 9:06,太郎,うん\n"
        "b,きのう,花子,ね\n"
        "b,,花子,\n"
        "b,,,だれ？\n"
        ",,,\n"
        "b,NaT,花子\n"
    )
    imported = read(text, name="表.csv")
    by_id = {conversation.conversation_id: conversation.utterances for conversation in imported.conversations}
    assert list(by_id) == ["b", "a"]
    assert [u.timestamp for u in by_id["b"]] == [datetime(2024, 5, 3, 9, 5), datetime(2024, 5, 3, 9, 6), None]
    assert by_id["a"][0].timestamp == datetime(2024, 5, 3, 10, 0, 30)
    assert imported.report.dropped == {"empty": 2, "no_speaker": 1}
    assert imported.report.warnings[1:] == ("読めない日時が 1 件ありました。その発話は日時なしとして残しました。",)


def test_quoted_newlines_and_quotes(said):
    assert said('話者,本文\r\n花子,"一行目\r\n""二""行目, まだ"\r\n', name="表.csv") == [
        ("花子", '一行目\n"二"行目, まだ')
    ]


def test_tsv_without_quoting_keeps_its_quotes(said):
    assert said('speaker\ttext\n花子\t"特製"のパン\n太郎\tいいね\n', name="表.tsv") == [
        ("花子", '"特製"のパン'),
        ("太郎", "いいね"),
    ]


def test_a_table_is_recognised_by_its_header_whatever_its_name(read):
    assert read("時刻\t話者\t本文\n8:00\t花子\tおはよう\n", name="標準入力").report.format == "table"


@pytest.mark.parametrize(
    ("text", "message", "mend"),
    [
        (
            "日時,本文\n2024/5/3,おはよう\n",
            "表.csv に話者の列がありません（1 行目の 2 列を見出しとしました）。",
            "1 行目を見出しにし、話者の列の名前を"
            "「speaker」「話者」「発話者」「発言者」「話者名」のどれかにしてください。",
        ),
        (
            "話者,秘密の話\n花子,おはよう\n",
            "表.csv に発話の列がありません（1 行目の 2 列を見出しとしました）。",
            "1 行目を見出しにし、発話の列の名前を「text」「発話」「発話内容」「本文」「発言」のどれかにしてください。",
        ),
        (
            '話者,本文\n花子,おはよう\n太郎,"閉じない\n',
            "表.csv は CSV として壊れています（3 行目付近の引用符）。",
            'セルの中の " は "" と書き、セル全体を " で囲んでください（Excel の CSV 保存ではそうなります）。',
        ),
    ],
)
def test_errors(read, text, message, mend):
    with pytest.raises(InputFileError) as caught:
        read(text, name="表.csv")
    assert (caught.value.message, caught.value.mend) == (message, mend)
