"""Each threshold of the garbage guard, on both sides: the least that is wrong, and the most that is not."""

import json
import os
import random
import string
import time
import zipfile
from collections import defaultdict
from pathlib import Path

import pytest

from seikaku.conversation import quality
from seikaku.conversation.quality import assess_quality
from seikaku.conversation.quality.copied import count_template_chars, measure_repetition
from seikaku.conversation.quality.issues import find_excess

KANA = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろ"
URL = "https://example.com/"


def own(n_chars, length=10, seed=1):
    """Utterances of ``length`` or fewer characters, ``n_chars`` in all, no two alike."""
    source = random.Random(seed)
    sizes = [length] * (n_chars // length) + ([n_chars % length] if n_chars % length else [])
    return ["".join(source.choices(KANA, k=size)) for size in sizes]


def level(texts, code):
    return next((issue.level for issue in assess_quality(texts).issues if issue.code == code), None)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["あ" * 80 + "k" * 20], None),
        (["あ" * 79 + "k" * 21], "warn"),
        (["あ" * 50 + "k" * 50], "warn"),
        (["あ" * 49 + "k" * 51], "withhold"),
        (["あ" * 20 + "！" * 80], None),
        (["あ" * 19 + "！" * 81], "withhold"),
        (["の" * 9 + "山" * 51], None),
        (["の" * 8 + "山" * 52], "withhold"),
        (["山" * (quality.MIN_JAPANESE_FOR_KANA_SHARE - 1)], None),
        (["山" * quality.MIN_JAPANESE_FOR_KANA_SHARE], "withhold"),
    ],
)
def test_not_japanese(texts, expected):
    assert level(texts, "not_japanese") == expected


def test_repetition_is_as_measured():
    levels = {None: [], "warn": [], "withhold": []}
    for n_times in range(1, 60):
        texts = own(60) * n_times
        levels[level(texts, "repetitive")].append(measure_repetition("\n".join(texts)))
    assert max(levels[None]) < quality.WARN_REPETITION <= min(levels["warn"])
    assert max(levels["warn"]) < quality.WITHHOLD_REPETITION <= min(levels["withhold"])


def test_repetition_takes_a_least_amount():
    assert level(["あ" * (quality.MIN_CHARS_FOR_REPETITION - 1)], "repetitive") is None
    assert level(["あ" * quality.MIN_CHARS_FOR_REPETITION], "repetitive") == "withhold"


@pytest.mark.parametrize(("value", "expected"), [(0.199, None), (0.2, "warn"), (0.499, "warn"), (0.5, "withhold")])
def test_a_threshold_itself_is_too_much(value, expected):
    issue = find_excess("code", value, 0.2, 0.5)
    assert (issue and issue.level) == expected


@pytest.mark.parametrize(
    ("n_unique", "n_copies", "expected"), [(81, 19, None), (80, 20, "warn"), (51, 49, "warn"), (50, 50, "withhold")]
)
def test_copies(n_unique, n_copies, expected):
    texts = own(10 * n_unique)
    assert level([*texts, *texts[:n_copies]], "copy_paste") == expected


def test_copies_of_a_backchannel():
    for n_more, expected in ((0, None), (1, "withhold")):
        assert level(own(quality.MAX_BACKCHANNEL_CHARS + n_more) * 3, "copy_paste") == expected


@pytest.mark.parametrize(("n_own", "expected"), [(81, None), (80, "warn"), (21, "warn"), (20, "withhold")])
def test_addresses(n_own, expected):
    assert level([*own(n_own), URL], "code_or_urls") == expected


@pytest.mark.parametrize(("n_own", "expected"), [(81, None), (80, "warn"), (21, "warn"), (20, "withhold")])
def test_code(n_own, expected):
    assert level([*own(n_own), "for i in range(10): f(i)"], "code_or_urls") == expected  # 20 without spaces


@pytest.mark.parametrize("sticker", ["🎉👍🙏✨", "[写真]", "！！…？", "[動画]"])
@pytest.mark.parametrize(("n_own", "expected"), [(81, None), (80, "warn"), (21, "warn"), (20, "withhold")])
def test_stickers(sticker, n_own, expected):
    assert level([*own(n_own), *[sticker] * 5], "stickers_only") == expected  # 20 characters


def test_faces_beside_words_are_no_stickers():
    assert level(["ありがとう(^_^)🎉🎉🎉", "m(_ _)m", "[写真]きれいだったね"], "stickers_only") is None


@pytest.mark.parametrize(("n_own", "expected"), [(236, None), (231, "warn"), (68, "warn"), (65, "withhold")])
@pytest.mark.parametrize(
    ("shape", "values"),
    [
        ("ただいまの気温は{}度です、ご注意ください", ["8", "9", "10", "11", "12"]),
        ("{}さん、お誕生日おめでとうございます！", ["田中", "鈴木", "佐藤", "山本", "高橋"]),
        ("ご予約を受け付けました：{}", ["中華飯店", "日本料理", "焼き鳥屋", "喫茶小町", "回転寿司"]),
        ("本日の当番は{}さんです、お願いします", ["田中", "鈴木", "佐藤", "山本", "高橋"]),
    ],
)
def test_templates(shape, values, n_own, expected):
    notices = [shape.format(value) for value in values]
    n_own = round(n_own * sum(map(len, notices)) / 100)
    assert level(own(n_own) + notices, "templates") == expected


def test_templates_take_five_uses_and_some_length():
    notices = [f"{name}さん、お誕生日おめでとうございます" for name in ("田中", "鈴木", "佐藤", "山本", "高橋")]
    assert level(notices[: quality.MIN_TEMPLATE_USES - 1], "templates") is None
    assert level(notices[: quality.MIN_TEMPLATE_USES], "templates") == "withhold"
    for n_chars, expected in ((quality.MIN_TEMPLATE_CHARS - 1, None), (quality.MIN_TEMPLATE_CHARS, "withhold")):
        stem = own(n_chars - 2, n_chars)[0]
        assert level([f"{number}{stem}" for number in range(10, 20)], "templates") == expected


def test_templates_are_counted_near_each_other():
    notices = [f"{name}さん、お誕生日おめでとうございます" for name in ("田中", "鈴木", "佐藤", "山本", "高橋")]
    spread = [text for notice in notices for text in (notice, *own(4 * (quality.TEMPLATE_WINDOW // 4), 4))]
    assert count_template_chars(spread) == 0
    assert count_template_chars(notices) == sum(map(len, notices))


def test_the_same_notice_again_is_a_copy_and_no_template():
    assert level(["ただいまの気温は十度です。ご注意ください"] * 20, "templates") is None


@pytest.mark.parametrize(("n_quoted", "expected"), [(24, None), (25, "warn"), (49, "warn"), (50, "withhold")])
def test_quotes(n_quoted, expected):
    quote = "「" + own(n_quoted - 2, 100)[0] + "」"
    assert level([*own(90 - n_quoted), own(10)[0] + quote], "borrowed") == expected


def test_short_quotes_are_names():
    for n_chars, expected in ((quality.MIN_QUOTED_CHARS - 1, None), (quality.MIN_QUOTED_CHARS, "withhold")):
        quotes = [f"ほら「{text}」" for text in own(10 * (n_chars - 2), n_chars - 2)]
        assert level(quotes, "borrowed") == expected


def test_quoted_lines_are_quotes_and_faces_are_none():
    assert level(["> 明日は何時に駅で待ち合わせますか\n七時で"], "borrowed") == "withhold"
    assert level([">_< つらいなあ、もうだめかもしれない", ">< それはいたい、ほんとうにいたい"], "borrowed") is None


def test_brackets_around_all_speech_are_the_files():
    assert level([f"「{text}、そうなんだよ」" for text in own(100)], "borrowed") is None


def song(n_lines, refrain="きみのそらへとんでいく"):
    return "\n".join([refrain, *own(8 * (n_lines - 2), 8), refrain])


def test_verse_with_a_refrain():
    assert level([song(quality.MIN_VERSE_LINES)], "borrowed") == "withhold"
    assert level([song(quality.MIN_VERSE_LINES - 1)], "borrowed") is None
    assert level(["\n".join(own(80, 8))], "borrowed") is None  # a long message in lines, nothing comes back
    assert level([song(12).replace("\n", "。\n")], "borrowed") is None  # sentences


def document(n_marks, n_chars):
    marked = [f"・{text}" for text in own(10 * n_marks, 10)]
    return "\n".join([*marked, *own(n_chars - 11 * n_marks, 100)])


def test_documents_only_warn():
    least, marks = quality.MIN_DOCUMENT_CHARS, quality.MIN_DOCUMENT_MARKS
    assert level([document(marks, least)], "borrowed") == "warn"
    assert level([document(marks, least - 1)], "borrowed") is None
    assert level([document(marks - 1, least)], "borrowed") is None


@pytest.mark.parametrize(("n_run", "n_all", "expected"), [(80, 200, "warn"), (79, 200, None), (80, 199, None)])
def test_run_ons(n_run, n_all, expected):
    assert level([*own(n_run, n_run), *own(n_all - n_run)], "transcribed") == expected


def test_shorter_runs_are_no_run_ons():
    for n_chars, expected in ((quality.MIN_RUN_ON_CHARS - 1, None), (quality.MIN_RUN_ON_CHARS, "warn")):
        assert level(own(10 * n_chars, n_chars), "transcribed") == expected
    laughing = ["".join(f"{text}笑" for text in own(100, 20)) for _ in range(5)]
    assert level(laughing, "transcribed") is None


@pytest.mark.parametrize(("n_fillers", "n_all", "expected"), [(10, 1500, "warn"), (10, 1501, None), (9, 400, None)])
def test_fillers(n_fillers, n_all, expected):
    assert level([*own(n_all - 3 * n_fillers), *["えっと"] * n_fillers], "transcribed") == expected


@pytest.mark.parametrize(("n_spaces", "expected"), [(40, "warn"), (39, None)])
def test_words_apart(n_spaces, expected):
    texts = [" ".join(text) for text in own(2 * n_spaces, 2)] + own(200 - 2 * n_spaces)
    assert level(texts, "transcribed") == expected


def oneself(order):
    words = {"o": "俺はもう寝るよ", "b": "僕はまだ起きてる", "w": "私はそろそろ出るね"}
    return [f"{words[sign]}{string.digits[place % 10]}" for place, sign in enumerate(order)]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("w" * 30 + "o" * quality.MIN_SECOND_USES, "warn"),
        ("w" * 30 + "o" * (quality.MIN_SECOND_USES - 1), None),
        ("w" * 45 + "o" * 5, "warn"),
        ("w" * 46 + "o" * 5, None),
        ("wwwwooooowwwwoooooww", "warn"),  # 5 stretches, 11 by chance
        ("wwwwoooowwwwoooowwoo", None),  # 6
        ("wo" * 20, None),
        ("o" * 20 + "b" * 20, "warn"),
        ("w" * 40, None),
        ("", None),
    ],
)
def test_two_writers(order, expected):
    assert level(oneself(order), "two_writers") == expected


def test_a_quoted_word_for_oneself_is_anothers():
    quoted = [f"「俺はもう寝る{place}」って言ってた" for place in range(20)]
    assert level(oneself("w" * 20) + quoted, "two_writers") is None
    assert level(oneself("w" * 20) + [f"私立の高校{place}" for place in range(9)], "two_writers") is None


@pytest.mark.parametrize(
    "unit",
    ["「", "「あ", "『」", "> ", "＞", "えー", "あのー、", "あ ", "[写真", "<omitted", "・", "【", "僕俺", "私", "a",
     "\n", "笑あ", "12", "https://"],
)  # fmt: skip
def test_no_text_takes_long(unit):
    text = unit * (200_000 // len(unit))
    for texts in ([text], list(text[:20_000]), [text + "\n"] * 2):
        start = time.process_time()
        assess_quality(texts)
        assert time.process_time() - start < 1.5  # 0.4 s on an idle machine


@pytest.mark.shared_data
def test_of_real_speakers_hardly_any_raises_an_issue():
    """One dialogue each, and all that each said: nothing is withheld, one in a hundred at most is warned of."""
    folder = Path(os.environ.get("SEIKAKU_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
    archive = folder / "real-persona-chat-dev.zip"
    if not archive.is_file():
        pytest.skip(f"no development data in {folder} (SEIKAKU_SHARED_DATA)")
    said = defaultdict(list)
    with zipfile.ZipFile(archive) as opened:
        for name in sorted(name for name in opened.namelist() if "/dialogues/" in name and name.endswith(".json")):
            own_side = defaultdict(list)
            for utterance in json.loads(opened.read(name))["utterances"]:
                own_side[utterance["interlocutor_id"]].append(utterance["text"])
            for speaker, texts in own_side.items():
                said[speaker].append(texts)
    assert len(said) > 150
    single = [own_talks[0] for own_talks in said.values()]
    whole = [[text for talk in own_talks for text in talk] for own_talks in said.values()]
    issues = [issue for texts in (*single, *whole) for issue in assess_quality(texts).issues]
    assert {issue.level for issue in issues} <= {"warn"}
    assert len(issues) <= (len(single) + len(whole)) / 100
