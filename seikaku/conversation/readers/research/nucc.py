"""名大会話コーパス (NUCC), and what is transcribed in its manner. Pure.

    ＠データ１（３０分）
    ＠参加者Ｆ００１：女性２０代後半
    ％ｃｏｍ：喫茶店での会話
    Ｆ００１：きのうさ、（うん）駅前で＜笑い＞転んじゃって。
    すごい恥ずかしかった。
    Ｍ００２：えー、***。
    ＠ＥＮＤ

A code stands only where the speaker changes: a line without one is one more utterance of the same speaker. What stands
in （ ） is the other's short reply inside an utterance and is taken out with the transcriber's marks. Ｆ００１ and F001
are one code.
"""

import re
import unicodedata
from collections import Counter

from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.research.marks import take_out
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both

# Women, men, and whoever is not known (a waiter); both widths occur.
_LABEL = re.compile(r"[ \u3000]*([FMＦＭ][0-9０-９]{2,4}|[XＸ][0-9０-９]{0,3}|MS|ＭＳ)[ \u3000]*[：:]")
_HEAD = re.compile(r"[ \u3000]*(?:＠|@(?=データ|収集|場所|参加者|END))(\D{0,3})")
_HEADS = frozenset(("データ", "収集年", "場所：", "場所:", "参加者", "ＥＮＤ", "END"))
_END = re.compile(r"[ \u3000]*[＠@](?:ＥＮＤ|END)")
_COMMENT = re.compile(r"[ \u3000]*[％%](?:ｃｏｍ|com)[ \u3000]*[：:]")
_UNKNOWN = ("X", "MS")
_REPLY = re.compile(r"[（(][^（()）]{0,200}[）)]")
_MARK = re.compile(r"[＜<][^＜<>＞]{0,60}[＞>]|【[^【】]{0,60}】|[＊*]{2,}")
_MAX_NESTING = 3
_MIN_LABELS = 2

_HAS_HEADS = both(
    "名大会話コーパスの見出し（＠）と話者の記号があります", "it has NUCC's heads (@) and codes of speakers"
)
_HAS_MARKS = both("名大会話コーパスの話者の記号と注記があります", "it has NUCC's codes of speakers and marks")
_NO_HEADS = both("見出し（＠）がありません", "it has no heads (@)")


def judge(source: Source) -> Judgement:
    """Whether lines begin with codes of speakers, and heads of the corpus stand above, or its marks among them."""
    lines = source.sample_lines
    labels = [match for line in lines if (match := _LABEL.match(line))]
    if len(labels) < _MIN_LABELS:
        return NOT_THIS
    heads = {match[1] for line in lines if (match := _HEAD.match(line))}
    if heads & _HEADS:
        return Judgement(1.0, (_HAS_HEADS,))
    has_comment = any(_COMMENT.match(line) for line in lines)
    if has_comment or (
        _are_codes(labels) and any("＜笑" in line or "＜間" in line or "＊＊" in line for line in lines)
    ):
        return Judgement(0.96, (_HAS_MARKS,), (_NO_HEADS,))
    return NOT_THIS


def parse(source: Source) -> Collector:
    """Read a transcript in NUCC's manner."""
    collector = Collector(source)
    conversation_id, speaker, is_over, n_heads = collector.unused_id(source.stem), "", False, 0
    for number, line in enumerate(source.take_lines(), start=1):
        if not line.strip():
            continue
        if _HEAD.match(line):
            n_heads += 1
            is_over, speaker = is_over or _END.match(line) is not None, ""
            continue
        if _COMMENT.match(line):
            collector.drop("annotation", line=number)
            continue
        label = _LABEL.match(line)
        if label:
            if is_over:  # another talk of the corpus stands below
                conversation_id, is_over = collector.unused_id(source.stem), False
            speaker, line = unicodedata.normalize("NFKC", label[1]), line[label.end() :]
        if not speaker:
            collector.drop("not_utterance", line=number)
            continue
        if speaker.startswith(_UNKNOWN):
            collector.tell_uncertain(speaker)
        text, removed = _take_out(clean_text(line))
        collector.add(speaker, text, None, conversation_id, line=number, removed=removed)
    if not n_heads:
        collector.warn(
            both(
                "見出し（＠）がないため、（ ）の中を相手の相づちとして除いてよいか確かではありません。",
                "As it has no heads (@), it is not certain that what stands in brackets is the other's reply; it was "
                "taken out.",
            )
        )
    return collector


def _are_codes(labels: list[re.Match[str]]) -> bool:
    return all(label[1][-1].isdigit() for label in labels)


def _take_out(text: str) -> tuple[str, Counter[str]]:
    """``text`` without the other's replies and the transcriber's marks, and how many those were."""
    text, n_marks = take_out(text, (*(_REPLY,) * _MAX_NESTING, _MARK))
    return text, Counter(annotation=n_marks) if n_marks else Counter()


READER = Reader("nucc", both("名大会話コーパス", "NUCC (Nagoya University Conversation Corpus)"), judge, parse)
