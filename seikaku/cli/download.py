"""`seikaku download`: fetch the corpora, say under which licence they are, and show how far it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seikaku.cli.bilingual import quiet_option
from seikaku.cli.language import tell_error
from seikaku.cli.progress import show_progress
from seikaku.cli.writing import explain_write_errors
from seikaku.errors import SeikakuError
from seikaku.places import RAW_DATA

if TYPE_CHECKING:
    from seikaku.corpora.raw import CorpusNotice, FetchResult


def _read_sha256(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and (len(value) != 64 or set(value.lower()) - set("0123456789abcdef")):
        raise click.BadParameter("sha256 は 16 進数 64 桁です。")
    return value


@click.command("download")
@click.option(
    "--realpersonachat",
    metavar="PATH_OR_URL",
    help="RealPersonaChat の zip（既定: GitHub の固定したコミット）",
)
@click.option(
    "--realpersonachat_sha256",
    metavar="HEX",
    callback=_read_sha256,
    help="zip の sha256。違えばエラーにする",
)
@click.option(
    "--nemotron",
    metavar="PATH_OR_URL",
    help="Nemotron-Personas-Japan の .csv / .parquet / .parquet のフォルダ（既定: Hugging Face から順に読む）",
)
@click.option("--nemotron_limit", type=click.IntRange(min=1), metavar="N", help="ペルソナの先頭 N 件だけを取得する")
@click.option("--skip_realpersonachat", is_flag=True, help="RealPersonaChat を取得しない")
@click.option("--skip_nemotron", is_flag=True, help="Nemotron-Personas-Japan を取得しない")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=RAW_DATA,
    show_default=True,
    help="保存するフォルダ",
)
@quiet_option
def command(
    realpersonachat: str | None,
    realpersonachat_sha256: str | None,
    nemotron: str | None,
    nemotron_limit: int | None,
    skip_realpersonachat: bool,
    skip_nemotron: bool,
    out: Path,
) -> None:
    """学習用コーパス（RealPersonaChat、Nemotron-Personas-Japan）を取得します。

    中断しても、もう一度実行すれば続きから再開します。すでにそろっていれば何もしません。
    """
    from seikaku.corpora import fetch_nemotron as personas
    from seikaku.corpora import fetch_realpersonachat as dialogues
    from seikaku.corpora import raw

    if skip_realpersonachat and skip_nemotron:
        raise click.UsageError("両方のコーパスを除くと、することがありません。")
    errors: list[SeikakuError] = []
    with show_progress("share") as on_progress:
        if not skip_realpersonachat:
            with _collect(errors), explain_write_errors(out):
                source = realpersonachat or dialogues.DEFAULT_URL
                result = dialogues.fetch_realpersonachat(source, realpersonachat_sha256, out, on_progress)
                _print_result(raw.REALPERSONACHAT, result, f"sha256 {result.manifest['sha256']}")
        if not skip_nemotron:
            with _collect(errors), explain_write_errors(out):
                source = nemotron or personas.DEFAULT_SOURCE
                result = personas.fetch_nemotron(source, nemotron_limit, out, on_progress)
                _print_result(raw.NEMOTRON, result, f"{result.manifest['rows']:,} 件")
    for error in errors[:-1]:
        tell_error(error)
    if errors:
        raise errors[-1]
    click.echo("次は python preprocess_data.py を実行してください。")


@contextmanager
def _collect(errors: list[SeikakuError]) -> Iterator[None]:
    """Keep an error for the end, so that one corpus's fault does not stop the other."""
    try:
        yield
    except SeikakuError as error:
        errors.append(error)


def _print_result(notice: "CorpusNotice", result: "FetchResult", detail: str) -> None:
    done = "取得しました" if result.is_new else "すでにそろっているので、何もしません"
    click.echo(f"{notice.title}: {done}（{detail}）")
    click.echo(f"  ライセンス: {notice.licence}")
    for citation in notice.citations:
        click.echo(f"  出典: {citation}")
    for caution in notice.cautions:
        click.echo(f"  注意: {caution}")
