"""Which language a request wants its answer in. In: its headers. Out: "ja", or "en" where that is preferred. Pure."""

import re
from collections.abc import Iterable

from seikaku.report.words.texts import Lang

# One element of Accept-Language (RFC 9110): a range and its weight.
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*[qQ]\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?\s*"
)
_ANY = "*"


def choose_lang(accept_language: str) -> Lang:
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


def lang_of(headers: Iterable[tuple[bytes, bytes]]) -> Lang:
    """The same for a request's raw headers; several of the name are one list."""
    return choose_lang(
        ",".join(value.decode("latin-1") for name, value in headers if name.lower() == b"accept-language")
    )


def lang_headers(lang: Lang) -> dict[str, str]:
    """What an answer whose words depend on the request's language says of itself."""
    return {"Content-Language": lang, "Vary": "Accept-Language"}
