"""Fictional texts of many kinds, and what the product says of them. In: a trained model. Out: rows of a table.

The texts (`seikaku/assets/style/samples.json`) are friends' chats, dialects, and what is nobody's own talk: mail,
novel, news, translation, program reviews, lyrics, machine-written small talk. Only chats should come out as estimates.
"""

import json
from typing import Any

from seikaku.conversation.turns import Conversation, Utterance
from seikaku.evaluation.publishing.tables import Row
from seikaku.inference.estimator import Estimator
from seikaku.model.trained import TrainedModel
from seikaku.model.typicality import Unlikeness
from seikaku.places import ASSETS
from seikaku.traits import TRAITS

_SPEAKER = "架空の話者"
_STATUS = {
    "ja": {"ok": "読み取れる", "low_evidence": "手がかり程度", "withheld": "控えた"},
    "en": {"ok": "estimated", "low_evidence": "tentative", "withheld": "withheld"},
}
_GROUPS = {
    "ja": {"register": "言葉づかい", "length": "発話の長さ", "script": "文字の種類", "vocabulary": "語彙"},
    "en": {"register": "register", "length": "length", "script": "script", "vocabulary": "vocabulary"},
}
_HEAD = {
    "ja": ("文章（架空）", "文字数", "基準集団の 100 対話のうち、より珍しいもの", "珍しい点"),
    "en": ("Text (fictional)", "characters", "less usual, of 100 dialogues of the norm group", "unusual in"),
}


def load_samples() -> dict[str, dict[str, Any]]:
    """The fictional texts by name: {"ja": title, "en": title, "expected": [...], "texts": [...]}.

    ``expected``: what may become of an estimate, "accepted" (whole), "widened" (drawn to the mean), "withheld".
    """
    text = (ASSETS / "style" / "samples.json").read_text(encoding="utf-8")
    samples: dict[str, dict[str, Any]] = json.loads(text)["samples"]
    return samples


def odd_text_rows(trained: TrainedModel, lang: str) -> list[Row]:
    """Header and one row a text: characters, how unusual and in what, then every trait's status (and T-score)."""
    rows: list[Row] = [(*_HEAD[lang], *[trait.name(lang) for trait in TRAITS])]
    for sample in load_samples().values():
        talk = Conversation("架空", tuple(Utterance(_SPEAKER, text) for text in sample["texts"]))
        found = Estimator(trained).estimate([talk], _SPEAKER, n_evidence=0)
        cells = []
        for trait in TRAITS:
            estimate = found.traits[trait.key]
            status = _STATUS[lang][estimate.status]
            cells.append(status if estimate.t_score is None else f"{status} {estimate.t_score:.1f}")
        unlike = _unlikeness_cells(_assess(trained, sample["texts"]), lang)
        rows.append((sample[lang], f"{found.amount.n_chars:,}", *unlike, *cells))
    return rows


def _assess(trained: TrainedModel, texts: list[str]) -> Unlikeness | None:
    return None if trained.typicality is None else trained.typicality.assess(texts)


def _unlikeness_cells(unlike: Unlikeness | None, lang: str) -> tuple[str, str]:
    if unlike is None:
        return "–", "–"
    less_usual = "1 未満" if lang == "ja" else "below 1"
    number = f"{unlike.overall.less_usual:.0f}" if unlike.overall.less_usual >= 1 else less_usual
    separator = "、" if lang == "ja" else ", "
    return number, separator.join(_GROUPS[lang][name] for name in unlike.reasons) or "–"
