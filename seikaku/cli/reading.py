"""Conversation input of the verbs: files, folders, standard input, and the choice of speakers.

Effects: reads the files named; notes about files that were passed over go to standard error.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from seikaku.cli.bilingual import option
from seikaku.cli.language import tell, words
from seikaku.cli.progress import SHORT_SECONDS, OnProgress, show_progress
from seikaku.conversation.readers import FORMAT_NAMES, explain_open_errors, parse_conversations, read_conversations
from seikaku.conversation.speakers import list_speakers, nearest_speakers, shorten_name
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import InputFileError, SpeakerError, both, in_lang

STDIN = "-"
STDIN_NAME = both("標準入力", "standard input")
_READING = both("読み込み", "Reading")
_MAX_SKIPPED_LISTED = 5


def _complete_format(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in FORMAT_NAMES if name.startswith(incomplete)]


format_option = option(
    "--format",
    "format_name",
    metavar=both("形式", "FORMAT"),
    shell_complete=_complete_format,
    help=both(
        f"入力の形式（省略すると自動判定）: {', '.join(FORMAT_NAMES)}",
        f"Format of the input (recognised where left out): {', '.join(FORMAT_NAMES)}",
    ),
)


def read_input(path: str, format_name: str | None) -> tuple[str, ImportedFile]:
    """Read one file, or standard input for "-"; returns its display name and content. Raises InputFileError."""
    if path == STDIN:  # without a bar: somebody may be typing
        return words(STDIN_NAME), parse_conversations(sys.stdin.buffer.read(), name=STDIN_NAME, format=format_name)
    with show_progress("steps", after=SHORT_SECONDS) as on_progress:
        on_progress(_READING, 0, 1)
        return path, read_conversations(Path(path), format=format_name)


def read_inputs(paths: Sequence[str], format_name: str | None) -> list[tuple[str, ImportedFile]]:
    """Read files, folders (recursively, in the order of their paths) and "-"; returns (display name, content) pairs.

    In a folder, hidden files are left out and files that are no conversation are passed over with a note.
    Raises InputFileError for a file that was named and cannot be read, and for a folder without any conversation.
    """
    inputs: list[tuple[str, ImportedFile]] = []
    for path in paths:
        with explain_open_errors(Path(path)):
            is_folder = path != STDIN and Path(path).is_dir()
        inputs += _read_folder(Path(path), format_name) if is_folder else [read_input(path, format_name)]
    return inputs


def choose_speakers(imported: ImportedFile, speaker: str | None, all_speakers: bool) -> list[str]:
    """The speakers to analyse, in order of first appearance. Raises SpeakerError if the choice is missing or wrong."""
    counts = imported.report.speakers
    if speaker is not None and all_speakers:
        raise SpeakerError(
            both(
                f"--speaker {speaker} と --all-speakers が両方指定されています。",
                f"Both --speaker {speaker} and --all-speakers are given.",
            ),
            both("どちらか一方だけを指定してください。", "Give one of the two."),
        )
    if all_speakers or (speaker is None and len(counts) == 1):
        return list(counts)
    if speaker is None:
        listed = list_speakers(counts)
        raise SpeakerError(
            both(
                f"話者が {len(counts)} 人います: {listed}。",
                f"There are {len(counts)} speakers: {listed.english}.",
            ),
            both(
                "--speaker 名前 で 1 人を選ぶか、--all-speakers で全員を指定してください。",
                "Choose one with --speaker NAME, or all with --all-speakers.",
            ),
        )
    if speaker not in counts:
        nearest = nearest_speakers(counts, speaker)
        listed, first = list_speakers(counts, nearest), shorten_name(nearest[0])
        raise SpeakerError(
            both(
                f"話者「{speaker}」はいません。いるのは {listed}。",
                f"There is no speaker “{speaker}”. There are: {listed.english}.",
            ),
            both(
                f"--speaker {first} のように、上の名前のどれかを指定してください。",
                f"Give one of these names, such as --speaker {first}.",
            ),
        )
    return [speaker]


def _read_folder(folder: Path, format_name: str | None) -> list[tuple[str, ImportedFile]]:
    with show_progress("steps", after=SHORT_SECONDS) as on_progress:
        inputs, skipped = _read_files(_list_files(folder), format_name, on_progress)
    if skipped:
        tell(both(f"読み飛ばしたファイル: {len(skipped)} 件", f"Files passed over: {len(skipped)}"))
        for message in skipped[:_MAX_SKIPPED_LISTED]:
            tell(both(f"  {message}", f"  {in_lang(message, 'en')}"))
        if (n_more := len(skipped) - _MAX_SKIPPED_LISTED) > 0:
            tell(both(f"  ほか {n_more} 件", f"  and {n_more} more"))
    if not inputs:
        raise InputFileError(
            both(
                f"フォルダ {folder} に会話のファイルがありません。",
                f"There is no conversation file in the folder {folder}.",
            ),
            both("会話のファイルが入ったフォルダを指定してください。", "Name a folder that holds conversation files."),
        )
    return inputs


def _list_files(folder: Path) -> list[Path]:
    """All files in and below the folder that are not hidden, in order."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _read_files(
    paths: Sequence[Path], format_name: str | None, on_progress: OnProgress
) -> tuple[list[tuple[str, ImportedFile]], list[str]]:
    """What could be read, and why each other file could not."""
    inputs: list[tuple[str, ImportedFile]] = []
    skipped: list[str] = []
    for number, path in enumerate(paths):
        on_progress(_READING, number, len(paths))
        try:
            inputs.append((str(path), read_conversations(path, format=format_name)))
        except InputFileError as error:
            skipped.append(error.message)
    return inputs, skipped
