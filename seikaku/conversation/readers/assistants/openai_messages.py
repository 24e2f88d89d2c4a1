"""Messages as OpenAI's API takes them: JSON Lines (a talk a line), or one JSON document. Pure.

    {"messages": [{"role": "system", "content": "…"}, {"role": "user", "content": "おはよう"}]}

``content`` is a text or a list of parts. Kept is what has the role ``user``, under its ``name`` where it has one.
Times, where there are any, become Japan time if they tell their offset.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from seikaku.conversation.readers.assistants.voice import USER, Voices
from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.japan_time import from_number_or_iso
from seikaku.conversation.readers.json_text import load_json
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import InputFileError, both

_ROLES = frozenset("user assistant system developer tool function".split())
_N_JUDGED = 20
_MIN_SHARE_WITH_ROLE = 0.5
_REASON_OF_PART = {
    "image_url": "photo",
    "input_image": "photo",
    "image": "photo",
    "input_audio": "voice_message",
    "file": "file",
    "input_file": "file",
}
_BEGINS_SO = re.compile(
    r'"messages"\s{0,9}:\s{0,99}\[\s{0,99}\{\s{0,99}"role"\s{0,9}:\s{0,9}"(?:user|assistant|system|developer)"'
)
_N_CHARS_LOOKED_AT = 2000
_TEXTS = ("text", "input_text", "output_text")
_TIMES = ("timestamp", "created_at", "create_time", "created")
_HAS_ROLES = both("messages に role と content があります", "its messages have a role and a content")


def judge(source: Source) -> Judgement:
    """Whether the first talks have messages with a role of the API and a content."""
    if not source.begins_as_json:
        return NOT_THIS
    values = source.sample_records or _talks(source.document)
    if values == [None]:  # broken, or its first line is longer than the sample
        return Judgement(0.95, (_HAS_ROLES,)) if _BEGINS_SO.search(source.text[:_N_CHARS_LOOKED_AT]) else NOT_THIS
    lists = [found for value in values[:_N_JUDGED] if (found := _messages(value)) is not None]
    messages = [message for found in lists for message in found[:_N_JUDGED]]
    with_role = [one for one in messages if isinstance(one, dict) and "content" in one and _role(one) in _ROLES]
    if not any(_role(one) in ("user", "assistant") for one in with_role):
        return NOT_THIS
    if len(with_role) < _MIN_SHARE_WITH_ROLE * len(messages):
        return NOT_THIS
    return Judgement(0.97, (_HAS_ROLES,))


def parse(source: Source) -> Collector:
    """Read messages with roles. Raises InputFileError, with the line's number, if the file is broken or has none."""
    collector = Collector(source)
    voices = Voices(collector)
    n_talks = n_unnamed = 0
    for number, value in _records(source):
        messages = _messages(value)
        if messages is None:
            collector.drop("not_utterance", line=number)
            continue
        n_talks += 1
        n_unnamed += _collect(collector, voices, _find_id(collector, source, value), number, messages)
    if not n_talks:
        raise _without_messages(source)
    voices.tell()
    if n_unnamed > 1:
        collector.tell_uncertain(USER)
        collector.warn(
            both(
                f"{n_unnamed} 件の会話の role: user を、一人の話者「{USER}」として読みました。"
                "別の人が混ざっていれば、人ごとにファイルを分けてください。",
                f"In {n_unnamed} talks everything with role “user” was read as one speaker. If those are several "
                "people, split the file, one for each.",
            )
        )
    return collector


def _records(source: Source) -> Iterator[tuple[int, Any]]:
    """Line or place in the list, and value, of every talk."""
    if source.document is not None:
        yield from enumerate(_talks(source.document), start=1)
        return
    lines = [(number, line) for number, line in enumerate(source.text.split("\n"), start=1) if line.strip()]
    if lines and not lines[0][1].rstrip().endswith("}"):  # one document over many lines, and broken
        yield 1, load_json(source, source.text)
    for number, line in lines:
        yield number, load_json(source, line, number)


def _talks(value: Any) -> list[Any]:
    """One talk is an object with messages or a bare list of them; a document may hold a list of such."""
    if isinstance(value, dict) and isinstance(value.get("conversations"), list):
        value = value["conversations"]
    is_bare = isinstance(value, list) and any(isinstance(one, dict) and "role" in one for one in value[:_N_JUDGED])
    return [value] if is_bare or not isinstance(value, list) else value


def _messages(value: Any) -> list[Any] | None:
    found = value.get("messages") if isinstance(value, dict) else value
    return found if isinstance(found, list) else None


def _find_id(collector: Collector, source: Source, value: Any) -> str:
    wanted = (
        next((value[key] for key in ("conversation_id", "id") if key in value), "") if isinstance(value, dict) else ""
    )
    named = clean_text(str(wanted)) if type(wanted) in (str, int) and len(str(wanted)[:201]) <= 200 else ""
    return collector.unused_id(named or source.stem)


def _collect(collector: Collector, voices: Voices, conversation_id: str, number: int, messages: list[Any]) -> bool:
    """Collect one talk; whether somebody in it has no name."""
    is_unnamed = False
    for message in messages:
        role = _role(message)
        if role != "user":
            collector.drop(
                "assistant" if role == "assistant" else "system" if role in _ROLES else "not_utterance", line=number
            )
            continue
        name = message.get("name")
        speaker = clean_text(name) if isinstance(name, str) else ""
        is_unnamed = is_unnamed or not speaker
        text, taken_out = _read_content(message.get("content"))
        written = next((message[key] for key in _TIMES if key in message), None)
        moment = from_number_or_iso(collector, written)
        voices.add(text, taken_out, moment, conversation_id, number, speaker or USER)
    return is_unnamed


def _role(message: Any) -> str:
    role = message.get("role") if isinstance(message, dict) else None
    return role if isinstance(role, str) else ""


def _read_content(content: object) -> tuple[str, Counter[str]]:
    """The text of a message, and how many pictures, recordings and files came with it."""
    taken_out: Counter[str] = Counter()
    texts: list[str] = []
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            kind = part.get("type")
            if kind in _TEXTS and isinstance(part.get("text"), str):
                texts.append(part["text"])
            else:
                taken_out[_REASON_OF_PART.get(kind, "other_media") if isinstance(kind, str) else "other_media"] += 1
    return "\n".join(texts), taken_out


def _without_messages(source: Source) -> InputFileError:
    return InputFileError(
        both(
            f'{source.name} に "messages" の配列がありません。',
            f'{source.english_name} has no "messages" array.',
        ),
        both(
            '{"messages": [{"role": "user", "content": "こんにちは"}]} の形にしてください。',
            'Give it this shape: {"messages": [{"role": "user", "content": "Hello"}]}',
        ),
    )


READER = Reader("openai-messages", both("OpenAI 形式の messages", "OpenAI-style messages"), judge, parse, of_json=True)
