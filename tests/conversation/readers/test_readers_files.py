"""Finding the file, choosing the format, and the report of every example."""

import pytest

from seikaku.conversation.readers import FORMAT_NAMES, parse_conversations, read_conversations, title_of_format
from seikaku.conversation.readers.bodies import _LABELS, _REASON_OF_PC_WORD, _REASON_OF_PREFIX
from seikaku.conversation.readers.reasons import REASONS, describe_dropped
from seikaku.errors import InputFileError

FORMATS = (
    "line-pc、line、slack、discord、discord-csv、discord-txt、meta、whatsapp、telegram、x-dm、kakaotalk、chatlab、"
    "chatgpt、claude、openai-messages、zoom、vtt、teams、meet、notta、srt、nucc、btsj、table、realpersonachat、jsonl、json、plain"
)

# name: format, encoding, speakers, dropped
EXAMPLES = {
    "line_1on1.txt": ("line", "utf-8", {"花子": 136, "太郎": 92},
                      {"sticker": 5, "photo": 4, "call": 2, "system": 1, "url_only": 1, "album": 1, "unsent": 1}),
    "line_12h.txt": ("line", "utf-8", {"みなみ": 6, "そうた": 6}, {"sticker": 1, "call": 1}),
    "line_group.txt": ("line", "utf-8", {"みどり": 2, "あおい": 4, "きいち": 4},
                       {"system": 3, "sticker": 1, "poll": 1, "note": 1, "unsent": 1, "url_only": 1}),
    "line_en.txt": ("line", "utf-8", {"Haruka": 4, "Ken": 4}, {"sticker": 1, "photo": 1, "unsent": 1, "call": 1}),
    "line_pc.txt": ("line-pc", "utf-8", {"山田 花子": 7, "佐藤健": 6},
                    {"sticker": 1, "photo": 1, "unsent": 1, "call": 1}),
    "plain.txt": ("plain", "utf-8", {"店長": 6, "新人": 4}, {"not_utterance": 1}),
    "table.csv": ("table", "utf-8-sig", {"ゆうき": 4, "さくら": 4}, {"photo": 1}),
    "table_cp932.csv": ("table", "cp932", {"ゆうき": 4, "さくら": 4}, {"photo": 1}),
    "table.tsv": ("table", "utf-8", {"ゆうき": 4, "さくら": 4}, {"photo": 1}),
    "conversation.json": ("json", "utf-8", {"客": 3, "駅員": 3}, {}),
    "conversations.jsonl": ("jsonl", "utf-8", {"美咲": 8, "大輔": 9}, {}),
    "realpersonachat.json": ("realpersonachat", "utf-8", {"AA": 3, "AB": 3}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_recognised_and_counted(examples, name):
    report = read_conversations(examples / name).report
    assert (report.format, report.encoding, report.speakers, report.dropped) == EXAMPLES[name]
    assert report.n_utterances == sum(report.speakers.values())


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_recognised_format_can_be_named(examples, name):
    path = examples / name
    assert read_conversations(path, format=EXAMPLES[name][0]) == read_conversations(path)


def test_no_example_is_forgotten(examples):
    assert {path.name for path in examples.iterdir() if path.is_file()} == {*EXAMPLES, "README.md", "quickstart.ipynb"}


def test_the_demo_holds_enough_of_hanako(examples):
    (conversation,) = read_conversations(examples / "line_1on1.txt").conversations
    own = [u.text for u in conversation.utterances if u.speaker == "花子"]
    assert len(own) >= 120
    assert sum(len("".join(text.split())) for text in own) >= 3500


def test_every_reason_has_japanese_words():
    codes = {*_LABELS, *_REASON_OF_PREFIX.values(), *_REASON_OF_PC_WORD.values()}
    others = {"url_only", "empty", "call", "system", "other_media", "no_speaker", "not_utterance", "repeated", "bot"}
    others |= {"assistant", "other_branch", "forwarded", "reaction", "deleted", "annotation"}
    others |= {"code", "quote", "mention", "url", "too_long"}
    assert codes | others == set(REASONS)
    found = describe_dropped({"sticker": 3, "photo": 1})
    assert (found, found.english) == ("スタンプ 3 件、写真 1 件", "stickers 3, photos 1")


def test_every_format_has_a_title():
    assert "、".join(FORMAT_NAMES) == FORMATS
    assert title_of_format("line") == "LINE のトーク履歴（スマートフォン）"
    assert title_of_format("line").english == "LINE chat history (phone)"
    assert all(title_of_format(name).english for name in FORMAT_NAMES)


def check(message, mend, call):
    with pytest.raises(InputFileError) as caught:
        call()
    assert (caught.value.message, caught.value.mend) == (message, mend)
    assert caught.value.exit_code == 2


def test_missing_file(tmp_path):
    path = tmp_path / "ない.txt"
    check(
        f"ファイル {path} が見つかりません。",
        "パスとファイル名（空白があれば引用符で囲む）を確かめてください。",
        lambda: read_conversations(path),
    )


def test_folder(tmp_path):
    check(
        f"{tmp_path} はフォルダです。",
        "フォルダの中の会話ファイルを 1 つ指定してください。",
        lambda: read_conversations(tmp_path),
    )


def test_file_that_cannot_be_opened(tmp_path):
    path = tmp_path / "a.txt" / "b.txt"
    path.parent.write_text("x")
    check(
        f"ファイル {path} を開けません（途中にフォルダでないものがあります）。",
        "ファイルの場所と読み取り権限を確かめてください。",
        lambda: read_conversations(path),
    )


def test_unknown_format_name():
    check(
        "形式 xml はありません。",
        f"--format には {FORMATS} のどれかを指定してください。",
        lambda: parse_conversations(b"x", name="a.txt", format="xml"),
    )


def test_unknown_content():
    check(
        "a.txt の形式がわかりません。",
        "会話なら、--format で形式を指定するか（名前は seikaku import -h）、「名前：発話」の行にしてください。",
        lambda: parse_conversations("ただの文章です。".encode(), name="a.txt"),
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[LINE] Aとのトーク履歴\n\n2024/5/3(金)\n8:00\tA\t[スタンプ]\n8:01\tA\t[スタンプ]\n8:02\tA\t[写真]\n",
         "（除いたもの: スタンプ 2 件、写真 1 件）"),
        ("[LINE] Aとのトーク履歴\n", ""),
        ('{"utterances": []}', ""),
    ],
)  # fmt: skip
def test_no_utterance_left(text, found):
    check(
        f"a.txt に発話がありません{found}。",
        "話した言葉の入ったファイルを指定してください。形式の判定が違うときは --format で指定してください。",
        lambda: parse_conversations(text.encode(), name="a.txt"),
    )


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_errors_never_hold_conversation_text(name):
    secret = "ひみつの相談"
    try:
        parse_conversations(f"{secret},{secret}\n{secret}".encode(), name="a.csv", format=name)
    except InputFileError as error:
        assert secret not in error.message + error.mend
    else:
        pytest.fail("read something out of nothing")
