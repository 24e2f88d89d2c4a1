"""The page's HTML and its words, in both languages. In: settings and what the model needs. Out: text. No effects."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from seikaku.conversation.readers import FORMAT_NAMES, title_of_format
from seikaku.places import PACKAGE
from seikaku.report.templating import open_templates
from seikaku.report.words.texts import LANGS, NOT_FOR, STATUS_LABELS, Lang, joiner
from seikaku.serving.config import ServeConfig
from seikaku.serving.page.monologue import MONOLOGUE
from seikaku.serving.requests.purposes import ALLOWED, FORBIDDEN
from seikaku.traits import TRAITS

_BYTES_PER_MB = 1_000_000
_FORM_BYTES = 64_000  # what a form adds to the conversation: boundaries, names with folders, the other fields
_MAX_FILES = 90  # a form may have 100 parts (uploads.py), and the fields are some of them
# Of a folder only such files are opened and sent: a photograph beside them is not.
_SUFFIXES_IN_FOLDER = (".txt", ".text", ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".zip")
# What the page's own script makes reports of, by the same way as for anybody's files: static file, speaker, format.
_SAMPLES = {
    "much": {"file": "example_line.txt", "speaker": "花子", "format": ""},
    "little": {"file": "example_line.txt", "speaker": "太郎", "format": ""},
    "odd": {"file": "example_notice.txt", "speaker": "", "format": MONOLOGUE},
}
_SAMPLE_PURPOSE = "self_reflection"


def render_page(lang: Lang, local: bool, config: ServeConfig, floor_chars: int) -> str:
    """The page. ``local``: browser and server are one machine. ``floor_chars``: below it estimates are withheld."""
    environment = open_templates("seikaku.serving")
    words = _all_words(config)
    data = {
        "words": words,
        "floor_chars": floor_chars,
        "max_bytes": config.max_body_bytes - min(_FORM_BYTES, config.max_body_bytes // 4),
        "max_files": _MAX_FILES,
        "suffixes": list(_SUFFIXES_IN_FOLDER),
        "forbidden": list(FORBIDDEN),
        "samples": _SAMPLES,
        "sample_purpose": _SAMPLE_PURPOSE,
        "items": [{"trait": item["trait"], "keyed": item["keyed"]} for item in load_items()],
        "traits": [trait.key for trait in TRAITS],
    }
    return environment.get_template("page.html.j2").render(
        lang=lang,
        words=words,
        data=data,
        privacy="privacy_local" if local else "privacy_remote",
        formats=[*FORMAT_NAMES, MONOLOGUE],
        samples=list(_SAMPLES),
        n_items=len(load_items()),
        allowed=list(ALLOWED),
        forbidden=list(FORBIDDEN),
    )


@cache
def load_words() -> dict[str, dict[Lang, str]]:
    """The page's own words: key -> language -> text, {names} to be filled in by the page."""
    text = (PACKAGE / "serving" / "templates" / "page_words.json").read_text(encoding="utf-8")
    words: dict[str, dict[Lang, str]] = json.loads(text)
    return words | {f"format_{name}": _title_in_each(name) for name in FORMAT_NAMES}


def _title_in_each(name: str) -> dict[Lang, str]:
    title = title_of_format(name)
    return {"ja": str(title), "en": title.english[:1].upper() + title.english[1:]}


@cache
def load_items() -> list[dict[str, Any]]:
    """The items of the Mini-IPIP: of each its trait, whether it is keyed to it (1) or against it (-1), its words."""
    text = (PACKAGE / "serving" / "templates" / "mini_ipip.json").read_text(encoding="utf-8")
    items: list[dict[str, Any]] = json.loads(text)["items"]
    return items


def _all_words(config: ServeConfig) -> dict[str, dict[Lang, str]]:
    """The page's own words, with those of the purposes and of the report among them."""
    numbers = {"{limit}": f"{config.max_body_bytes / _BYTES_PER_MB:g}", "{max_files}": str(_MAX_FILES)}
    words = {
        key: {lang: _fill_in(text, numbers) for lang, text in texts.items()} for key, texts in load_words().items()
    }
    words["not_for"] = {lang: joiner(lang).join(NOT_FOR[lang]) for lang in LANGS}
    for key, (name_ja, name_en) in ALLOWED.items():
        words[f"purpose_{key}"] = {"ja": name_ja, "en": _capitalise(name_en)}
    for key, refused in FORBIDDEN.items():
        words[f"purpose_{key}"] = {"ja": refused.name_ja, "en": _capitalise(refused.name_en)}
        words[f"reason_{key}"] = {"ja": refused.reason_ja, "en": refused.reason_en}
    for trait in TRAITS:
        words[f"trait_{trait.key}"] = {lang: trait.name(lang) for lang in LANGS}
    for status, labels in STATUS_LABELS.items():
        words[f"status_{status}"] = {lang: labels[lang] for lang in LANGS}
    for number, item in enumerate(load_items(), 1):
        words[f"item_{number}"] = {lang: item[lang] for lang in LANGS}
    return words


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]


def _fill_in(text: str, numbers: Mapping[str, str]) -> str:
    for name, number in numbers.items():
        text = text.replace(name, number)
    return text
