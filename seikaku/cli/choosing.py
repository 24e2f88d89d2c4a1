"""Which speakers of which files are estimated. In: what was read, the options. Out: files and names. Effect: a note."""

from collections.abc import Sequence

from seikaku.cli.language import tell
from seikaku.cli.reading import choose_speakers
from seikaku.conversation.inputs.merging import rename_speakers
from seikaku.conversation.speakers import shorten_name
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import SpeakerError, both, in_lang

Inputs = list[tuple[str, ImportedFile]]  # the file's name, what it holds
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


def merge_names(inputs: Inputs, speaker: str | None) -> tuple[Inputs, str | None]:
    """Take ``太郎=たろう,Taro`` for three names of one person, 太郎: the files with those names changed, and 太郎.

    A speaker who is called so to the letter is meant as such. Raises SpeakerError for a name that nobody has.
    """
    known = list(dict.fromkeys(name for _, imported in inputs for name in imported.report.speakers))
    if speaker is None or speaker in known or "=" not in speaker:
        return inputs, speaker
    main, _, written = speaker.partition("=")
    others = [name for name in (one.strip() for one in written.split(",")) if name]
    unknown = [name for name in others if name not in known]
    if not main.strip() or not others or unknown:
        wrong = shorten_name(unknown[0]) if unknown else speaker
        raise SpeakerError(
            both(f"まとめる名前「{wrong}」の人はいません。", f"There is nobody called “{wrong}” to be put together."),
            both(
                "--speaker 太郎=たろう,Taro のように、= の右にいまの名前をカンマで区切って書いてください。",
                "Write --speaker Taro=taro,T.Y: to the right of = the present names with commas between them.",
            ),
        )
    names = {other: main.strip() for other in others}
    return [(name, rename_speakers(imported, names)) for name, imported in inputs], main.strip()


def add_compared(chosen: Chosen, compare: str) -> Chosen:
    """The chosen speaker and the one to stand beside. Raises SpeakerError."""
    if len(chosen) != 1:
        raise SpeakerError(
            both(
                f"--compare はふたりを並べますが、--each-file で {len(chosen)} 件のファイルに分かれています。",
                f"--compare puts two speakers side by side, but --each-file keeps {len(chosen)} files apart.",
            ),
            both("--each-file を外してください。", "Leave out --each-file."),
        )
    name, imported, speakers = chosen[0]
    try:
        return [(name, imported, speakers + choose_speakers(imported, compare, all_speakers=False))]
    except SpeakerError as error:
        mends = (in_lang(error.mend, lang).replace("--speaker", "--compare", 1) for lang in ("ja", "en"))
        raise SpeakerError(error.message, both(*mends)) from None
