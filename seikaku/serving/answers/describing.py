"""What the server says of itself: the model with its measured accuracy, and the answer's JSON Schema. No effects."""

from dataclasses import asdict
from typing import Any

from seikaku.inference.estimates import SCHEMA_VERSION, Accuracy, rounded
from seikaku.model.calibration import AccuracyCurve
from seikaku.model.trained import TrainedModel
from seikaku.report.words.texts import NOT_FOR, Lang
from seikaku.serving.answers.schema import EstimateAnswer
from seikaku.serving.config import ServeConfig
from seikaku.serving.requests.purposes import ALLOWED, FORBIDDEN
from seikaku.traits import TRAIT_KEYS
from seikaku.version import __version__

_LIMITS = ("max_body_bytes", "max_utterances", "max_chars", "timeout_seconds", "max_concurrent", "max_waiting")
_EMBEDDED_LICENCE = "CC-BY-SA-4.0"
_CODE_LICENCE = "MIT"


def describe_model(trained: TrainedModel, config: ServeConfig, lang: Lang, *, is_embedded: bool) -> dict[str, Any]:
    """The JSON object of ``GET /v1/model``. The licence of a model that somebody else trained is not known here."""
    is_english = lang == "en"
    calibration = trained.calibration
    return {
        "schema_version": SCHEMA_VERSION,
        "seikaku_version": __version__,
        "model": {"model_id": trained.model_id, "model_hash": trained.model_hash},
        "norm": rounded(asdict(calibration.norm)),  # as in every estimate, so that the two can be compared
        "accuracy_by_amount": _accuracy_by_amount(calibration.accuracy),
        "floor_chars": calibration.floor_chars,
        "known_share_floor": calibration.known_share_floor,
        "licence": {"code": _CODE_LICENCE, "model": _EMBEDDED_LICENCE if is_embedded else None},
        "provenance": trained.provenance,
        "purposes": {key: name_en if is_english else name_ja for key, (name_ja, name_en) in ALLOWED.items()},
        "forbidden_purposes": {
            key: refused.reason_en if is_english else refused.reason_ja for key, refused in FORBIDDEN.items()
        },
        "limits": {name: getattr(config, name) for name in _LIMITS},
        "not_for": list(NOT_FOR[lang]),
    }


def describe_schema() -> dict[str, Any]:
    """The JSON Schema of an answer."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:seikaku:answer:{SCHEMA_VERSION}"}
    return head | EstimateAnswer.model_json_schema(mode="serialization")


def _accuracy_by_amount(curve: AccuracyCurve) -> list[dict[str, Any]]:
    rows = []
    for n_chars in curve.r.amounts.tolist():
        figures = zip(TRAIT_KEYS, curve.at(n_chars).tolist(), strict=True)
        traits = {key: rounded(asdict(Accuracy(*row))) for key, row in figures}
        rows.append({"n_chars": round(n_chars), "traits": traits})
    return rows
