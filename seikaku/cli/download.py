"""`seikaku download`: fetch the corpora, say under which licence they are, and show how far it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seikaku.cli.bilingual import lang_option, option, quiet_option, verb
from seikaku.cli.language import show, tell, tell_error
from seikaku.cli.progress import show_progress
from seikaku.cli.writing import explain_write_errors, writes
from seikaku.errors import SeikakuError, both, in_lang
from seikaku.places import RAW_DATA

if TYPE_CHECKING:
    from seikaku.corpora.raw import CorpusNotice, FetchResult


def _read_sha256(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and (len(value) != 64 or set(value.lower()) - set("0123456789abcdef")):
        raise click.BadParameter(both("sha256 は 16 進数 64 桁です。", "a sha256 has 64 hexadecimal digits."))
    return value


@verb(
    "download",
    help=both(
        """学習用コーパス（RealPersonaChat、Nemotron-Personas-Japan）を取得します。

        中断しても、もう一度実行すれば続きから再開します。すでにそろっていれば何もしません。
        """,
        """Fetch the training corpora (RealPersonaChat, Nemotron-Personas-Japan).

        After an interruption the same command goes on where it was. Where everything is there, nothing is done.
        """,
    ),
)
@option(
    "--realpersonachat",
    metavar="PATH_OR_URL",
    help=both(
        "RealPersonaChat の zip（既定: GitHub の固定したコミット）",
        "Zip of RealPersonaChat (default: a fixed commit on GitHub)",
    ),
)
@option(
    "--realpersonachat_sha256",
    metavar="HEX",
    callback=_read_sha256,
    help=both("zip の sha256。違えばエラーにする", "The zip's sha256; another one is an error"),
)
@option(
    "--nemotron",
    metavar="PATH_OR_URL",
    help=both(
        "Nemotron-Personas-Japan の .csv / .parquet / .parquet のフォルダ（既定: Hugging Face から順に読む）",
        "Nemotron-Personas-Japan as .csv, .parquet or a folder of .parquet (default: read in order from Hugging Face)",
    ),
)
@option(
    "--nemotron_limit",
    type=click.IntRange(min=1),
    metavar="N",
    help=both("ペルソナの先頭 N 件だけを取得する", "Fetch only the first N personas"),
)
@option(
    "--skip_realpersonachat",
    is_flag=True,
    help=both("RealPersonaChat を取得しない", "Do not fetch RealPersonaChat"),
)
@option(
    "--skip_nemotron",
    is_flag=True,
    help=both("Nemotron-Personas-Japan を取得しない", "Do not fetch Nemotron-Personas-Japan"),
)
@option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=RAW_DATA,
    show_default=True,
    help=both("保存するフォルダ", "Folder to keep them in"),
)
@lang_option
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
    """Fetch each corpus that is wanted, and tell what it is and under which terms."""
    from seikaku.corpora import fetch_nemotron as personas
    from seikaku.corpora import fetch_realpersonachat as dialogues
    from seikaku.corpora import raw

    if skip_realpersonachat and skip_nemotron:
        raise click.UsageError(
            both("両方のコーパスを除くと、することがありません。", "Without either corpus there is nothing to do.")
        )
    errors: list[SeikakuError] = []
    with show_progress("share") as on_progress:
        if not skip_realpersonachat:
            with _collect(errors), writes(out), explain_write_errors(out):
                source = realpersonachat or dialogues.DEFAULT_URL
                result = dialogues.fetch_realpersonachat(source, realpersonachat_sha256, out, on_progress)
                _print_result(raw.REALPERSONACHAT, result, f"sha256 {result.manifest['sha256']}")
        if not skip_nemotron:
            with _collect(errors), writes(out), explain_write_errors(out):
                source = nemotron or personas.DEFAULT_SOURCE
                result = personas.fetch_nemotron(source, nemotron_limit, out, on_progress)
                n_rows = f"{result.manifest['rows']:,}"
                _print_result(raw.NEMOTRON, result, both(f"{n_rows} 件", f"personas: {n_rows}"))
    for error in errors[:-1]:
        tell_error(error)
    if errors:
        raise errors[-1]
    tell(both("次は python preprocess_data.py を実行してください。", "Next: python preprocess_data.py"))


@contextmanager
def _collect(errors: list[SeikakuError]) -> Iterator[None]:
    """Keep an error for the end, so that one corpus's fault does not stop the other."""
    try:
        yield
    except SeikakuError as error:
        errors.append(error)


def _print_result(notice: "CorpusNotice", result: "FetchResult", detail: str) -> None:
    new, old = both("取得しました", "fetched"), both("すでにそろっているので、何もしません", "all there, nothing to do")
    done = new if result.is_new else old
    lines = [
        both(f"{notice.title}: {done}（{detail}）", f"{notice.title}: {done.english} ({in_lang(detail, 'en')})"),
        both(f"  ライセンス: {notice.licence}", f"  Licence: {notice.licence}"),
        *(both(f"  出典: {citation}", f"  Cite: {citation}") for citation in notice.citations),
        *(both(f"  注意: {caution}", f"  Note: {in_lang(caution, 'en')}") for caution in notice.cautions),
    ]
    for line in lines:
        show(line)
