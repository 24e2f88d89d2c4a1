"""Encodings, and what is not text."""

import pytest

from seikaku.conversation.readers import parse_conversations
from seikaku.errors import InputFileError

SAVE = "メモ帳などで開き、文字コードを UTF-8 にして保存し直してください。"
EXPORT = "会話をテキスト（.txt）、CSV、JSON のどれかで書き出したファイルを指定してください。"


@pytest.mark.parametrize(
    ("codec", "bom", "encoding"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8-sig", b"", "utf-8-sig"),
        ("cp932", b"", "cp932"),
        ("utf-16-le", b"\xff\xfe", "utf-16"),
        ("utf-16-be", b"\xfe\xff", "utf-16"),
        ("utf-16-le", b"", "utf-16"),
        ("utf-16-be", b"", "utf-16"),
    ],
)
@pytest.mark.parametrize("name", ["line_1on1.txt", "line_pc.txt", "plain.txt", "table.tsv", "conversation.json"])
def test_the_same_example_in_every_encoding(examples, name, codec, bom, encoding):
    data = (examples / name).read_bytes()
    text = data.decode().encode("cp932", "ignore").decode("cp932")  # what every encoding can write
    expected = parse_conversations(text.encode(), name=name)
    actual = parse_conversations(bom + text.encode(codec), name=name)
    assert actual.report.encoding == encoding
    assert actual.conversations == expected.conversations


def test_utf8_cut_inside_its_last_character_is_read(examples):
    data = "花子：おはよう、いい天気\n太郎：そうだね".encode()
    for cut in (1, 2):
        assert parse_conversations(data[:-cut], name="a.txt").conversations[0].utterances[-1].text == "そうだ"


@pytest.mark.parametrize(
    ("data", "message", "mend"),
    [
        (b"", "a.txt は空です（0 バイト）。", "会話の入ったファイルを指定してください。"),
        (b"\xef\xbb\xbf \n", "a.txt には空白しかありません。", "会話の入ったファイルを指定してください。"),
        (b"PK\x03\x04 ...", "a.txt はテキストではありません（Excel・Word・ZIP などのファイルです）。", EXPORT),
        (b"%PDF-1.7\n", "a.txt はテキストではありません（PDFのファイルです）。", EXPORT),
        (b"\x89PNG\r\n\x1a\n", "a.txt はテキストではありません（PNG 画像のファイルです）。", EXPORT),
        (b"abc\0\0\0def\0", "a.txt はテキストではありません（バイナリのデータが入っています）。", EXPORT),
        (b"\x01\x02\x03\x04abc", "a.txt はテキストではありません（バイナリのデータが入っています）。", EXPORT),
        (
            b"\x81\xff\xff\xfd",
            "a.txt の文字コードを判別できません（UTF-8、UTF-16、Shift_JIS ではありません）。",
            SAVE,
        ),
        (
            "花子：おはよう。今日はいい天気ですね。".encode("euc-jp"),
            "a.txt の文字コードを判別できません（UTF-8、UTF-16、Shift_JIS ではありません）。",
            SAVE,
        ),
        (
            "花子：おはようございます".encode() + b"\xff\xff\n" + "太郎：うん".encode(),
            "a.txt は UTF-8 として壊れています（37 バイト目）。",
            "もとのアプリから書き出し直すか、" + SAVE,
        ),
        (b"\xff\xfe\x42\x30\x44", "a.txt は UTF-16 として壊れています。", SAVE),
    ],
)
def test_errors(data, message, mend):
    with pytest.raises(InputFileError) as caught:
        parse_conversations(data, name="a.txt")
    assert (caught.value.message, caught.value.mend) == (message, mend)
