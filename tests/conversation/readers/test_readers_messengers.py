"""Messengers: what files by themselves cannot show. All talk is made up.

Broken files and odd values end in InputFileError, in time.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.conversation.readers import parse_conversations
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
from seikaku.conversation.readers.source import NOT_THIS, Source
from seikaku.errors import InputFileError

FOLDER = Path(__file__).parent / "dialects"
FUZZ = settings(deadline=None, max_examples=150, derandomize=True)
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
