"""Messengers: what files by themselves cannot show. All talk is made up.

A WhatsApp talk whose truth is known is written in every dialect and comes back; readers leave their neighbours' files
alone; broken files and odd values end in InputFileError, in time.
"""

import json
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.conversation.readers import parse_conversations
from seikaku.conversation.readers.bodies import classify_body, clean_text
from seikaku.conversation.readers.messengers import (
    READERS,
    chatlab,
    kakaotalk,
    meta,
    slack,
    telegram,
    x_dm,
)
from seikaku.conversation.readers.messengers.discord import json_export
from seikaku.conversation.readers.messengers.people import clean_name
from seikaku.conversation.readers.messengers.whatsapp import whatsapp_export
from seikaku.conversation.readers.messengers.whatsapp.whatsapp_text import classify, is_app_sentence
from seikaku.conversation.readers.source import MIN_CONFIDENCE, NOT_THIS, Source
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import InputFileError

FOLDER = Path(__file__).parent / "dialects"
N_TALKS = int(os.environ.get("SEIKAKU_WHATSAPP_TALKS", "150"))
TALKS = settings(deadline=None, max_examples=N_TALKS, derandomize=True)
FUZZ = settings(deadline=None, max_examples=150, derandomize=True)
Message = tuple[str, str, datetime]

# name -> (order of the numbers, digits of the year, separator, words of the half day)
ORDERS: dict[str, tuple[str, int, str, tuple[str, str] | None]] = {
    "ja": ("ymd", 4, "/", None),
    "ja-12h": ("ymd", 4, "/", ("午前", "午後")),
    "iso": ("ymd", 4, "-", None),
    "day": ("dmy", 4, "/", None),
    "day-short": ("dmy", 2, "/", None),
    "dots": ("dmy", 2, ".", None),
    "india": ("dmy", 2, "/", ("am", "pm")),
    "us": ("mdy", 2, "/", ("AM", "PM")),
    "us-24h": ("mdy", 4, "/", None),
}


def write_head(moment: datetime, order: str, *, is_ios: bool) -> str:
    """A head up to the speaker, as the app of that platform and region writes it."""
    letters, digits, separator, halves = ORDERS[order]
    year = f"{moment.year:04d}"[-digits:]
    numbers = {"y": year, "m": f"{moment.month}", "d": f"{moment.day:02d}" if digits == 4 else f"{moment.day}"}
    day = separator.join(numbers[letter] for letter in letters)
    seconds = f":{moment.second:02d}" if is_ios else ""
    if halves is None:
        clock = f"{moment.hour}:{moment.minute:02d}{seconds}"
    else:
        half, hour = halves[moment.hour >= 12], moment.hour % 12
        space = "\u202f" if halves[0] in ("AM", "am") else ""
        shown = hour if halves[0] == "午前" else hour or 12
        clock = f"{shown}:{moment.minute:02d}{seconds}"
        clock = f"{clock}{space}{half}" if space else f"{half}{clock}"
    comma = "" if letters == "ymd" else ","
    return f"[{day}{comma} {clock}]" if is_ios else f"{day}{comma} {clock} -"


NAMES = st.one_of(
    st.sampled_from(
        [
            "花子",
            "山田 太郎",
            "Dr - Who",
            "花子🌸",
            "[会計] 佐藤",
            "12/31",
            "田中（総務）",
            "~ 次郎",
            "+81 90-1234-5678",
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"], exclude_characters=":"))
    .map(clean_name)
    .filter(lambda name: 0 < len(name) <= 40 and not is_app_sentence(name)),
)
WORDS = st.one_of(
    st.sampled_from(
        ["おはよう", "そう: ね", "12:30 - 来る？", "31/12/2020", "2024年1月2日 9:00 花子: とある", "", "[1]", "> 引用"]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), max_size=20),
)


@st.composite
def talks(draw: st.DrawFn) -> tuple[str, list[Message], str, bool]:
    """A file, its messages, its order and whether it is iOS's."""
    order, is_ios = draw(st.sampled_from(sorted(ORDERS))), draw(st.booleans())
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    moment = draw(st.datetimes(datetime(2012, 1, 1), datetime(2030, 1, 1))).replace(microsecond=0)
    first = moment if is_ios else moment.replace(second=0)
    lines: list[str] = []
    messages: list[Message] = []
    for _ in range(draw(st.integers(1, 12))):
        moment += timedelta(
            minutes=draw(st.sampled_from([0, 1, 7, 300, 1500, 20_000])), seconds=draw(st.integers(0, 50))
        )
        name, body = draw(st.sampled_from(names)), draw(bodies(order, is_ios, first, names))
        lines.append(f"{write_head(moment, order, is_ios=is_ios)} {name}: {body}")
        messages.append((name, clean_text(body), moment if is_ios else moment.replace(second=0)))
    return "\n".join(lines) + "\n", messages, order, is_ios


@st.composite
def bodies(draw: st.DrawFn, order: str, is_ios: bool, first: datetime, names: list[str]) -> str:
    """Words, on one line or more; at times with a head that somebody pasted, older than the talk or of another app."""
    lines = draw(st.lists(WORDS, min_size=1, max_size=4))
    if draw(st.integers(0, 4)) == 0:
        old = first - timedelta(days=draw(st.integers(3, 400)))
        other = draw(st.booleans())
        head = write_head(old, "iso" if other and order != "iso" else order, is_ios=is_ios)
        lines.append(f"{head} {draw(st.sampled_from(names))}: {draw(WORDS)}")
    body = "\n".join(lines)
    text, _, reason = classify(body, is_ios=is_ios)
    usable = reason is None and text == clean_text(body) and classify_body(text) is None
    return body if usable and text else "はい"


def said(imported: ImportedFile) -> list[Message | tuple[str, str, None]]:
    return [(one.speaker, one.text, one.timestamp) for talk in imported.conversations for one in talk.utterances]


@TALKS
@given(talks())
def test_a_whatsapp_talk_is_never_read_wrong_in_silence(talk):
    text, messages, _, _ = talk
    imported = parse_conversations(text.encode(), name="a.txt", format="whatsapp")
    if any("日と月の順" in warning for warning in imported.report.warnings):
        return
    found = said(imported)
    assert [one[:2] for one in found] == [one[:2] for one in messages] or imported.report.uncertain_names
    assert [one[2] for one in found] == [one[2] for one in messages]


def test_a_whatsapp_talk_of_a_month_needs_no_warning():
    start = datetime(2023, 1, 3, 9)
    for order in ORDERS:
        for is_ios in (False, True):
            moments = [start + timedelta(days=day, minutes=7 * day) for day in range(40)]
            lines = [
                f"{write_head(one, order, is_ios=is_ios)} {'花太'[n % 2]}子: {n} 日目" for n, one in enumerate(moments)
            ]
            imported = parse_conversations("\n".join(lines).encode(), name="a.txt")
            assert imported.report.format == "whatsapp"
            assert imported.report.warnings == (), (order, is_ios)
            assert [one[2] for one in said(imported)] == moments


def test_a_block_pasted_into_whatsapp_stays_with_the_one_who_pasted_it():
    day = datetime(2024, 5, 1, 9)
    talk = [f"{write_head(day + timedelta(days=n), 'ja', is_ios=False)} 花子: {n} 日目" for n in range(10)]
    block = [f"{write_head(day + timedelta(hours=n), 'ja', is_ios=False)} 太郎: 昔 {n}" for n in range(20)]
    imported = parse_conversations("\n".join([*talk, *block, talk[-1]]).encode(), name="a.txt", format="whatsapp")
    assert set(imported.report.speakers) == {"花子"}
    assert imported.report.n_utterances == 11
    assert any("20 件" in warning for warning in imported.report.warnings)


def test_one_head_far_ahead_in_whatsapp_does_not_hide_the_rest():
    day = datetime(2024, 5, 1, 9)
    talk = [f"{write_head(day + timedelta(days=n), 'ja', is_ios=False)} 花子: {n} 日目" for n in range(20)]
    talk.insert(3, "2031/01/01 00:00 - 花子: 未来の私へ")
    imported = parse_conversations("\n".join(talk).encode(), name="a.txt", format="whatsapp")
    assert imported.report.n_utterances == 20
    assert "未来の私へ" in said(imported)[2][1]


LOGS = {
    "levels": "2024-01-02 10:00:00 - INFO: started\n2024-01-02 10:00:01 - ERROR: failed\n",
    "parts": "2024-01-02 10:00 - app.db: connected\n2024-01-02 10:02 - app.web: up\n",
}


@pytest.mark.parametrize("kind", LOGS)
def test_a_program_s_log_is_no_talk_of_whatsapp(kind):
    assert whatsapp_export.judge(Source("a.log", LOGS[kind])).confidence < MIN_CONFIDENCE


def own_files() -> dict[str, list[Path]]:
    """The fixtures of this room by format, without those that are refused."""
    found: dict[str, list[Path]] = {}
    for path in sorted((FOLDER / "messengers").glob("*.expected.json")):
        expected = json.loads(path.read_text("utf-8"))
        talk = path.with_name(path.name.removesuffix(".expected.json"))
        if "format" in expected:
            found.setdefault(expected["format"], []).append(talk / expected["file"] if "file" in expected else talk)
    return found


def test_every_format_has_a_fixture_of_its_own():
    assert set(own_files()) == {reader.name for reader in READERS}


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_reader_claims_its_own_files_and_no_others(reader):
    own = own_files()[reader.name]
    others = [
        path
        for path in FOLDER.rglob("*")
        if path.is_file() and path not in own and not path.name.endswith((".expected.json", ".docx", ".xlsx"))
    ]
    assert len(others) > 20
    for path in own:
        assert reader.judge(Source(path.name, path.read_text("utf-8"))).confidence > 0.9, path
    for path in others:
        confidence = reader.judge(Source(path.name, path.read_text("utf-8", errors="replace"))).confidence
        assert confidence < MIN_CONFIDENCE, path


COMPANIONS = {
    "users.json": [{"id": "U1", "name": "a"}],
    "channels.json": [{"id": "C1", "name": "general", "members": []}],
    "integration_logs.json": [{"service_id": "1", "date": "1456790400", "change_type": "added"}],
    "canvases.json": [{"id": "F1", "title": "メモ", "created": 1}],
}


@pytest.mark.parametrize("name", COMPANIONS)
def test_what_comes_along_with_slack_is_no_talk(name):
    assert slack.judge(Source(f"export/{name}", json.dumps(COMPANIONS[name]))) == NOT_THIS
    assert name in slack.READER.companions


def test_slack_names_are_the_same_on_every_day():
    users = json.dumps([{"id": f"U{n}", "profile": {"display_name": "花子"}} for n in range(3)])
    day = json.dumps([{"type": "message", "user": "U2", "text": "はい", "ts": "1704153600.000100"}])
    source = Source("general/2024-01-02.json", day, lambda name: users if name == "users.json" else None)
    assert list(slack.parse(source).finish("slack", "utf-8").report.speakers) == ["花子 (3)"]


@pytest.mark.parametrize("users", ["{", "12", "[[]]", '[{"id": null}]', "[" * 5000])
def test_broken_users_of_slack_leave_ids(users):
    day = json.dumps([{"type": "message", "user": "U2", "text": "はい", "ts": "1704153600.000100"}])
    imported = slack.parse(Source("general/2024-01-02.json", day, lambda _: users)).finish("slack", "utf-8")
    assert list(imported.report.speakers) == ["U2"]
    assert any("users.json" in warning for warning in imported.report.warnings)


def test_a_message_of_latin_letters_is_not_mended():
    assert meta.mend("café") == "café"
    assert meta.mend("naïve 花子") == "naïve 花子"
    assert meta.mend("花子".encode().decode("latin-1")) == "花子"


BROKEN = {
    "slack": '[{"type": "message", "ts": "1704153600.000100", "text": ',
    "discord": '{"guild": {"id": "1"}, "channel": {"id": "2"}, "messages": [',
    "discord-csv": "日付,名前,本文\n1,2,3\n",
    "discord-txt": "[これは] 見出しではない\n",
    "meta": '{"participants": [], "messages": {}}',
    "whatsapp": "ただの文章です。\n",
    "telegram": '{"chats": {"list": 3}}',
    "x-dm": "window.YTD.direct_messages.part0 = [ {",
    "kakaotalk": "ただの文章です。\n",
    "chatlab": '{"_type": "header"}\n',
}


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_broken_file_is_an_input_file_error_without_its_words(reader):
    with pytest.raises(InputFileError) as caught:
        reader.parse(Source("a.txt", BROKEN[reader.name])).finish(reader.name, "utf-8")
    assert "ただの文章" not in caught.value.message
    assert caught.value.mend


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
# A right file of each, in which one value after another becomes something else.
DOCUMENTS: dict[str, Callable[[object], object]] = {
    "slack": lambda inner: [
        {"type": "message", "ts": "1704153600.000100", "user": "U1", "text": "はい"},
        {"type": "message", "ts": inner, "user": inner, "text": inner, "files": inner, "user_profile": inner},
        {"type": "message", "user": "U1", "ts": inner, "text": "", "attachments": [inner], "file": inner},
    ],
    "discord": lambda inner: {
        "guild": {"id": "1"},
        "channel": {"name": inner},
        "messages": [
            {"type": "Default", "author": {"id": "1", "name": "花子"}, "timestamp": inner, "content": "はい"},
            {"type": "Default", "author": {"id": "1", "name": "花子"}, "mentions": inner, "content": inner},
            {"type": "Reply", "author": inner, "attachments": [inner], "content": ""},
            inner,
        ],
    },
    "meta": lambda inner: {
        "participants": [inner],
        "title": inner,
        "thread_path": inner,
        "messages": [
            {"sender_name": "a", "timestamp_ms": inner, "content": "はい"},
            {"sender_name": "a", "timestamp_ms": 1, "photos": inner, "share": inner, "type": inner},
            {"sender_name": inner, "timestamp": inner, "text": inner, "media": [inner]},
            inner,
        ],
    },
    "telegram": lambda inner: {
        "name": inner,
        "id": inner,
        "type": inner,
        "personal_information": inner,
        "messages": [
            {"type": "message", "from": "a", "from_id": "user1", "date": inner, "date_unixtime": inner, "text": "はい"},
            {"type": "message", "from": inner, "from_id": inner, "date": inner, "text": inner},
            {"type": "message", "from": "a", "from_id": "user1", "text": [inner, {"type": inner, "text": inner}]},
            {"type": inner},
            inner,
        ],
    },
    "chatlab": lambda inner: {
        "chatlab": {"version": inner},
        "meta": inner,
        "members": [inner],
        "messages": [
            {"sender": "1", "accountName": "a", "type": 0, "content": "はい", "timestamp": inner},
            {"sender": inner, "accountName": inner, "type": inner, "content": inner, "timestamp": inner},
            inner,
        ],
    },
}


@FUZZ
@given(st.sampled_from(sorted(DOCUMENTS)), VALUES)
def test_any_value_in_json_is_read_or_refused(name, inner):
    text = json.dumps(DOCUMENTS[name](inner))
    try:
        imported = parse_conversations(text.encode(), name="a.json", format=name)
    except InputFileError:
        return
    assert imported.report.n_utterances >= 1


@FUZZ
@given(VALUES)
def test_any_value_in_an_archive_of_x_is_read_or_refused(inner):
    talk = [
        {"dmConversation": {"conversationId": inner, "messages": [
            {"messageCreate": {"senderId": "1", "text": "はい", "createdAt": inner}},
            {"messageCreate": {"senderId": inner, "text": inner, "createdAt": inner, "mediaUrls": inner}},
            {"messageCreate": {"senderId": "2", "text": "", "mediaUrls": [inner]}}, inner,
        ]}},
        inner,
    ]  # fmt: skip
    source = Source("a.js", f"window.YTD.direct_messages.part0 = {json.dumps(talk)}", lambda _: json.dumps(inner))
    assert x_dm.parse(source).finish("x-dm", "utf-8").report.speakers["1"] == 1


@FUZZ
@given(st.sampled_from(READERS), st.text(max_size=200))
def test_no_text_makes_a_reader_fall_over(reader, text):
    source = Source("a.txt", text)
    assert 0 <= reader.judge(source).confidence <= 1
    try:
        reader.parse(source).finish(reader.name, "utf-8")
    except InputFileError:
        return


ENDLESS = {
    "digits": "1" * 300_000,
    "heads": "1/1/21, 1:01 - a: b\n" * 15_000,
    "falling": "".join(f"[{2030 - n % 900 // 30}/1/{1 + n % 28} 1:01:01] a: b\n" for n in range(10_000)),
    "brackets": "[" * 200_000,
    "angles": "<@" * 100_000,
    "colons": ":a" * 100_000,
    "spaces": "1/1/21, 1:01 - " + " " * 200_000,
    "one body": "1/1/21, 1:01 - a: \u200e" + "<a:" * 60_000,
    "pc heads": "--------------- 2024년 3월 11일 월요일 ---------------\n" + "[a] [오전 9:12] b\n" * 10_000,
    "blank heads": "\n[2024/01/02 1:01] a\n" * 8_000,
    "dashes": "-" * 200_000,
    "backticks": "[2024/01/02 1:01] a\n" + "`" * 100_000,
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_no_text_takes_long(kind):
    start = time.process_time()
    for reader in READERS:
        source = Source("a.txt", ENDLESS[kind])
        reader.judge(source)
        try:
            reader.parse(source).finish(reader.name, "utf-8")
        except InputFileError:
            continue
    assert time.process_time() - start < 10  # ten readers: a second each


@pytest.mark.parametrize("kind", ["angles", "colons", "backticks", "brackets"])
def test_no_message_in_json_takes_long(kind):
    text = ENDLESS[kind]
    start = time.process_time()
    slack.parse(Source("a.json", json.dumps([{"type": "message", "user": "U", "ts": "1.0", "text": text}] * 2)))
    author = {"id": "1", "name": "a"}
    message = {"type": "Default", "author": author, "content": text, "mentions": [{"name": "a"}] * 1000}
    json_export.parse(Source("a.json", json.dumps({"messages": [message]})))
    telegram.parse(Source("a.json", json.dumps({"messages": [{"type": "message", "from": "a", "text": [text] * 3}]})))
    meta.parse(Source("a.json", json.dumps({"messages": [{"sender_name": "a", "content": text}]})))
    chatlab.parse(
        Source("a.json", json.dumps({"chatlab": {"v": 1}, "messages": [{"sender": "a", "type": 0, "content": text}]}))
    )
    kakaotalk.parse(Source("a.txt", f"2024년 3월 11일 오전 9:12, a : {text}"))
    assert time.process_time() - start < 3


def test_a_name_that_cannot_be_seen_is_nobodys():
    users = ("\u200b", "U1")
    messages = [
        {"type": "message", "user": user, "text": "あ", "ts": f"170415360{i}.000100"} for i, user in enumerate(users)
    ]
    report = parse_conversations(json.dumps(messages).encode(), name="general/2024-01-02.json").report
    assert list(report.speakers) == ["U1"] and report.dropped == {"no_speaker": 1}
