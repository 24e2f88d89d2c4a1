"""WhatsApp's text export, of Android and of iOS, in the date order of the phone's region. Pure.

31/12/2020, 23:59 - 花子: おはよう
[2020/12/31 23:59:01] 花子: おはよう

Times are the phone's own. A line without such a head goes on with the message above; a head without a speaker is the
app's. Heads that go back by days, or have another shape than the file's own, were pasted by somebody.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from seikaku.conversation.readers.collector import Collector, without_gc
from seikaku.conversation.readers.messengers import chain
from seikaku.conversation.readers.messengers.date_order import Shared, Written, decide_order, read_written
from seikaku.conversation.readers.messengers.json_values import folder_of
from seikaku.conversation.readers.messengers.people import clean_name
from seikaku.conversation.readers.messengers.whatsapp.whatsapp_text import (
    classify,
    is_app_sentence,
    is_deleted_by_exporter,
)
from seikaku.conversation.readers.not_names import are_not_names
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import InputFileError, both

_INVISIBLE = "[\u200e\u200f\u202a-\u202e\ufeff]{0,4}"
_SPACE = "[ \u00a0\u202f]"
_ANDROID = re.compile(rf"{_INVISIBLE}(\d[^\[\]\n]{{6,43}}?){_SPACE}[-–]{_SPACE}(.*)", re.DOTALL)
_IOS = re.compile(rf"{_INVISIBLE}\[(\d[^\[\]\n]{{6,43}})\]{_SPACE}(.*)", re.DOTALL)
_DOTTED = re.compile(r"[\w-]{1,40}(?:\.[\w-]{1,40})+", re.ASCII)  # a part of a program, in its log
_COLON = re.compile(r":(?: |$)")
_MAX_NAME_CHARS = 80
_LATE = timedelta(days=1)
_TOLD_BACK = timedelta(minutes=5)
_MIN_LINES_TO_LEARN = 3
_IOS_STEM = "_chat"
_MIN_SHARE, _MANY = 0.1, 2
_N_FIRST_LINES = 3
_MIN_SHARE_OF_FIRST = 0.05

_HEADS = both(
    "行が「日時 - 名前:」か「[日時] 名前:」で始まっています", "its lines begin with “date - name:” or “[date] name:”"
)
_FEW_HEADS = both("そのような行がわずかです", "few lines do")
_OTHER_TOP = both("別の形式の前書きがあります", "it begins with another format's preamble")
_SECONDS = both("Android の書き出しにない秒があります", "it has seconds, which an export of Android has not")
_NO_NAMES = both("行の見出しが人の名前ではなさそうです", "the labels of its lines do not look like names")


@dataclass(frozen=True, slots=True)
class _Head:
    """``name`` is empty where the app speaks. A name ends at the first colon; one with a colon is learnt later."""

    index: int
    is_ios: bool
    written: Written
    name: str
    body: str

    @property
    def shape(self) -> tuple[object, ...]:
        return (self.is_ios, *self.written.shape)


def judge(source: Source) -> Judgement:
    """How many lines begin with a head and a speaker, and whether the file begins so."""
    lines = source.sample_lines
    heads = _find_heads(lines)
    names = Counter(head.name for head in heads if head.name)
    if not names:
        return NOT_THIS
    if are_not_names(names) or all(map(_DOTTED.fullmatch, names)):
        return Judgement(0.2, (_HEADS,), (_NO_NAMES,))
    if lines[0].startswith("====="):
        return Judgement(0.3, (), (_OTHER_TOP,))
    begins = heads[0].index < _N_FIRST_LINES
    share = len(heads) / len(lines)
    if not begins and share < _MIN_SHARE:
        return Judgement(0.3, (), (_FEW_HEADS,))
    if not begins:
        return Judgement(0.7, (_HEADS,), (_FEW_HEADS,))
    if any(not head.is_ios and head.written.has_seconds for head in heads):
        return Judgement(0.6, (_HEADS,), (_SECONDS,))
    if heads[0].index:  # something else stands above them, perhaps another app's head
        return Judgement(0.85, (_HEADS,))
    return Judgement(0.96 if names.total() >= _MANY else 0.86, (_HEADS,))


@without_gc()
def parse(source: Source) -> Collector:
    """Read the export. Raises InputFileError where no line has a head."""
    collector = Collector(source)
    lines = source.take_lines()
    found = _find_heads(lines)
    if not found:
        raise _without_heads(source)
    shape = _shape_of(found)
    usual = [head for head in found if head.shape == shape]
    order = decide_order([head.written for head in usual])
    dated = [(head, moment) for head in usual if (moment := order.moment(head.written))]
    if not dated:
        raise _without_heads(source)
    heads = [dated[position] for position in chain.keep_rising([moment for _, moment in dated], _LATE)]
    _Talk(collector, lines, heads, _learn_colons(heads)).collect(_conversation_id(source))
    chain.warn_of_pasted(collector, len(found) - len(heads))
    if not order.certain:
        chain.warn_of_date_order(collector)
    _warn_of_falling(collector, [moment for _, moment in heads])
    return collector


class _Talk:
    """The lines of one file and which of them are heads."""

    def __init__(
        self,
        collector: Collector,
        lines: Sequence[str],
        heads: Sequence[tuple[_Head, datetime]],
        longer: frozenset[str],
    ) -> None:
        self._collector = collector
        self._lines = lines
        self._heads = heads
        self._longer = longer

    def collect(self, conversation_id: str) -> None:
        for index in range(self._heads[0][0].index):
            if self._lines[index].strip():
                self._collector.drop("not_utterance", line=index + 1)
        ends = [head.index for head, _ in self._heads[1:]] + [len(self._lines)]
        for (head, moment), end in zip(self._heads, ends, strict=True):
            self._add(head, moment, self._lines[head.index + 1 : end], conversation_id)

    def _add(self, head: _Head, moment: datetime, more: Sequence[str], conversation_id: str) -> None:
        line = head.index + 1
        speaker, said = head.name, head.body
        if not speaker:
            self._collector.drop("system", line=line)
            return
        if self._longer and (second := _COLON.search(said, 0, _MAX_NAME_CHARS)):
            longer = _join_name(speaker, said[: second.start()])
            if longer in self._longer:
                speaker, said = longer, said[second.end() :]
                self._collector.tell_uncertain(speaker)
        body = "\n".join((said, *more)) if more else said
        text, removed, reason = classify(body, is_ios=head.is_ios)
        if reason == "deleted" and is_deleted_by_exporter(body):
            self._collector.tell_me(speaker)
        if reason is not None:
            self._collector.drop(reason, speaker, line)
        else:
            self._collector.add(speaker, text, moment, conversation_id, line=line, removed=removed)


def _find_heads(lines: Sequence[str]) -> list[_Head]:
    heads = []
    names: dict[str, str] = {}
    shared: Shared = {}
    for index, line in enumerate(lines):
        match = _ANDROID.match(line) or _IOS.match(line)
        written = read_written(match[1].strip(" \u00a0\u202f"), shared) if match else None
        if match and written:
            heads.append(_Head(index, match.re is _IOS, written, *_split(match[2], names)))
    return heads


def _shape_of(heads: Sequence[_Head]) -> tuple[object, ...]:
    """The shape of the file's own heads: that of the first one, unless hardly any other has it."""
    counts = Counter(head.shape for head in heads)
    first, usual = heads[0].shape, counts.most_common(1)[0][0]
    return usual if counts[first] < _MIN_SHARE_OF_FIRST * len(heads) else first


def _split(rest: str, names: dict[str, str]) -> tuple[str, str]:
    """Speaker ("": the app speaks) and body of what stands behind the moment. ``names``: of what was met before."""
    match = _COLON.search(rest, 0, _MAX_NAME_CHARS + 2)
    if match is None:
        return "", rest
    written = rest[: match.start()]
    name = names.get(written)
    if name is None:
        name = names[written] = "" if is_app_sentence(written) else clean_name(written)
    return name, rest[match.end() :] if name else rest


def _join_name(first: str, second: str) -> str:
    return clean_name(f"{first}: {second}")


def _learn_colons(heads: Sequence[tuple[_Head, datetime]]) -> frozenset[str]:
    """Names that hold a colon: whatever begins with “Dr: ” goes on with “Who: ”, every time."""
    seen: dict[str, Counter[str]] = {}
    for head, _ in heads:
        if not head.name:
            continue
        second = _COLON.search(head.body, 0, _MAX_NAME_CHARS)
        longer = _join_name(head.name, head.body[: second.start()]) if second else ""
        seen.setdefault(head.name, Counter())[longer] += 1
    return frozenset(
        longer
        for counts in seen.values()
        for longer in counts
        if longer and len(counts) == 1 and counts[longer] >= _MIN_LINES_TO_LEARN
    )


def _conversation_id(source: Source) -> str:
    """The file's name; of iOS's ``_chat.txt`` its folder's."""
    return folder_of(source) or source.stem if source.stem == _IOS_STEM else source.stem


def _warn_of_falling(collector: Collector, moments: Sequence[datetime]) -> None:
    n_back = sum(after < before - _TOLD_BACK for before, after in pairwise(moments))
    if n_back:
        collector.warn(
            both(
                f"前の発言より 5 分を超えて早い時刻の発言が {n_back} 件あります。"
                "遅れて届いたか、貼り付けられた文です。",
                f"{n_back} messages are more than 5 minutes earlier than the one above them: they came late, or were "
                "pasted.",
            )
        )


def _without_heads(source: Source) -> InputFileError:
    return InputFileError(
        both(
            f"{source.name} に WhatsApp の行（日時 - 名前: 本文）がありません。",
            f"{source.english_name} has no line of WhatsApp (date - name: text).",
        ),
        both(
            "WhatsApp の「チャットをエクスポート」で書き出した .txt を変えずに指定してください。",
            "Name the .txt that WhatsApp's “Export chat” wrote, unchanged.",
        ),
    )


READER = Reader("whatsapp", both("WhatsApp の書き出し", "a WhatsApp export"), judge, parse)
