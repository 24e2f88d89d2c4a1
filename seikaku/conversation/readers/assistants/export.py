"""What the exports of ChatGPT and Claude share: talks under one key, and those whose branch is not told. Pure."""

from collections.abc import Callable
from typing import Any

from seikaku.conversation.readers.assistants.voice import USER, Voices
from seikaku.conversation.readers.collector import Collector
from seikaku.conversation.readers.json_text import read_document
from seikaku.conversation.readers.source import Source
from seikaku.errors import InputFileError, Words, both

# Collects one talk under its number, and answers whether it is certain which branch is the talk.
CollectTalk = Callable[[Collector, Voices, Source, int, dict[str, Any]], bool]


def collect_export(
    source: Source,
    kind: tuple[str, type],
    missing: InputFileError,
    collect: CollectTalk,
    say_torn: Callable[[int], Words],
) -> Collector:
    """Collect all talks that hold ``kind``, a key and the type below it. Raises ``missing`` if there is none."""
    key, below = kind
    talks = [
        (number, talk)
        for number, talk in enumerate(list_talks(read_document(source)), start=1)
        if isinstance(talk, dict) and isinstance(talk.get(key), below)
    ]
    if not talks:
        raise missing
    collector = Collector(source)
    voices = Voices(collector)
    n_torn = sum(not collect(collector, voices, source, number, talk) for number, talk in talks)
    voices.tell()
    collector.tell_me(USER)  # these are exports of one's own account
    if n_torn:
        collector.warn(say_torn(n_torn))
    return collector


def lacks_talks(source: Source, app: str, key: str, button: str) -> InputFileError:
    """The file holds no talk with ``key``; ``button``: what the app's settings call the export in Japanese."""
    return InputFileError(
        both(
            f"{source.name} に {app} の会話（{key}）がありません。",
            f"{source.english_name} holds no talk of {app} ({key}).",
        ),
        both(
            f"{app} の設定の「{button}」で届く conversations.json を指定してください。",
            f"Name the conversations.json that {app}'s settings send with “Export data”.",
        ),
    )


def list_talks(value: Any) -> list[Any]:
    """The talks of a document: one, a list of them, or those under ``conversations``."""
    if isinstance(value, dict) and isinstance(value.get("conversations"), list):
        value = value["conversations"]
    return value if isinstance(value, list) else [value]
