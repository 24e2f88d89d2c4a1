"""`seikaku preprocess`: check the downloaded corpora and write them as Parquet. Effects: prints, reads, writes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from seikaku.cli.bilingual import lang_option, option, quiet_option, verb
from seikaku.cli.language import show
from seikaku.cli.progress import show_progress
from seikaku.cli.writing import explain_write_errors, writes
from seikaku.errors import Words, both
from seikaku.places import PROCESSED_DATA, RAW_DATA


@verb(
    "preprocess",
    help=both(
        """取得したコーパスを検証し、話者・発話・ペルソナの Parquet にします。

        使えない行は理由ごとに数えて除きます。元データが前回と同じなら何もしません。
        """,
        """Check the corpora that were fetched, and make Parquet of their speakers, utterances and personas.

        Rows that cannot be used are left out and counted by reason. Where the data are those of the last time, nothing
        is done.
        """,
    ),
)
@option(
    "--raw",
    "raw_folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=RAW_DATA,
    show_default=True,
    help=both("取得したコーパスのフォルダ", "Folder of the corpora that were fetched"),
)
@option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=PROCESSED_DATA,
    show_default=True,
    help=both("Parquet を書くフォルダ", "Folder to write Parquet into"),
)
@option("--force", is_flag=True, help=both("元データが同じでも作り直す", "Make it anew, even of the same data"))
@lang_option
@quiet_option
def command(raw_folder: Path, out: Path, force: bool) -> None:
    """Check and write, then print what is there and what was left out."""
    from seikaku.corpora.preprocess import preprocess
    from seikaku.corpora.raw import NEMOTRON, REALPERSONACHAT

    with show_progress("steps") as on_progress, writes(out), explain_write_errors(out):
        result = preprocess(raw_folder, out, force, on_progress)
    new = both("Parquet にしました。", "Parquet is written.")
    old = both("元データが前回と同じなので、何もしません。", "The data are those of the last time: nothing to do.")
    absent = [notice.title for notice in (REALPERSONACHAT, NEMOTRON) if notice.name not in result.manifest["sources"]]
    lines = [
        new if result.is_new else old,
        *(
            both(
                f"  {title}: 取得されていないので含めません（python download_datasets.py で取得できます）",
                f"  {title}: not fetched, so it is left out (python download_datasets.py fetches it)",
            )
            for title in absent
        ),
        *summarise(result.manifest),
    ]
    for line in lines:
        show(line)


_COUNT_NAMES = {
    "speakers": both("話者", "Speakers"),
    "speakers_with_dialogue": both("対話のある話者", "Speakers with dialogues"),
    "speakers_careless": both(
        "不注意回答の疑い（印を付けて残す）", "Speakers who may have answered carelessly (kept, and marked)"
    ),
    "dialogues": both("対話", "Dialogues"),
    "utterances": both("発話", "Utterances"),
    "communities": both(
        "話の輪（互いによく話す話者の集まり。評価ではまとめて外す）",
        "Talk communities (speakers who talk with each other; held out together in an evaluation)",
    ),
    "kin_groups": both("書き方で見分けのつかない話者の組", "Groups of speakers whom writing does not tell apart"),
    "speakers_with_kin": both("その組に入る話者（学習に使わない）", "Speakers in these groups (not trained on)"),
    "speakers_kin_undecided": both(
        "本文が少なく、見分けを調べられない話者", "Speakers with too little text to look for that"
    ),
    "personas": both("ペルソナ", "Personas"),
}


def summarise(manifest: dict[str, Any]) -> Iterator[Words]:
    """A line for each figure of the manifest, for speakers who write alike, and for each reason to leave out."""
    for key, count in manifest["counts"].items():
        name = _COUNT_NAMES[key]
        yield both(f"  {name}: {count:,}", f"  {name.english}: {count:,}")
    for members in manifest["kin"]:
        yield both(
            f"  注意: {'、'.join(members)} は、書き方が本人どうしと同じくらい似ています（同じ人か、同じ書き方の仲間）。"
            "学習には使わず、評価では同じ分割に入れます。",
            f"  Note: {', '.join(members)} write as much alike as one person does (one person, or companions who write "
            "alike). They are not trained on, and stay together in an evaluation.",
        )
    if manifest["splits"]:
        parts = [f"{part} {count}" for part, count in manifest["splits"].items()]
        yield both(f"  話者の分割: {'、'.join(parts)}", f"  Parts of the speakers: {', '.join(parts)}")
    for reason, count in manifest["dropped"].items():
        yield both(f"  除いたもの {reason}: {count:,}", f"  Left out, {reason}: {count:,}")
