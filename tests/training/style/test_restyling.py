"""The same words in another style: every rule by example, and what holds for any text. All sentences are fictional."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("fugashi")
pytest.importorskip("ipadic")

from seikaku.training.style import restyling
from seikaku.training.style.restyling import CHECKED, STYLES

ALL_STYLES = STYLES | CHECKED

# Text as chats hold it, and text as nobody writes it.
japanese = st.text(
    st.sampled_from(
        "今日明日私犬猫山川行食来見聞話読書人々かがきくけさしすたっでないまりんをーアイウ、。！？ 　ab1〆㍿"
    ),
    max_size=30,
)
any_text = st.one_of(japanese, st.text(max_size=30))
any_texts = st.lists(any_text, max_size=5)
KANJI = re.compile(r"[\u3005\u3400-\u4dbf\u4e00-\u9fff]")


def restyle(style, *texts):
    return ALL_STYLES[style](list(texts))


@pytest.mark.parametrize(
    ("written", "restyled"),
    [
        ("今日は山に登りました", "きょうはやまにのぼりました"),
        ("明日の会議は十時からです。", "あしたのかいぎはじゅうじからです。"),
        ("佐藤さんと喫茶店でコーヒー", "さとうさんときっさてんでコーヒー"),
        ("人々は黙って歩いた", "ひとびとはだまってあるいた"),
        ("これはひらがなだけ", "これはひらがなだけ"),
        ("Tシャツを3枚", "Tシャツを3まい"),
        ("空白 も　残る", "くうはく も　のこる"),
    ],
)
def test_kanji_are_written_by_their_reading(written, restyled):
    assert restyle("kana", written) == [restyled]


@pytest.mark.parametrize(
    ("written", "restyled"),
    [
        ("はい、そうです。では、また。", "はいそうですではまた"),
        ("論文，まだです．", "論文まだです"),
        ("え！？ほんと…", "え！？ほんと…"),
        ("1,000円です", "1,000円です"),
    ],
)
def test_commas_and_full_stops_go_and_all_else_stays(written, restyled):
    assert restyle("no_punctuation", written) == [restyled]


@pytest.mark.parametrize(
    ("written", "restyled"),
    [
        (["おはよう、寒いね。起きた？"], ["おはよう、", "寒いね。", "起きた？"]),
        (["ひとつだけ"], ["ひとつだけ"]),
        (["わあ！！", "  ", "すごい!え?"], ["わあ！", "！", "すごい!", "え?"]),
        ([], []),
    ],
)
def test_every_clause_is_a_message(written, restyled):
    assert restyle("split", *written) == restyled


@pytest.mark.parametrize(
    ("written", "restyled"),
    [
        ("そうですね", "そうやな"),
        ("雨ですよ", "雨やで"),
        ("元気ですか", "元気なん"),
        ("昨日は休みでした", "昨日は休みやった"),
        ("すごくいい天気だね", "めっちゃええ天気やな"),
        ("本当に分かりません", "ほんまに分かりまへん"),
        ("ありがとう、だめでした", "おおきに、あかんやった"),
        ("走っている犬", "走っとる犬"),
        ("猫と山", "猫と山"),
    ],
)
def test_endings_and_words_are_those_of_kansai(written, restyled):
    assert restyle("kansai", written) == [restyled]


@pytest.mark.parametrize(("standard", "dialect"), restyling._KANSAI)
def test_every_phrase_of_the_table_is_spoken_and_the_longest_first(standard, dialect):
    assert restyle("kansai", standard) == [dialect]


@pytest.mark.parametrize(
    ("polite", "plain"),
    [
        # five-row verbs, every row
        ("買います", "買う"), ("買いました", "買った"), ("買いません", "買わない"), ("会いましょう", "会おう"),
        ("歩きます", "歩く"), ("歩きました", "歩いた"), ("歩きません", "歩かない"), ("歩きましょう", "歩こう"),
        ("泳ぎます", "泳ぐ"), ("泳ぎました", "泳いだ"), ("泳ぎません", "泳がない"), ("泳ぎましょう", "泳ごう"),
        ("話します", "話す"), ("話しました", "話した"), ("話しません", "話さない"), ("話しましょう", "話そう"),
        ("待ちます", "待つ"), ("待ちました", "待った"), ("待ちません", "待たない"), ("待ちましょう", "待とう"),
        ("死にました", "死んだ"), ("死にません", "死なない"),
        ("飛びます", "飛ぶ"), ("飛びました", "飛んだ"), ("飛びません", "飛ばない"), ("飛びましょう", "飛ぼう"),
        ("読みます", "読む"), ("読みました", "読んだ"), ("読みません", "読まない"), ("読みましょう", "読もう"),
        ("走ります", "走る"), ("走りました", "走った"), ("走りません", "走らない"), ("走りましょう", "走ろう"),
        ("行きます", "行く"), ("行きました", "行った"), ("行きません", "行かない"), ("行きましょう", "行こう"),
        # the others
        ("食べます", "食べる"), ("食べました", "食べた"), ("食べません", "食べない"), ("食べましょう", "食べよう"),
        ("見ます", "見る"), ("見ました", "見た"), ("見ません", "見ない"), ("見ましょう", "見よう"),
        ("します", "する"), ("しました", "した"), ("しません", "しない"), ("散歩しましょう", "散歩しよう"),
        ("来ます", "来る"), ("来ました", "来た"), ("来ません", "来ない"), ("来ましょう", "来よう"),
        ("あります", "ある"), ("ありました", "あった"), ("ありません", "ない"), ("有りません", "ない"),
        ("歌っています", "歌っている"), ("歌っていました", "歌っていた"), ("おっしゃいました", "おっしゃった"),
        # nouns and adjectives
        ("学生です", "学生だ"), ("学生でした", "学生だった"), ("学生でしょう", "学生だろう"),
        ("楽しいです", "楽しい"), ("楽しかったです", "楽しかった"), ("寒いでしょう", "寒いだろう"),
        ("好きでした", "好きだった"), ("静かです", "静かだ"), ("行くんですよ", "行くんだよ"),
        ("食べたいです", "食べたい"), ("行きたくないです", "行きたくない"), ("学生ではありません", "学生ではない"),
        # nothing to do
        ("明日は雨だ", "明日は雨だ"), ("ますます寒い", "ますます寒い"), ("", ""),
    ],
)  # fmt: skip
def test_polite_forms_become_plain(polite, plain):
    assert restyle("plain", polite) == [plain]


@pytest.mark.parametrize(
    ("polite", "plain"),
    [
        ("朝は食べませんでした", "朝は食べなかった"),
        ("何もありませんでした", "何もなかった"),
        ("よく分かりませんでした", "よく分からなかった"),
        ("昨日は来ませんでした", "昨日は来なかった"),
    ],
)
def test_the_polite_past_of_not_doing_becomes_plain(polite, plain):
    assert restyle("plain", polite) == [plain]


@pytest.mark.parametrize(
    ("polite", "plain"),
    [("いっしょにいきました", "いっしょにいった"), ("いきました", "いった"), ("すぐいきましたか", "すぐいったか")],
)
def test_going_written_in_kana_is_conjugated_like_going(polite, plain):
    assert restyle("plain", polite) == [plain]


@pytest.mark.parametrize(
    ("polite", "plain"),
    [
        ("学生ですか", "学生か"), ("何ですか？", "何か？"), ("学生ですかね", "学生かね"), ("楽しいですか", "楽しいか"),
        ("行くんですか", "行くのか"), ("元気なんですか", "元気なのか"), ("学生でしょうか", "学生だろうか"),
        ("行くんですよ", "行くんだよ"),
    ],
)  # fmt: skip
def test_a_polite_question_becomes_a_plain_one_without_da(polite, plain):
    assert restyle("plain", polite) == [plain]


def test_plain_forms_stand_in_the_middle_of_a_sentence():
    written = "昨日は本を読みましたが、 最後まで読みませんでしょう。楽しかったです！"
    restyled = restyle("plain", written)[0]
    assert restyled.startswith("昨日は本を読んだが、 最後まで読まない")
    assert restyled.endswith("楽しかった！")


def test_only_short_messages_are_kept():
    short, long = "あ" * restyling.TERSE_CHARS, "あ" * (restyling.TERSE_CHARS + 1)
    assert restyle("terse", short, long, "うん") == [short, "うん"]
    assert restyle("terse", long) == []


@pytest.mark.parametrize(
    ("written", "restyled"),
    [
        ("私は行く、わたしもあたしも", "俺は行く、俺も俺も"),
        ("僕とぼくとボクと俺とおれ", "俺と俺と俺と俺と俺"),
        ("私立の学校まで私鉄で、私服で", "私立の学校まで私鉄で、私服で"),
        ("手渡しした", "手渡しした"),
        ("空白 私　の", "空白 俺　の"),
        ("自分でやるよ", "自分でやるよ"),
    ],
)
def test_speakers_call_themselves_by_another_word(written, restyled):
    assert restyle("ore", written) == [restyled]
    for style, word in (("boku", "僕"), ("watashi", "私")):
        assert restyle(style, written) == [restyled.replace("俺", word)]


def test_every_second_message_ends_in_an_emoji():
    first, second, third, fourth = restyle("emoji", "はい", "うん", "そう", "ね")
    assert (first, third) == ("はい", "そう")
    assert (second[:-1], fourth[:-1]) == ("うん", "ね")
    assert second[-1] != fourth[-1] and not second[-1].isalnum()


def test_what_is_only_measured_has_a_name_of_its_own():
    assert not set(STYLES) & set(CHECKED)


@pytest.mark.parametrize("style", ALL_STYLES)
@given(texts=any_texts)
@example(texts=["\u3000", "", "\n", "か\u3099", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U000e0041"])
def test_no_text_is_too_odd(style, texts):
    restyled = ALL_STYLES[style](texts)
    assert all(isinstance(text, str) for text in restyled)
    assert ALL_STYLES[style](texts) == restyled
    if style not in ("split", "terse"):
        assert len(restyled) == len(texts)


@pytest.mark.parametrize("style", ALL_STYLES)
def test_half_a_character_is_no_reason_to_stop(style):
    """A JSON escape can hold one; the n-gram model reads it as an unknown character."""
    assert len(ALL_STYLES[style](["\ud83d", "うん"])) == 2


@pytest.mark.parametrize("style", ["kana", "plain"])
def test_nothing_after_a_nul_is_lost(style):
    assert restyle(style, "あの\0その")[0].endswith("その")


@given(any_texts)
def test_splitting_keeps_every_character_but_blank_messages(texts):
    parts = restyling.split_messages(texts)
    assert all(part.strip() for part in parts)
    assert "".join("".join(parts).split()) == "".join("".join(texts).split())
    assert restyling.split_messages(parts) == parts


@given(any_texts)
def test_dropping_punctuation_drops_nothing_else(texts):
    dropped = restyling.drop_punctuation(texts)
    assert dropped == ["".join(char for char in text if char not in "、。，．") for text in texts]


@given(st.text(max_size=30).filter(lambda text: "\0" not in text) | japanese)
def test_kana_leave_no_kanji_that_has_a_reading_and_touch_nothing_else(text):
    restyled = restyling.write_in_kana([text])[0]
    words = restyling._words(text)
    unread = [word.surface for word in words if len(word.feature) <= 7 or KANJI.search(word.feature[7])]
    assert KANJI.findall(restyled) == KANJI.findall("".join(unread))
    if not KANJI.search(text):
        normal = unicodedata.normalize("NFC", text)
        assert "".join(restyled.split()) == "".join(normal.split())


@given(st.lists(st.text(st.sampled_from("おはようさむいねまたあした"), max_size=20), max_size=4))
def test_text_without_what_a_style_changes_stays(texts):
    for style in ("kana", "no_punctuation"):
        assert STYLES[style](texts) == texts


@given(any_texts)
def test_terse_messages_are_messages_of_the_text(texts):
    kept = restyling.keep_short(texts)
    assert kept == [text for text in texts if text in kept]
    assert all(len(text) <= restyling.TERSE_CHARS for text in kept)
