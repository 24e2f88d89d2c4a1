"""Conversation input of the verbs: files, folders, standard input, and the choice of speakers.

Effects: reads the files named; notes about files that were passed over go to standard error.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from seikaku.cli.bilingual import option
from seikaku.cli.language import tell, words
from seikaku.cli.progress import SHORT_SECONDS, show_progress
from seikaku.conversation.inputs.gathering import Part, gather_path, open_archives, part_of_bytes
from seikaku.conversation.inputs.merging import name_of_several, pool
from seikaku.conversation.inputs.part_reading import Reading, parser_of, read_parts
from seikaku.conversation.readers import FORMAT_NAMES
from seikaku.conversation.speakers import list_speakers, nearest_speakers, shorten_name
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import SpeakerError, both, in_lang

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


each_file_option = option(
    "--each-file",
    is_flag=True,
    help=both(
        "ファイルをまとめず、1 つずつ推定する",
        "Do not put files together: estimate each one by itself",
    ),
)


def read_files(paths: Sequence[str], format_name: str | None) -> Reading:
    """Read files, folders (recursively, in the order of their paths), archives and "-", each file by itself.

    What came with a folder or an archive and is no conversation is passed over with a note, as is a second file of the
    same bytes. Raises InputFileError for a file that was named and cannot be read, and where no conversation is found.
    """
    skipped: list[str] = []
    parts: list[Part] = []
    for path in dict.fromkeys(paths):
        if path == STDIN:  # without a bar: somebody may be typing
            parts.append(part_of_bytes(words(STDIN_NAME), sys.stdin.buffer.read()))
        else:
            parts += gather_path(Path(path), skipped)
    with show_progress("steps", after=SHORT_SECONDS) as on_progress:
        gathered = open_archives(parts, skipped=tuple(skipped))
        reading = read_parts(gathered, parser_of(format_name), lambda done, total: on_progress(_READING, done, total))
    _tell_skipped(reading.skipped)
    return reading


def read_pooled(paths: Sequence[str], format_name: str | None) -> tuple[str, ImportedFile]:
    """All that ``read_files`` reads as one, where one name is one person; and the name to show for it."""
    reading = read_files(paths, format_name)
    return name_inputs(paths, [file.name for file in reading.files]), pool(reading.files)


def name_inputs(paths: Sequence[str], names: Sequence[str]) -> str:
    """What to call several inputs: the folder's or archive's own path, or the first files and how many more."""
    if len(paths) == 1 and paths[0] != STDIN:
        return paths[0]
    return name_of_several(names)


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


def _tell_skipped(skipped: Sequence[str]) -> None:
    if not skipped:
        return
    tell(both(f"読まなかったファイル: {len(skipped)} 件", f"Files not read: {len(skipped)}"))
    for message in skipped[:_MAX_SKIPPED_LISTED]:
        tell(both(f"  {message}", f"  {in_lang(message, 'en')}"))
    if (n_more := len(skipped) - _MAX_SKIPPED_LISTED) > 0:
        tell(both(f"  ほか {n_more} 件", f"  and {n_more} more"))
