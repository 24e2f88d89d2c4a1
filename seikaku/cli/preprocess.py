"""`seikaku preprocess`: check the downloaded corpora and write them as Parquet."""

from pathlib import Path
from typing import Any

import click

from seikaku.cli.bilingual import quiet_option
from seikaku.cli.progress import show_progress
from seikaku.cli.writing import explain_write_errors
from seikaku.places import PROCESSED_DATA, RAW_DATA


@click.command("preprocess")
@click.option(
    "--raw",
    "raw_folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=RAW_DATA,
    show_default=True,
    help="取得したコーパスのフォルダ",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=PROCESSED_DATA,
    show_default=True,
    help="Parquet を書くフォルダ",
)
@click.option("--force", is_flag=True, help="元データが同じでも作り直す")
@quiet_option
def command(raw_folder: Path, out: Path, force: bool) -> None:
    """取得したコーパスを検証し、話者・発話・ペルソナの Parquet にします。

    使えない行は理由ごとに数えて除きます。元データが前回と同じなら何もしません。
    """
    from seikaku.corpora.preprocess import preprocess
    from seikaku.corpora.raw import NEMOTRON, REALPERSONACHAT

    with show_progress("steps") as on_progress, explain_write_errors(out):
        result = preprocess(raw_folder, out, force, on_progress)
    click.echo("Parquet にしました。" if result.is_new else "元データが前回と同じなので、何もしません。")
    for notice in (REALPERSONACHAT, NEMOTRON):
        if notice.name not in result.manifest["sources"]:
            click.echo(
                f"  {notice.title}: 取得されていないので含めません（python download_datasets.py で取得できます）"
            )
    _print_manifest(result.manifest)


_COUNT_NAMES = {
    "speakers": "話者",
    "speakers_with_dialogue": "対話のある話者",
    "speakers_careless": "不注意回答の疑い（印を付けて残す）",
    "dialogues": "対話",
    "utterances": "発話",
    "communities": "話の輪（互いによく話す話者の集まり。評価ではまとめて外す）",
    "kin_groups": "書き方で見分けのつかない話者の組",
    "speakers_with_kin": "その組に入る話者（学習に使わない）",
    "speakers_kin_undecided": "本文が少なく、見分けを調べられない話者",
    "personas": "ペルソナ",
}


def _print_manifest(manifest: dict[str, Any]) -> None:
    for key, count in manifest["counts"].items():
        click.echo(f"  {_COUNT_NAMES[key]}: {count:,}")
    for members in manifest["kin"]:
        click.echo(
            f"  注意: {'、'.join(members)} は、書き方が本人どうしと同じくらい似ています（同じ人か、同じ書き方の仲間）。"
            "学習には使わず、評価では同じ分割に入れます。"
        )
    if manifest["splits"]:
        click.echo("  話者の分割: " + "、".join(f"{part} {count}" for part, count in manifest["splits"].items()))
    for reason, count in manifest["dropped"].items():
        click.echo(f"  除いたもの {reason}: {count:,}")
