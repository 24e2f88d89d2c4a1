"""What `seikaku analyze` is asked for beside the estimates, and what does not go together. Effects: none, but notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from seikaku.cli.writing import CSV_ENDINGS, HTML_ENDINGS, check_output
from seikaku.errors import SpeakerError, UserError, both

STDOUT = "-"


@dataclass(frozen=True, slots=True)
class Extras:
    """What was asked for beside the estimates. ``compare`` is the speaker to stand beside the target, or None."""

    trend: bool
    compare: str | None
    radar: bool


def check_outputs(
    as_json: bool, csv_path: str | None, html_path: Path | None, extras: Extras, inputs: Sequence[str]
) -> None:
    """Find out before the work begins what cannot be written. Raises UsageError and UserError."""
    if as_json and csv_path == STDOUT:
        raise click.UsageError(
            both(
                "--json と --csv - は同時に使えません（どちらも標準出力に書きます）。",
                "--json and --csv - do not go together (both write to standard output).",
            )
        )
    if extras.radar and html_path is None:
        raise UserError(
            both("--radar は HTML レポートの図です。", "--radar is a chart of the HTML report."),
            both(
                "--html ファイル も指定するか、--radar を外してください。",
                "Give --html FILE too, or leave --radar out.",
            ),
        )
    if csv_path is not None and csv_path != STDOUT:
        check_output(Path(csv_path), CSV_ENDINGS, inputs)
    if html_path is not None:
        check_output(html_path, HTML_ENDINGS, inputs)


def check_extras(extras: Extras, speaker: str | None, all_speakers: bool, *, csv_only: bool) -> None:
    """Find out before the work begins which options do not go together. Raises UserError and SpeakerError."""
    if csv_only and (extras.trend or extras.compare is not None):
        raise UserError(
            both(
                "CSV は話者ごとに 1 行で、--trend と --compare の結果は入りません。",
                "A CSV has one row a speaker, in which --trend and --compare have no place.",
            ),
            both(
                "--json か --html ファイル も指定するか、--trend と --compare を外してください。",
                "Give --json or --html FILE too, or leave --trend and --compare out.",
            ),
        )
    if extras.compare is None:
        return
    if all_speakers:
        raise SpeakerError(
            both(
                "--compare と --all-speakers が両方指定されています。", "Both --compare and --all-speakers are given."
            ),
            both(
                "ふたりを並べるときは --speaker 名前 --compare 名前 と指定してください。",
                "To put two side by side, give --speaker NAME --compare NAME.",
            ),
        )
    if speaker is None:
        raise SpeakerError(
            both(
                f"--compare {extras.compare} と並べる話者が指定されていません。",
                f"Whom to put beside --compare {extras.compare} is not given.",
            ),
            both("--speaker 名前 も指定してください。", "Give --speaker NAME too."),
        )
    if speaker == extras.compare:
        raise SpeakerError(
            both(
                f"--speaker と --compare がどちらも「{speaker}」です。",
                f"Both --speaker and --compare are “{speaker}”.",
            ),
            both("--compare には別の話者を指定してください。", "Give --compare another speaker."),
        )
