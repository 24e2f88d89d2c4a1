"""The garbage guard: garbage is withheld, talk is not."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.conversation.quality import MAX_BACKCHANNEL_CHARS, assess_quality
from seikaku.conversation.readers import read_conversations

TALK = [
    "今日は駅前のパン屋さんに寄ってから帰るね",
    "そういえば先週の映画、思ったより泣けた",
    "来月の旅行、どの電車で行くのがいいかな",
    "カレーに大根を入れたら意外とおいしかったよ",
    "朝から雨で、洗濯物がぜんぜん乾かない",
    "新しい靴で歩きすぎて足が痛い",
    "その本ならもう読み終わったから貸すよ",
    "眠いけどもう少しだけ片づけてから寝る",
]


SONG = """まどをあけて朝をまつ
しろい息が空にとける
てのひらにのせた約束
それでも歩いてゆくよ

かわぞいの道は遠くて
ふりむけばきみの影
こごえる指をあたため
それでも歩いてゆくよ"""
MINUTES = """■ 定例会議メモ
【出席】企画、開発、営業の各担当
1. 前回の確認：宿題はすべて終わっていることを確かめた。残った項目はないので次に進む。
2. 新しい画面：案を三つ比べ、二つめを元に進めることに決めた。色は次回までに考える。
3. 予算：来期の見積もりを月末までに出す。足りない分は部長に相談してから決めることにした。
4. 宣伝：夏の催しに合わせて案内を配る。印刷の締め切りは来週の水曜日なので早めに準備する。
5. 問い合わせ：返事が遅れている三件を今日のうちに片づける。担当は表のとおりに分けた。
・次回は来週の火曜日、同じ時間に同じ部屋で開く。都合が悪い人は前の日までに知らせること。
・資料は前の日までに共有の場所へ置く。古いものは別の場所へ移して、あとで見られるようにする。"""
SPOKEN = [
    "えーと、それでですね、あのー、先週の話なんですけど、まあ、だいたい予定どおりに進んでいまして",
    "あのー、えーと、その、残りの分はですね、えっと、今週のうちには終わるかなと、まあ、思っています",
    "えー、じゃあ次なんですけど、えーと、あのー、場所をまだ決めていないので、その、決めたいんですが",
]
RUN_ON = (
    "それで昨日の帰りに駅前を歩いていたら急に雨が降ってきて傘を持っていなかったので近くの店に入って待っていたんです"
)
COUPLE = [f"{own}{rest}" for own in ("俺は", "私は") for rest in TALK]


def codes(texts, level="withhold"):
    return {issue.code for issue in assess_quality(texts).issues if issue.level == level}


def figures(report):
    return {issue.code: issue.value for issue in report.issues}


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["すごい"] * 64_000, "repetitive"),
        (["すごい" * 64_000], "repetitive"),
        (["あ" * 500], "repetitive"),
        (TALK[:4] * 100, "repetitive"),
        (TALK[:4] * 100, "copy_paste"),
        (TALK * 3, "copy_paste"),
        (["12345 67890 2024/05/03"] * 5, "not_japanese"),
        (["😀🎉👍", "❤️🙏"] * 20, "not_japanese"),
        (["What are you doing tonight?", "I really like this song, you know."], "not_japanese"),
        (["我今天去了商店买了很多东西", "你好吗我很好谢谢", "明天我们一起去看电影吧", "今天天气很好我想出去散步走走",
          "晚上吃什么比较好呢你决定吧"], "not_japanese"),
        (["안녕하세요 오늘 날씨가 좋네요"], "not_japanese"),
        (["はい 3.14159 2.71828 1.41421 1.73205 2.23606"], "not_japanese"),
        (["def f(x):\n    return x + 1\nfor i in range(10):\n    print(f(i));", "これ見て"], "code_or_urls"),
        (["https://example.com/a/long/address?id=12345 見てね", "https://example.com/b ここ"], "code_or_urls"),
        (["[スタンプ]", "[写真]", "😂😂", "スタンプを送信しました"] * 10 + TALK[:2], "stickers_only"),
        ([f"【リマインド】{day}日の会議は{hour}:00からです。" for day in range(1, 9) for hour in (9, 15)], "templates"),
        ([f"{name}さんが会議室Aを予約しました" for name in ("田中", "山本", "リリー", "佐々木", "李")], "templates"),
        ([SONG, "この歌いいよね"], "borrowed"),
        (["先生が「明日までに全部の宿題を出さないと単位はあげない」だって"], "borrowed"),
    ],
)  # fmt: skip
def test_garbage_is_withheld(texts, code):
    assert code in codes(texts)


@pytest.mark.parametrize("name", ["line_1on1.txt", "line_12h.txt", "line_group.txt", "line_pc.txt", "line_en.txt",
                                  "plain.txt", "table.csv", "conversation.json", "conversations.jsonl"])  # fmt: skip
def test_the_examples_pass(examples, name):
    imported = read_conversations(examples / name)
    for speaker in imported.report.speakers:
        texts = [u.text for c in imported.conversations for u in c.utterances if u.speaker == speaker]
        assert assess_quality(texts).issues == ()


def test_backchannels_do_not_count_as_copies():
    texts = TALK + ["はい", "うん", "了解です", "おつかれさま"] * 10
    assert assess_quality(texts).issues == ()


def test_a_lively_style_passes():
    texts = [
        text + mark
        for text, mark in zip(TALK, ["！！！", "www", "笑", "(^_^;)", "〜♪", "😂", "m(_ _)m", "…"], strict=True)
    ]
    assert assess_quality(texts).issues == ()


def test_some_english_is_a_warning():
    issue = assess_quality([*TALK[:2], "this one is in English"]).issues[0]
    assert (issue.code, issue.level) == ("not_japanese", "warn")
    assert 0.5 <= issue.value < 0.8


def test_one_paste_is_a_warning():
    assert codes([*TALK, *TALK[:3]], "warn") == {"copy_paste"}


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ([*TALK * 2, MINUTES][8:], "borrowed"),
        ([*TALK, SONG], "borrowed"),
        (SPOKEN + TALK[:4], "transcribed"),
        ([RUN_ON + end for end in ("けど", "よね", "から", "ので")], "transcribed"),
        (
            ["今日 は とても 天気 が いい ので 散歩 に 行き ました", "昨日 は 家 で 本 を 読ん で い ました"] * 6,
            "transcribed",
        ),
        (COUPLE, "two_writers"),
    ],
)
def test_what_may_be_somebody_elses_is_a_warning(texts, code):
    assert code in codes(texts, "warn")


def test_ordinary_habits_pass():
    for texts in (
        ["おはよう！" + text for text in TALK],
        [f"{hour}時につくよ" for hour in range(8, 20)],
        ["買うもの\n・牛乳\n・たまご\n・パン\n・ねぎ\n・豆腐", *TALK],
        ["昨日「君の名前」見たよ", ">_<", "(>_<) 痛い", "えーっ、まじで", "あの、これ借りてもいい？", *TALK],
        [f"{own}{rest}" for rest in TALK for own in ("俺は", "僕は")],
    ):
        assert assess_quality(texts).issues == (), texts[0]


def test_figures():
    report = assess_quality(["あい うえ", "abcd", "あい うえ"])
    assert (report.n_utterances, report.n_chars) == (3, 12)
    assert figures(report) == {"not_japanese": 8 / 12}  # four characters are a backchannel, no copy
    long = "あ" * (MAX_BACKCHANNEL_CHARS + 1)
    assert figures(assess_quality([long, long, "いう"])) == {"copy_paste": 7 / 16}
    assert figures(assess_quality(["https://example.com/ ですよ"]))["code_or_urls"] == 20 / 23


def test_no_text_has_no_issue():
    for texts in ([], [""], [" \n"]):
        report = assess_quality(texts)
        assert (report.n_chars, report.issues) == (0, ())


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(max_size=30), max_size=10))
def test_any_text_has_shares_between_0_and_1(texts):
    report = assess_quality(texts)
    assert all(0.0 <= share <= 1.0 for share in figures(report).values())
    assert report.n_chars == len("".join("".join(texts).split()))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(TALK), max_size=10), st.randoms())
def test_the_order_of_utterances_does_not_matter_to_the_shares(texts, source):
    shuffled = source.sample(texts, len(texts))
    first, second = figures(assess_quality(texts)), figures(assess_quality(shuffled))
    for found in (first, second):
        found.pop("repetitive", None)  # a compressor sees the order, and so do two writers
        found.pop("two_writers", None)
    assert first == second


def test_fifty_thousand_utterances_take_a_moment():
    source = random.Random(0)
    texts = [source.choice(TALK)[: source.randint(5, 20)] + str(source.random()) for _ in range(50_000)]
    start = time.process_time()
    assess_quality(texts)
    assert time.process_time() - start < 1.5  # 0.4 s on an idle machine
