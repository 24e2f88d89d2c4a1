"""The same words in another spelling, register or message length: what a trait estimate should not react to.

In: one speaker's utterances. Out: the utterances restyled, their meaning unchanged (``TERSE`` alone also selects).
Used label-free: to take such differences out of the n-gram model's weights, and to measure what is left of them.
Pure; needs fugashi and the IPA dictionary (readings and conjugations).
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

Restyle = Callable[[Sequence[str]], list[str]]

TERSE_CHARS = 12
_KANJI = re.compile(r"[\u3005\u3400-\u4dbf\u4e00-\u9fff]")
_PUNCTUATION = re.compile(r"[、。，．]")
_AFTER_PUNCTUATION = re.compile(r"(?<=[、。，．！？!?])")
_KATAKANA_TO_HIRAGANA = str.maketrans({chr(code): chr(code - 0x60) for code in range(0x30A1, 0x30F7)})

_FIRST_PERSON = frozenset("私 わたし あたし 僕 ぼく ボク 俺 おれ オレ".split())
_EMOJI = (
    "\U0001f60a",
    "\u2728",
    "\U0001f602",
    "\U0001f64f",
    "\U0001f495",
)  # smile, sparkles, tears of joy, thanks, hearts

# Endings and words of Kansai for standard ones, longest first; only what is common in chats.
_KANSAI = (
    ("ではありません", "やあらしません"), ("ませんでした", "まへんでした"), ("じゃないですか", "やないですか"),
    ("んですよね", "んやんな"), ("んですよ", "んやで"), ("んですね", "んやな"), ("んですか", "んか"),
    ("んです", "んや"),
    ("ですよね", "やんな"), ("ですよ", "やで"), ("ですね", "やな"), ("ですか", "なん"), ("でしたか", "やったん"),
    ("でした", "やった"), ("でしょう", "やろ"), ("です", "や"), ("ません", "まへん"), ("じゃない", "やない"),
    ("だよね", "やんな"), ("だね", "やな"), ("だよ", "やで"), ("だった", "やった"), ("だから", "やから"),
    ("だろう", "やろ"), ("ている", "とる"), ("ていた", "とった"), ("てる", "とる"), ("しない", "せえへん"),
    ("わからない", "わからへん"), ("すごく", "めっちゃ"), ("とても", "めっちゃ"), ("本当に", "ほんまに"),
    ("本当", "ほんま"),
    ("いいですね", "ええですな"), ("いい", "ええ"), ("だめ", "あかん"), ("ありがとう", "おおきに"), ("なぜ", "なんで"),
)  # fmt: skip


def write_in_kana(texts: Sequence[str]) -> list[str]:
    """Every kanji by its reading in hiragana, as somebody types who does not convert."""
    return ["".join(map(_read_word, _words(text))) for text in texts]


def drop_punctuation(texts: Sequence[str]) -> list[str]:
    """Without 、 and 。, as most people write in messengers."""
    return [_PUNCTUATION.sub("", text) for text in texts]


def split_messages(texts: Sequence[str]) -> list[str]:
    """One message for every clause between punctuation marks, as people send several short ones in a row."""
    parts = (part for text in texts for part in _AFTER_PUNCTUATION.split(text))
    return [part for part in parts if part.strip()]


def speak_kansai(texts: Sequence[str]) -> list[str]:
    """Common words and endings in the dialect of Kansai."""
    table = dict(_KANSAI)
    pattern = re.compile("|".join(map(re.escape, sorted(table, key=len, reverse=True))))
    return [pattern.sub(lambda found: table[found[0]], text) for text in texts]


def speak_plainly(texts: Sequence[str]) -> list[str]:
    """です and ます turned into plain forms (だ, る, た, ない)."""
    return [_make_plain(_words(text)) for text in texts]


def keep_short(texts: Sequence[str]) -> list[str]:
    """Only the messages of at most ``TERSE_CHARS`` characters: what a terse writer would have sent."""
    return [text for text in texts if len(text) <= TERSE_CHARS]


KANA, NO_PUNCTUATION, SPLIT, KANSAI, PLAIN, TERSE = "kana", "no_punctuation", "split", "kansai", "plain", "terse"
STYLES: dict[str, Restyle] = {
    KANA: write_in_kana,
    NO_PUNCTUATION: drop_punctuation,
    SPLIT: split_messages,
    KANSAI: speak_kansai,
    PLAIN: speak_plainly,
    TERSE: keep_short,
}


def call_oneself(word: str) -> Restyle:
    """Every first person (私, 僕, 俺 and their spellings in kana) by this word; texts without one stay as they are."""
    return lambda texts: ["".join(_replace_self(found, word) for found in _words(text)) for text in texts]


def add_emoji(texts: Sequence[str]) -> list[str]:
    """An emoji at the end of every second message."""
    return [text + _EMOJI[place // 2 % len(_EMOJI)] if place % 2 else text for place, text in enumerate(texts)]


BOKU, ORE, WATASHI, EMOJI = "boku", "ore", "watashi", "emoji"
# Measured like the others and not taken out of the model: they move scores too little to be worth a direction.
CHECKED: dict[str, Restyle] = {
    BOKU: call_oneself("僕"),
    ORE: call_oneself("俺"),
    WATASHI: call_oneself("私"),
    EMOJI: add_emoji,
}


@cache
def _tagger() -> Any:
    import fugashi
    import ipadic

    return fugashi.GenericTagger(ipadic.MECAB_ARGS)


def _words(text: str) -> list[Any]:
    # MeCab takes UTF-8 up to the first NUL: half a surrogate and a NUL are nothing that anybody reads out.
    readable = unicodedata.normalize("NFC", text).encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
    return list(_tagger()(readable))


def _replace_self(found: Any, word: str) -> str:
    is_self = found.surface in _FIRST_PERSON and found.feature[1] == "代名詞"
    return str(found.white_space + (word if is_self else found.surface))


def _read_word(word: Any) -> str:
    reading = word.feature[7] if len(word.feature) > 7 else None
    if reading is None or not _KANJI.search(word.surface):
        return str(word.white_space + word.surface)
    return str(word.white_space + reading.translate(_KATAKANA_TO_HIRAGANA))


def _make_plain(words: list[Any]) -> str:
    spoken: list[str] = []
    index = 0
    while index < len(words):
        plain, n_used = _plain_at(words, index)
        spoken.append(words[index].white_space + plain)
        index += n_used
    return "".join(spoken)


def _plain_at(words: list[Any], index: int) -> tuple[str, int]:
    """The plain form of what begins at word ``index``, and how many words it replaces."""
    word = words[index]
    after = [other.surface for other in words[index + 1 : index + 5]]
    if word.feature[0] == "動詞" and after and words[index + 1].feature[6:7] == ("ます",):
        if after[0] == "ます":
            return word.feature[6], 2
        if after[:2] == ["まし", "た"]:
            return _past(word), 3
        if after == ["ませ", "ん", "でし", "た"]:
            return _negative(word).removesuffix("い") + "かった", 5
        if after[:2] == ["ませ", "ん"]:
            return _negative(word), 3
        if after[:2] == ["ましょ", "う"]:
            return _volitional(word), 3
    return _plain_copula(words, index, after)


def _plain_copula(words: list[Any], index: int, after: list[str]) -> tuple[str, int]:
    """As ``_plain_at``, for です in its forms and every other word; ``after``: the surfaces that follow."""
    word = words[index]
    if word.surface == "です":
        after_adjective = index > 0 and words[index - 1].feature[0] in ("形容詞", "助動詞")
        is_question = after[:1] == ["か"]  # 学生ですか: 学生か
        return ("" if after_adjective or is_question else "だ"), 1
    if word.surface == "ん" and after[:2] == ["です", "か"]:  # 行くんですか: 行くのか
        return "の", 2
    if word.surface == "でし" and after[:1] == ["た"]:
        return "だった", 2
    if word.surface == "でしょ" and after[:1] == ["う"]:
        return "だろう", 2
    return word.surface, 1


# Row of the five-row verbs (by the base form's last kana): stem before ない, before う, and the form before た.
_ROWS = {
    "う": ("わ", "お", "った"), "く": ("か", "こ", "いた"), "ぐ": ("が", "ご", "いだ"), "す": ("さ", "そ", "した"),
    "つ": ("た", "と", "った"), "ぬ": ("な", "の", "んだ"), "ぶ": ("ば", "ぼ", "んだ"), "む": ("ま", "も", "んだ"),
    "る": ("ら", "ろ", "った"),
}  # fmt: skip


def _row(word: Any) -> tuple[str, tuple[str, str, str]] | None:
    base, kind = word.feature[6], word.feature[4]
    return (base[:-1], _ROWS[base[-1]]) if kind.startswith("五段") and base[-1] in _ROWS else None


def _past(word: Any) -> str:
    row = _row(word)
    if row is None:
        return str(word.surface + "た")
    stem, (_, _, past) = row
    # Where the kana do not tell, MeCab takes いき for a verb of the common sort (いいた); who goes writes いった.
    is_going = word.feature[4] == "五段・カ行促音便" or word.feature[6] == "いく"
    return str(stem + ("った" if is_going else past))


def _negative(word: Any) -> str:
    row = _row(word)
    if row is None:
        stem = "来" if word.feature[6] == "来る" else word.surface
        return str(stem + "ない")
    return "ない" if word.feature[6] in ("ある", "有る") else str(row[0] + row[1][0] + "ない")


def _volitional(word: Any) -> str:
    row = _row(word)
    return str(word.surface + "よう") if row is None else str(row[0] + row[1][1] + "う")
