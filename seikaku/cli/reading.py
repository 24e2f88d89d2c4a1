"""Conversation input of the verbs: files, folders, standard input, and the choice of speakers.

Effects: reads the files named; notes about files that were passed over go to standard error.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from seikaku.conversation.readers import FORMAT_NAMES, parse_conversations, read_conversations
from seikaku.conversation.speakers import list_speakers, nearest_speakers, shorten_name
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import InputFileError, SpeakerError

STDIN = "-"
_STDIN_NAME = "標準入力"
_MAX_SKIPPED_LISTED = 5

format_option = click.option(
    "--format",
    "format_name",
    metavar="形式",
    help=f"入力の形式（省略すると自動判定）: {', '.join(FORMAT_NAMES)}",
)


def read_input(path: str, format_name: str | None) -> tuple[str, ImportedFile]:
    """Read one file, or standard input for "-"; returns its display name and content. Raises InputFileError."""
    if path == STDIN:
        data = sys.stdin.buffer.read()
        return _STDIN_NAME, parse_conversations(data, name=_STDIN_NAME, format=format_name)
    return path, read_conversations(Path(path), format=format_name)


def read_inputs(paths: Sequence[str], format_name: str | None) -> list[tuple[str, ImportedFile]]:
    """Read files, folders (recursively, in the order of their paths) and "-"; returns (display name, content) pairs.

    In a folder, hidden files are left out and files that are no conversation are passed over with a note.
    Raises InputFileError for a file that was named and cannot be read, and for a folder without any conversation.
    """
    inputs: list[tuple[str, ImportedFile]] = []
    for path in paths:
        if path != STDIN and Path(path).is_dir():
            inputs += _read_folder(Path(path), format_name)
        else:
            inputs.append(read_input(path, format_name))
    return inputs


def choose_speakers(imported: ImportedFile, speaker: str | None, all_speakers: bool) -> list[str]:
    """The speakers to analyse, in order of first appearance. Raises SpeakerError if the choice is missing or wrong."""
    counts = imported.report.speakers
    if speaker is not None and all_speakers:
        raise SpeakerError(
            f"--speaker {speaker} と --all-speakers が両方指定されています。", "どちらか一方だけを指定してください。"
        )
    if all_speakers or (speaker is None and len(counts) == 1):
        return list(counts)
    if speaker is None:
        raise SpeakerError(
            f"話者が {len(counts)} 人います: {list_speakers(counts)}。",
            "--speaker 名前 で 1 人を選ぶか、--all-speakers で全員を指定してください。",
        )
    if speaker not in counts:
        nearest = nearest_speakers(counts, speaker)
        raise SpeakerError(
            f"話者「{speaker}」はいません。いるのは {list_speakers(counts, nearest)}。",
            f"--speaker {shorten_name(nearest[0])} のように、上の名前のどれかを指定してください。",
        )
    return [speaker]


def _read_folder(folder: Path, format_name: str | None) -> list[tuple[str, ImportedFile]]:
    inputs: list[tuple[str, ImportedFile]] = []
    skipped: list[str] = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        try:
            inputs.append((str(path), read_conversations(path, format=format_name)))
        except InputFileError as error:
            skipped.append(error.message)
    if skipped:
        click.echo(f"読み飛ばしたファイル: {len(skipped)} 件", err=True)
        for message in skipped[:_MAX_SKIPPED_LISTED]:
            click.echo(f"  {message}", err=True)
        if len(skipped) > _MAX_SKIPPED_LISTED:
            click.echo(f"  ほか {len(skipped) - _MAX_SKIPPED_LISTED} 件", err=True)
    if not inputs:
        raise InputFileError(
            f"フォルダ {folder} に会話のファイルがありません。", "会話のファイルが入ったフォルダを指定してください。"
        )
    return inputs
