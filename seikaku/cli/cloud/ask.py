"""`seikaku cloud ask`: a conversation file -> the published inference API -> the same table as `seikaku analyze`.

Effects: reads the file, sends the conversation to the API, prints.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from seikaku.cli.bilingual import argument, option, verb
from seikaku.cli.cloud.options import cloud_options
from seikaku.cli.language import language
from seikaku.cli.reading import choose_speakers, format_option, read_pooled
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.stack import edge
from seikaku.config import N_EVIDENCE, N_EVIDENCE_TABLE
from seikaku.conversation.characters import count_written
from seikaku.conversation.turns import Conversation
from seikaku.errors import CloudError, both

_HIDDEN = "*"

if TYPE_CHECKING:
    from seikaku.conversation.description.describe import Description, LanguageFigure
    from seikaku.conversation.description.placing import Place
    from seikaku.inference.estimates import TraitEstimate, TraitEstimates
    from seikaku.inference.evidence import Movement
    from seikaku.model.typicality import Unlikeness

_NAME = both("名前", "NAME")


@verb(
    "ask",
    help=both(
        """会話を推論 API に送り、結果を seikaku analyze と同じ表で表示します（- で標準入力）。

        会話の本文が、暗号化された通信であなたの AWS アカウントに送られます。API は本文をどこにも残しません。

        \b
        例: seikaku cloud ask examples/line_1on1.txt --speaker 花子 --purpose self_reflection
        """,
        """Send a conversation to the inference API, and show the answer as seikaku analyze does (- for standard input).

        The text of the conversation goes, encrypted, to your AWS account. The API keeps none of it anywhere.

        \b
        Such as: seikaku cloud ask talk.txt --speaker NAME --purpose self_reflection
        """,
    ),
)
@argument("path", metavar=both("ファイル", "FILE"))
@option(
    "--speaker",
    metavar=_NAME,
    help=both("推定する話者（話者が 1 人なら省略できる）", "Whom to estimate (needless where there is but one)"),
)
@option(
    "--purpose",
    required=True,
    metavar=both("目的", "PURPOSE"),
    help=both("使う目的（self_reflection、research など）", "What it is for (self_reflection, research and others)"),
)
@option(
    "--url",
    default="",
    help=both("推論 API の URL（省くとスタックのもの）", "URL of the inference API (else the stack's)"),
)
@option(
    "--token",
    default="",
    envvar="SEIKAKU_API_TOKEN",
    help=both(
        "JWT（--auth jwt の API。ほかの人に見えないよう、環境変数 SEIKAKU_API_TOKEN がよい）",
        "JWT (for an API with --auth jwt; better by the variable SEIKAKU_API_TOKEN, where others do not see it)",
    ),
)
@option(
    "--json",
    "as_json",
    is_flag=True,
    help=both("API の答えの JSON をそのまま出す", "Print the API's answer, as the JSON that it is"),
)
@format_option
@cloud_options()
def command(
    settings: CloudSettings,
    path: str,
    speaker: str | None,
    purpose: str,
    url: str,
    token: str,
    as_json: bool,
    format_name: str | None,
) -> None:
    """Read, send, and print the answer."""
    _, imported = read_pooled([path], format_name)
    (target,) = choose_speakers(imported, speaker, all_speakers=False)
    account = Account(settings)
    request = {
        "purpose": purpose,
        "speaker": target,
        "n_evidence": N_EVIDENCE if as_json else N_EVIDENCE_TABLE,
        "conversations": build_conversations(imported.conversations, target),
    }
    document = edge.ask(account, url or edge.find_url(account), request, token, language())
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from seikaku.report.terminal.estimates import render_table

    estimates = read_estimates(document)
    Console().print(render_table(estimates, lang=language(), report=imported.report, n_evidence=N_EVIDENCE_TABLE))


def build_conversations(conversations: Iterable[Conversation], speaker: str) -> list[dict[str, Any]]:
    """The conversations as the API takes them. Of others' words only the length leaves: no estimate reads them."""
    return [
        {
            "conversation_id": conversation.conversation_id,
            "utterances": [
                {
                    "speaker": said.speaker,
                    "text": said.text if said.speaker == speaker else _HIDDEN * count_written(said.text),
                    "timestamp": _iso(said.timestamp),
                }
                for said in conversation.utterances
            ],
        }
        for conversation in conversations
    ]


def read_estimates(document: Mapping[str, Any]) -> "TraitEstimates":
    """The estimates in an answer of the API. Raises CloudError for an answer of another shape."""
    from seikaku.inference.estimates import Amount, EstimateWarning, ModelIdentity, TraitEstimates
    from seikaku.model.norm import Norm

    try:
        return TraitEstimates(
            speaker=document["speaker"],
            traits={key: _read_trait(fields) for key, fields in document["traits"].items()},
            amount=Amount(**document["amount"]),
            model=ModelIdentity(**document["model"]),
            norm=Norm(**document["norm"]),
            warnings=tuple(
                EstimateWarning(item["code"], {key: value for key, value in item.items() if key != "code"})
                for item in document["warnings"]
            ),
            description=_read_description(document["language"]),
            unlikeness=_read_unlikeness(document["unlikeness"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CloudError(
            both(
                f"推論 API の答えの形が、この版の seikaku と違います（{type(error).__name__}）。",
                f"The inference API's answer is not of the form that this version knows ({type(error).__name__}).",
            ),
            both(
                "API と手元の seikaku を同じ版にするか、--json で答えをそのまま見てください。",
                "Bring the API and seikaku here to the same version, or see the answer as it is with --json.",
            ),
        ) from None


def _read_trait(fields: Mapping[str, Any]) -> "TraitEstimate":
    from seikaku.inference.estimates import Accuracy, Interval, LanguageStanding, MoreText, TraitEstimate
    from seikaku.inference.evidence import Evidence

    parts = {"interval_80": Interval, "before_80": Interval, "accuracy": Accuracy, "language": LanguageStanding}
    parts |= {"more_text": MoreText}
    built: dict[str, Any] = {name: kind(**fields[name]) if fields[name] else None for name, kind in parts.items()}
    built["evidence"] = tuple(Evidence(**item) for item in fields["evidence"])
    built["movement"] = _read_movement(fields["movement"])
    plain = {name: value for name, value in fields.items() if name != "readability"}  # follows from the accuracy
    return TraitEstimate(**plain | built)


def _read_movement(fields: Mapping[str, Any] | None) -> "Movement | None":
    from seikaku.inference.evidence import Direction, Expression, Movement, Quote

    if fields is None:
        return None
    directions = {}
    for way in ("raised", "lowered"):
        found = [
            Expression(**item | {"examples": tuple(Quote(**quote) for quote in item["examples"])})
            for item in fields[way]["expressions"]
        ]
        directions[way] = Direction(**fields[way] | {"expressions": tuple(found)})
    return Movement(**{**fields, **directions})


def _read_description(fields: Mapping[str, Any] | None) -> "Description | None":
    """The figures of the answer, rounded as they are there."""
    from seikaku.conversation.description.describe import Description
    from seikaku.conversation.description.placing import LanguageNorm

    if fields is None:
        return None
    norm = None if fields["norm"] is None else LanguageNorm(**fields["norm"], figures={})  # it places nothing more
    return Description(tuple(_read_figure(key, found) for key, found in fields["figures"].items()), norm)


def _read_figure(key: str, fields: Mapping[str, Any]) -> "LanguageFigure":
    from seikaku.conversation.description.catalogue import FIGURES
    from seikaku.conversation.description.describe import FigurePart, LanguageFigure

    kind = {known.key: known for known in FIGURES}[key]
    parts = (FigurePart(part["name"], part["value"], _read_place(part)) for part in fields.get("parts", ()))
    return LanguageFigure(kind, fields["value"], fields["n"], _read_place(fields), tuple(parts))


def _read_place(fields: Mapping[str, Any]) -> "Place | None":
    from seikaku.conversation.description.placing import Place

    if fields["percentile"] is None:
        return None
    low, high = fields["percentile_80"]
    return Place(fields["percentile"], low, high, fields["same_share"])


def _read_unlikeness(fields: Mapping[str, Any] | None) -> "Unlikeness | None":
    from seikaku.model.typicality import Rarity, Unlikeness

    def rarity(found: Mapping[str, float]) -> Rarity:
        return Rarity(found["less_usual_of_100"], found["reach"])

    if fields is None:
        return None
    groups = {name: rarity(found) for name, found in fields["groups"].items()}
    return Unlikeness(rarity(fields["overall"]), groups, dict(fields["figures"]), fields["kept"])


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
