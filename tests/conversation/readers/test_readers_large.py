"""Large files: JSON is read from its bytes, record by record, and comes out as from its text."""

import json
from pathlib import Path

import pytest

from seikaku.conversation import readers
from seikaku.conversation.readers import FORMAT_NAMES, large_json, parse_conversations
from seikaku.errors import InputFileError

DIALECTS = Path(__file__).parent / "dialects"
DOCUMENTS = sorted(path for path in DIALECTS.rglob("*.json") if not path.name.endswith(".expected.json"))


def outcome(path):
    beside = {other.name: other.read_text(encoding="utf-8") for other in path.parent.glob("*.json")}.get
    try:
        return parse_conversations(path.read_bytes(), name=str(path), beside=beside)
    except InputFileError as error:
        return error.message


@pytest.fixture
def all_are_large(monkeypatch):
    monkeypatch.setattr(readers, "LARGE_BYTES", 1)
    monkeypatch.setattr(large_json, "MIN_BYTES_DIVIDED", 40)
    monkeypatch.setattr(readers, "N_SAMPLE_BYTES", 300)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_large_document_is_read_as_a_small_one(path, request):
    small = outcome(path)
    request.getfixturevalue("all_are_large")
    assert outcome(path) == small


def test_equal_parts_of_records_are_one(monkeypatch):
    monkeypatch.setattr(readers, "LARGE_BYTES", 1)
    monkeypatch.setattr(large_json, "MIN_BYTES_DIVIDED", 1000)
    author = {"id": "1", "roles": [{"name": "member"}]}
    value = {"messages": [{"author": author, "n": number, "text": "あ" * 50} for number in range(30)]}
    loaded = large_json.load_large(json.dumps(value).encode())
    assert loaded == value
    assert len({id(message["author"]) for message in loaded["messages"]}) == 1


@pytest.mark.parametrize("data", [b"[1, NaN]", b'{"a": 1', b"[" * 100_000, b'{"a": "\xff"}', b"abc", b""])
def test_what_is_no_json_to_it_is_left_to_the_other(all_are_large, data):
    assert large_json.load_large(data) is None


def test_a_large_broken_document_is_told_as_a_small_one(all_are_large):
    with pytest.raises(InputFileError, match="JSON として壊れています（2 行 1 列）"):
        parse_conversations(b'{"utterances": [\n', name="a.json")


@pytest.mark.parametrize(
    "write", ["10:00\t花子\tうん\n10:01\t花子\t{}\n", "花子：うん\n太郎：はい\n花子：ね\n太郎：{}\n"]
)
def test_what_nobody_types_is_no_message(write):
    head = "[LINE] 花子とのトーク履歴\n\n2026/01/09(金)\n" if "\t" in write else ""
    for n, is_kept in ((100_000, True), (100_001, False)):
        imported = parse_conversations((head + write.format("あ" * n)).encode(), name="a.txt")
        assert (len(imported.conversations[0].utterances[-1].text) == n) is is_kept
        assert imported.report.dropped == ({} if is_kept else {"too_long": 1})


@pytest.mark.parametrize("format", FORMAT_NAMES)
def test_of_a_large_document_no_format_reads_the_beginning_alone(monkeypatch, format):
    """A format of text gets the whole text of a file that is JSON, too."""
    talk = [{"speaker": "花子", "text": f"うん{number}"} for number in range(40)]
    data = json.dumps({"utterances": talk}, ensure_ascii=False, indent=1).encode()

    def read():
        try:
            return parse_conversations(data, name="a.json", format=format)
        except InputFileError as error:
            return error.message

    small = read()
    monkeypatch.setattr(readers, "LARGE_BYTES", 1)
    monkeypatch.setattr(readers, "N_SAMPLE_BYTES", 300)
    assert read() == small
