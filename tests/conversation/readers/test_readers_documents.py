"""Word and Excel documents: read as text and as tables; damage and a missing library are one clear line."""

import io
import sys
import zipfile

import pytest
from docx import Document
from openpyxl import Workbook

from seikaku.conversation.inputs.gathering import open_archives, part_of_bytes
from seikaku.conversation.inputs.merging import read_as_one
from seikaku.conversation.readers import parse_conversations
from seikaku.errors import InputFileError, in_lang


def make_word() -> bytes:
    document, stream = Document(), io.BytesIO()
    for line in ("花子：おはよう", "太郎：うん", "花子：ね"):
        document.add_paragraph(line)
    document.save(stream)
    return stream.getvalue()


def make_excel() -> bytes:
    book, stream = Workbook(), io.BytesIO()
    book.create_sheet("二枚目").append(["メモ"])
    for row in (["話者", "発話", "番号"], ["花子", "おはよう", 1], ["太郎", "うん\nそう", 2]):
        book.worksheets[0].append(row)
    book.save(stream)
    return stream.getvalue()


def test_a_document_is_lines_and_a_book_is_a_table():
    word = parse_conversations(make_word(), name="a.docx").report
    assert (word.format, word.encoding, word.speakers) == ("plain", "docx", {"花子": 2, "太郎": 1})
    excel = parse_conversations(make_excel(), name="a.xlsx")
    assert (excel.report.format, excel.report.encoding) == ("table", "xlsx")
    assert [said.text for said in excel.conversations[0].utterances] == ["おはよう", "うん\nそう"]


@pytest.mark.parametrize("make", [make_word, make_excel])
def test_a_damaged_document_is_refused(make):
    inside = zipfile.ZipFile(io.BytesIO(make()))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as broken:
        for name in inside.namelist():
            data = inside.read(name)
            broken.writestr(
                name, data.replace(b"<", b"<<", 3) if name.endswith(("document.xml", "workbook.xml")) else data
            )
    with pytest.raises(InputFileError, match="文書として壊れています"):
        parse_conversations(stream.getvalue(), name="a.docx")


def test_a_document_that_grows_too_large_is_not_opened(monkeypatch):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("word/document.xml", bytes(50_000_000))
    monkeypatch.setitem(sys.modules, "docx", None)  # it would be told that the library is missing
    with pytest.raises(InputFileError, match="大きすぎる"):
        parse_conversations(stream.getvalue(), name="a.docx")


@pytest.mark.parametrize(("make", "library"), [(make_word, "docx"), (make_excel, "openpyxl")])
def test_without_the_library_the_rest_of_a_folder_is_read(monkeypatch, make, library):
    data = make()
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputFileError) as caught:
        parse_conversations(data, name="a.docx")
    assert "seikaku[office]" in caught.value.mend and "seikaku[office]" in in_lang(caught.value.mend, "en")
    parts = [
        part_of_bytes("t/a.docx", data, along=True),
        part_of_bytes("t/b.txt", "花子：おはよう\n太郎：うん\n花子：ね\n".encode(), along=True),
    ]
    report = read_as_one(open_archives(parts), None).report
    assert report.speakers == {"花子": 2, "太郎": 1} and "t/a.docx" in report.warnings[-1]


def test_an_archive_that_asks_for_a_later_zip_is_refused():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    data = packed.getvalue()
    place = data.index(b"PK\x01\x02") + 6  # the version that is needed
    with pytest.raises(InputFileError):
        parse_conversations(data[:place] + b"\xff" + data[place + 1 :], name="a.docx")
