"""Transcripts of meetings: what is written is what is read, other formats are left alone, broken ones are refused."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seikaku.conversation.readers import meetings, parse_conversations
from seikaku.conversation.readers.bodies import classify_body, clean_text
from seikaku.conversation.readers.decoding import decode
from seikaku.conversation.readers.meetings.rising import rising
from seikaku.conversation.readers.meetings.topics import is_sound
from seikaku.conversation.readers.not_names import are_not_names
from seikaku.conversation.readers.source import MIN_CONFIDENCE, Source
from seikaku.errors import InputFileError

FOLDER = Path(__file__).parent / "dialects"
OURS = sorted(
    path for path in (FOLDER / "meetings").rglob("*") if path.is_file() and not path.name.endswith(".expected.json")
)
CHARS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs"])
HOSTILE = [
    "山田: 営業",
    "佐藤（広報）",
    "<v 偽>",
    "A&B",
    "&lt;",
    "10:30",
    "Q: A",
    "NOTE",
    "木村　健",
    "😀",
    "：",
    "a -- b",
]
NAMES = st.one_of(st.text(CHARS, min_size=1, max_size=12), st.sampled_from(HOSTILE)).map(clean_text).filter(bool)
BODIES = (
    st.one_of(
        st.text(CHARS, min_size=1, max_size=20),
        st.sampled_from(
            ["結論: いいね", "山田: 営業: はい", "</v>", "<v 偽>うん", "-->", "1", "x < y & z", "10:30から"]
        ),
    )
    .map(clean_text)
    .filter(lambda body: classify_body(body) is None and not is_sound(body))
)


def read(text: str, name: str, format: str | None = None) -> list[tuple[str, str]]:
    imported = parse_conversations(text.encode(), name=name, format=format)
    return [(said.speaker, said.text) for talk in imported.conversations for said in talk.utterances]


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def cue(at: int, payload: str, cue_id: str = "") -> str:
    times = f"{clock(at)}.100 --> {clock(at)}.900"
    return "\n".join([cue_id, times, payload, ""] if cue_id else [times, payload, ""])


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(NAMES, BODIES), min_size=1, max_size=8), st.booleans(), st.booleans())
def test_voices_come_back(talk, closed, with_ids):
    end = "</v>" if closed else ""
    cues = [
        cue(at, f"<v {escape(name)}>{escape(body)}{end}", f"5f1c/{at}-0" if with_ids else "")
        for at, (name, body) in enumerate(talk)
    ]
    assert read("\n".join(["WEBVTT", "", *cues]), "a.vtt") == talk


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(NAMES, BODIES, BODIES), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_parts_of_one_id_are_joined_where_the_first_stood(talk, random):
    firsts = [(at, f"<v {escape(name)}>{escape(a)}あ") for at, (name, a, _) in enumerate(talk)]
    seconds = [(at, f"<v {escape(name)}>い{escape(b)}") for at, (name, _, b) in enumerate(talk)]
    random.shuffle(seconds)
    cues = [cue(at, text, f"5f1c/{at}-0") for at, text in firsts] + [
        cue(50 + at, text, f"5f1c/{at}-1") for at, text in seconds
    ]
    assert read("\n".join(["WEBVTT", "", *cues]), "a.vtt") == [(name, f"{a}あい{b}") for name, a, b in talk]


@settings(deadline=None, max_examples=150)
@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), st.data())
def test_names_before_a_colon_come_back(names, data):
    """A name that goes on behind another's colon cannot be told from it; so it is not asked for."""
    assume(not any(one != other and one.startswith(f"{other}:") for one in names for other in names))
    assume(not any(are_not_names({name: 1}) for name in names))
    talk = [(name, "はい") for name in names] + data.draw(
        st.lists(st.tuples(st.sampled_from(names), BODIES), max_size=8)
    )
    talk += [(name, "ではまた") for name in names]
    cues = [cue(at, f"{escape(name)}: {escape(body)}", str(at)) for at, (name, body) in enumerate(talk, start=1)]
    assert read("\n".join(["WEBVTT", "", *cues]), "a.vtt") == talk


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(NAMES, st.lists(BODIES, min_size=1, max_size=3)), min_size=1, max_size=6))
def test_zoom_chat_comes_back(talk):
    lines = []
    for at, (name, body) in enumerate(talk):
        lines += [f"{clock(at)} 開始 {name} に 全員:", *(f"\t{line}" for line in body)]
    assume(not any(" : " in f"{name} " and "終了" in name for name, _ in talk))
    assert read("\n".join(lines), "chat.txt") == [(name, "\n".join(body)) for name, body in talk]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(["森 花子", "Ken: 営業", "太田"]), BODIES), min_size=4, max_size=8))
def test_teams_paragraphs_come_back(talk):
    assume(len({name for name, _ in talk}) < len(talk))
    lines = ["会議", "2026年10月1日, 10:00AM", "45分 12秒"]
    for at, (name, body) in enumerate(talk):
        lines += [f"{name}   {at // 60}:{at % 60:02}", body, *(["駅前   99:59"] if at == 0 else []), ""]
    assume(not any("文字起こしを" in body for _, body in talk))
    assert read("\n".join(lines), "a.txt", "teams") == [
        (name, body if at else f"{body}\n駅前   99:59") for at, (name, body) in enumerate(talk)
    ]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_only_one_reader_takes_a_file(path):
    source = Source(path.name, decode(path.read_bytes(), path.name)[0])
    assert sum(reader.judge(source).confidence >= MIN_CONFIDENCE for reader in meetings.READERS) == 1


@pytest.mark.parametrize(
    "text",
    [
        "花子：おはよう\n太郎：うん\n花子：結論: いいね\n",
        "[LINE] 花子とのトーク履歴\n\n2026/9/3(木)\n13:47\t花子\tおはよう\n13:48\t太郎\tうん\n",
        "Jan  9 13:47:01 web01 a\nJan  9 13:47:02 web02 b\nFeb  9 13:48:01 web01 c\nFeb  9 13:48:01 web01 c\n",
        "市役所   13:05\n第一バス\n駅前   13:20\n市役所   14:05\n第二バス\n駅前   14:20\n第二バス\n",
        "2026.09.03 木曜日\n13:47 花子 おはよう\n13:48 太郎 10:30 に\n",
        "12:00:01 INFO: start\n12:00:02 ERROR:\tdisk full\n12:00:03 INFO:\tend\n",
        "開会 10:00 挨拶\n講演 10:30 森先生\n休憩 11:30 二階\n閉会 12:00 挨拶\n",
        "豚バラ   0:30\nたまねぎ\nにんじん   1:00\nじゃがいも\n",
        "話者,本文\n花子,00:00:01 おはよう\n太郎,うん\n",
        "00:44\nそれでは始めます\n01:12\n次です\n",
        "吾輩は猫である。名前はまだ無い。\nどこで生れたかとんと見当がつかぬ。\n",
        '[{"utterances": [{"speaker": "花子", "text": "00:00:01,000 --> 00:00:02,000"}]}]',
        "[2026/09/03 10:00:01] 花子: おはよう\n[2026/09/03 10:00:05] 太郎: うん\n",
        "\n\n",
        "",
    ],
)  # fmt: skip
def test_other_texts_are_not_sure_to_be_of_a_meeting(text):
    source = Source("a.txt", text)
    taken = {reader.name: reader.judge(source).confidence for reader in meetings.READERS}
    assert max(taken.values()) <= 0.6, taken


@pytest.mark.parametrize("reader", meetings.READERS, ids=lambda reader: reader.name)
@pytest.mark.parametrize("text", ["", "おはよう\n", "WEBVTT\n\n", "WEBVTT\n\n00:00:99.000 --> 1\nx", "-->\n-->"])
def test_text_of_no_talk_is_refused(reader, text):
    with pytest.raises(InputFileError) as caught:
        reader.parse(Source("a.txt", text)).finish(reader.name, "utf-8")
    assert "おはよう" not in caught.value.message + caught.value.mend


FRAGMENTS = st.sampled_from(
    ["WEBVTT\n\n", "00:00:01.000 --> 00:00:02.000\n", "00:00:01,000 --> 00:00:02,000\n", "0:0:0.0 --> 0:0:5.0\n", "1\n",
     "話者 1 ", "00:02 ", "00:00:44\n", "花子: ", "花子：", "（花子）", "[花子]", "<v 花子>", "<v", "</v>", ">",
     "&amp;", "&", "18:00:27 開始 ", " 終了 ", "皆様 : ", " に 全員:\n", " から ", "（ダイレクトメッセージ）", "From ",
     " to Everyone", " : ", ":\t", "\t", "花子   0:03\n", "99:99", "Reacted to \"", "Replying to \"", "\"", "\n",
     "\n\n", "-->", "Transcript\n", "00:32:54 より後に文字起こしが終了しました\n", "9月 3, 2026\n", "結論:",
     "- 文字起こし\n", "参加者\n", "おはよう", " ", "2026年13月41日, 25:00PM\n", "45分 12秒\n", "{\\an8}", "{",
     "GMT20269999-999999", "\x00", "\ud800", "9" * 30, ":"]
)  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(st.lists(FRAGMENTS, max_size=40).map("".join), st.sampled_from(["a.vtt", "a.docx", "GMT20269999-250000.txt"]))
def test_nothing_makes_a_reader_fall_over(text, name):
    source = Source(name, text)
    for reader in meetings.READERS:
        assert 0 <= reader.judge(source).confidence <= 1
        try:
            reader.parse(source).finish(reader.name, "utf-8")
        except InputFileError as error:
            assert error.message and error.mend


@pytest.mark.parametrize("reader", meetings.READERS, ids=lambda reader: reader.name)
@pytest.mark.parametrize(
    "piece",
    ["<v ", "<v", "a" + " " * 50, ":", ": ", "a: ", "：", "（", "（a", "[a]", " から ", " に ", " 終了 ",
     "18:00:27 ", "\t", "1", "00:00:01,000", "00:00:01,000 --> ", "-->", "a\n-->\n", "\n", "x   0:03\n",
     "話者 1 00:02 ",
     "&", "&amp", '"\n', "18:00:27 開始 a に 全員:\n", "00:00:44\na: b\n", "a: b: ", "\u3000", "- ", "2026-"],
)  # fmt: skip
def test_time_grows_with_the_length_only(reader, piece):
    head = {"vtt": "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\na: ", "srt": "1\n00:00:01,000 --> 00:00:02,000\na: "}
    source = Source("a.txt", head.get(reader.name, "18:00:27 開始 ") + piece * (100_000 // len(piece)))
    begin = time.process_time()
    reader.judge(source)
    try:
        reader.parse(source).finish(reader.name, "utf-8")
    except InputFileError:
        pass
    assert time.process_time() - begin < 4


def test_a_run_too_long_to_be_pasted_is_another_meeting():
    seconds = [10, 20, 5, 30, 40, 50, 60, 1, 2, 3, 4, 70]
    kept = rising([timedelta(seconds=one) for one in seconds], [True] * len(seconds))
    assert kept[:4] == [True, True, False, True]
    assert all(kept[4:])


def test_a_name_that_comes_once_fits_between_the_times_of_the_others():
    seconds = [10, 5, 20, 15, 99, 30, 40]
    sure = [True, False, True, False, False, True, False]
    kept = rising([timedelta(seconds=one) for one in seconds], sure)
    assert kept == [True, False, True, False, False, True, True]


def test_lines_without_tabs_begin_messages_where_bodies_have_tabs():
    lines = ["10:00:00 開始 花子 に 全員:", "\tはい", "09:00:00 開始 太郎 に 全員:", "\tうん"]
    lines += ["10:00:01 開始 花子 に 全員:", "\tでは"]
    assert read("\n".join(lines), "chat.txt") == [("花子", "はい"), ("太郎", "うん"), ("花子", "では")]


def test_a_colon_without_a_space_is_no_speaker_where_others_have_one():
    cues = [cue(at, f"{name}: はい") for at, name in enumerate(["花子", "太郎"] * 5)]
    imported = parse_conversations("\n".join(["WEBVTT", "", *cues, cue(20, "メモ:あり")]).encode(), name="a.vtt")
    assert imported.report.speakers == {"花子": 5, "太郎": 5}
    assert imported.report.dropped == {"no_speaker": 1}


def test_the_report_gives_lines_of_the_file():
    imported = parse_conversations((FOLDER / "meetings" / "teams.vtt").read_bytes(), name="a.vtt")
    assert [(one.reason, one.lines) for one in imported.report.dropped_by] == [("no_speaker", (23,))]


def test_machine_words_are_told_of_for_all_but_the_chat():
    for path in OURS:
        try:
            report = parse_conversations(path.read_bytes(), name=path.name).report
        except InputFileError:
            continue
        assert sum("機械が聞き取った" in warning for warning in report.warnings) == (report.format != "zoom"), path.name


def test_a_person_who_speaks_once_is_told_of_and_keeps_the_words():
    talk = [("森花子", "はい"), ("太田健", "ええ")] * 6 + [("木村", "私もです"), ("森花子", "では")]
    lines = ["00:00:01", *(f"{name}：{body}" for name, body in talk), "00:32:54 より後に文字起こしが終了しました"]
    imported = parse_conversations("\n".join(lines).encode(), name="a.txt")
    assert imported.report.format == "meet"
    assert imported.report.uncertain_names == ("木村",)
    assert [(said.speaker, said.text) for said in imported.conversations[0].utterances] == talk
    for sure in (["参加者", "森花子, 太田健, 木村", *lines], [*lines[:-3], "00:05:00", *lines[-3:]]):
        assert parse_conversations("\n".join(sure).encode(), name="a.txt").report.uncertain_names == ()


def test_a_clock_that_goes_back_in_a_zoom_chat_is_told():
    rows = [("00:00:03", "花子", "おはよう"), ("17:37:01", "駅前", "集合"), ("00:00:15", "花子", "うん")]
    text = "".join(f"{when}\t{name}:\t{body}\n" for when, name, body in rows)
    warnings = parse_conversations(text.encode(), name="GMT20260903-010000_Recording.chat.txt").report.warnings
    assert any("時刻が前の発言より早くなるところが 1 か所" in warning for warning in warnings)
