"""What the page's form holds -> the conversations in it: files, folders, archives and pasted text. No effects.

What a person chose alone must be readable. Of what came along with a folder or an archive, the rest is told.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from seikaku.conversation.readers import parse_conversations
from seikaku.conversation.readers.decoding import decode
from seikaku.conversation.readers.line import pc, phone
from seikaku.conversation.readers.line.overlap import count_once
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import InputFileError, both, in_lang
from seikaku.report.words.texts import Lang
from seikaku.serving.config import ServeConfig
from seikaku.serving.page.monologue import MONOLOGUE, looks_like_monologue, read_monologue
from seikaku.serving.page.words import load_words
from seikaku.serving.requests.archives import MAX_ENTRIES, is_archive, unpack
from seikaku.serving.requests.problems import TooLargeError
from seikaku.serving.requests.uploads import UploadedFile, UploadedForm


@dataclass(frozen=True, slots=True)
class Source:
    """One file, or the pasted text, as it was read."""

    name: str
    pasted: bool
    imported: ImportedFile


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read, and a sentence (in both languages) for each file that was not."""

    sources: tuple[Source, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Given:
    """``along``: it came with a folder or an archive; nobody chose it by itself."""

    file: UploadedFile
    pasted: bool = False
    along: bool = False


def read_sources(form: UploadedForm, text: str, format_name: str | None, lang: Lang, config: ServeConfig) -> Reading:
    """Everything in the form, read. Raises InputFileError and TooLargeError."""
    skipped: list[str] = []
    given = list(_list_given(form, text, lang, config, skipped))
    if len(given) > MAX_ENTRIES:
        raise TooLargeError(
            both(
                f"ファイルが {len(given):,} 個あります（上限 {MAX_ENTRIES:,} 個）。",
                f"There are {len(given):,} files (limit: {MAX_ENTRIES:,}).",
            ),
            both("分けて入れてください。", "Add fewer at a time."),
        )
    sources: list[Source] = []
    first: dict[bytes, str] = {}
    for one in given:
        try:
            _refuse_copy(one.file, first)
            sources.append(Source(one.file.name, one.pasted, _parse(one, format_name, lang)))
        except InputFileError as error:
            if not one.along:
                raise
            skipped.append(error.message)
    if not sources:
        raise _nothing_read(skipped)
    once = count_once([source.imported for source in sources], [phone.READER.name, pc.READER.name])
    merged = [replace(source, imported=imported) for source, imported in zip(sources, once, strict=True)]
    return Reading(tuple(merged), tuple(skipped))


def _list_given(form: UploadedForm, text: str, lang: Lang, config: ServeConfig, skipped: list[str]) -> Iterator[_Given]:
    """The files, those of archives in their archive's place, then the pasted text."""
    left = config.max_body_bytes
    for field, along in (("files", False), ("folder", True)):
        for file in form.files.get(field, []):
            if not is_archive(file.data):
                yield _Given(file, along=along)
                continue
            try:
                unpacked = unpack(file, left)
            except InputFileError as error:
                if not along:
                    raise
                skipped.append(error.message)
                continue
            left -= sum(len(member.data) for member in unpacked.files)
            skipped += unpacked.skipped
            yield from (_Given(member, along=True) for member in unpacked.files)
    if text:
        yield _Given(UploadedFile(load_words()["pasted_name"][lang], text.encode()), pasted=True)


def _parse(one: _Given, format_name: str | None, lang: Lang) -> ImportedFile:
    file = one.file
    if one.pasted and format_name is None and looks_like_monologue(file.data.decode()):
        format_name = MONOLOGUE
    try:
        if format_name == MONOLOGUE:
            text, encoding = decode(file.data, file.name)
            return read_monologue(text, file.name, encoding, lang)
        return parse_conversations(file.data, name=file.name, format=format_name)
    except InputFileError as error:
        if "--format" not in error.mend:
            raise
        # The page has a list where the command has a flag.
        mend = both(
            "「うまく読めないとき」で形式を選ぶか、「名前：発話」の行にしてください。",
            "Choose its format under “If it is not read well”, or make it lines of “name: text”.",
        )
        raise InputFileError(error.message, mend) from None


def _refuse_copy(file: UploadedFile, first: dict[bytes, str]) -> None:
    """The same text twice would make an estimate look twice as sure."""
    digest = hashlib.sha256(file.data).digest()
    if digest in first:
        raise InputFileError(
            both(
                f"{file.name} の中身は {first[digest]} と同じです。",
                f"{file.name} holds the same as {first[digest]}.",
            ),
            both("どちらか一つを外してください。", "Remove one of the two."),
        )
    first[digest] = file.name


def _nothing_read(skipped: list[str]) -> InputFileError:
    if not skipped:
        return InputFileError(
            both("会話がありません。", "There is no conversation."),
            both("ファイルを選ぶか、会話を貼り付けてください。", "Choose a file or paste a conversation."),
        )
    n_more = len(skipped) - 1
    more_ja, more_en = (f"（ほかに {n_more} 個）", f" (and {n_more} more)") if n_more else ("", "")
    return InputFileError(
        both(
            f"会話として読めるファイルがありません。{skipped[0]}{more_ja}",
            f"No file can be read as a conversation. {in_lang(skipped[0], 'en')}{more_en}",
        ),
        both("会話の入ったファイルを選んでください。", "Choose files that hold a conversation."),
    )
