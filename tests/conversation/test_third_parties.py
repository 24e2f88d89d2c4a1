"""Third parties are taken out of quotes. All names and numbers are made up."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.conversation.readers import read_conversations
from seikaku.conversation.third_parties import make_mask
from seikaku.conversation.turns import Utterance
from seikaku.inference.estimator import Estimator
from seikaku.places import REPOSITORY

NAMES = ("山田 太郎", "健", "Ken Sato", "ゆき🌸", "みなちゃん", "花子（仕事用）")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("山田太郎さん、山田くん、太郎は？", "〔名前〕さん、〔名前〕くん、〔名前〕は？"),
        ("山田　太郎に聞いた", "〔名前〕に聞いた"),
        ("健さんと健康診断", "〔名前〕さんと健康診断"),
        ("kenとKentuckyに行った KEN SATO", "〔名前〕とKentuckyに行った 〔名前〕"),
        ("ゆきちゃんと花子", "〔名前〕ちゃんと〔名前〕"),
        ("電話は090-1234-5678か03(1234)5678", "電話は〔電話番号〕か〔電話番号〕"),
        ("０９０１２３４５６７８ね", "〔電話番号〕ね"),
        ("+81 90 1234 5678", "〔電話番号〕"),
        ("〒150-0041 東京都渋谷区神南1-2-3", "〔住所〕 〔住所〕"),
        ("京都市中京区西町一丁目2番3号です", "〔住所〕です"),
        ("taro.y+1@example.co.jp と https://example.com/a?b=1 見て", "〔メール〕 と 〔URL〕 見て"),
        ("口座は1234567です", "口座は〔番号〕です"),
    ],
)
def test_what_has_a_form_is_taken_out(said, shown):
    assert make_mask(NAMES)(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        "12月24日の10時30分、3人で5000円",
        "2026-01-09 と 2026/11/29 12:30:00",
        "京都市で3番目に古い店",
        "100-200個くらい",
        "健康が一番",
        "うん、そうだね！",
    ],
)
def test_what_is_nobodys_stays(said):
    assert make_mask(NAMES)(said) == said


@given(st.lists(st.text(max_size=12), max_size=4), st.text(max_size=80))
def test_no_name_and_no_text_breaks_it(names, said):
    mask = make_mask(names)
    assert isinstance(mask(said), str)
    assert "090-1234-5678" not in mask(f"{said} 090-1234-5678")


def test_an_estimate_quotes_no_third_party():
    """Every fifth message names the partner and gives a number: none comes back, in quotes or wording."""
    (talk,) = read_conversations(REPOSITORY / "examples" / "line_1on1.txt").conversations
    told = [
        replace(said, text=f"{said.text} 健太さんは090-1234-5678")
        if said.speaker == "花子" and number % 5 == 0
        else said
        for number, said in enumerate(talk.utterances)
    ]
    told.append(Utterance("山田 健太", "うん", None))
    found = repr(Estimator.load().estimate([replace(talk, utterances=tuple(told))], "花子"))
    assert "〔名前〕さんは〔電話番号〕" in found
    assert "健太" not in found
    assert "1234" not in found
