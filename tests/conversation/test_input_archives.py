"""ZIP files of the form: what is in them comes out whole, and a bomb, a lock or a broken list does no harm."""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.conversation.inputs import archives
from seikaku.conversation.inputs.archives import MAX_ENTRIES, starts_as_archive, unpack
from seikaku.conversation.inputs.limits import TooLargeInputError
from seikaku.errors import InputFileError, UserError, in_lang

PLENTY = 10_000_000
NAMES = st.text("あいう漢字åABCxyz 09-_/", min_size=1, max_size=8).filter(lambda name: name.strip("/ ") == name)


def make_zip(members, method=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def open_zip(data, max_bytes=PLENTY):
    return unpack("束.zip", data, max_bytes)


def patch(data, at_file, at_list, value):
    """Write two bytes into every header of a file (local and in the list)."""
    found = bytearray(data)
    for start, place in ((b"PK\x03\x04", at_file), (b"PK\x01\x02", at_list)):
        at = -1
        while (at := data.find(start, at + 1)) >= 0:
            found[at + place : at + place + len(value)] = value
    return bytes(found)


@given(st.dictionaries(NAMES, st.binary(max_size=200).filter(lambda data: not starts_as_archive(data)), max_size=6))
def test_what_went_in_comes_out(members):
    data = make_zip(members)
    assert starts_as_archive(data)
    unpacked = open_zip(data)
    assert dict(unpacked.files) == {f"束.zip/{k}": v for k, v in members.items()}
    assert unpacked.skipped == ()


@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 255))
def test_a_broken_archive_is_refused_or_read_but_never_an_error_of_ours(tail, place, value):
    data = bytearray(make_zip({"a.txt": "花子：はい\n太郎：うん\n" * 5, "b.txt": b"abc"}))
    data[place % len(data)] = value
    for broken in (bytes(data), bytes(data) + tail, bytes(data)[: place % len(data)], b"PK\x03\x04" + tail):
        try:
            open_zip(broken)
        except UserError as error:
            assert in_lang(error.message, "en") != error.message and in_lang(error.mend, "en") != error.mend


def test_hidden_files_and_folders_are_no_part_of_it():
    names = [".DS_Store", "__MACOSX/a/._talk.txt", "a/.git/config.txt", "a/Thumbs.db", "a/desktop.ini", "a/talk.txt"]
    data = make_zip({name: b"x" for name in names} | {"empty/": b""})
    assert [name for name, _ in open_zip(data).files] == ["束.zip/a/talk.txt"]


def test_a_name_is_shown_and_leads_nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = make_zip({"../../up.txt": b"1", "/etc/root.txt": b"2", "line\nbreak\x1b.txt": b"3"})
    names = [name for name, _ in open_zip(data).files]
    assert names == ["束.zip/../../up.txt", "束.zip//etc/root.txt", "束.zip/line break .txt"]
    assert list(tmp_path.parent.glob("*.txt")) == [] and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["cp932", "utf-8"])
def test_japanese_names_that_do_not_say_their_encoding(encoding):
    raw = "会話の表.txt".encode(encoding)
    data = make_zip({"x" * len(raw): b"1"}).replace(b"x" * len(raw), raw)
    assert [name for name, _ in open_zip(data).files] == ["束.zip/会話の表.txt"]


def test_locked_and_strangely_pressed_files_are_left_out_and_named():
    locked = open_zip(patch(make_zip({"a.txt": b"secret"}), 6, 8, struct.pack("<H", 1)))
    assert locked.files == () and "a.txt" in locked.skipped[0] and "パスワード" in locked.skipped[0]
    assert "password" in in_lang(locked.skipped[0], "en")
    strange = open_zip(make_zip({"a.txt": b"abc"}, zipfile.ZIP_LZMA))
    assert strange.files == () and "圧縮の方式" in strange.skipped[0]


def test_an_archive_within_is_opened_and_one_within_that_is_told():
    deep = make_zip({"deep.txt": b"y"})
    inner = make_zip({"talk.txt": b"x", "deep.zip": deep})
    unpacked = open_zip(make_zip({"inner.zip": inner, "beside.txt": b"z"}))
    assert dict(unpacked.files) == {"束.zip/inner.zip/talk.txt": b"x", "束.zip/beside.txt": b"z"}
    assert "束.zip/inner.zip/deep.zip" in unpacked.skipped[0] and "too deep" in in_lang(unpacked.skipped[0], "en")


def test_a_broken_archive_within_is_told_and_the_rest_is_read():
    unpacked = open_zip(make_zip({"inner.zip": make_zip({"talk.txt": b"x"})[:-20], "beside.txt": b"z"}))
    assert dict(unpacked.files) == {"束.zip/beside.txt": b"z"} and "inner.zip" in unpacked.skipped[0]


def test_a_bomb_within_is_a_bomb():
    for inner in ({"zeros.txt": bytes(30_000_000)}, {f"{n}.txt": bytes(900_000) for n in range(20)}):
        with pytest.raises(TooLargeInputError):
            open_zip(make_zip({"inner.zip": make_zip(inner)}))


@pytest.mark.parametrize("members", [{"zeros.txt": bytes(30_000_000)}, {f"{n}.txt": bytes(900_000) for n in range(20)}])
def test_a_bomb_is_refused_before_it_has_grown(members):
    data = make_zip(members)
    assert len(data) < 50_000
    with pytest.raises(TooLargeInputError) as refused:
        open_zip(data)
    assert "10,000,000" in refused.value.message and "束.zip" in refused.value.message


def test_the_size_that_a_header_claims_is_not_believed():
    data = make_zip({"a.txt": bytes(30_000_000)})
    small = patch(data, 22, 24, struct.pack("<I", 10))  # "ten bytes"
    with pytest.raises(InputFileError):
        open_zip(small)


def test_ordinary_talk_is_far_from_the_limits(monkeypatch):
    talk = "".join(f"花子：架空の発話の{number}番です\n太郎：うん、{number}回目だね\n" for number in range(40_000))
    files = {"talk.txt": talk.encode()}
    assert 2_000_000 < len(files["talk.txt"])
    assert open_zip(make_zip(files)).files[0][1] == files["talk.txt"]
    monkeypatch.setattr(archives, "_MAX_RATIO", 1)  # the limit is what lets it in
    with pytest.raises(TooLargeInputError):
        open_zip(make_zip(files))


def test_too_many_files_are_refused_before_the_list_is_read(monkeypatch):
    data = make_zip({f"{number}.txt": b"" for number in range(MAX_ENTRIES + 1)})
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(TooLargeInputError) as refused:
        open_zip(data)
    assert "20,000" in refused.value.message


def test_a_document_is_a_file_and_no_archive():
    for name in ("[Content_Types].xml", "mimetype"):
        document = make_zip({name: b"", "word/document.xml": b""})
        assert open_zip(document) is None
        assert dict(open_zip(make_zip({"a.docx": document})).files) == {"束.zip/a.docx": document}
        inner = make_zip({"b.docx": document})
        assert dict(open_zip(make_zip({"a.zip": inner})).files) == {"束.zip/a.zip/b.docx": document}
