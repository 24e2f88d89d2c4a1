"""Small valid files of many formats whose truth is known. In: a generator of random numbers. Out: Case. All made up.

Every line of every message holds a token that names its true speaker, its message and its line: 合言葉1の12番0だ.
A hostile talk holds, inside of messages, what other formats (and sometimes its own) put around messages.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from tests.fuzz.writers import KINDS, Said, Talk, Writer

SECRET = "合言葉"
TOKEN = re.compile(rf"{SECRET}(\d+)の(\d+)番(\d+)だ")

_KIND_NAMES = tuple(KINDS)
_NAMES = ("花子", "太郎", "みなみ", "Ken", "Hanako", "佐藤", "ゆう", "M")
_HOSTILE_NAMES = (
    "山田 花子", "山田 太郎", "Ken Sato", "🌸みな🌸", "（仮）", "7", "12月", "a,b", "[K]", "K 3", "か゚き",
    "O'Neil", "A&B",
    '"Q"', "<b>", "김하나", "花子さん、太郎",
)  # fmt: skip
_WORDS = (
    "おはよう", "うん", "今日は寒いね", "駅で待ってる", "ほんと？", "また明日", "それは困ったな", "ok 了解", "笑",
    "え、なにそれ",
    "昨日の話だけど", "もう寝るね", "雨だって", "ごはん食べた？",
)  # fmt: skip
_OPEN_TO_ALL = ("plain",)  # any line with a colon may be somebody's
_OF_CUES = ("vtt", "srt")


@dataclass(frozen=True)
class Case:
    """A file and its truth: the name that each speaker must have (None: must not be kept).

    ``is_open``: a message holds a line that its own format would write between messages, so that nobody can know.
    """

    text: str
    name: str
    kind: str
    format: str
    names: tuple[str | None, ...]
    said: tuple[Said, ...]
    is_hostile: bool
    is_open: bool


# What stands around messages: (formats of which it is a head, how it looks with somebody's name N, a clock H, words X).
_HEADS: tuple[tuple[str, str], ...] = (
    ("line line-pc", "H\tN\tX"),
    ("line-pc", "H N X"),
    ("line line-pc", "2026/1/9(金)"),
    ("line line-pc", "2026.01.09 金曜日"),
    ("line line-pc", "[LINE] Nとのトーク履歴"),
    ("whatsapp", "9/1/2026, H - N: X"),
    ("whatsapp", "[2026/01/09 H:05] N: X"),
    ("kakaotalk", "[N] [오전 H] X"),
    ("kakaotalk", "--------------- 2026년 1월 9일 금요일 ---------------"),
    ("kakaotalk", "2026년 1월 9일 오전 H, N : X"),
    ("discord-txt", "[2026/01/09 H] N"),
    ("discord-txt", "{Reactions}"),
    ("zoom line line-pc", "H:01\t From N to Everyone : X"),
    ("zoom line line-pc", "H:01\tN:\tX"),
    ("vtt", "00:00:01.000 --> 00:00:03.000"),
    ("vtt teams", "<v N>X</v>"),
    ("vtt", "N: X"),
    ("vtt", "N：X"),
    ("", "WEBVTT"),
    ("", "17"),
    ("", "話者,本文"),
    ("", "N,X"),
    ("", "N\tX"),
    ("", '{"speaker": "N", "text": "X"}'),
    ("", '[{"role": "user", "content": "X"}]'),
    ("", "{"),
    ("", "話者 1 00:02 X"),
    ("", "N 0:05"),
    ("", "（N）X"),
    ("", "[N] X"),
    ("", "F001：X"),
    ("", "件名: X"),
    ("", "2026-01-09 INFO X"),
    ("", "Q: X"),
)
_ODDITIES = (
    "[笑]", "「X」", '"X', 'X"', '"', '""', "(X)", "・X", "X → X", "18:00 X", "https://example.com/a", "@N X",
    "***X***",
    "=====", "---", "X；X", "X：X", "\u200eX", "X\u202f9", "\u202eX", "￥X", "&lt;X&gt;", "<X>", "\\n X", "%s X",
    "N", "：", ":",
    ",", "X,", ",X", "\tX", "X\t",
)  # fmt: skip


def write_case(rng: Random, *, hostile: bool) -> Case:
    """A file of any of ``KINDS``."""
    kind = rng.choice(_KIND_NAMES)
    writer = KINDS[kind]
    pool = _NAMES + _HOSTILE_NAMES if hostile and rng.random() < 0.4 and writer.any_name else _NAMES
    names = tuple(rng.sample(pool, 2 if writer.voices else rng.randint(2, 3)))
    said: list[Said] = []
    moment = datetime(2026, 1, 9, 9, 0) + timedelta(minutes=rng.randint(0, 200), days=rng.randint(0, 20))
    is_open = False
    for number in range(rng.randint(4, 12)):
        speaker = number % len(names) if number < len(names) else rng.randrange(len(names))
        n_lines = 1 if writer.one_line or rng.random() < 0.7 else rng.randint(2, 4)
        lines = []
        for line in range(n_lines):
            words = (
                f"{rng.choice(_WORDS)}{SECRET}{speaker}の{number}番{line}だ{rng.choice(('', '', rng.choice(_WORDS)))}"
            )
            if hostile and rng.random() < 0.4:
                words, opens = _make_hostile(rng, writer, words, names, moment, is_first=line == 0)
                is_open |= opens
            lines.append(words)
        if hostile and len(lines) > 2 and writer.format not in _OF_CUES and rng.random() < 0.2:
            lines[1] = ""
        said.append(Said(speaker, tuple(lines), moment))
        moment += timedelta(minutes=rng.choice((1, 1, 2, 7, 30, 60 * 9)[: 5 if writer.is_meeting else 6]))
    talk = Talk(names, tuple(said))
    expected = writer.voices or names
    file_name = rng.choice(writer.file_names)
    return Case(writer.write(rng, talk), file_name, kind, writer.format, expected, talk.said, hostile, is_open)


def _make_hostile(
    rng: Random, writer: Writer, words: str, names: tuple[str, ...], moment: datetime, *, is_first: bool
) -> tuple[str, bool]:
    heads, line = rng.choice(_HEADS) if rng.random() < 0.6 else ("", rng.choice(_ODDITIES))
    typed = moment + timedelta(minutes=rng.choice((0, 0, 5, -300, 300)))
    slots = {"N": rng.choice((*names, "駅前")), "H": f"{typed.hour}:{typed.minute:02}", "X": words}
    line = "".join(slots.get(sign, sign) for sign in re.split(r"(?<![A-Z])([NHX])(?![A-Z])", line))
    if writer.format in _OF_CUES:
        line = line.replace("-->", "→").replace("<v ", "＜v ")  # which no cue may hold as it is
    if is_first or writer.is_safe:
        return line, False
    return line, writer.format in heads.split() or (writer.format in _OPEN_TO_ALL and bool(re.search("[:：]", line)))
