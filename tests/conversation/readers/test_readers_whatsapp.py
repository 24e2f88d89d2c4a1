"""WhatsApp: a talk whose truth is known is written in every dialect and comes back. All talk is made up."""

import os
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.conversation.readers import parse_conversations
from seikaku.conversation.readers.bodies import classify_body, clean_text
from seikaku.conversation.readers.messengers.people import clean_name
from seikaku.conversation.readers.messengers.whatsapp import whatsapp_export
from seikaku.conversation.readers.messengers.whatsapp.whatsapp_text import classify, is_app_sentence
from seikaku.conversation.readers.source import MIN_CONFIDENCE, Source
from seikaku.conversation.turns import ImportedFile

N_TALKS = int(os.environ.get("SEIKAKU_WHATSAPP_TALKS", "150"))
TALKS = settings(deadline=None, max_examples=N_TALKS, derandomize=True)
Message = tuple[str, str, datetime]

# name -> (order of the numbers, digits of the year, separator, words of the half day)
ORDERS: dict[str, tuple[str, int, str, tuple[str, str] | None]] = {
    "ja": ("ymd", 4, "/", None),
    "ja-12h": ("ymd", 4, "/", ("午前", "午後")),
    "iso": ("ymd", 4, "-", None),
    "day": ("dmy", 4, "/", None),
    "day-short": ("dmy", 2, "/", None),
    "dots": ("dmy", 2, ".", None),
    "india": ("dmy", 2, "/", ("am", "pm")),
    "us": ("mdy", 2, "/", ("AM", "PM")),
    "us-24h": ("mdy", 4, "/", None),
}


def write_head(moment: datetime, order: str, *, is_ios: bool) -> str:
    """A head up to the speaker, as the app of that platform and region writes it."""
    letters, digits, separator, halves = ORDERS[order]
    year = f"{moment.year:04d}"[-digits:]
    numbers = {"y": year, "m": f"{moment.month}", "d": f"{moment.day:02d}" if digits == 4 else f"{moment.day}"}
    day = separator.join(numbers[letter] for letter in letters)
    seconds = f":{moment.second:02d}" if is_ios else ""
    if halves is None:
        clock = f"{moment.hour}:{moment.minute:02d}{seconds}"
    else:
        half, hour = halves[moment.hour >= 12], moment.hour % 12
        space = "\u202f" if halves[0] in ("AM", "am") else ""
        shown = hour if halves[0] == "午前" else hour or 12
        clock = f"{shown}:{moment.minute:02d}{seconds}"
        clock = f"{clock}{space}{half}" if space else f"{half}{clock}"
    comma = "" if letters == "ymd" else ","
    return f"[{day}{comma} {clock}]" if is_ios else f"{day}{comma} {clock} -"


NAMES = st.one_of(
    st.sampled_from(
        [
            "花子",
            "山田 太郎",
            "Dr - Who",
            "花子🌸",
            "[会計] 佐藤",
            "12/31",
            "田中（総務）",
            "~ 次郎",
            "+81 90-1234-5678",
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"], exclude_characters=":"))
    .map(clean_name)
    .filter(lambda name: 0 < len(name) <= 40 and not is_app_sentence(name)),
)
WORDS = st.one_of(
    st.sampled_from(
        ["おはよう", "そう: ね", "12:30 - 来る？", "31/12/2020", "2024年1月2日 9:00 花子: とある", "", "[1]", "> 引用"]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), max_size=20),
)


@st.composite
def talks(draw: st.DrawFn) -> tuple[str, list[Message], str, bool]:
    """A file, its messages, its order and whether it is iOS's."""
    order, is_ios = draw(st.sampled_from(sorted(ORDERS))), draw(st.booleans())
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    moment = draw(st.datetimes(datetime(2012, 1, 1), datetime(2030, 1, 1))).replace(microsecond=0)
    first = moment if is_ios else moment.replace(second=0)
    lines: list[str] = []
    messages: list[Message] = []
    for _ in range(draw(st.integers(1, 12))):
        moment += timedelta(
            minutes=draw(st.sampled_from([0, 1, 7, 300, 1500, 20_000])), seconds=draw(st.integers(0, 50))
        )
        name, body = draw(st.sampled_from(names)), draw(bodies(order, is_ios, first, names))
        lines.append(f"{write_head(moment, order, is_ios=is_ios)} {name}: {body}")
        messages.append((name, clean_text(body), moment if is_ios else moment.replace(second=0)))
    return "\n".join(lines) + "\n", messages, order, is_ios


@st.composite
def bodies(draw: st.DrawFn, order: str, is_ios: bool, first: datetime, names: list[str]) -> str:
    """Words, on one line or more; at times with a head that somebody pasted, older than the talk or of another app."""
    lines = draw(st.lists(WORDS, min_size=1, max_size=4))
    if draw(st.integers(0, 4)) == 0:
        old = first - timedelta(days=draw(st.integers(3, 400)))
        other = draw(st.booleans())
        head = write_head(old, "iso" if other and order != "iso" else order, is_ios=is_ios)
        lines.append(f"{head} {draw(st.sampled_from(names))}: {draw(WORDS)}")
    body = "\n".join(lines)
    text, _, reason = classify(body, is_ios=is_ios)
    usable = reason is None and text == clean_text(body) and classify_body(text) is None
    return body if usable and text else "はい"


def said(imported: ImportedFile) -> list[Message | tuple[str, str, None]]:
    return [(one.speaker, one.text, one.timestamp) for talk in imported.conversations for one in talk.utterances]


@TALKS
@given(talks())
def test_a_whatsapp_talk_is_never_read_wrong_in_silence(talk):
    text, messages, _, _ = talk
    imported = parse_conversations(text.encode(), name="a.txt", format="whatsapp")
    if any("日と月の順" in warning for warning in imported.report.warnings):
        return
    found = said(imported)
    assert [one[:2] for one in found] == [one[:2] for one in messages] or imported.report.uncertain_names
    assert [one[2] for one in found] == [one[2] for one in messages]


def test_a_whatsapp_talk_of_a_month_needs_no_warning():
    start = datetime(2023, 1, 3, 9)
    for order in ORDERS:
        for is_ios in (False, True):
            moments = [start + timedelta(days=day, minutes=7 * day) for day in range(40)]
            lines = [
                f"{write_head(one, order, is_ios=is_ios)} {'花太'[n % 2]}子: {n} 日目" for n, one in enumerate(moments)
            ]
            imported = parse_conversations("\n".join(lines).encode(), name="a.txt")
            assert imported.report.format == "whatsapp"
            assert imported.report.warnings == (), (order, is_ios)
            assert [one[2] for one in said(imported)] == moments


def test_a_block_pasted_into_whatsapp_stays_with_the_one_who_pasted_it():
    day = datetime(2024, 5, 1, 9)
    talk = [f"{write_head(day + timedelta(days=n), 'ja', is_ios=False)} 花子: {n} 日目" for n in range(10)]
    block = [f"{write_head(day + timedelta(hours=n), 'ja', is_ios=False)} 太郎: 昔 {n}" for n in range(20)]
    imported = parse_conversations("\n".join([*talk, *block, talk[-1]]).encode(), name="a.txt", format="whatsapp")
    assert set(imported.report.speakers) == {"花子"}
    assert imported.report.n_utterances == 11
    assert any("20 件" in warning for warning in imported.report.warnings)


def test_one_head_far_ahead_in_whatsapp_does_not_hide_the_rest():
    day = datetime(2024, 5, 1, 9)
    talk = [f"{write_head(day + timedelta(days=n), 'ja', is_ios=False)} 花子: {n} 日目" for n in range(20)]
    talk.insert(3, "2031/01/01 00:00 - 花子: 未来の私へ")
    imported = parse_conversations("\n".join(talk).encode(), name="a.txt", format="whatsapp")
    assert imported.report.n_utterances == 20
    assert "未来の私へ" in said(imported)[2][1]


LOGS = {
    "levels": "2024-01-02 10:00:00 - INFO: started\n2024-01-02 10:00:01 - ERROR: failed\n",
    "parts": "2024-01-02 10:00 - app.db: connected\n2024-01-02 10:02 - app.web: up\n",
}


@pytest.mark.parametrize("kind", LOGS)
def test_a_program_s_log_is_no_talk_of_whatsapp(kind):
    assert whatsapp_export.judge(Source("a.log", LOGS[kind])).confidence < MIN_CONFIDENCE
