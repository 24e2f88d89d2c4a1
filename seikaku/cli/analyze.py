"""`seikaku analyze`: conversation files -> estimates as a table, JSON, CSV or an HTML report.

Effects: reads the files named, prints, and writes only what --csv and --html name.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seikaku.cli.bilingual import (
    allow_download_option,
    argument,
    lang_option,
    model_option,
    option,
    quiet_option,
    read_count,
    verb,
)
from seikaku.cli.choosing import Chosen, Inputs, add_compared, choose_in_files, merge_names
from seikaku.cli.extras import STDOUT, Extras, check_extras, check_outputs
from seikaku.cli.language import language, tell
from seikaku.cli.progress import LOADING, SHORT_SECONDS, show_progress
from seikaku.cli.reading import each_file_option, format_option, read_files, read_pooled
from seikaku.cli.writing import write_text
from seikaku.config import N_EVIDENCE, N_EVIDENCE_TABLE
from seikaku.errors import both

if TYPE_CHECKING:  # numpy and what stands on it are imported when there is something to estimate
    from seikaku.report.document import Result
    from seikaku.report.words.texts import Lang

_ESTIMATING = both("推定", "Estimating")
_NAME = both("名前", "NAME")


@verb(
    "analyze",
    help=both(
        """会話から話者の性格特性を推定します（ファイル、フォルダ、ZIP、- で標準入力）。

        ファイルや会話がいくつあっても、同じ名前は同じ人としてまとめて推定します（「話者 1」のような見出しは、
        ファイルごとに別の人）。1 つずつ推定するには --each-file を付けます。
        外部との通信はしません。会話の本文は、指定した出力のほかには残しません。
        """,
        """Estimate speakers' personality traits from conversation (files, folders, ZIPs, - for standard input).

        However many files and conversations there are, one name is one person (a label such as "Speaker 1" is another
        person in every file). --each-file estimates each file by itself. Nothing is sent anywhere, and no text of the
        conversation stays but in the outputs that you name.
        """,
    ),
)
@argument("paths", metavar=both("パス...", "PATH..."), nargs=-1, required=True, type=click.Path())
@option(
    "--speaker",
    metavar=_NAME,
    help=both(
        "推定する話者（話者が 1 人なら省略できる）。同じ人の別の名前は「太郎=たろう,Taro」でまとめる",
        "Whom to estimate (needless where there is but one); names of one person are put together by “Taro=taro,T.Y”",
    ),
)
@option("--all-speakers", is_flag=True, help=both("すべての話者を推定する", "Estimate all speakers"))
@option("--json", "as_json", is_flag=True, help=both("結果を JSON で標準出力に出す", "Print the result as JSON"))
@option(
    "--csv",
    "csv_path",
    metavar=both("ファイル|-", "FILE|-"),
    type=click.Path(),
    help=both("結果を CSV に書く（- で標準出力）", "Write the result as CSV (- for standard output)"),
)
@option(
    "--csv_bom",
    is_flag=True,
    help=both("CSV の先頭に BOM を付ける（Excel で開くとき）", "Begin the CSV with a BOM (to open it in Excel)"),
)
@option(
    "--html",
    "html_path",
    metavar=both("ファイル", "FILE"),
    type=click.Path(path_type=Path),
    help=both("HTML レポートを書く", "Write an HTML report"),
)
@option(
    "--trend",
    is_flag=True,
    help=both(
        "話者の発話を時期（日時がなければ会話）で分けて、それぞれ推定する",
        "Also estimate each period by itself (each conversation where there are no timestamps)",
    ),
)
@option(
    "--compare",
    metavar=_NAME,
    help=both(
        "--speaker の話者と並べる、もう 1 人の話者（差とその区間を出す）",
        "Another speaker to put beside that of --speaker (with the difference and its interval)",
    ),
)
@option("--radar", is_flag=True, help=both("HTML レポートにレーダー図を加える", "Add a radar chart to the HTML report"))
@each_file_option
@lang_option
@quiet_option
@model_option
@allow_download_option
@format_option
@option(
    "--evidence",
    "n_evidence",
    metavar="N",
    callback=read_count,
    help=both(
        f"特性ごと・向きごとに示す発話の数（既定: 表は {N_EVIDENCE_TABLE}、JSON と HTML は {N_EVIDENCE}）",
        f"How many utterances to show for each trait and direction "
        f"(default: {N_EVIDENCE_TABLE} in the table, {N_EVIDENCE} in JSON and HTML)",
    ),
)
@option("--no_evidence", is_flag=True, help=both("根拠の発話を引用しない", "Quote no evidence"))
def command(
    paths: tuple[str, ...],
    speaker: str | None,
    all_speakers: bool,
    as_json: bool,
    csv_path: str | None,
    csv_bom: bool,
    html_path: Path | None,
    trend: bool,
    compare: str | None,
    radar: bool,
    each_file: bool,
    model: Path | None,
    allow_download: bool,
    format_name: str | None,
    n_evidence: int | None,
    no_evidence: bool,
) -> None:
    """Check what was asked for, read, choose, estimate, then print and write."""
    lang = language()
    n_evidence = 0 if no_evidence else n_evidence
    extras = Extras(trend, compare, radar)
    check_extras(extras, speaker, all_speakers, csv_only=csv_path is not None and not as_json and html_path is None)
    check_outputs(as_json, csv_path, html_path, extras, paths)
    read, speaker = merge_names(_read(paths, format_name, each_file), speaker)
    read, compare = merge_names(read, compare)
    chosen = choose_in_files(read, speaker, all_speakers)
    if compare is not None:
        chosen = add_compared(chosen, compare)
    results = _estimate(
        chosen, (model, allow_download), N_EVIDENCE if n_evidence is None else n_evidence, with_trend=trend
    )
    if as_json:
        click.echo(_render_json(results, extras))
    elif csv_path is None:
        _print_tables(results, lang, N_EVIDENCE_TABLE if n_evidence is None else n_evidence, extras)
    if csv_path is not None:
        _write_csv(csv_path, results, bom=csv_bom)
    if html_path is not None:
        _write_html(html_path, results, lang, N_EVIDENCE if n_evidence is None else n_evidence, extras)


def _read(paths: Sequence[str], format_name: str | None, each_file: bool) -> Inputs:
    if each_file:
        return [(file.name, file.imported) for file in read_files(paths, format_name).files]
    return [read_pooled(paths, format_name)]


def _estimate(chosen: Chosen, model: tuple[Path | None, bool], n_evidence: int, *, with_trend: bool) -> list["Result"]:
    from seikaku.inference.estimator import Estimator
    from seikaku.inference.trend import estimate_trend
    from seikaku.report.document import Result

    n_total = sum(len(speakers) for _, _, speakers in chosen)
    results: list[Result] = []
    with show_progress("steps", after=SHORT_SECONDS) as on_progress:
        on_progress(LOADING, 0, 1)
        estimator = Estimator.load(model[0], may_download=model[1])
        on_progress(LOADING, 1, 1)
        on_progress(_ESTIMATING, 0, n_total)
        for name, imported, speakers in chosen:
            for speaker in speakers:
                estimates = estimator.estimate(imported.conversations, speaker, n_evidence=n_evidence)
                trend = estimate_trend(estimator, imported.conversations, speaker) if with_trend else None
                results.append(Result(name, estimates, imported.report, trend))
                on_progress(_ESTIMATING, len(results), n_total)
    return results


def _render_json(results: Sequence["Result"], extras: Extras) -> str:
    from seikaku.report.document import build_document

    document = build_document(results, compare=extras.compare is not None)
    return json.dumps(document, ensure_ascii=False, indent=2)


def _print_tables(results: Sequence["Result"], lang: "Lang", n_evidence: int, extras: Extras) -> None:
    from rich.console import Console
    from rich.text import Text

    from seikaku.report.terminal.estimates import render_table
    from seikaku.report.terminal.extras import render_comparison, render_trend

    console = Console()
    several_sources = len({result.source for result in results}) > 1
    for number, result in enumerate(results):
        if number:
            console.print()
        if several_sources:
            console.print(Text(result.source or "", style="underline"))
        console.print(render_table(result.estimates, lang=lang, report=result.report, n_evidence=n_evidence))
        if result.trend is not None:
            console.print()
            console.print(render_trend(result.trend, lang=lang))
    if extras.compare is not None:
        console.print()
        console.print(render_comparison(results[0].estimates, results[1].estimates, lang=lang))


def _write_csv(csv_path: str, results: Sequence["Result"], *, bom: bool) -> None:
    from seikaku.report.csv_table import render_csv

    text = render_csv(((result.source or "", result.estimates) for result in results), bom=bom)
    if csv_path == STDOUT:
        click.echo(text, nl=False)
        return
    write_text(Path(csv_path), text)
    n_rows = len(results)
    tell(both(f"CSV を書きました: {csv_path}（{n_rows} 行）", f"Wrote the CSV: {csv_path} (rows: {n_rows})"))


def _write_html(html_path: Path, results: Sequence["Result"], lang: "Lang", n_evidence: int, extras: Extras) -> None:
    from datetime import date

    from seikaku.report.html import render_html

    sources = {result.source for result in results}
    html = render_html(
        [result.estimates for result in results],
        lang=lang,
        import_report=results[0].report if len(sources) == 1 else None,  # what was read belongs to one file
        made_on=date.today(),
        n_evidence=n_evidence,
        trends=[result.trend for result in results if result.trend is not None] if extras.trend else None,
        compare=extras.compare is not None,
        radar=extras.radar,
    )
    write_text(html_path, html, is_private=True)
    tell(both(f"HTML レポートを書きました: {html_path}", f"Wrote the HTML report: {html_path}"))
