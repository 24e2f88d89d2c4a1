"""Name, age and sex go; every other number and word stays. All people and sentences are made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.training.personas.masking import find_name, mask_person


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("町工場で働く74歳の職人。", "町工場で働く〇歳の職人。"),
        ("７４ 歳の職人", "〇歳の職人"),
        ("七十四歳の職人、二十歳の弟子", "〇歳の職人、〇歳の弟子"),
        ("18〜25歳の若者と話す", "〇歳の若者と話す"),
        ("34才になる", "〇歳になる"),
        ("40代後半の母と20代の兄", "〇代後半の母と〇代の兄"),
        ("四十代の料理人", "〇代の料理人"),
        ("1962年生まれの船大工", "〇年生まれの船大工"),
        ("昭和37年5月生まれ", "〇年5月生まれ"),
        ("昭和50年代に生まれ育つ", "〇年に生まれ育つ"),
        ("還暦を過ぎて陶芸を始めた", "〇歳を過ぎて陶芸を始めた"),
        ("アラフォーの事務員", "〇代の事務員"),
        ("落ち着いた女性である", "落ち着いた人である"),
        ("彼女は彼の妻と専業主婦を手伝う", "この人はこの人の配偶者と家事専業を手伝う"),
        ("夫の転勤で越してきた", "配偶者の転勤で越してきた"),
    ],
)
def test_what_goes(text, masked):
    assert mask_person(text, None) == masked


@pytest.mark.parametrize(
    "text",
    [
        "40年の経験を持ち、24時間営業の店を3人で回す。",
        "週2回、5年以内に、第10代、四代続く、十代目の当主、2代目",
        "1990年代の音楽と昭和歌謡を好み、2021年に退職した。",
        "彼らは計画的である。彼岸に、彼方へ。",
        "工夫を重ね、大丈夫と言い、夫婦で、農夫の父と",
        "天才、才能、歳月、お歳暮",
        "COOLなPOLOシャツ",
        "体重60キロ、血圧120、年収500万円、100点",
    ],
)
def test_what_stays(text):
    assert mask_person(text, ("架空", "花子")) == text


@given(st.integers(0, 10_000), st.sampled_from(["年間", "回", "人", "時間", "km", "万円", "点", "ヶ月", "名", "社"]))
def test_no_other_number_is_touched(number, unit):
    text = f"毎月{number}{unit}ほど続けている"
    assert mask_person(text, None) == text


@given(st.integers(0, 120), st.sampled_from(["", "の", "で"]))
def test_no_age_is_left(age, after):
    assert str(age) not in mask_person(f"架空の町に住む{age}歳{after}人", None)


@given(st.text(st.sampled_from("0123456789十二歳才代年生まれ男女性彼夫妻のはら〜"), max_size=20))
def test_masking_twice_changes_nothing_more(text):
    once = mask_person(text, None)
    assert mask_person(once, None) == once


def test_the_name_goes_wherever_it_stands():
    name = find_name("架空 花子は、港町で暮らす人である。")
    assert name == ("架空", "花子")
    assert (
        mask_person("架空 花子は走る。花子の庭。架空さんは架空の町に。", name)
        == "この人は走る。この人の庭。この人さんは架空の町に。"
    )
    assert mask_person("架宮 花子は走る。", name) == "この人は走る。"  # a surname that the generator misspelt


def test_a_given_name_of_one_character_needs_its_surname():
    name = find_name("架空 空は、港町で暮らす。")
    assert mask_person("架空 空は空を見る。", name) == "この人は空を見る。"


def test_a_summary_without_a_name_has_none():
    assert find_name("港町で暮らす人である。") is None
