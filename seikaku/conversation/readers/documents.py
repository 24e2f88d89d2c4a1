"""Word and Excel documents -> text: a paragraph a line, a row a line of CSV. Pure. Libraries of the extra ``office``.

A document is a ZIP file inside: it is measured before a library opens it.
"""

import csv
import io
import zipfile
from datetime import date, datetime, time

from seikaku.errors import InputFileError, both, in_lang

_WORD, _EXCEL = "word/document.xml", "xl/workbook.xml"
_MAX_BYTES = 300_000_000  # unpacked: a book of a million rows has about as much
_MAX_RATIO = 400  # XML presses well: of ordinary documents 5 to 30
_BYTES_WITHOUT_RATIO = 5_000_000


def read_document_text(data: bytes, name: str) -> tuple[str, str] | None:
    """Text and kind ("docx" or "xlsx") of a Word or Excel document; None for any other archive.

    Of a book of several sheets the first one that is not empty is read. Raises InputFileError for a damaged or far too
    large one, and where the library is not installed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            members = opened.infolist()
    except (zipfile.BadZipFile, ValueError, RuntimeError, OSError):
        return None
    names = {member.filename for member in members}
    kind = "docx" if _WORD in names else "xlsx" if _EXCEL in names else None
    if kind is None:
        return None
    size = sum(member.file_size for member in members)
    if size > min(_MAX_BYTES, max(_BYTES_WITHOUT_RATIO, _MAX_RATIO * len(data))):
        raise InputFileError(
            both(
                f"{name} は、広げると大きすぎるか、圧縮されすぎています（広げて {_MAX_BYTES:,} バイトまで）。",
                f"{in_lang(name, 'en')} is too large when unpacked, or pressed too far (limit: {_MAX_BYTES:,} bytes).",
            ),
            both("会話をテキスト（.txt）か CSV で書き出してください。", "Export the talk as text (.txt) or CSV."),
        )
    try:
        return (_read_word(data) if kind == "docx" else _read_excel(data)), kind
    except ModuleNotFoundError:  # one document in a folder must not keep the rest of it from being read
        raise InputFileError(
            both(
                f"{name} は Word か Excel の文書で、読むためのライブラリがありません。",
                f"{in_lang(name, 'en')} is a document of Word or Excel, and the library to read it is not installed.",
            ),
            both(
                "pip install 'seikaku[office]' を実行するか、テキスト（.txt）か CSV で書き出してください。",
                "Run pip install 'seikaku[office]', or export it as text (.txt) or CSV.",
            ),
        ) from None
    except Exception:  # on damaged XML both libraries let TypeError, AttributeError and more through
        raise InputFileError(
            both(f"{name} は文書として壊れています。", f"{in_lang(name, 'en')} is broken as a document."),
            both(
                "もとのアプリで開いて保存し直してください。", "Open it in the app that it came from and save it anew."
            ),
        ) from None


def _read_word(data: bytes) -> str:
    from docx import Document
    from docx.table import Table

    lines: list[str] = []
    for block in Document(io.BytesIO(data)).iter_inner_content():
        if isinstance(block, Table):
            lines += ["\t".join(cell.text.replace("\n", " ") for cell in row.cells) for row in block.rows]
        else:
            lines += block.text.split("\n")
    return "\n".join(lines)


def _read_excel(data: bytes) -> str:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            written = io.StringIO()
            rows = csv.writer(written, lineterminator="\n")
            for row in sheet.iter_rows(values_only=True):
                if any(cell is not None for cell in row):
                    rows.writerow([_write_cell(cell) for cell in row])
            if written.tell():
                return written.getvalue()
    finally:
        book.close()
    return ""


def _write_cell(cell: object) -> str:
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)
