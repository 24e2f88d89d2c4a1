"""Talk -> text, in each kind of file that an app or a person writes. Pure. ``KINDS`` lists them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any


@dataclass(frozen=True)
class Said:
    """One message: the number of its speaker, its lines, and when it was said."""

    speaker: int
    lines: tuple[str, ...]
    moment: datetime

    @property
    def body(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True)
class Talk:
    """Names by number of speaker, and what they said."""

    names: tuple[str, ...]
    said: tuple[Said, ...]


def _line(rng: Random, talk: Talk) -> str:
    rows = [f"[LINE] {talk.names[0]}とのトーク履歴", "保存日時：2026/12/31 22:10"]
    day = None
    for said in talk.said:
        if said.moment.date() != day:
            day = said.moment.date()
            rows += ["", f"{day.year}/{day.month}/{day.day}({'月火水木金土日'[day.weekday()]})"]
        body = f'"{said.body.replace(chr(34), chr(34) * 2)}"' if len(said.lines) > 1 else said.body
        rows.append(f"{said.moment:%H:%M}\t{talk.names[said.speaker]}\t{body}")
    return "\n".join(rows) + "\n"


def _line_pc(rng: Random, talk: Talk) -> str:
    rows: list[str] = []
    day = None
    for said in talk.said:
        if said.moment.date() != day:
            rows += [""] if day else []
            day = said.moment.date()
            rows.append(f"{day:%Y.%m.%d} {'月火水木金土日'[day.weekday()]}曜日")
        rows.append(f"{said.moment:%H:%M} {talk.names[said.speaker]} {said.body}")
    return "\n".join(rows) + "\n"


def _rows(pattern: str, head: str = "", between: str = "\n") -> Callable[[Random, Talk], str]:
    """Messages as text by one pattern, of the name (n), the body (b), the moment (t), and its number from 1 (i)."""

    def write(rng: Random, talk: Talk) -> str:
        rows = (
            pattern.format(n=talk.names[one.speaker], b=one.body, t=one.moment, i=i, s=i * 3 % 60, m=i * 3 // 60)
            for i, one in enumerate(talk.said, start=1)
        )
        return head + between.join(rows) + "\n"

    return write


def _korean_clock(moment: datetime) -> str:
    return f"{'오후' if moment.hour >= 12 else '오전'} {moment.hour % 12 or 12}:{moment.minute:02}"


def _kakaotalk_phone(rng: Random, talk: Talk) -> str:
    rows = ["花子 님과 카카오톡 대화", "저장한 날짜 : 2026년 3월 12일 오후 10:14", "", ""]
    for said in talk.said:
        day = f"{said.moment.year}년 {said.moment.month}월 {said.moment.day}일"
        rows.append(f"{day} {_korean_clock(said.moment)}, {talk.names[said.speaker]} : {said.body}")
    return "\n".join(rows) + "\n"


def _kakaotalk(rng: Random, talk: Talk) -> str:
    rows = ["旅行の会 님과 카카오톡 대화", "저장한 날짜 : 2026-12-12 22:14:03", ""]
    day = None
    for said in talk.said:
        if said.moment.date() != day:
            day = said.moment.date()
            week = "월화수목금토일"[day.weekday()]
            rows.append(f"{'-' * 15} {day.year}년 {day.month}월 {day.day}일 {week}요일 {'-' * 15}")
        rows.append(f"[{talk.names[said.speaker]}] [{_korean_clock(said.moment)}] {said.body}")
    return "\n".join(rows) + "\n"


def _discord_txt(rng: Random, talk: Talk) -> str:
    rule = "=" * 62
    rows = [rule, "Guild: 読書会", "Channel: 雑談 / おしゃべり", rule, ""]
    for said in talk.said:
        rows += [f"[{said.moment:%Y/%m/%d %H:%M}] {talk.names[said.speaker]}", said.body, "", ""]
    return "\n".join([*rows, rule, f"Exported {len(talk.said)} message(s)", rule]) + "\n"


def _teams_vtt(rng: Random, talk: Talk) -> str:
    def escape(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    cues = [
        f"00:{i:02}:01.000 --> 00:{i:02}:04.000\n<v {escape(talk.names[one.speaker])}>{escape(one.body)}</v>\n"
        for i, one in enumerate(talk.said)
    ]
    return "WEBVTT\n\n" + "\n".join(cues)


def _table(head: str, comma: str) -> Callable[[Random, Talk], str]:
    def quote(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if any(sign in cell for sign in f'{comma}"\n') else cell

    def write(rng: Random, talk: Talk) -> str:
        rows = ((f"{one.moment:%Y/%m/%d %H:%M}", talk.names[one.speaker], one.body) for one in talk.said)
        return "\n".join([head.replace(",", comma), *(comma.join(map(quote, row)) for row in rows)]) + "\n"

    return write


def _dump(rng: Random, value: Any) -> str:
    return json.dumps(value, ensure_ascii=rng.random() < 0.3, indent=rng.choice((None, None, 1)))


def _utterances(talk: Talk) -> list[dict[str, Any]]:
    return [
        {"speaker": talk.names[one.speaker], "text": one.body, "timestamp": one.moment.isoformat()} for one in talk.said
    ]


def _json(rng: Random, talk: Talk) -> str:
    return _dump(rng, {"conversation_id": "t-1", "utterances": _utterances(talk)})


def _jsonl(rng: Random, talk: Talk) -> str:
    return "\n".join(
        json.dumps({"conversation_id": "x", "utterances": [one]}, ensure_ascii=False) for one in _utterances(talk)
    )


def _slack(rng: Random, talk: Talk) -> str:
    escape = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
    messages = [
        {
            "type": "message",
            "user": f"U0{one.speaker}",
            "text": one.body.translate(escape),
            "ts": f"{1767916800 + 60 * i}.000100",
            "user_profile": {"display_name": talk.names[one.speaker], "real_name": "本名"},
        }
        for i, one in enumerate(talk.said)
    ]
    return _dump(rng, messages)


def _discord(rng: Random, talk: Talk) -> str:
    messages = [
        {
            "id": str(10 + i),
            "type": "Default",
            "timestamp": f"{one.moment.isoformat()}+09:00",
            "content": one.body,
            "author": {"id": f"10{one.speaker}", "name": "x", "nickname": talk.names[one.speaker], "isBot": False},
            "attachments": [],
            "mentions": [],
        }
        for i, one in enumerate(talk.said)
    ]
    return _dump(
        rng, {"guild": {"id": "1", "name": "読書会"}, "channel": {"id": "2", "name": "雑談"}, "messages": messages}
    )


def _telegram(rng: Random, talk: Talk) -> str:
    messages = [
        {
            "id": i,
            "type": "message",
            "date": one.moment.isoformat(),
            "date_unixtime": str(1767916800 + i),
            "from": talk.names[one.speaker],
            "from_id": f"user{one.speaker}",
            "text": one.body if rng.random() < 0.7 else [one.body],
            "text_entities": [],
        }
        for i, one in enumerate(talk.said)
    ]
    return _dump(rng, {"name": talk.names[0], "type": "personal_chat", "id": 111, "messages": messages})


def _meta(rng: Random, talk: Talk) -> str:
    def broken(text: str) -> str:
        return text.encode().decode("latin-1")  # as Meta writes it

    messages = [
        {"sender_name": broken(talk.names[one.speaker]), "timestamp_ms": 1767916800000 + i, "content": broken(one.body)}
        for i, one in enumerate(talk.said)
    ]
    people = [{"name": broken(name)} for name in talk.names]
    return json.dumps({"participants": people, "messages": messages[::-1], "title": "x", "thread_path": "inbox/x_1"})


def _chatgpt(rng: Random, talk: Talk) -> str:
    mapping: dict[str, Any] = {"n0": {"id": "n0", "message": None, "parent": None, "children": ["n1"]}}
    for i, one in enumerate(talk.said, start=1):
        message = {
            "id": f"n{i}",
            "author": {"role": "assistant" if one.speaker else "user", "metadata": {}},
            "create_time": 1767916800.5 + i,
            "content": {"content_type": "text", "parts": [one.body]},
            "metadata": {},
        }
        children = [f"n{i + 1}"] if i < len(talk.said) else []
        mapping[f"n{i}"] = {"id": f"n{i}", "message": message, "parent": f"n{i - 1}", "children": children}
    return _dump(
        rng, [{"title": "x", "conversation_id": "c-1", "current_node": f"n{len(talk.said)}", "mapping": mapping}]
    )


def _claude(rng: Random, talk: Talk) -> str:
    messages = [
        {
            "uuid": str(i),
            "text": one.body,
            "content": [{"type": "text", "text": one.body}],
            "sender": "assistant" if one.speaker else "human",
            "created_at": f"{one.moment.isoformat()}.123456Z",
            "attachments": [],
            "files": [],
        }
        for i, one in enumerate(talk.said)
    ]
    return _dump(rng, [{"uuid": "k-1", "name": "x", "account": {"uuid": "a"}, "chat_messages": messages}])


def _openai(rng: Random, talk: Talk) -> str:
    messages = [{"role": "assistant" if one.speaker else "user", "content": one.body} for one in talk.said]
    return _dump(rng, {"model": "gpt", "messages": messages})


def _chatlab(rng: Random, talk: Talk) -> str:
    messages = [
        {
            "sender": f"id{one.speaker}",
            "accountName": talk.names[one.speaker],
            "timestamp": 1767916800 + i,
            "type": 0,
            "content": one.body,
        }
        for i, one in enumerate(talk.said)
    ]
    people = [{"platformId": f"id{i}", "accountName": name} for i, name in enumerate(talk.names)]
    head = {"version": "0.0.2", "exportedAt": 1767990000}
    meta = {"name": "会", "platform": "line", "type": "group"}
    return _dump(rng, {"chatlab": head, "meta": meta, "members": people, "messages": messages})


@dataclass(frozen=True)
class Writer:
    """One kind of file. ``voices``: names that the reader itself gives, None for who is left out.

    ``is_safe``: no body can be taken for what stands around it. ``any_name``: a name may hold anything.
    ``is_meeting``: it is over within hours.
    """

    format: str
    write: Callable[[Random, Talk], str]
    file_names: tuple[str, ...]
    is_safe: bool = False
    any_name: bool = True
    one_line: bool = False
    is_meeting: bool = False
    voices: tuple[str | None, ...] = ()


_USER = ("ユーザー", None)
_TXT, _JSON = ("talk.txt", "会話.txt"), ("talk.json",)
KINDS: dict[str, Writer] = {
    "line": Writer("line", _line, _TXT, is_safe=True),
    "line-pc": Writer("line-pc", _line_pc, _TXT),
    "whatsapp-android": Writer("whatsapp", _rows("{t:%d/%m/%Y, %H:%M} - {n}: {b}"), _TXT),
    "whatsapp-ios": Writer("whatsapp", _rows("[{t:%Y/%m/%d %H:%M:%S}] {n}: {b}"), _TXT),
    "kakaotalk-pc": Writer("kakaotalk", _kakaotalk, _TXT),
    "kakaotalk-phone": Writer("kakaotalk", _kakaotalk_phone, _TXT),
    "vtt": Writer(
        "vtt",
        _rows("{i}\n00:{m:02}:{s:02}.000 --> 00:{m:02}:{s:02}.900\n{n}: {b}\n", "WEBVTT\n\n"),
        ("talk.vtt",),
        any_name=False,
    ),
    "teams-vtt": Writer("vtt", _teams_vtt, ("talk.vtt",), is_safe=True),
    "srt": Writer(
        "srt",
        _rows("{i}\n00:{m:02}:{s:02},000 --> 00:{m:02}:{s:02},900\n[{n}] {b}\n"),
        ("talk.srt",),
        any_name=False,
        one_line=True,
    ),
    "zoom": Writer(
        "zoom",
        _rows("{t:%H:%M:%S}\t From {n} to Everyone : {b}"),
        ("meeting_saved_chat.txt", "talk.txt"),
        is_meeting=True,
    ),
    "zoom-cloud": Writer("zoom", _rows("00:{m:02}:{s:02}\t{n}:\t{b}"), ("GMT20260903-010000_Recording.chat.txt",)),
    "plain": Writer("plain", _rows("{n}: {b}"), _TXT, any_name=False),
    "plain-wide": Writer("plain", _rows("{n}：{b}"), _TXT, any_name=False),
    "table": Writer("table", _table("日時,話者,本文", ","), ("talk.csv",), is_safe=True),
    "table-tsv": Writer("table", _table("timestamp,speaker,text", "\t"), ("talk.tsv",), is_safe=True),
    "json": Writer("json", _json, _JSON, is_safe=True),
    "jsonl": Writer("jsonl", _jsonl, ("talk.jsonl",), is_safe=True),
    "slack": Writer("slack", _slack, ("general/2026-01-09.json",), is_safe=True),
    "discord": Writer("discord", _discord, _JSON, is_safe=True),
    "discord-txt": Writer("discord-txt", _discord_txt, _TXT),
    "telegram": Writer("telegram", _telegram, ("result.json",), is_safe=True),
    "meta": Writer("meta", _meta, ("message_1.json",), is_safe=True),
    "chatlab": Writer("chatlab", _chatlab, _JSON, is_safe=True),
    "chatgpt": Writer("chatgpt", _chatgpt, ("conversations.json",), is_safe=True, voices=_USER),
    "claude": Writer("claude", _claude, ("conversations.json",), is_safe=True, voices=_USER),
    "openai": Writer("openai-messages", _openai, _JSON, is_safe=True, voices=_USER),
}
