"""Which language a request wants its answer in. In: its headers. Out: "ja", or "en" where that is preferred. Pure."""

from collections.abc import Iterable

from seikaku.accept_language import choose_lang
from seikaku.report.words.texts import Lang

# SageMaker passes no other header of a caller on. The inference API's function writes `accept-language=en` there.
CUSTOM_ATTRIBUTES = b"x-amzn-sagemaker-custom-attributes"
_ATTRIBUTE = "accept-language="


def lang_of(headers: Iterable[tuple[bytes, bytes]]) -> Lang:
    """The language of a request's raw headers; several Accept-Language are one list."""
    wanted: list[str] = []
    for name, value in headers:
        text = value.decode("latin-1")
        if name.lower() == b"accept-language":
            wanted.append(text)
        elif name.lower() == CUSTOM_ATTRIBUTES and text.startswith(_ATTRIBUTE):
            wanted.append(text.removeprefix(_ATTRIBUTE))
    return choose_lang(",".join(wanted))


def lang_headers(lang: Lang) -> dict[str, str]:
    """What an answer whose words depend on the request's language says of itself."""
    return {"Content-Language": lang, "Vary": "Accept-Language"}
