"""JSON values of unknown type -> what a reader wants of them, or an empty one. Pure. Never raises."""

from pathlib import PurePath
from typing import Any

from seikaku.conversation.readers.source import Source
from seikaku.errors import InputFileError, both

_PICTURES = frozenset("jpg jpeg png gif webp heic heif bmp tiff svg avif".split())
_FILMS = frozenset("mp4 mov avi mkv webm m4v 3gp wmv".split())
_SOUNDS = frozenset("mp3 m4a ogg opus wav aac flac amr oga".split())


def text_at(value: object, key: str) -> str:
    """The string under ``key``; empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def id_at(value: object, key: str) -> str:
    """An id under ``key``, a string or a whole number; empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found) if abs(found) < 10**30 else ""
    return found if isinstance(found, str) else ""


def dict_at(value: object, key: str) -> dict[str, Any]:
    """The object under ``key``; empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def list_at(value: object, key: str) -> list[Any]:
    """The array under ``key``; empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def is_true(value: object, key: str) -> bool:
    """Whether ``true`` stands under ``key``."""
    return isinstance(value, dict) and value.get(key) is True


def folder_of(source: Source) -> str:
    """The name of the folder that the file lies in; empty where its name has none."""
    return PurePath(source.name.replace("\\", "/")).parent.name


def last_name(source: Source) -> str:
    """The file's name without folders, in lower case."""
    return PurePath(source.name.replace("\\", "/")).name.lower()


def reason_of_file(name: str) -> str:
    """Why an attached file of this name is no speech."""
    suffix = name.split("?", 1)[0].rpartition(".")[2].lower()
    if suffix in _PICTURES:
        return "photo"
    if suffix in _FILMS:
        return "video"
    if suffix in _SOUNDS:
        return "voice_message"
    return "contact" if suffix == "vcf" else "file"


def lacks(source: Source, what: str, app: str) -> InputFileError:
    """The whole file lacks the array or object ``what`` that an export of ``app`` has."""
    return InputFileError(
        both(
            f"{source.name} に {app} の書き出しにあるはずの {what} がありません。",
            f"{source.english_name} lacks {what}, which an export of {app} has.",
        ),
        both(
            "書き出したファイルを変えずに指定するか、--format を外してください。",
            "Name the exported file unchanged, or leave --format out.",
        ),
    )
