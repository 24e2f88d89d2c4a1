"""Talks with an assistant: what fixtures cannot show (claims on other formats, damage, size, any JSON)."""

import json
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.conversation.readers import parse_conversations
from seikaku.conversation.readers.assistants import READERS
from seikaku.conversation.readers.assistants.branches import newest_leaf, path_to
from seikaku.conversation.readers.assistants.voice import is_document, own_words
from seikaku.conversation.readers.source import Source
from seikaku.errors import InputFileError

DIALECTS = Path(__file__).parent / "dialects"
NAMES = [reader.name for reader in READERS]
KEYS = st.sampled_from(
    "mapping message parent author role user assistant content parts content_type text current_node create_time "
    "metadata attachments mime_type chat_messages sender human uuid parent_message_uuid created_at files file_name "
    "extracted_content messages name type id conversation_id image_url conversations timestamp".split()
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), KEYS, st.just("2026-01-09T00:47:00Z")
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=25,
)
FORMS = st.one_of(
    VALUES,
    st.builds(lambda nodes, leaf: [{"mapping": nodes, "current_node": leaf}], st.dictionaries(KEYS, VALUES), KEYS),
    st.builds(lambda messages: [{"chat_messages": messages}], st.lists(VALUES, max_size=4)),
    st.builds(lambda messages: {"messages": messages}, st.lists(VALUES, max_size=4)),
)


@pytest.mark.parametrize(
    "value",
    [
        {"messages": [{"id": 1, "type": "message", "from": "花子", "text": "おはよう"}]},
        {"messages": [{"sender_name": "Hanako", "content": "おはよう", "timestamp_ms": 1}]},
        {"guild": {}, "messages": [{"id": "1", "author": {"name": "花子"}, "content": "おはよう"}]},
        [{"user": "U1", "type": "message", "text": "おはよう", "ts": "1767919620.000100"}],
        {"messages": [{"role": "店員", "content": "いらっしゃいませ"}, {"role": "客", "content": "どうも"}]},
        {"chat_messages": []},
        [{"mapping": {"a": "b"}}],
    ],
)
def test_json_of_other_apps_is_not_claimed(value):
    source = Source("a.json", json.dumps(value, ensure_ascii=False))
    assert [reader.judge(source).confidence for reader in READERS] == [0, 0, 0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text", ["花子：おはよう", "{", "[1, 2]", "{}", "[" * 100_000, '{"mapping": 1}', '[{"messages": 1}]', "1" * 5000]
)
def test_what_has_another_shape_is_refused_with_a_mend(name, text):
    with pytest.raises(InputFileError) as caught:
        parse_conversations(text.encode(), name="a.json", format=name)
    assert caught.value.mend
    assert "おはよう" not in caught.value.message + caught.value.mend


def test_a_broken_line_is_told_with_its_number(read):
    good = json.dumps({"messages": [{"role": "user", "content": "やあ"}]})
    with pytest.raises(InputFileError, match="3 行"):
        read(f'{good}\n{good}\n{{"messages": [{{"role"\n', "a.jsonl")


def test_a_first_line_longer_than_the_sample_is_recognised(said):
    value = {"messages": [{"role": "user", "content": "やあ"}, {"role": "assistant", "content": "あ" * 250_000}]}
    text = f"{json.dumps(value)}\n{json.dumps(value)}\n"
    assert said(text, "a.jsonl") == [("ユーザー", "やあ")] * 2


@settings(deadline=None, max_examples=200)
@given(FORMS, st.sampled_from(NAMES))
def test_any_json_is_read_or_refused(value, name):
    text = json.dumps(value, ensure_ascii=False)
    for reader in READERS:
        assert 0 <= reader.judge(Source("a.json", text)).confidence <= 1
    try:
        imported = parse_conversations(text.encode(errors="replace"), name="a.json", format=name)
    except InputFileError as error:
        assert error.message.count("\n") == error.mend.count("\n") == 0
        return
    assert all(said.text and said.speaker for talk in imported.conversations for said in talk.utterances)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["a", "b", "c", "d", "e", "f", "z", None, 5])))
def test_a_path_ends_at_its_leaf_and_visits_nothing_twice(parents):
    for leaf in parents:
        path, is_whole = path_to(leaf, parents)
        assert path[-1] == leaf
        assert max(Counter(path).values()) == 1
        assert all(parents[child] == parent for parent, child in zip(path, path[1:], strict=False))
        assert is_whole == (parents[path[0]] is None)


def test_the_newest_leaf_is_no_message_that_was_answered():
    parents = {"a": None, "b": "a", "c": "a"}
    assert newest_leaf(["a", "b", "c"], parents, {"a": 9.0, "b": 2.0, "c": 1.0}) == "b"
    assert newest_leaf(["a", "b", "c"], parents, {}) == "c"
    assert newest_leaf(["a"], {"a": "a"}, {}) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("規程を次のように定める。" * 200, True),
        ("私は昨日、規程を読んだ。" * 200, False),
        ("私は" + "昨日も眠れなくて、朝までずっと起きていた。" * 100, False),
        ("# 一\n私の報告\n# 二\n# 三\n" + "報告する。" * 500, True),
        ("規程を次のように定める。" * 20, False),  # short: nothing can be told
        ("■ 一\n■ 二\n■ 三\n", False),
    ],
)
def test_what_is_a_pasted_document(text, expected):
    assert is_document(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "1) りんご\n2) みかん\n3) バナナ",
        "ok :)\nlol :)\nbye :)",
        "うん\n\nそうだね\n# 気になる\nまたね",
        "x = 3\ny = 4",  # two lines are not yet code
        'かれは "すごい" と言った',
    ],
)
def test_what_people_write_is_not_taken_for_code(text):
    assert own_words(text) == (text, Counter())


def test_code_that_nobody_fenced_is_taken_out():
    text = "なんで動かない？\nfor i in range(3):\n    # 数える\n    f(i)\n\n    g(i)\n困ってる"
    said, removed = own_words(text)
    assert (said, removed) == ("なんで動かない？\n\n困ってる", Counter(code=1))


@pytest.mark.parametrize("piece", ['"', '"""', "(((", "x(\n", "# \n", "■", "> ", "a;\n", "1.1.", "\n", "`", "あ"])
def test_own_words_takes_linear_time(piece):
    text = piece * 300_000
    began = time.process_time()
    is_document(own_words(text)[0])
    assert time.process_time() - began < 3


def test_a_long_talk_in_a_tree_is_read_whole():
    n = 20_000
    mapping = {
        str(i): {
            "parent": str(i - 1) if i else None,
            "message": {"author": {"role": "user"}, "content": {"parts": [f"発言{i}"]}},
        }
        for i in range(n)
    }
    text = json.dumps([{"mapping": mapping, "current_node": str(n - 1)}])
    assert parse_conversations(text.encode(), name="a.json").report.n_utterances == n
