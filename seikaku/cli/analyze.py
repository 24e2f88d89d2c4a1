"""`seikaku analyze`: conversation files -> estimates as a table, JSON, CSV or an HTML report.

Effects: reads the files named, prints, and writes only what --csv and --html name.
"""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seikaku.cli.reading import choose_speakers, format_option, read_inputs
from seikaku.cli.writing import check_output, write_text
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import SpeakerError

if TYPE_CHECKING:  # numpy and what stands on it are imported when there is something to estimate
    from seikaku.report.document import Result
    from seikaku.report.texts import Lang

_STDOUT = "-"
_LANGS = ("ja", "en")
_N_EVIDENCE_TABLE = 1
_N_EVIDENCE = 5


def _read_lang(_: click.Context, __: click.Parameter, value: str) -> str:
    if value not in _LANGS:
        raise click.BadParameter(f"{value}（{' か '.join(_LANGS)} を指定してください）。")
    return value


def _read_count(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    if value is not None and not (value.isascii() and value.isdigit()):
        raise click.BadParameter(f"{value}（0 以上の整数を指定してください）。")
    return None if value is None else int(value)


@click.command("analyze", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", metavar="パス...", nargs=-1, required=True)
@click.option("--speaker", metavar="名前", help="推定する話者（話者が 1 人なら省略できる）")
@click.option("--all-speakers", is_flag=True, help="すべての話者を推定する")
@click.option("--json", "as_json", is_flag=True, help="結果を JSON で標準出力に出す")
@click.option("--csv", "csv_path", metavar="ファイル|-", help="結果を CSV に書く（- で標準出力）")
@click.option("--html", "html_path", metavar="ファイル", type=click.Path(path_type=Path), help="HTML レポートを書く")
@click.option("--lang", default="ja", metavar="ja|en", callback=_read_lang, help="表と HTML の言語（既定: ja）")
@click.option("--model", metavar="フォルダ", type=click.Path(path_type=Path), help="モデル（既定: 同梱モデル）")
@format_option
@click.option(
    "--evidence",
    "n_evidence",
    metavar="N",
    callback=_read_count,
    help=f"特性ごと・向きごとに示す発話の数（既定: 表は {_N_EVIDENCE_TABLE}、JSON と HTML は {_N_EVIDENCE}）",
)
def command(
    paths: tuple[str, ...],
    speaker: str | None,
    all_speakers: bool,
    as_json: bool,
    csv_path: str | None,
    html_path: Path | None,
    lang: "Lang",
    model: Path | None,
    format_name: str | None,
    n_evidence: int | None,
) -> None:
    """会話から話者の性格特性を推定します（ファイル、フォルダ、- で標準入力）。

    1 つのファイルに会話がいくつあっても、同じ名前は同じ人としてまとめて推定します。ファイルどうしはまとめません。
    外部との通信はしません。会話の本文は、指定した出力のほかには残しません。
    """
    if as_json and csv_path == _STDOUT:
        raise click.UsageError("--json と --csv - は同時に使えません（どちらも標準出力に書きます）。")
    for path in (csv_path, html_path):
        if path is not None and path != _STDOUT:
            check_output(Path(path))
    chosen = _choose(read_inputs(paths, format_name), speaker, all_speakers)
    results = _estimate(chosen, model, _N_EVIDENCE if n_evidence is None else n_evidence)
    if as_json:
        click.echo(_render_json(results))
    elif csv_path is None:
        _print_tables(results, lang, _N_EVIDENCE_TABLE if n_evidence is None else n_evidence)
    if csv_path is not None:
        _write_csv(csv_path, results)
    if html_path is not None:
        _write_html(html_path, results, lang, _N_EVIDENCE if n_evidence is None else n_evidence)


def _choose(
    inputs: Sequence[tuple[str, ImportedFile]], speaker: str | None, all_speakers: bool
) -> list[tuple[str, ImportedFile, list[str]]]:
    """The speakers of each file. Among several files those without ``speaker`` are passed over with a note."""
    if len(inputs) == 1:
        name, imported = inputs[0]
        return [(name, imported, choose_speakers(imported, speaker, all_speakers))]
    chosen: list[tuple[str, ImportedFile, list[str]]] = []
    n_without = 0
    for name, imported in inputs:
        if speaker is not None and not all_speakers and speaker not in imported.report.speakers:
            n_without += 1
            continue
        try:
            chosen.append((name, imported, choose_speakers(imported, speaker, all_speakers)))
        except SpeakerError as error:
            raise SpeakerError(f"{name}: {error.message}", error.mend) from None
    if not chosen:
        raise SpeakerError(
            f"話者「{speaker}」は {len(inputs)} 件のファイルのどれにもいません。",
            "seikaku import ファイル で話者の名前を確かめてください。",
        )
    if n_without:
        click.echo(f"話者「{speaker}」がいないので飛ばしたファイル: {n_without} 件", err=True)
    return chosen


def _estimate(
    chosen: Sequence[tuple[str, ImportedFile, list[str]]], model: Path | None, n_evidence: int
) -> list["Result"]:
    from seikaku.cli.progress import show_steps
    from seikaku.inference.estimator import Estimator
    from seikaku.report.document import Result

    estimator = Estimator.load(model)
    n_total = sum(len(speakers) for _, _, speakers in chosen)
    results: list["Result"] = []
    with show_steps() if len(chosen) > 1 else nullcontext() as on_progress:
        for name, imported, speakers in chosen:
            for speaker in speakers:
                estimates = estimator.estimate(imported.conversations, speaker, n_evidence=n_evidence)
                results.append(Result(name, estimates, imported.report))
                if on_progress is not None:
                    on_progress("推定", len(results), n_total)
    return results


def _render_json(results: Sequence["Result"]) -> str:
    from seikaku.report.document import build_document

    return json.dumps(build_document(results), ensure_ascii=False, indent=2)


def _print_tables(results: Sequence["Result"], lang: "Lang", n_evidence: int) -> None:
    from rich.console import Console
    from rich.text import Text

    from seikaku.report.terminal import render_table

    console = Console()
    several_sources = len({result.source for result in results}) > 1
    for number, result in enumerate(results):
        if number:
            console.print()
        if several_sources:
            console.print(Text(result.source, style="underline"))
        console.print(render_table(result.estimates, lang=lang, report=result.report, n_evidence=n_evidence))


def _write_csv(csv_path: str, results: Sequence["Result"]) -> None:
    from seikaku.report.table import render_csv

    text = render_csv((result.source, result.estimates) for result in results)
    if csv_path == _STDOUT:
        click.echo(text, nl=False)
        return
    write_text(Path(csv_path), text)
    click.echo(f"CSV を書きました: {csv_path}（{len(results)} 行）", err=True)


def _write_html(html_path: Path, results: Sequence["Result"], lang: "Lang", n_evidence: int) -> None:
    from datetime import date

    from seikaku.report.html import render_html

    sources = {result.source for result in results}
    html = render_html(
        [result.estimates for result in results],
        lang=lang,
        import_report=results[0].report if len(sources) == 1 else None,  # what was read belongs to one file
        made_on=date.today(),
        n_evidence=n_evidence,
    )
    write_text(html_path, html)
    click.echo(f"HTML レポートを書きました: {html_path}", err=True)
