"""A person's texts -> a profile as IBM Watson Personality Insights v3 gave it, for those whom its end left behind.

In: the body's bytes and what headers and query ask for. Out: estimates and the profile's JSON object, or CSV. Pure.
"""

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from seikaku.errors import both
from seikaku.inference.estimates import TraitEstimate, TraitEstimates
from seikaku.inference.estimator import Estimator
from seikaku.report.words.texts import Lang, reason_text, status_label, warning_text
from seikaku.serving.answers.estimating import Answer, check_size, read_dialogues
from seikaku.serving.answers.profile_schema import ContentItem, ProfileRequest
from seikaku.serving.config import ServeConfig
from seikaku.serving.requests.problems import MediaTypeError, RequestError
from seikaku.serving.requests.purposes import DEFAULT_PURPOSE, Purpose, default_purpose_text
from seikaku.serving.requests.validation import explain_validation
from seikaku.traits import SCALE_MAX, SCALE_MIN, TRAITS

_PERSON = "person"
# Measured on RealPersonaChat: 1.74 characters a MeCab word. The old service warned below 600 words.
_CHARS_PER_WORD = 1.74
_FEW_WORDS = 600
_MULTIBYTE = re.compile(rb"[\xe3-\xe9][\x80-\xbf]{2}")
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_DAYS_JA = ("日曜日", "月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日")
_TEXTS: dict[str, dict[Lang, str]] = {
    "few_words": {
        "ja": "本文は約 {n_words:,} 語（{n_chars:,} 字）です。600 語、できれば 1,200 語以上あると確かになります。",
        "en": "The text has about {n_words:,} words ({n_chars:,} characters); 600 or better 1,200 make it firmer.",
    },
    "NO_FACETS_NEEDS_VALUES": {
        "ja": "下位の特性（facet）・needs・values は、裏づけとなるデータがないため推定しません。",
        "en": "Facets, needs and values are not estimated: no data supports them.",
    },
    "NO_CONSUMPTION_PREFERENCES": {
        "ja": "consumption_preferences は、裏づけとなるデータがないため推定しません。",
        "en": "Consumption preferences are not estimated: no data supports them.",
    },
    "FORWARDS_LEFT_OUT": {
        "ja": "転送された文章は本人の言葉ではないため使いませんでした。",
        "en": "Forwarded texts are not the person's own words and were left out.",
    },
}


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """What headers and query ask for. ``charset`` None: the Content-Type names none."""

    media_type: str
    charset: str | None
    lang: Lang
    purpose: Purpose
    raw_scores: bool
    consumption_preferences: bool


def build_profile(body: bytes, options: ProfileOptions, estimator: Estimator, config: ServeConfig) -> Answer:
    """The profile of one person. Raises RequestError for a body that cannot be read, InputFileError without speech."""
    items = _read_items(body, options)
    own = [item for item in items if not item.forward]
    utterances = [{"speaker": _PERSON, "text": item.content} for item in own]
    imported = read_dialogues([{"conversation_id": _PERSON, "utterances": utterances}])
    check_size(imported, config)
    estimates = estimator.estimate(imported.conversations, _PERSON, n_evidence=0, describes=False)
    n_words = round(estimates.amount.n_chars / _CHARS_PER_WORD)
    rounded = estimates.to_dict()["traits"]
    profile: dict[str, Any] = {
        "word_count": n_words,
        "processed_language": "ja",
        "personality": [_describe_trait(trait.key, rounded[trait.key], options) for trait in TRAITS],
        "needs": [],
        "values": [],
    }
    if n_words < _FEW_WORDS:
        words = {"n_words": n_words, "n_chars": estimates.amount.n_chars}
        profile["word_count_message"] = _TEXTS["few_words"][options.lang].format(**words)
    written = [item.created for item in own if item.created is not None]
    if written:
        profile["behavior"] = _describe_behavior(written, options.lang)
    if options.consumption_preferences:
        profile["consumption_preferences"] = []
    profile["warnings"] = _describe_warnings(estimates, profile, options, has_forwards=len(own) < len(items))
    return Answer(estimates, profile)


def render_profile_csv(profile: dict[str, Any], *, with_headers: bool) -> bytes:
    """One row of a profile; an empty cell where a number is withheld."""
    row: dict[str, Any] = {}
    for trait in profile["personality"]:
        row[trait["trait_id"]] = trait["percentile"]
        if "raw_score" in trait:
            row[f"{trait['trait_id']}_raw"] = trait["raw_score"]
        row[f"{trait['trait_id']}_significant"] = str(trait["significant"]).lower()
    row |= {item["trait_id"]: item["percentage"] for item in profile.get("behavior", [])}
    row |= {"word_count": profile["word_count"], "processed_language": profile["processed_language"]}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if with_headers:
        writer.writerow(row)
    writer.writerow("" if value is None else value for value in row.values())
    return text.getvalue().encode()


def _read_items(body: bytes, options: ProfileOptions) -> list[ContentItem]:
    text = _decode(body, options.charset)
    if options.media_type == "text/plain":
        return [ContentItem.model_validate({"content": line}) for line in text.splitlines() if line.strip()]
    try:
        items = ProfileRequest.model_validate_json(text).content_items
    except ValidationError as error:
        raise explain_validation(error) from None
    if any(item.contenttype not in (None, "", "text/plain") for item in items):
        raise MediaTypeError(
            both("contenttype が text/plain でない項目があります。", "The contenttype of an item is not text/plain."),
            both("タグを除いた本文だけを送ってください。", "Send the text alone, without markup."),
        )
    return items


def _decode(body: bytes, charset: str | None) -> str:
    """The text. The old service read text without a charset as ISO-8859-1, which ruins Japanese; we read UTF-8."""
    mend = both(
        "UTF-8 の本文を Content-Type: text/plain;charset=utf-8 のように送ってください。",
        "Send the text in UTF-8 with Content-Type: text/plain;charset=utf-8.",
    )
    try:
        codec = codecs.lookup(charset or "utf-8")
        if not codec._is_text_encoding:
            raise LookupError
    except (LookupError, ValueError):
        raise MediaTypeError(
            both("Content-Type の charset を知りません。", "The charset of Content-Type is not known."), mend
        ) from None
    if codec.name in ("iso8859-1", "cp1252", "ascii") and _MULTIBYTE.search(body):
        raise MediaTypeError(
            both(
                f"本文は日本語の UTF-8 のようですが、charset が {codec.name} です。",
                f"The body looks like Japanese in UTF-8, but its charset is given as {codec.name}.",
            ),
            mend,
        )
    try:
        return body.decode("utf-8-sig" if codec.name == "utf-8" else codec.name)
    except (UnicodeError, ValueError):
        raise RequestError(
            both(f"本文は {codec.name} として読めません。", f"The body cannot be read as {codec.name}."), mend
        ) from None


def _describe_trait(key: str, estimate: dict[str, Any], options: ProfileOptions) -> dict[str, Any]:
    trait = next(trait for trait in TRAITS if trait.key == key)
    percentile, score = estimate["percentile"], estimate["score_1to7"]
    described = {
        "trait_id": f"big5_{key}",
        "name": trait.name(options.lang),
        "category": "personality",
        "percentile": None if percentile is None else round(percentile / 100, 6),
        "significant": estimate["status"] == "ok",
        "children": [],
    }
    if options.raw_scores:
        share = None if score is None else round((score - SCALE_MIN) / (SCALE_MAX - SCALE_MIN), 6)
        described["raw_score"] = share
    return described


def _describe_behavior(written: list[int], lang: Lang) -> list[dict[str, Any]]:
    moments = [_moment(milliseconds) for milliseconds in written]
    days = Counter(moment.isoweekday() % 7 for moment in moments)
    hours = Counter(moment.hour for moment in moments)
    names = _DAYS_JA if lang == "ja" else _DAYS
    rows = [(f"behavior_{_DAYS[day].lower()}", names[day], days[day]) for day in range(7)]
    rows += [(f"behavior_{hour:02d}00", f"{hour:02d}:00", hours[hour]) for hour in range(24)]
    return [
        {"trait_id": key, "name": name, "category": "behavior", "percentage": round(count / len(moments), 6)}
        for key, name, count in rows
    ]


def _moment(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        raise RequestError(
            both("created が時刻として読めません。", "A created cannot be read as a time."),
            both("1970 年からのミリ秒で書いてください。", "Give milliseconds since 1970."),
        ) from None


def _describe_warnings(
    estimates: TraitEstimates, profile: dict[str, Any], options: ProfileOptions, *, has_forwards: bool
) -> list[dict[str, str]]:
    lang, purpose = options.lang, options.purpose
    warnings = [(DEFAULT_PURPOSE.upper(), default_purpose_text(purpose.key, lang))] if purpose.is_default else []
    warnings.append(("NO_FACETS_NEEDS_VALUES", _TEXTS["NO_FACETS_NEEDS_VALUES"][lang]))
    if options.consumption_preferences:
        warnings.append(("NO_CONSUMPTION_PREFERENCES", _TEXTS["NO_CONSUMPTION_PREFERENCES"][lang]))
    if has_forwards:
        warnings.append(("FORWARDS_LEFT_OUT", _TEXTS["FORWARDS_LEFT_OUT"][lang]))
    if "word_count_message" in profile:
        warnings.append(("WORD_COUNT_MESSAGE", profile["word_count_message"]))
    warnings += [(warning.code.upper(), warning_text(warning, lang)) for warning in estimates.warnings]
    for trait in TRAITS:
        estimate: TraitEstimate = estimates.traits[trait.key]
        if estimate.reason is not None:
            status, why = status_label(estimate.status, lang), reason_text(estimate.reason, lang)
            said = f"{trait.name(lang)} ({status}): {why}" if lang == "en" else f"{trait.name(lang)}（{status}）: {why}"
            warnings.append((f"NOT_SIGNIFICANT_{trait.key.upper()}", said))
    return [{"warning_id": code, "message": message} for code, message in warnings]
