"""Texts that are nobody's own talk, and what the product says of them. In: a trained model. Out: rows of a table.

The texts are fictional (`seikaku/assets/style/samples.json`): one-word replies, machine-written small talk, machine
translation, a description of a person. None of them should come out as a confident estimate.
"""

import json
from typing import Any

from seikaku.conversation.turns import Conversation, Utterance
from seikaku.evaluation.publishing.tables import Row
from seikaku.inference.estimator import Estimator
from seikaku.model.trained import TrainedModel
from seikaku.places import ASSETS
from seikaku.traits import TRAITS

_SPEAKER = "架空の話者"
_STATUS = {
    "ja": {"ok": "推定できます", "low_evidence": "参考", "withheld": "控えた"},
    "en": {"ok": "estimated", "low_evidence": "tentative", "withheld": "withheld"},
}


def load_samples() -> dict[str, dict[str, Any]]:
    """The fictional texts by name: {"ja": title, "en": title, "texts": [...]}."""
    text = (ASSETS / "style" / "samples.json").read_text(encoding="utf-8")
    samples: dict[str, dict[str, Any]] = json.loads(text)["samples"]
    return samples


def odd_text_rows(trained: TrainedModel, lang: str) -> list[Row]:
    """Header and one row a text: characters, then the status (and the T-score where one is given) of every trait."""
    head = {"ja": ("文章（架空）", "文字数"), "en": ("Text (fictional)", "characters")}[lang]
    rows: list[Row] = [(*head, *[trait.name(lang) for trait in TRAITS])]
    for sample in load_samples().values():
        talk = Conversation("架空", tuple(Utterance(_SPEAKER, text) for text in sample["texts"]))
        found = Estimator(trained).estimate([talk], _SPEAKER, n_evidence=0)
        cells = []
        for trait in TRAITS:
            estimate = found.traits[trait.key]
            status = _STATUS[lang][estimate.status]
            cells.append(status if estimate.t_score is None else f"{status} {estimate.t_score:.1f}")
        rows.append((sample[lang], f"{found.amount.n_chars:,}", *cells))
    return rows
