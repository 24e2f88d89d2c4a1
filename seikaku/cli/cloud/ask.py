"""`seikaku cloud ask`: a conversation file -> the published inference API -> the same table as `seikaku analyze`.

Effects: reads the file, sends the conversation to the API, prints.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from seikaku.cli.cloud.options import cloud_options
from seikaku.cli.reading import choose_speakers, format_option, read_input
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.stack import edge
from seikaku.config import N_EVIDENCE, N_EVIDENCE_TABLE
from seikaku.conversation.turns import Conversation
from seikaku.errors import CloudError

if TYPE_CHECKING:
    from seikaku.inference.estimates import TraitEstimate, TraitEstimates
    from seikaku.inference.evidence import Movement
    from seikaku.model.typicality import Unlikeness


@click.command("ask")
@click.argument("path", metavar="ファイル")
@click.option("--speaker", metavar="名前", help="推定する話者（話者が 1 人なら省略できる）")
@click.option("--purpose", required=True, metavar="目的", help="使う目的（self_reflection、research など）")
@click.option("--url", default="", help="推論 API の URL（省くとスタックのもの）")
@click.option(
    "--token",
    default="",
    envvar="SEIKAKU_API_TOKEN",
    help="JWT（--auth jwt の API。ほかの人に見えないよう、環境変数 SEIKAKU_API_TOKEN がよい）",
)
@click.option("--json", "as_json", is_flag=True, help="API の答えの JSON をそのまま出す")
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
    """会話を推論 API に送り、結果を seikaku analyze と同じ表で表示します（- で標準入力）。

    会話の本文が、暗号化された通信であなたの AWS アカウントに送られます。API は本文をどこにも残しません。

    \b
    例: seikaku cloud ask examples/line_1on1.txt --speaker 花子 --purpose self_reflection
    """
    _, imported = read_input(path, format_name)
    (target,) = choose_speakers(imported, speaker, all_speakers=False)
    account = Account(settings)
    request = {
        "purpose": purpose,
        "speaker": target,
        "n_evidence": N_EVIDENCE if as_json else N_EVIDENCE_TABLE,
        "conversations": build_conversations(imported.conversations),
    }
    document = edge.ask(account, url or edge.find_url(account), request, token)
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from seikaku.conversation.description.describe import Description
    from seikaku.report.terminal.estimates import render_table

    # Of the talk that was sent, counted here as there: the answer's own form of it is for programs.
    described = replace(read_estimates(document), description=Description.of(imported.conversations, target))
    Console().print(render_table(described, lang="ja", report=imported.report, n_evidence=N_EVIDENCE_TABLE))


def build_conversations(conversations: Iterable[Conversation]) -> list[dict[str, Any]]:
    """The conversations as the API takes them."""
    return [
        {
            "conversation_id": conversation.conversation_id,
            "utterances": [
                {"speaker": said.speaker, "text": said.text, "timestamp": _iso(said.timestamp)}
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
            unlikeness=_read_unlikeness(document["unlikeness"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CloudError(
            f"推論 API の答えの形が、この版の seikaku と違います（{type(error).__name__}）。",
            "API と手元の seikaku を同じ版にするか、--json で答えをそのまま見てください。",
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
