"""Lines with a word before a colon that are no talk: refused, unless the format is named."""

import pytest

from seikaku.conversation.readers import parse_conversations
from seikaku.errors import InputFileError
from seikaku.serving.page.monologue import looks_like_monologue

NO_TALKS = {
    "log": "INFO: 起動しました\nINFO: 読み込み完了\nWARN: 遅いです\n"
    "INFO: 保存しました\nERROR: 失敗しました\nINFO: 終了\n",
    "dated log": "".join(f"2026-01-09 13:4{n} INFO: 処理 {n} 番目が終わりました\n" for n in range(6)),
    "mail": "From: 田中\nTo: 山田\nSubject: 会議の件\n\n山田様\n会議は10時です。\n\nFrom: 山田\nTo: 田中\n"
    "Subject: Re: 会議の件\n\n承知しました。\n",
    "japanese mail": "差出人: 田中\n宛先: 山田\n件名: 会議\n会議は10時です。\n"
    "差出人: 山田\n宛先: 田中\n件名: Re: 会議\nはい。\n",
    "yaml": "name: 太郎\nage: 20\nname: 花子\nage: 21\n",
    "recipe": "材料：卵\n材料：砂糖\n作り方：混ぜる\n作り方：焼く\n材料：塩\n",
    "time sheet": "出勤：9時\n退勤：18時\n休憩：1時間\n出勤：10時\n退勤：19時\n休憩：1時間\n",
    "customers": "氏名：田中\n住所：東京\n電話：なし\n氏名：山田\n住所：大阪\n電話：なし\n",
}
TALKS = {
    "a place is asked for once": "花子：会議どこ？\n場所：3 階\n"
    "太郎：ありがとう\n花子：うん\n太郎：行くね\n花子：はーい\n",
    "speakers by letter": "A：おはよう\nB：おはよう\nA：眠いね\nB：うん\n",
    "a user and a machine": "user: おはよう\nassistant: おはようございます\nuser: 眠い\nassistant: 寝てください\n",
    "who asks and who is in charge": "担当：はい、もしもし\nお客様：届きません\n担当：調べます\nお客様：お願いします\n",
    "one word of the list is a nickname": "タイトル：おはよう\nNote：おは\nタイトル：うん\nタイトル：ね\n",
}


@pytest.mark.parametrize("text", NO_TALKS.values(), ids=NO_TALKS)
def test_what_is_no_talk_is_refused(text):
    with pytest.raises(InputFileError, match="形式がわかりません"):
        parse_conversations(text.encode(), name="text.txt")
    assert not looks_like_monologue(text)


@pytest.mark.parametrize("kind", sorted(NO_TALKS.keys() - {"dated log"}))  # whose clocks leave no label at all
def test_whoever_names_the_format_is_believed(kind):
    text = NO_TALKS[kind]
    assert parse_conversations(text.encode(), name="text.txt", format="plain").report.n_utterances


@pytest.mark.parametrize("text", TALKS.values(), ids=TALKS)
def test_talks_are_still_read(text):
    assert parse_conversations(text.encode(), name="text.txt").report.format == "plain"
