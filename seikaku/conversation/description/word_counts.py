"""Words for oneself, fillers, and how varied the wording is. In: ``OwnText``. Out: counts and a ratio. Pure.

Words are counted as they are written, without an analyser. Each pattern begins with a plain character, which makes it
fast: what must not stand before the word is looked back at behind it.
"""

import re

import numpy as np

from seikaku.conversation.description.own_text import LETTER, OwnText

# 自分 is not among them: it nearly always means "by oneself" (自分で), whoever is meant.
_FIRST_PERSON: dict[str, re.Pattern[str]] = {
    "私": re.compile("私(?<!公私)(?![立服物的生鉄用有道語費書見情事塾小怨])"),
    "わたし": re.compile("わたし(?![たてま])"),
    "わたくし": re.compile("わたくし"),
    "あたし": re.compile("あたし(?<!わあたし)(?![かたてま])"),
    "僕": re.compile("僕(?<![公下従]僕)"),
    "ぼく": re.compile("ぼく(?<![ぁ-ん]ぼく)"),
    "ボク": re.compile("ボク(?<![ァ-ヶー]ボク)(?![ァ-ヶー])"),
    "俺": re.compile("俺"),
    "おれ": re.compile("おれ(?<![ぁ-ん]おれ)(?=[はがもの、にを])"),
    "オレ": re.compile("オレ(?<![ァ-ヶー]オレ)(?![ァ-ヶー])"),
    "うち": re.compile("うち(?<![ぁ-ん]うち)(?=[はもがの])"),  # no そのうち, no 〜のうちに
    "ウチ": re.compile("ウチ(?<![ァ-ヶー]ウチ)(?![ァ-ヶー])"),
    "わし": re.compile("わし(?<![ぁ-ん]わし)(?=[はがもの])"),
    "ワイ": re.compile("ワイ(?<![ァ-ヶー]ワイ)(?![ァ-ヶー])"),
}
_FILLERS: dict[str, re.Pattern[str]] = {
    "えっと": re.compile("え(?<![ぁ-んァ-ヶー一-龠]え)(?:[えー]?っと|ー+と|えと|と(?=[、。ー…~〜]))"),
    "あの": re.compile("あの(?<![ぁ-んァ-ヶー一-龠]あの)[ー~〜う、。…]"),  # the pause behind it tells it from あの人
    "その": re.compile("その(?<![ぁ-んァ-ヶー一-龠]その)[ー~〜、…]"),
    "うーん": re.compile("う[ーう〜~]+ん|ん(?<![ぁ-んァ-ヶー一-龠]ん)[ー〜~]+"),
    "まあ": re.compile("ま(?<![ぁ-んァ-ヶー一-龠]ま)[あぁ](?!ま)"),
    "なんか": re.compile("なんか(?<![一-龠々ァ-ヶー]なんか)(?![いげ])"),  # no 映画なんか, no なんかい
    "なんというか": re.compile("なん(?:[てと]?(?:いう|言う|ゆう)か|つ[うー]か)"),
}
FIRST_PERSON_WORDS = tuple(_FIRST_PERSON)
FILLERS = tuple(_FILLERS)

# The share of distinct pairs falls with the size of the window and not with the length of the text.
PAIRS_PER_WINDOW = 500
_STEP = 25
_MOST_WINDOWS = 2000
_CODE_POINT_BITS = 21


def count_first_person(own: OwnText) -> dict[str, int]:
    """How often each of ``FIRST_PERSON_WORDS`` stands in the text."""
    return _count(own.text, _FIRST_PERSON)


def count_fillers(own: OwnText) -> dict[str, int]:
    """How often each of ``FILLERS`` stands in the text."""
    return _count(own.text, _FILLERS)


def measure_variety(own: OwnText) -> tuple[float | None, int]:
    """The moving-average type-token ratio (MATTR) of pairs of neighbouring letters, and the number of pairs.

    The mean share of distinct pairs in windows of 500; None below one window. Pairs, since nothing tells words apart
    without an analyser, and since they do it best: on RealPersonaChat (16 dialogues a speaker) this ratio goes with
    MeCab's MATTR of 100 base forms at r = .85 (at .81 measured on other dialogues), runs of kanji or katakana at .51;
    two halves of a speaker agree at .89, those runs at .69. It hardly grows with the text (.685 from 4 dialogues, .686
    from 32, between-speaker SD .027). Of long texts at most 2,000 windows are looked at, evenly spread.
    """
    letters = own.are(LETTER)
    first = np.flatnonzero(letters[:-1] & letters[1:])
    if len(first) < PAIRS_PER_WINDOW:
        return None, len(first)
    step = max(_STEP, len(first) // _MOST_WINDOWS)
    looked_at = np.lib.stride_tricks.sliding_window_view(first, PAIRS_PER_WINDOW)[::step]
    pairs = own.codes[looked_at].astype(np.int64) << _CODE_POINT_BITS | own.codes[looked_at + 1]
    windows = np.sort(pairs, axis=1)
    n_distinct = (windows[:, 1:] != windows[:, :-1]).sum() + len(windows)
    return float(n_distinct / windows.size), len(first)


def _count(text: str, patterns: dict[str, re.Pattern[str]]) -> dict[str, int]:
    return {word: len(pattern.findall(text)) for word, pattern in patterns.items()}
