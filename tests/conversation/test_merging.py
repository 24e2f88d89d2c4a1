"""Several files as one: who is one person, and who is not."""

import json
from dataclasses import replace

import pytest

from seikaku.conversation.inputs.merging import name_of_several, pool
from seikaku.conversation.inputs.part_reading import ReadFile
from seikaku.conversation.readers import parse_conversations
from seikaku.conversation.speakers import is_label
from seikaku.errors import in_lang


def plain(name: str, text: str) -> ReadFile:
    return ReadFile(name, parse_conversations(text.encode(), name=name, format="plain"))


def chatgpt(name: str, said: str) -> ReadFile:
    message = {"author": {"role": "user"}, "content": {"content_type": "text", "parts": [said]}}
    talk = {"mapping": {"a": {"message": message, "parent": None, "children": []}}, "current_node": "a"}
    return ReadFile(name, parse_conversations(json.dumps([talk]).encode(), name=name))


def test_one_name_is_one_person_and_it_is_told():
    pooled = pool([plain("a.txt", "花子：あ\n太郎：い"), plain("b.txt", "花子：う\n次郎：え")])
    assert pooled.report.speakers == {"花子": 2, "太郎": 1, "次郎": 1}
    (warning,) = [one for one in pooled.report.warnings if "まとめ" in one]
    assert "「花子」（2 個）" in warning and "太郎" not in warning and "“花子” (2)" in in_lang(warning, "en")


def test_a_machines_label_is_another_person_in_every_file():
    pooled = pool([plain("t/a.txt", "話者 1：あ\n花子：い"), plain("u/a.txt", "話者 1：う\n花子：え")])
    assert pooled.report.speakers == {"話者 1（t/a.txt）": 1, "花子": 2, "話者 1（u/a.txt）": 1}
    assert any("ファイルごとに別の人" in warning for warning in pooled.report.warnings)


def test_who_exported_the_files_is_one_person_but_not_somebody_of_that_label():
    own = [chatgpt("a.json", "おはよう"), chatgpt("b.json", "こんにちは")]
    assert pool(own).report.speakers == {"ユーザー": 2} and pool(own).report.me == "ユーザー"
    pooled = pool([*own, plain("c.txt", "ユーザー：はい\n店員：どうぞ")])
    assert pooled.report.speakers == {"ユーザー": 2, "ユーザー（c）": 1, "店員": 1}


def test_what_was_left_out_keeps_its_file_and_talks_keep_apart():
    files = [plain("a.txt", "花子：あ\n太郎：https://example.com"), plain("b/a.txt", "花子：い\n太郎：[写真]")]
    pooled = pool([replace(file) for file in files])
    assert [(one.reason, one.file, one.lines) for one in pooled.report.dropped_by] == [
        ("url_only", "a.txt", (2,)), ("photo", "b/a.txt", (2,)),
    ]  # fmt: skip
    assert [talk.conversation_id for talk in pooled.conversations] == ["a", "a-2"]


@pytest.mark.parametrize(
    "name", ["話者 1", "話者１", "Speaker 2", "speaker_a", "A", "Ｂ", "user", "ユーザー", "不明", "参加者3"]
)
def test_labels(name):
    assert is_label(name)


@pytest.mark.parametrize("name", ["花子", "Ken", "AA", "F001", "話者太郎", "A子", "ユーザーサポート", "1"])
def test_names_are_no_labels(name):
    assert not is_label(name)


def test_several_inputs_have_a_short_name():
    assert name_of_several(["a", "b"]) == "a, b" and name_of_several(list("abcde")) == "a, b, c (+2)"
