"""One person's text without any names (a diary, a talk written down) -> utterances of one writer. Pure.

A line is an utterance. The page takes pasted text so where no format is recognised, and says that it did.
"""

import re

from seikaku.conversation.readers import READERS
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.generic.plain import is_labelled_otherwise
from seikaku.conversation.readers.recognition import rank
from seikaku.conversation.readers.source import MIN_CONFIDENCE, Source
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import both, in_lang
from seikaku.report.words.texts import LANGS, Lang

MONOLOGUE = "monologue"  # its name beside those of the readers' formats
MONOLOGUE_TITLE = both("一人の文章", "one person's text")
WRITER = both("書いた人（名前なし）", "The writer (no name given)")

# A piece of a chat log: a clock begins the line, or columns are kept apart. Two people's words are nobody's text.
_DATE = r"[0-9]{4}[/.年-][0-9]{1,2}[/.月-][0-9]{1,2}\S*\s+"
_LOG_LINE = re.compile(rf"\s*[\[(（]?(?:{_DATE})?[0-9]{{1,2}}[:：][0-9]{{2}}|[^\t]*\t")
_MAX_SHARE_OF_LOG_LINES = 0.3


def looks_like_monologue(text: str) -> bool:
    """Whether no reader recognises the text, and its lines are no chat log's and no list of fields."""
    lines = [line for line in text.splitlines() if line.strip()]
    n_log_lines = sum(_LOG_LINE.match(line) is not None for line in lines)
    if n_log_lines > _MAX_SHARE_OF_LOG_LINES * len(lines):
        return False
    source = Source("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return not is_labelled_otherwise(source) and rank(source, READERS)[0][1].confidence < MIN_CONFIDENCE


def read_monologue(text: str, name: str, encoding: str, lang: Lang) -> ImportedFile:
    """Every line as an utterance of the writer. Raises InputFileError if nothing is left of it."""
    collector = Collector(Source(name, text))
    for line in text.splitlines():
        if line.strip():
            collector.add(in_lang(WRITER, lang), line, None)
    return collector.finish(MONOLOGUE, encoding)


def name_in_lang(speaker: str, lang: Lang) -> str:
    """The speaker's name in this language: the writer's is ours, every other one is as it is."""
    return in_lang(WRITER, lang) if speaker in {in_lang(WRITER, one) for one in LANGS} else speaker
