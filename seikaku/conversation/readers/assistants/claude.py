"""Claude's data export (``conversations.json``). Pure.

    [{"uuid": "…", "chat_messages": [{"uuid": "…", "sender": "human", "text": "おはよう",
      "content": [{"type": "text", "text": "おはよう"}], "created_at": "2026-01-09T00:47:00.1Z", "attachments": []}]}]

Only the person's messages are kept; a text that Claude made of a pasted one (``extracted_content``) is not theirs.
Times are UTC and become Japan time.
"""

from collections import Counter
from typing import Any

from seikaku.conversation.readers.assistants.branches import newest_leaf, path_to
from seikaku.conversation.readers.assistants.export import collect_export, lacks_talks, list_talks
from seikaku.conversation.readers.assistants.voice import Voices
from seikaku.conversation.readers.bodies import clean_text
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.japan_time import from_number_or_iso, seconds_of
from seikaku.conversation.readers.source import NOT_THIS, Judgement, Reader, Source
from seikaku.errors import Words, both

_N_JUDGED = 20
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".bmp")
_MIN_CHARS_OF_EXTRACT = 20  # a shorter one may be words that the person wrote as well
_HAS_MESSAGES = both("Claude の書き出しの chat_messages があります", "it has the chat_messages of Claude's export")


def judge(source: Source) -> Judgement:
    """Whether one of the first talks has ``chat_messages`` with senders, or is an empty one."""
    for talk in list_talks(source.document)[:_N_JUDGED]:
        messages = talk.get("chat_messages") if isinstance(talk, dict) else None
        if isinstance(messages, list) and any(isinstance(one, dict) and "sender" in one for one in messages):
            return Judgement(0.98, (_HAS_MESSAGES,))
    return NOT_THIS


def parse(source: Source) -> Collector:
    """Read Claude talks. Raises InputFileError if the file is broken or holds none."""
    missing = lacks_talks(source, "Claude", "chat_messages", "データをエクスポート")
    return collect_export(source, ("chat_messages", list), missing, _collect, _say_torn)


def _say_torn(n_torn: int) -> Words:
    return both(
        f"枝分かれした会話 {n_torn} 件では、いちばん新しい発言に続く枝を読みました。",
        f"Talks that branch: {n_torn}. The branch that ends in the newest message was read there.",
    )


def _collect(collector: Collector, voices: Voices, source: Source, number: int, talk: dict[str, Any]) -> bool:
    """Collect one talk; whether it is told which of its branches is the talk."""
    messages = [message for message in talk["chat_messages"] if isinstance(message, dict)]
    shown, is_told = _find_shown(talk.get("current_leaf_message_uuid"), messages)
    wanted = talk.get("uuid")
    conversation_id = collector.unused_id((clean_text(wanted) if isinstance(wanted, str) else "") or source.stem)
    for position, message in enumerate(messages):
        sender = message.get("sender")
        if sender != "human":
            collector.drop("assistant" if sender == "assistant" else "system", line=number)
        elif position not in shown:
            collector.drop("other_branch", line=number)
        else:
            text, taken_out = _read_content(message)
            moment = from_number_or_iso(collector, message.get("created_at"))
            voices.add(text, taken_out, moment, conversation_id, number)
    return is_told


def _find_shown(leaf: object, messages: list[dict[str, Any]]) -> tuple[set[int], bool]:
    """The positions of the messages that are the talk as it stands, and whether the file tells it."""
    places = {message["uuid"]: at for at, message in enumerate(messages) if isinstance(message.get("uuid"), str)}
    everything = set(range(len(messages)))
    parents = {key: messages[at].get("parent_message_uuid") for key, at in places.items()}
    known = [parent for parent in parents.values() if isinstance(parent, str)]
    if len(places) < len(messages) or len(set(known)) == len(known):  # no tree is told, or nothing branches
        return everything, True
    is_told = isinstance(leaf, str) and leaf in parents
    times = {key: seconds_of(messages[at].get("created_at")) for key, at in places.items()}
    newest = leaf if isinstance(leaf, str) and is_told else newest_leaf(list(places), parents, times)
    if newest is None:  # a circle
        return everything, False
    return {places[key] for key in path_to(newest, parents)[0]}, is_told


def _read_content(message: dict[str, Any]) -> tuple[str, Counter[str]]:
    """The text of a message, and what came with it: pictures, files, texts made of pasted ones."""
    blocks = _dicts(message.get("content"))
    texts = [block["text"] for block in blocks if block.get("type") == "text" and isinstance(block.get("text"), str)]
    text = "\n".join(texts)
    if not text.strip() and isinstance(message.get("text"), str):
        text = message["text"]
    taken_out = Counter("photo" if block.get("type") == "image" else "other_media" for block in blocks if _is_no(block))
    for attachment in _dicts(message.get("attachments")):
        extract = attachment.get("extracted_content")
        taken_out["file"] += 1
        if isinstance(extract, str) and len(extract.strip()) >= _MIN_CHARS_OF_EXTRACT and extract in text:
            text = text.replace(extract, " ")
    for file in _dicts(message.get("files")):
        name = file.get("file_name")
        is_picture = isinstance(name, str) and name.lower().endswith(_PICTURES)
        taken_out["photo" if is_picture else "file"] += 1
    return text, taken_out


def _is_no(block: dict[str, Any]) -> bool:
    return block.get("type") != "text"


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


READER = Reader("claude", both("Claude の会話", "Claude conversations"), judge, parse, of_json=True)
