"""Which speakers of which files are estimated. In: what was read, the options. Out: files and names. Effect: a note."""

from collections.abc import Sequence

from seikaku.cli.language import tell
from seikaku.cli.reading import choose_speakers
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import SpeakerError, both, in_lang

Chosen = list[tuple[str, ImportedFile, list[str]]]  # the file's name, what it holds, the speakers to estimate


def choose_in_files(inputs: Sequence[tuple[str, ImportedFile]], speaker: str | None, all_speakers: bool) -> Chosen:
    """The speakers of each file. Among several files those without ``speaker`` are passed over with a note."""
    if len(inputs) == 1:
        name, imported = inputs[0]
        return [(name, imported, choose_speakers(imported, speaker, all_speakers))]
    chosen: Chosen = []
    n_without = 0
    for name, imported in inputs:
        if speaker is not None and not all_speakers and speaker not in imported.report.speakers:
            n_without += 1
            continue
        try:
            chosen.append((name, imported, choose_speakers(imported, speaker, all_speakers)))
        except SpeakerError as error:
            message = both(f"{name}: {error.message}", f"{name}: {in_lang(error.message, 'en')}")
            raise SpeakerError(message, error.mend) from None
    if not chosen:
        raise SpeakerError(
            both(
                f"話者「{speaker}」は {len(inputs)} 件のファイルのどれにもいません。",
                f"The speaker “{speaker}” is in none of the {len(inputs)} files.",
            ),
            both(
                "seikaku import ファイル で話者の名前を確かめてください。",
                "See the speakers' names with seikaku import FILE.",
            ),
        )
    if n_without:
        tell(
            both(
                f"話者「{speaker}」がいないので飛ばしたファイル: {n_without} 件",
                f"Files passed over, without the speaker “{speaker}”: {n_without}",
            )
        )
    return chosen


def add_compared(chosen: Chosen, compare: str) -> Chosen:
    """The chosen speaker and the one to stand beside. Raises SpeakerError."""
    if len(chosen) != 1:
        raise SpeakerError(
            both(
                f"--compare は 1 つのファイルの中のふたりを並べますが、ファイルが {len(chosen)} 件あります。",
                f"--compare puts two speakers of one file side by side, but there are {len(chosen)} files.",
            ),
            both("ファイルを 1 つだけ指定してください。", "Name one file."),
        )
    name, imported, speakers = chosen[0]
    try:
        return [(name, imported, speakers + choose_speakers(imported, compare, all_speakers=False))]
    except SpeakerError as error:
        mends = (in_lang(error.mend, lang).replace("--speaker", "--compare", 1) for lang in ("ja", "en"))
        raise SpeakerError(error.message, both(*mends)) from None
