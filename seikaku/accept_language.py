"""Which language an Accept-Language header asks for. In: the header's text. Out: "ja" or "en". Pure.

Only the standard library: a copy goes into the inference API's function, beside its handler.
"""

import re
from typing import Literal

# One element of Accept-Language (RFC 9110): a range and its weight.
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*[qQ]\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?\s*"
)
_ANY = "*"


def choose_lang(accept_language: str) -> Literal["ja", "en"]:
    """English where the header prefers it to Japanese, by weight and then by order; else Japanese, as for garbage."""
    weights: dict[str, float] = {}  # a language's first place and its greatest weight
    for element in accept_language.split(","):
        if found := _RANGE.fullmatch(element):
            name = found[1].lower()
            weights[name] = max(weights.get(name, 0.0), float(found[2] or 1))
    english, japanese = (weights.get(lang, weights.get(_ANY, 0.0)) for lang in ("en", "ja"))
    order = list(weights)
    is_first = "en" in order and ("ja" not in order or order.index("en") < order.index("ja"))
    return "en" if english > japanese or (english == japanese > 0 and is_first) else "ja"
