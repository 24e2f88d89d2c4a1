"""What a person typed to an assistant -> their own words. In: messages. Out: a filled Collector. Pure.

People paste code, letters and whole documents. Code, quoted lines, text in three quotation marks and addresses are
taken out. What is left is a document, not a voice, if it is longer than 2,000 characters and either never says "I"
or has three headings: somebody who tells of himself at that length says "I", even in Japanese, and sets no headings.
"""

import re
from collections import Counter
from datetime import datetime

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.markup import remove_markup, tidy
from seikaku.errors import both

USER = "ユーザー"

_MIN_CHARS_OF_DOCUMENT = 2000
_MIN_HEADINGS = 3
_MIN_LINES_OF_CODE = 3
_FIRST_PERSON = re.compile(r"私|わたし|わたくし|あたし|僕|ぼく|ボク|俺|おれ|オレ|自分|うちは|\bI\b|\b[Mm]y\b")
_HEADING = re.compile(
    r"^(?:#{1,6}[ \u3000]|第[0-9０-９一二三四五六七八九十百]{1,4}[章節条]|[■【]"
    r"|[0-9０-９]{1,2}(?:[.．-][0-9０-９]{1,2}){1,3}[ \u3000])",
    re.MULTILINE,
)
_THREE_QUOTES = re.compile(r'"""(?:[^"]|"(?!""))*(?:"""|\Z)')
_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_SIGNS_OF_CODE = re.compile(r"[{}=<>]|;\s*$|\w\(|^\s*(?:import|from|def|class|return|else|try|end|const|let|var)\b")
_END = "終"  # a line that is no code
_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*|--)")


class Voices:
    """Puts a person's messages into a Collector, without what they pasted; tells how much that was."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._n_documents = 0
        self._n_long = 0

    def add(
        self,
        text: str,
        taken_out: Counter[str],
        timestamp: datetime | None,
        conversation_id: str,
        line: int,
        speaker: str = USER,
    ) -> None:
        """Keep one message's own words; ``taken_out`` counts what was no text (pictures, files)."""
        said, removed = own_words(text)
        if is_document(said):
            self._n_documents += 1
            self._collector.drop("quote", speaker, line)
            return
        self._n_long += len(said) > _MIN_CHARS_OF_DOCUMENT
        self._collector.add(speaker, said, timestamp, conversation_id, line=line, removed=taken_out + removed)

    def tell(self) -> None:
        """Warn of what was pasted, and of what may have been."""
        if self._n_documents:
            self._collector.warn(
                both(
                    f"貼り付けた文書と見られる長い発言 {self._n_documents} 件は、本人の言葉ではないので除きました。",
                    f"Long messages that look like pasted documents: {self._n_documents}. They were left out, as they "
                    "are not the person's own words.",
                )
            )
        if self._n_long:
            self._collector.warn(
                both(
                    f"{_MIN_CHARS_OF_DOCUMENT:,} 文字を超える発言 {self._n_long} 件を本人の言葉として残しました。"
                    "貼り付けた文章なら、除いてから読み直してください。",
                    f"Messages of more than {_MIN_CHARS_OF_DOCUMENT:,} characters that were kept as the person's own: "
                    f"{self._n_long}. If they were pasted, take them out and read the file again.",
                )
            )


def own_words(text: str) -> tuple[str, Counter[str]]:
    """``text`` without code, quotes and addresses, and how many of each were taken out."""
    text, removed = remove_markup(clean_text(text))
    text, n_quotes = _THREE_QUOTES.subn(" ", text)
    text, n_code = _take_out_code(text)
    removed += Counter(quote=n_quotes, code=n_code)
    return tidy(text) if n_quotes or n_code else text, +removed


def is_document(text: str) -> bool:
    """Whether a message is a document that was pasted (see above)."""
    if len(text) <= _MIN_CHARS_OF_DOCUMENT:
        return False
    return _FIRST_PERSON.search(text) is None or len(_HEADING.findall(text)) >= _MIN_HEADINGS


def _take_out_code(text: str) -> tuple[str, int]:
    """``text`` without runs of at least three lines of code that nobody fenced, and how many runs there were."""
    kept: list[str] = []
    run: list[str] = []
    n_code = n_runs = 0
    for line in [*text.split("\n"), _END]:
        is_code = _is_code(line)
        if is_code or (run and (not line.strip() or _COMMENT.match(line))):
            run.append(line)
            n_code += is_code
            continue
        if n_code >= _MIN_LINES_OF_CODE:
            n_runs += 1
            run = [""]
        kept += [*run, line]
        run, n_code = [], 0
    return "\n".join(kept[:-1]), n_runs


def _is_code(line: str) -> bool:
    return _JAPANESE.search(line) is None and _SIGNS_OF_CODE.search(line) is not None
