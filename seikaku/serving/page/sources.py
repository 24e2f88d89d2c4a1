"""What the page's form holds -> the conversations in it: files, folders, archives and pasted text. No effects.

What a person chose alone must be readable. Of what came along with a folder or an archive, the rest is told.
"""

from dataclasses import replace

from seikaku.conversation.inputs.gathering import Part, open_archives, part_of_bytes
from seikaku.conversation.inputs.part_reading import Beside, Parse, ReadFile, Reading, read_parts
from seikaku.conversation.readers import parse_conversations
from seikaku.conversation.readers.decoding import decode
from seikaku.conversation.readers.source import Content
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import InputFileError, both
from seikaku.report.words.texts import Lang
from seikaku.serving.config import ServeConfig
from seikaku.serving.page.monologue import MONOLOGUE, looks_like_monologue, read_monologue
from seikaku.serving.page.words import load_words
from seikaku.serving.requests.uploads import UploadedForm


def read_sources(form: UploadedForm, text: str, format_name: str | None, lang: Lang, config: ServeConfig) -> Reading:
    """Everything in the form, read. Raises InputFileError and TooLargeInputError."""
    parts = [part_of_bytes(file.name, file.data) for file in form.files.get("files", [])]
    parts += [part_of_bytes(file.name, file.data, along=True) for file in form.files.get("folder", [])]
    gathered = open_archives(parts, max_bytes=config.max_body_bytes)
    pasted = part_of_bytes(load_words()["pasted_name"][lang], text.encode()) if text else None
    if pasted:
        gathered = replace(gathered, parts=(*gathered.parts, pasted))
    if not gathered.parts and not gathered.skipped:
        raise InputFileError(
            both("会話がありません。", "There is no conversation."),
            both("ファイルを選ぶか、会話を貼り付けてください。", "Choose a file or paste a conversation."),
        )
    return read_parts(gathered, _parser(format_name, lang, pasted))


def is_pasted(form: UploadedForm, file: ReadFile) -> bool:
    """Whether this is the pasted text and not a file (of whatever name)."""
    names = {file.name for field in ("files", "folder") for file in form.files.get(field, [])}
    return file.name in load_words()["pasted_name"].values() and file.name not in names


def _parser(format_name: str | None, lang: Lang, pasted: Part | None) -> Parse:
    """Reads a part; a pasted text may be one person's, without names."""

    def parse(part: Part, content: Content, beside: Beside) -> ImportedFile:
        wanted = format_name
        if part is pasted and wanted is None and looks_like_monologue(content.data.decode()):
            wanted = MONOLOGUE
        try:
            if wanted == MONOLOGUE:
                text, encoding = decode(content.take(), part.name)
                return read_monologue(text, part.name, encoding, lang)
            return parse_conversations(content, name=part.name, format=wanted, beside=beside)
        except InputFileError as error:
            if "--format" not in error.mend:
                raise
            # The page has a list where the command has a flag.
            mend = both(
                "「うまく読めないとき」で形式を選ぶか、「名前：発話」の行にしてください。",
                "Choose its format under “If it is not read well”, or make it lines of “name: text”.",
            )
            raise InputFileError(error.message, mend) from None

    return parse
