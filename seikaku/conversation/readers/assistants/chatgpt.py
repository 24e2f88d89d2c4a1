"""ChatGPT's data export (``conversations.json``). Pure.

    [{"conversation_id": "…", "current_node": "n3",
      "mapping": {"n3": {"parent": "n2", "message": {"author": {"role": "user"}, "create_time": 1767916020.5,
                  "content": {"content_type": "text", "parts": ["おはよう"]}, "metadata": {}}}}}]

Each talk is a tree: it is read from ``current_node`` up. Only the person's messages are kept. Times are UTC and become
Japan time.
"""

from collections import Counter
from collections.abc import Iterator
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
_NOT_SHOWN = ("user_editable_context", "model_editable_context")  # what the person told about himself in the settings
_REASON_OF_PART = {
    "image_asset_pointer": "photo",
    "audio_asset_pointer": "voice_message",
    "video_container_asset_pointer": "video",
    "real_time_user_audio_video_asset_pointer": "voice_message",
}
_IS_A_TREE = both("ChatGPT の書き出しの木（mapping）があります", "it has the tree (mapping) of ChatGPT's export")


def judge(source: Source) -> Judgement:
    """Whether one of the first talks has a tree of messages."""
    for talk in list_talks(source.document)[:_N_JUDGED]:
        nodes = talk.get("mapping") if isinstance(talk, dict) else None
        first = next(iter(nodes.values()), None) if isinstance(nodes, dict) else None
        if isinstance(first, dict) and ("message" in first or "parent" in first):
            return Judgement(0.98, (_IS_A_TREE,))
    return NOT_THIS


def parse(source: Source) -> Collector:
    """Read ChatGPT talks. Raises InputFileError if the file is broken or holds no tree."""
    missing = lacks_talks(source, "ChatGPT", "mapping", "データをエクスポートする")
    return collect_export(source, ("mapping", dict), missing, _collect, _say_torn)


def _say_torn(n_torn: int) -> Words:
    return both(
        f"つながりの欠けた会話が {n_torn} 件あります。どの発言が書き直す前のものか、確かではありません。",
        f"Talks whose thread is torn: {n_torn}. Which messages are of abandoned branches is not certain there.",
    )


def _collect(collector: Collector, voices: Voices, source: Source, number: int, talk: dict[str, Any]) -> bool:
    """Collect one talk; whether its thread is whole."""
    nodes = {key: node for key, node in talk["mapping"].items() if isinstance(node, dict)}
    path, is_whole = _find_path(talk.get("current_node"), nodes)
    wanted = next((talk[key] for key in ("conversation_id", "id") if isinstance(talk.get(key), str)), "")
    conversation_id = collector.unused_id(clean_text(wanted) or source.stem)
    shown = set(path)
    for key in [*path, *(key for key in nodes if key not in shown)]:
        message = nodes[key].get("message")
        if not isinstance(message, dict):
            continue
        reason = _why_not(message) or (None if key in shown else "other_branch")
        if reason:
            collector.drop(reason, line=number)
            continue
        text, taken_out = _read_content(message)
        voices.add(text, taken_out, from_number_or_iso(collector, message.get("create_time")), conversation_id, number)
    return is_whole


def _find_path(leaf: object, nodes: dict[str, dict[str, Any]]) -> tuple[list[str], bool]:
    parents = {key: node.get("parent") for key, node in nodes.items()}
    if isinstance(leaf, str) and leaf in parents:
        return path_to(leaf, parents)
    times = {key: seconds_of(_dict(node.get("message")).get("create_time")) for key, node in nodes.items()}
    newest = newest_leaf(list(nodes), parents, times)
    return (path_to(newest, parents)[0] if newest is not None else []), not nodes


def _why_not(message: dict[str, Any]) -> str | None:
    """Why a message is not the person's, or None."""
    role = _dict(message.get("author")).get("role")
    if role == "assistant":
        return "assistant"
    metadata, content = _dict(message.get("metadata")), _dict(message.get("content"))
    is_hidden = metadata.get("is_visually_hidden_from_conversation") or metadata.get("is_user_system_message")
    return "system" if role != "user" or is_hidden or content.get("content_type") in _NOT_SHOWN else None


def _read_content(message: dict[str, Any]) -> tuple[str, Counter[str]]:
    """The text of a message, and how many pictures, recordings and files came with it."""
    content = _dict(message.get("content"))
    parts = content.get("parts")
    taken_out: Counter[str] = Counter()
    texts: list[str] = []
    for part in parts if isinstance(parts, list) else [content.get("text")]:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            kind = part.get("content_type")
            if kind == "audio_transcription" and isinstance(part.get("text"), str):
                texts.append(part["text"])
            else:
                taken_out[_REASON_OF_PART.get(kind, "other_media") if isinstance(kind, str) else "other_media"] += 1
    taken_out["file"] += sum(1 for _ in _files(_dict(message.get("metadata")).get("attachments")))
    return "\n".join(texts), +taken_out


def _files(attachments: object) -> Iterator[dict[str, Any]]:
    """The attachments that are no pictures (those stand among the parts)."""
    for attachment in attachments if isinstance(attachments, list) else []:
        kind = _dict(attachment).get("mime_type") or _dict(attachment).get("mimeType")
        if isinstance(kind, str) and not kind.startswith(("image/", "audio/", "video/")):
            yield attachment


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


READER = Reader("chatgpt", both("ChatGPT の会話", "ChatGPT conversations"), judge, parse, of_json=True)
