"""Plain text with labels, and prose that is none."""

import pytest

from seikaku.errors import InputFileError


def test_both_colons_and_continued_lines(said):
    text = "花子：おはよう\n今日は早いね\n太郎: うん\n\n花子 ：11:30 でいい？\n太郎：https://example.com を見て\n"
    assert said(text) == [
        ("花子", "おはよう\n今日は早いね"),
        ("太郎", "うん"),
        ("花子", "11:30 でいい？"),
        ("太郎", "https://example.com を見て"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "https://example.com/a",
        "12:30 に集合",
        "明日12:30に集合",
        "- 注意：ここ",
        "ねえ、聞いて：すごい",
        "# 見出し：一",
    ],
)
def test_lines_that_only_have_a_colon_continue(said, line):
    assert said(f"花子：おはよう\n{line}\n太郎：うん\n花子：ね\n")[0] == ("花子", f"おはよう\n{line}")


@pytest.mark.parametrize(
    "prose",
    [
        "今日はとてもいい天気でした。\n駅まで歩いて、パンを買いました。\n",
        "日時：五月三日\n場所：渋谷\n持ちもの：水\n服装：自由\n",
        "見てください。\nhttps://example.com\nhttp://example.com\n12:30 に集合\n13:00 に解散\n",
        "ひとこと：よろしく\n",
        "本日の記録。\n朝は雨、昼から晴れ。\n体温：36.5\n夕方に散歩。\n夜は読書をした。\n気分：まあまあ\n",
    ],
)
def test_prose_is_not_taken_for_a_conversation(read, prose):
    with pytest.raises(InputFileError) as caught:
        read(prose)
    assert caught.value.message.startswith("会話.txt の形式がわかりません。")


def test_format_can_be_forced(said):
    assert said("ひとこと：よろしく\n", format="plain") == [("ひとこと", "よろしく")]


def test_one_off_labels_in_a_long_text_are_no_speakers(read):
    text = "花子：うん\n太郎：そう\n" * 8 + "花子：待ち合わせの話\n場所：渋谷\n太郎：了解\n"
    imported = read(text)
    assert imported.report.speakers == {"花子": 9, "太郎": 9}
    assert imported.conversations[0].utterances[-2].text == "待ち合わせの話\n場所：渋谷"
    assert imported.report.warnings == ("一度しか現れない見出し 1 件は話者とせず、前の発話の続きとして読みました。",)


def test_lines_above_the_first_speaker_are_counted(read):
    assert read("（架空の会話）\n花子：おはよう\n太郎：うん\n").report.dropped == {"not_utterance": 1}


def test_media_labels_pasted_from_a_chat_are_dropped(read):
    assert read("花子：[写真]\n太郎：いいね\n花子：でしょ\n").report.dropped == {"photo": 1}
