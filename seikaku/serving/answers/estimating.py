"""A request's bytes -> the answer's JSON object. Blocking: every route runs this in a thread. No effects."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from seikaku.conversation.inputs.gathering import open_archives, part_of_bytes
from seikaku.conversation.inputs.merging import name_of_several, read_as_one
from seikaku.conversation.readers.generic.dialogues import collect_dialogues
from seikaku.conversation.readers.source import Source
from seikaku.conversation.turns import ImportedFile
from seikaku.errors import SpeakerError, both
from seikaku.inference.estimates import TraitEstimates
from seikaku.inference.estimator import Estimator
from seikaku.report.document import Result, build_result
from seikaku.report.words.facts import say_before_after, say_found, say_reading
from seikaku.report.words.more_text import say_more_text
from seikaku.report.words.summary import explain_statuses, summarize
from seikaku.report.words.texts import NOT_FOR, Lang, warning_text
from seikaku.serving.answers.schema import EstimateOptions, EstimateRequest
from seikaku.serving.config import ServeConfig
from seikaku.serving.requests.problems import RequestError, TooLargeError
from seikaku.serving.requests.purposes import DEFAULT_PURPOSE, Purpose, choose_purpose, default_purpose_text
from seikaku.serving.requests.validation import explain_validation

if TYPE_CHECKING:  # a container that takes no forms has no library to read them
    from seikaku.serving.requests.uploads import UploadedFile, UploadedForm

JSON_SOURCE = "request"
_FORM_FIELDS = ("purpose", "speaker", "lang", "format", "n_evidence")


@dataclass(frozen=True, slots=True)
class Answer:
    """The estimates, and the JSON object that is sent."""

    estimates: TraitEstimates
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one request asks for, with what it left to the server."""

    speaker: str | None
    purpose: Purpose
    lang: Lang
    n_evidence: int


def estimate_json(body: bytes, estimator: Estimator, config: ServeConfig, lang: Lang = "ja") -> Answer:
    """The answer to one ``EstimateRequest``; ``lang``: of the words where it names none.

    Raises RequestError, InputFileError or SpeakerError.
    """
    try:
        asked = EstimateRequest.model_validate_json(body)
    except ValidationError as error:
        raise explain_validation(error) from None
    purpose = choose_purpose(asked.purpose, config.default_purpose)
    wanted = _Asked(asked.speaker, purpose, asked.lang or lang, asked.n_evidence)
    return _estimate(read_dialogues(asked.dialogues), JSON_SOURCE, wanted, estimator, config)


def estimate_form(form: "UploadedForm", estimator: Estimator, config: ServeConfig, lang: Lang = "ja") -> Answer:
    """The answer to one uploaded file with its fields. Raises as ``estimate_json`` does."""
    values = _form_values(form)
    format_name = values.pop("format", None)
    try:
        options = EstimateOptions.model_validate(values, strict=False)  # a form's numbers are text
    except ValidationError as error:
        raise explain_validation(error) from None
    purpose = choose_purpose(options.purpose, config.default_purpose)
    files = _files(form)
    parts = [part_of_bytes(file.name, file.data) for file in files]
    imported = read_as_one(open_archives(parts, max_bytes=config.max_body_bytes), format_name)
    wanted = _Asked(options.speaker, purpose, options.lang or lang, options.n_evidence)
    return _estimate(imported, name_of_several([file.name for file in files]), wanted, estimator, config)


def read_dialogues(dialogues: list[dict[str, Any]]) -> ImportedFile:
    """A request's conversations, cleaned exactly as the same JSON file is. Raises InputFileError without any speech."""
    collector = collect_dialogues(Source(JSON_SOURCE, ""), dialogues, id_key="conversation_id", speaker_key="speaker")
    return collector.finish("json", "utf-8")


def check_size(imported: ImportedFile, config: ServeConfig) -> None:
    """Raise TooLargeError if there are more utterances or characters than the server takes."""
    n_utterances = imported.report.n_utterances
    if n_utterances > config.max_utterances:
        raise TooLargeError(
            both(
                f"発話が {n_utterances:,} 件あります（上限 {config.max_utterances:,} 件）。",
                f"There are {n_utterances:,} utterances (limit: {config.max_utterances:,}).",
            ),
            both("会話を分けて送ってください。", "Send the conversation in parts."),
        )
    n_chars = sum(len(said.text) for conversation in imported.conversations for said in conversation.utterances)
    if n_chars > config.max_chars:
        raise TooLargeError(
            both(
                f"発話が合わせて {n_chars:,} 字あります（上限 {config.max_chars:,} 字）。",
                f"The utterances have {n_chars:,} characters together (limit: {config.max_chars:,}).",
            ),
            both("会話を分けて送ってください。", "Send the conversation in parts."),
        )


def _estimate(imported: ImportedFile, source: str, asked: _Asked, estimator: Estimator, config: ServeConfig) -> Answer:
    check_size(imported, config)
    speaker = _choose_speaker(imported, asked.speaker)
    estimates = estimator.estimate(imported.conversations, speaker, n_evidence=asked.n_evidence)
    document = build_result(Result(source, estimates, imported.report))
    words: dict[str, Any] = {"purpose": asked.purpose.key, "texts": _describe(estimates, asked.lang)}
    if asked.purpose.is_default:
        words["warnings"] = [*document["warnings"], {"code": DEFAULT_PURPOSE, "purpose": asked.purpose.key}]
        words["texts"]["warnings"].append(default_purpose_text(asked.purpose.key, asked.lang))
    return Answer(estimates, document | words)


def _choose_speaker(imported: ImportedFile, speaker: str | None) -> str:
    names = list(imported.report.speakers)
    if speaker is not None:
        return speaker
    if len(names) == 1:
        return names[0]
    raise SpeakerError(
        both(f"話者が {len(names)} 人います。", f"There are {len(names)} speakers."),
        both("speaker に推定する話者の名前を指定してください。", "Set speaker to the name of the one to estimate."),
    )


def _describe(estimates: TraitEstimates, lang: Lang) -> dict[str, Any]:
    return {
        "lang": lang,
        "summary": summarize(estimates, lang),
        "traits": {
            key: {
                "reading": say_reading(estimate, lang),
                "found": say_found(estimate, lang),
                "before_after": say_before_after(estimate, lang),
            }
            for key, estimate in estimates.traits.items()
        },
        "more_text": list(say_more_text(estimates, lang)),
        "reasons": [f"{who}: {why}" for who, why in explain_statuses(estimates, lang)],
        "warnings": [warning_text(warning, lang) for warning in estimates.warnings],
        "not_for": list(NOT_FOR[lang]),
    }


def _form_values(form: "UploadedForm") -> dict[str, str]:
    """The text fields, each once. An empty field is one that was not filled in."""
    unknown = [name for name in form.fields if name not in _FORM_FIELDS]
    if unknown or any(len(values) > 1 for values in form.fields.values()):
        raise RequestError(
            both(
                "フォームに知らない項目か、重複した項目があります。",
                "The form has a field that is not known, or one twice.",
            ),
            both(
                f"使える項目は file と {'、'.join(_FORM_FIELDS)} で、それぞれ 1 つです。",
                f"Its fields are file and {', '.join(_FORM_FIELDS)}, each once.",
            ),
        )
    return {name: values[0] for name, values in form.fields.items() if values[0]}


def _files(form: "UploadedForm") -> list["UploadedFile"]:
    if list(form.files) != ["file"]:
        n_files = sum(map(len, form.files.values()))
        raise RequestError(
            both(f"フォームにファイルが {n_files} 個あります。", f"The form has {n_files} files."),
            both(
                "会話のファイルを file という名前で送ってください（いくつでも、ZIP でも）。",
                "Send the conversation's files, each named file (any number, or a ZIP).",
            ),
        )
    return form.files["file"]
