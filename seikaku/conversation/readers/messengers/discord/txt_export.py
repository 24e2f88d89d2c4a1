"""Discord as DiscordChatExporter writes it in plain text. Pure.

[2024/01/02 13:45] 花子 (pinned)
おはよう

{Reactions}
👍

A head stands below an empty line and does not go back in time; another one was pasted. What stands below ``{…}`` is
not the writer's. Bots and accounts are not marked in this form. Times are the exporter's own.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.messengers.chain import keep_rising, warn_of_date_order, warn_of_pasted
from seikaku.conversation.readers.messengers.date_order import Shared, Written, decide_order, read_written
from seikaku.conversation.readers.messengers.discord.csv_export import BOTS_NOT_MARKED
from seikaku.conversation.readers.messengers.discord.discord_text import is_system, read_english, read_text
from seikaku.conversation.readers.messengers.json_values import lacks, reason_of_file
from seikaku.conversation.readers.messengers.people import clean_name
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import both

_HEAD = re.compile(r"\[([^\[\]\n]{6,45})\] (.{1,100})")
_PINNED = " (pinned)"
_RULE = "=" * 62
_BLOCKS = ("{Attachments}", "{Embed}", "{Stickers}", "{Reactions}")
_LATE = timedelta(hours=1)  # a clock that is set back in autumn
_N_TOP = 12

_PREAMBLE = both("Guild と Channel の前書きがあります", "it begins with Guild and Channel between two rules")
_HEADS = both("「[日時] 名前」だけの行が並びます", "it has lines of “[date] name” alone")


def judge(source: Source) -> Judgement:
    """Whether the exporter's preamble stands at the top, or heads stand below empty lines."""
    top = source.sample.split("\n", _N_TOP)[:_N_TOP]
    if _RULE in top[:2] and any(line.startswith("Guild: ") for line in top):
        return Judgement(0.99, (_PREAMBLE,))
    lines = source.sample.split("\n")
    heads = _find_heads(lines)
    if (
        len(heads) < 2
        or any(line.strip() for line in lines[: heads[0][0]])
        or 6 * len(heads) < len(source.sample_lines)
    ):
        return NOT_THIS
    return Judgement(0.75, (_HEADS,))


def parse(source: Source) -> Collector:
    """Read one channel. Raises InputFileError where no line is a head."""
    collector = Collector(source)
    lines = _without_end(source.take_lines())
    found = _find_heads(lines)
    heads, certain = _choose(found)
    if not heads:
        raise lacks(source, "[…] 名前", "DiscordChatExporter")
    for index in range(heads[0][0]):
        if lines[index].strip():
            collector.drop("not_utterance", line=index + 1)
    ends = [index for index, _, _ in heads[1:]] + [len(lines)]
    messages = list(zip(heads, ends, strict=True))
    if heads[0][2] > heads[-1][2]:
        messages.reverse()  # exported newest first
    for (index, name, moment), end in messages:
        _add(collector, name, moment, lines[index + 1 : end], index + 1)
    warn_of_pasted(collector, len(found) - len(heads))
    if not certain:
        warn_of_date_order(collector)
    collector.warn(BOTS_NOT_MARKED)
    return collector


def _find_heads(lines: Sequence[str]) -> list[tuple[int, str, Written | datetime]]:
    """Index, name and date of each line that looks like a head and stands below an empty one."""
    found: list[tuple[int, str, Written | datetime]] = []
    shared: Shared = {}
    for index, line in enumerate(lines):
        match = _HEAD.fullmatch(line) if not index or not lines[index - 1].strip() else None
        written = (read_written(match[1], shared) or read_english(match[1])) if match else None
        name = clean_name(match[2].removesuffix(_PINNED)).removesuffix("#0000") if match else ""
        if written and name:
            found.append((index, name, written))
    return found


def _choose(
    found: Sequence[tuple[int, str, Written | datetime]],
) -> tuple[list[tuple[int, str, datetime]], bool]:
    """The exporter's own heads, with moments in the order of numbers that the file shows, and whether that is sure."""
    shapes = Counter(_shape(written) for _, _, written in found)
    usual = [one for one in found if _shape(one[2]) == shapes.most_common(1)[0][0]]
    order = decide_order([written for _, _, written in usual if isinstance(written, Written)])
    dated = [
        (index, name, moment)
        for index, name, written in usual
        if (moment := order.moment(written) if isinstance(written, Written) else written)
    ]
    is_sure = order.certain or all(isinstance(written, datetime) for _, _, written in usual)
    moments = [moment for _, _, moment in dated]
    falling = sum(after < before for before, after in pairwise(moments)) > len(moments) / 2
    end = datetime.max - timedelta(days=1)
    rising = [datetime.min + (end - moment) for moment in moments] if falling else moments
    return [dated[position] for position in keep_rising(rising, _LATE)], is_sure


def _shape(written: Written | datetime) -> object:
    return written.shape if isinstance(written, Written) else None


def _add(collector: Collector, name: str, moment: datetime, lines: Sequence[str], line: int) -> None:
    block = next(
        (at for at, text in enumerate(lines) if text in _BLOCKS and (not at or not lines[at - 1].strip())), None
    )
    body = "\n".join(lines[:block]).strip("\n")
    if is_system(body):
        collector.drop("system", line=line)
        return
    if not body.strip() and block is not None:
        collector.drop(_reason_of_block(lines[block], lines[block + 1 : block + 2]), name, line)
        return
    text, removed = read_text(body)
    collector.add(name, text, moment, line=line, removed=removed)


def _reason_of_block(block: str, below: Sequence[str]) -> str:
    if block == "{Attachments}":
        return reason_of_file(below[0] if below else "")
    return "sticker" if block == "{Stickers}" else "other_media"


def _without_end(lines: list[str]) -> list[str]:
    """Without the exporter's last words: a rule, ``Exported 12 message(s)``, a rule."""
    last = len(lines)
    while last and not lines[last - 1].strip():
        last -= 1
    if last >= 3 and lines[last - 1] == lines[last - 3] == _RULE and lines[last - 2].startswith("Exported "):
        return lines[: last - 3]
    return lines


READER = Reader(
    "discord-txt",
    both("Discord（DiscordChatExporter のテキスト）", "Discord (DiscordChatExporter, text)"),
    judge,
    parse,
)
