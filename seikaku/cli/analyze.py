"""`seikaku analyze`: conversation files -> estimates as a table, JSON, CSV or an HTML report.

Effects: reads the files named, prints, and writes only what --csv and --html name.
"""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seikaku.cli.reading import choose_speakers, format_option, read_inputs
from seikaku.cli.writing import check_output, write_text
from seikaku.config import N_EVIDENCE, N_EVIDENCE_TABLE
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import SpeakerError, UserError

if TYPE_CHECKING:  # numpy and what stands on it are imported when there is something to estimate
    from seikaku.report.document import Result
    from seikaku.report.words.texts import Lang

_STDOUT = "-"
_LANGS = ("ja", "en")


@dataclass(frozen=True, slots=True)
class _Extras:
    """What was asked for beside the estimates. ``compare`` is the speaker to stand beside the target, or None."""

    trend: bool
    compare: str | None
    radar: bool


def _read_lang(_: click.Context, __: click.Parameter, value: str) -> str:
    if value not in _LANGS:
        raise click.BadParameter(f"{value}（{' か '.join(_LANGS)} を指定してください）。")
    return value


def _read_count(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    if value is not None and not (value.isascii() and value.isdigit()):
        raise click.BadParameter(f"{value}（0 以上の整数を指定してください）。")
    return None if value is None else int(value)


@click.command("analyze")
@click.argument("paths", metavar="パス...", nargs=-1, required=True)
@click.option("--speaker", metavar="名前", help="推定する話者（話者が 1 人なら省略できる）")
@click.option("--all-speakers", is_flag=True, help="すべての話者を推定する")
@click.option("--json", "as_json", is_flag=True, help="結果を JSON で標準出力に出す")
@click.option("--csv", "csv_path", metavar="ファイル|-", help="結果を CSV に書く（- で標準出力）")
@click.option("--html", "html_path", metavar="ファイル", type=click.Path(path_type=Path), help="HTML レポートを書く")
@click.option("--trend", is_flag=True, help="話者の発話を時期（日時がなければ会話）で分けて、それぞれ推定する")
@click.option("--compare", metavar="名前", help="--speaker の話者と並べる、もう 1 人の話者（差とその区間を出す）")
@click.option("--radar", is_flag=True, help="HTML レポートにレーダー図を加える")
@click.option("--lang", default="ja", metavar="ja|en", callback=_read_lang, help="表と HTML の言語（既定: ja）")
@click.option("--model", metavar="フォルダ", type=click.Path(path_type=Path), help="モデル（既定: 同梱モデル）")
@format_option
@click.option(
    "--evidence",
    "n_evidence",
    metavar="N",
    callback=_read_count,
    help=f"特性ごと・向きごとに示す発話の数（既定: 表は {N_EVIDENCE_TABLE}、JSON と HTML は {N_EVIDENCE}）",
)
def command(
    paths: tuple[str, ...],
    speaker: str | None,
    all_speakers: bool,
    as_json: bool,
    csv_path: str | None,
    html_path: Path | None,
    trend: bool,
    compare: str | None,
    radar: bool,
    lang: "Lang",
    model: Path | None,
    format_name: str | None,
    n_evidence: int | None,
) -> None:
    """会話から話者の性格特性を推定します（ファイル、フォルダ、- で標準入力）。

    1 つのファイルに会話がいくつあっても、同じ名前は同じ人としてまとめて推定します。ファイルどうしはまとめません。
    外部との通信はしません。会話の本文は、指定した出力のほかには残しません。
    """
    extras = _Extras(trend, compare, radar)
    _check_extras(extras, speaker, all_speakers, csv_only=csv_path is not None and not as_json and html_path is None)
    _check_outputs(as_json, csv_path, html_path, extras)
    chosen = _choose(read_inputs(paths, format_name), speaker, all_speakers)
    if compare is not None:
        chosen = _add_compared(chosen, compare)
    results = _estimate(chosen, model, N_EVIDENCE if n_evidence is None else n_evidence, with_trend=trend)
    if as_json:
        click.echo(_render_json(results, extras))
    elif csv_path is None:
        _print_tables(results, lang, N_EVIDENCE_TABLE if n_evidence is None else n_evidence, extras)
    if csv_path is not None:
        _write_csv(csv_path, results)
    if html_path is not None:
        _write_html(html_path, results, lang, N_EVIDENCE if n_evidence is None else n_evidence, extras)


def _check_outputs(as_json: bool, csv_path: str | None, html_path: Path | None, extras: _Extras) -> None:
    """Find out before the work begins what cannot be written. Raises UsageError and UserError."""
    if as_json and csv_path == _STDOUT:
        raise click.UsageError("--json と --csv - は同時に使えません（どちらも標準出力に書きます）。")
    if extras.radar and html_path is None:
        raise UserError(
            "--radar は HTML レポートの図です。", "--html ファイル も指定するか、--radar を外してください。"
        )
    for path in (csv_path, html_path):
        if path is not None and path != _STDOUT:
            check_output(Path(path))


def _check_extras(extras: _Extras, speaker: str | None, all_speakers: bool, *, csv_only: bool) -> None:
    """Find out before the work begins which options do not go together. Raises UserError and SpeakerError."""
    if csv_only and (extras.trend or extras.compare is not None):
        raise UserError(
            "CSV は話者ごとに 1 行で、--trend と --compare の結果は入りません。",
            "--json か --html ファイル も指定するか、--trend と --compare を外してください。",
        )
    if extras.compare is None:
        return
    if all_speakers:
        raise SpeakerError(
            "--compare と --all-speakers が両方指定されています。",
            "ふたりを並べるときは --speaker 名前 --compare 名前 と指定してください。",
        )
    if speaker is None:
        raise SpeakerError(
            f"--compare {extras.compare} と並べる話者が指定されていません。", "--speaker 名前 も指定してください。"
        )
    if speaker == extras.compare:
        raise SpeakerError(
            f"--speaker と --compare がどちらも「{speaker}」です。", "--compare には別の話者を指定してください。"
        )


def _add_compared(
    chosen: Sequence[tuple[str, ImportedFile, list[str]]], compare: str
) -> list[tuple[str, ImportedFile, list[str]]]:
    """The chosen speaker and the one to stand beside. Raises SpeakerError."""
    if len(chosen) != 1:
        raise SpeakerError(
            f"--compare は 1 つのファイルの中のふたりを並べますが、ファイルが {len(chosen)} 件あります。",
            "ファイルを 1 つだけ指定してください。",
        )
    name, imported, speakers = chosen[0]
    try:
        return [(name, imported, speakers + choose_speakers(imported, compare, all_speakers=False))]
    except SpeakerError as error:
        raise SpeakerError(error.message, error.mend.replace("--speaker", "--compare", 1)) from None


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
    chosen: Sequence[tuple[str, ImportedFile, list[str]]], model: Path | None, n_evidence: int, *, with_trend: bool
) -> list["Result"]:
    from seikaku.cli.progress import show_progress
    from seikaku.inference.estimator import Estimator
    from seikaku.inference.trend import estimate_trend
    from seikaku.report.document import Result

    estimator = Estimator.load(model)
    n_total = sum(len(speakers) for _, _, speakers in chosen)
    results: list[Result] = []
    with show_progress("steps") if len(chosen) > 1 else nullcontext() as on_progress:
        for name, imported, speakers in chosen:
            for speaker in speakers:
                estimates = estimator.estimate(imported.conversations, speaker, n_evidence=n_evidence)
                trend = estimate_trend(estimator, imported.conversations, speaker) if with_trend else None
                results.append(Result(name, estimates, imported.report, trend))
                if on_progress is not None:
                    on_progress("推定", len(results), n_total)
    return results


def _render_json(results: Sequence["Result"], extras: _Extras) -> str:
    from seikaku.report.document import build_document

    document = build_document(results, compare=extras.compare is not None)
    return json.dumps(document, ensure_ascii=False, indent=2)


def _print_tables(results: Sequence["Result"], lang: "Lang", n_evidence: int, extras: _Extras) -> None:
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


def _write_csv(csv_path: str, results: Sequence["Result"]) -> None:
    from seikaku.report.csv_table import render_csv

    text = render_csv((result.source or "", result.estimates) for result in results)
    if csv_path == _STDOUT:
        click.echo(text, nl=False)
        return
    write_text(Path(csv_path), text)
    click.echo(f"CSV を書きました: {csv_path}（{len(results)} 行）", err=True)


def _write_html(html_path: Path, results: Sequence["Result"], lang: "Lang", n_evidence: int, extras: _Extras) -> None:
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
    write_text(html_path, html)
    click.echo(f"HTML レポートを書きました: {html_path}", err=True)
