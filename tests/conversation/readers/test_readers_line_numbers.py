"""Of LINE exports: the lines of what was left out, uncertain names, and columns beside single adds."""

import gc
from collections.abc import Callable
from datetime import datetime

import pytest

from seikaku.conversation.readers.bodies import (
    FIRSTS_OF_NO_SPEECH,
    classify_body,
    classify_line_body,
    classify_line_pc_body,
)
from seikaku.conversation.readers.collector import Collector, without_gc
from seikaku.conversation.readers.source import Source
from seikaku.conversation.turns import ImportedFile

Read = Callable[..., ImportedFile]
PHONE = """[LINE] 花子とのトーク履歴
保存日時：2024/05/06 21:00
だれのでもない行

2024/05/03(金)
9:00\t花子\t[スタンプ]
9:01\t太郎\t"二行の
[写真]"
9:02\t花子\t[写真]
9:03\t\t花子がメッセージの送信を取り消しました
9:04\t花子\tアルバムを作成しました
9:05\t花子\t花子がアルバムを作成しました
9:06\t花子\t[写真]
"""
PC = """[LINE] グループのトーク履歴
保存日時：2024/05/06 21:00
だれのでもない行

2024.05.03 金曜日
09:00 花子 スタンプ
09:01 太郎 二行の
写真
09:02 花子 写真
09:03 花子がメッセージの送信を取り消しました
09:04 花子 花子がアルバムを作成しました
09:05 花子\u0020
09:06 太郎 はい
"""


def _lines(imported: ImportedFile) -> dict[tuple[str, str], tuple[int, ...]]:
    return {(one.reason, one.speaker): one.lines for one in imported.report.dropped_by}


def test_phone(read: Read) -> None:
    assert _lines(read(PHONE, format="line")) == {
        ("photo", "花子"): (9, 13),
        ("not_utterance", ""): (3,),
        ("unsent", ""): (10,),
        ("album", "花子"): (12,),
        ("sticker", "花子"): (6,),
    }


def test_pc(read: Read) -> None:
    assert _lines(read(PC, format="line-pc")) == {
        ("not_utterance", ""): (3,),
        ("unsent", ""): (10,),
        ("album", ""): (11,),
        ("sticker", "花子"): (6,),
        ("photo", "花子"): (9,),
        ("empty", "花子"): (12,),
    }


def test_lines_are_those_of_the_file_whatever_its_newlines(read: Read) -> None:
    assert _lines(read(PHONE.replace("\n", "\r\n"), format="line")) == _lines(read(PHONE, format="line"))


def test_a_name_whose_end_is_a_guess_is_told(read: Read) -> None:
    text = "2024.05.03 金曜日\n09:00 山田 花子 やあ\n09:01 Ken うん\n09:02 山田 花子 またね\n09:03 Ken はい\n"
    assert read(text, format="line-pc").report.uncertain_names == ("山田 花子",)


def test_a_name_that_is_written_somewhere_is_certain(read: Read) -> None:
    text = "2024.05.03 金曜日\n08:59 山田 花子 山田 花子が参加しました。\n09:00 山田 花子 やあ どうも\n09:01 Ken うん\n"
    report = read(text, format="line-pc").report
    assert "山田 花子" not in report.uncertain_names
    assert report.speakers["山田 花子"] == 1


def test_last_day_of_the_calendar(read: Read) -> None:
    talk = read("9999/12/31(金)\n23:59\t花子\tやあ\n24:10\t太郎\tはい\n", format="line").conversations[0]
    assert [said.timestamp for said in talk.utterances] == [datetime(9999, 12, 31, 23, 59), None]


@pytest.mark.parametrize("classify", [classify_body, classify_line_body, classify_line_pc_body])
def test_columns_say_the_same_as_single_adds(classify: Callable[[str], str | None]) -> None:
    bodies = [
        "やあ",
        " [写真] ",
        "",
        "\u200b",
        "写真",
        "(emoji)",
        "https://example.com/",
        "[アルバム] 旅",
        "a\u200bb\n",
    ]
    bodies += [
        "☎ 不在着信",
        "☎していい？",
        "Photos",
        "\u3000はい\u3000",
        "メッセージの送信を取り消しました",
        "だれ？",
        "いらない",
    ]
    speakers = ["花子" if number % 3 else "太郎" for number in range(len(bodies))]
    speakers[-2] = ""
    times = [datetime(2024, 5, 3, 9, number) for number in range(len(bodies))]
    source = Source("会話.txt", "")
    one, all_ = Collector(source, classify), Collector(source, classify)
    for number, body in enumerate(bodies[:-1]):
        one.add(speakers[number], body, times[number], line=number + 1)
    wanted = [*[1] * (len(bodies) - 1), 0]
    all_.add_all(speakers, bodies, times, range(len(bodies)), wanted)
    assert all_.finish("line", "utf-8") == one.finish("line", "utf-8")


@pytest.mark.parametrize("classify", [classify_body, classify_line_body, classify_line_pc_body])
def test_what_begins_otherwise_is_speech(classify: Callable[[str], str | None]) -> None:
    begins = {chr(code) for code in range(0x20, 0xFFFF) if not 0xD800 <= code < 0xE000} - FIRSTS_OF_NO_SPEECH
    assert {classify(first + rest) for first in begins for rest in ("", "写真]", "ttps://a")} == {None}


def test_the_search_for_cycles_goes_on_afterwards() -> None:
    with pytest.raises(ZeroDivisionError), without_gc():
        assert not gc.isenabled()
        with without_gc():
            pass
        assert not gc.isenabled()
        raise ZeroDivisionError
    assert gc.isenabled()
