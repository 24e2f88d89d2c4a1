"""What is written and is nobody's talk, or another's: addresses, code, stickers, quotes, verse, documents. Pure.

In: utterance texts. Out: characters of each. RealPersonaChat's 184 speakers have next to nothing of it, with one
dialogue (17,126) as with all (benchmarks/quality_thresholds.py): a fifth is foreign to talk, and half is not the
speaker's own words. Readers take out most of it where a format marks it; this is for what is left.
"""

import re
from collections import Counter
from collections.abc import Sequence

from seikaku.conversation.characters import count_written

WITHHOLD_URL_OR_CODE_SHARE = 0.5
WARN_URL_OR_CODE_SHARE = 0.2  # highest 0
WITHHOLD_STICKER_SHARE = 0.5
WARN_STICKER_SHARE = 0.2  # highest .013 with one dialogue
WITHHOLD_BORROWED_SHARE = 0.5
WARN_BORROWED_SHARE = 0.25  # highest .21 with one dialogue (99 % have none), .005 with all
# In brackets that are shorter stand names of films, and words that the speaker holds at arm's length.
MIN_QUOTED_CHARS = 12
# A song: many short lines without full stops, one of which comes back.
MIN_VERSE_LINES = 8
# Minutes, rules, a machine's answer: long, with headings and items. One's own plan looks alike: it only warns.
MIN_DOCUMENT_CHARS = 300
MIN_DOCUMENT_MARKS = 5

_URL = re.compile(r"https?://[!-~]+")
# Program text: a line of ASCII with a word and a mark that no sentence has. Faces such as (^_^;) have no word.
_ASCII_LINE = re.compile(r"^[ -~\t]{8,}$", re.MULTILINE)
_CODE_MARK = re.compile(r"[{}=;]|\w\(|</?\w|^\s*(?:import|def|class|return|else|#include)\b")
_WORD = re.compile("[A-Za-z]{3}")
_WORD_CHARACTER = re.compile(r"[^\W_]")
# What apps write for a picture, in a table or a pasted talk of which no reader knows the app.
_MEDIA = (
    "スタンプ|写真|画像|動画|ファイル|ボイスメッセージ|音声メッセージ|位置情報|連絡先|アルバム|絵文字"
    "|[Ss]tickers?|[Pp]hotos?|[Vv]ideos?|[Ff]iles?|[Ll]ocation|emoji"
)
_MEDIA_NOTE = re.compile(
    rf"[\[(［（](?:{_MEDIA})[\])］）]|(?:{_MEDIA})(?:を送信しました|が送信されました)。?"
    r"|<[^<>\n]{0,30}(?:omitted|含まれていません|省略されました)>"
)
_QUOTED = re.compile(r"「[^「」]*」|『[^『』]*』")
_MARKS = re.compile(r"[「『>＞\n]")
_QUOTED_LINE = re.compile(r"^[ \t]*[>＞]{1,3}[ \t]*[^\W_][^\n]{5,}$", re.MULTILINE)
_SENTENCE_END = ("。", "！", "？", "!", "?", "．")
_MAX_VERSE_LINE = 25
_MAX_VERSE_SENTENCES = 0.2
_MIN_REFRAIN_CHARS = 5
_MARKED_LINE = re.compile(
    r"[ \t\u3000]*(?:[-*+•・●○■□◆◇▼★※][ \t\u3000]*[^\s\-*+=・●○■□◆◇▼★※]|#{1,4} |\d{1,2}[.．)）、][ \t\u3000]*\D"
    r"|[①-⑳]|【[^【】\n]+】|第[0-9０-９一二三四五六七八九十]{1,4}[条章節項]|\*\*|\|)"
)
_MIN_MARKED_LINES = 0.25


def without_addresses(text: str) -> str:
    """``text`` without web addresses, which are of no language."""
    return _URL.sub("", text)


def count_code_chars(text: str) -> int:
    """Characters in lines of program text."""
    lines = _ASCII_LINE.findall(text)
    return sum(count_written(line) for line in lines if _CODE_MARK.search(line) and _WORD.search(line))


def count_sticker_chars(texts: Sequence[str]) -> int:
    """Characters in utterances that are nothing but emoji or marks, or an app's stand-in for a sticker or file."""
    return sum(count_written(text) for text in texts if _is_sticker(text))


def count_quoted_chars(texts: Sequence[str]) -> int:
    """Characters in long quotations, and in verse with a refrain.

    Where most utterances stand in brackets as a whole, that is how the file marks speech.
    """
    marked = [text for text in texts if _MARKS.search(text)]  # most texts have none, and cost nothing more
    n_whole = sum(_QUOTED.fullmatch(text.strip()) is not None for text in marked)
    marks_speech = n_whole > len(texts) / 2
    return sum(_count_quoted(text, marks_speech=marks_speech) for text in marked)


def count_document_chars(texts: Sequence[str]) -> int:
    """Characters in utterances that look like a document."""
    return sum(count_written(text) for text in texts if len(text) >= MIN_DOCUMENT_CHARS and _is_document(text))


def _is_sticker(text: str) -> bool:
    if not _WORD_CHARACTER.search(text):
        return True
    return _MEDIA_NOTE.fullmatch(text.strip()) is not None


def _count_quoted(text: str, *, marks_speech: bool) -> int:
    if _is_verse(text):
        return count_written(text)
    if marks_speech and _QUOTED.fullmatch(text.strip()):
        return 0
    quotes = [quote for quote in _QUOTED.findall(text) if len(quote) >= MIN_QUOTED_CHARS]
    lines = _QUOTED_LINE.findall(_QUOTED.sub("", text))
    return sum(map(count_written, (*quotes, *lines)))


def _is_verse(text: str) -> bool:
    lines = _list_lines(text)
    if len(lines) < MIN_VERSE_LINES or sum(map(len, lines)) > _MAX_VERSE_LINE * len(lines):
        return False
    n_sentences = sum(line.endswith(_SENTENCE_END) for line in lines)
    refrain = (line for line, count in Counter(lines).items() if count > 1 and len(line) >= _MIN_REFRAIN_CHARS)
    return n_sentences <= _MAX_VERSE_SENTENCES * len(lines) and next(refrain, None) is not None


def _is_document(text: str) -> bool:
    if count_written(text) < MIN_DOCUMENT_CHARS or _is_verse(text):
        return False
    lines = _list_lines(text)
    n_marked = sum(_MARKED_LINE.match(line) is not None for line in lines)
    return n_marked >= max(MIN_DOCUMENT_MARKS, _MIN_MARKED_LINES * len(lines))


def _list_lines(text: str) -> list[str]:
    return [line for raw in text.split("\n") if (line := raw.strip())] if "\n" in text else [text]
