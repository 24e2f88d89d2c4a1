"""The page's form -> the conversations, speakers and options that it names. No effects.

Files and pasted text are read each on its own, then put together: one name is one person.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from seikaku.conversation.readers import parse_conversations
from seikaku.conversation.turns import ImportedFile, ImportReport
from seikaku.errors import InputFileError, SpeakerError
from seikaku.report.words.texts import LANGS, Lang
from seikaku.serving.answers.estimating import check_size
from seikaku.serving.config import ServeConfig
from seikaku.serving.page.words import load_words
from seikaku.serving.requests.problems import RequestError
from seikaku.serving.requests.purposes import check_purpose
from seikaku.serving.requests.uploads import UploadedForm

MAX_SPEAKERS = 2
_YES = "yes"


class ConsentError(RequestError):
    """The tick that says whose consent there is was not set."""

    kind = "consent"


@dataclass(frozen=True, slots=True)
class Source:
    """One file, or the pasted text, as it was read."""

    name: str
    pasted: bool
    imported: ImportedFile


def check_terms(form: UploadedForm) -> None:
    """Raise PurposeError or ConsentError unless the purpose is allowed and consent was confirmed."""
    check_purpose(_field(form, "purpose"))
    if not is_ticked(form, "consent"):
        raise ConsentError(
            "本人か、本人の同意があることが確かめられていません。", "本人か、本人の同意があるときだけ送ってください。"
        )


def is_ticked(form: UploadedForm, name: str) -> bool:
    """Whether the form's box ``name`` has a tick."""
    return _field(form, name) == _YES


def read_sources(form: UploadedForm) -> list[Source]:
    """The files and the pasted text, read. Raises InputFileError."""
    format_name = _field(form, "format") or None
    given = [(file.name, False, file.data) for file in form.files.get("files", [])]
    if text := _field(form, "text"):
        given.append((load_words()["pasted_name"][read_lang(form)], True, text.encode()))
    if not given:
        raise InputFileError("会話がありません。", "ファイルを選ぶか、会話を貼り付けてください。")
    _refuse_copies([(name, data) for name, _, data in given])
    return [Source(name, pasted, _parse(data, name, format_name)) for name, pasted, data in given]


def choose_speakers(form: UploadedForm, report: ImportReport) -> list[str]:
    """The one or two speakers of the form: a JSON array, since a form changes the line breaks inside a name."""
    try:
        speakers = json.loads(_field(form, "speakers") or "[]")
    except (ValueError, RecursionError):
        speakers = None
    if not isinstance(speakers, list) or not all(isinstance(speaker, str) for speaker in speakers):
        raise RequestError("話者（speakers）を読めません。", "speakers には話者の名前の JSON 配列を指定してください。")
    if not 1 <= len(set(speakers)) == len(speakers) <= MAX_SPEAKERS:
        raise SpeakerError(
            f"話者が {len(speakers)} 人選ばれています。", "推定する人を一人か、比べる二人（別々の人）を選んでください。"
        )
    for speaker in speakers:
        if speaker not in report.speakers:
            raise SpeakerError("選んだ話者は、この会話にいません。", "会話を読み取り直して、話者を選んでください。")
    return speakers


def merge_sources(sources: Sequence[Source], config: ServeConfig) -> ImportedFile:
    """All sources as one, since one name is one person. Raises TooLargeError."""
    conversations = tuple(talk for source in sources for talk in source.imported.conversations)
    merged = ImportedFile(conversations, _merge_reports([source.imported.report for source in sources]))
    check_size(merged, config)
    return merged


def read_lang(form: UploadedForm) -> Lang:
    """The language of the report. Raises RequestError."""
    found = _field(form, "lang") or "ja"
    for lang in LANGS:
        if found == lang:
            return lang
    raise RequestError("言語（lang）の指定が違います。", f"{' か '.join(get_args(Lang))} を指定してください。")


def _parse(data: bytes, name: str, format_name: str | None) -> ImportedFile:
    try:
        return parse_conversations(data, name=name, format=format_name)
    except InputFileError as error:
        if "--format" not in error.mend:
            raise
        # The page has a list where the command has a flag.
        raise InputFileError(
            error.message, "「うまく読めないとき」で形式を選ぶか、「名前：発話」の行にしてください。"
        ) from None


def _refuse_copies(given: Sequence[tuple[str, bytes]]) -> None:
    """The same text twice would make an estimate look twice as sure."""
    first: dict[bytes, str] = {}
    for name, data in given:
        digest = hashlib.sha256(data).digest()
        if digest in first:
            raise InputFileError(f"{name} の中身は {first[digest]} と同じです。", "どちらか一つを外してください。")
        first[digest] = name


def _field(form: UploadedForm, name: str) -> str:
    return form.fields.get(name, [""])[0]


def _merge_reports(reports: Sequence[ImportReport]) -> ImportReport:
    """One report for all sources: sums of the counts, the whole period; formats and encodings side by side."""
    if len(reports) == 1:
        return reports[0]
    speakers: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    for report in reports:
        speakers.update(report.speakers)
        dropped.update(report.dropped)
    starts = [report.first_timestamp for report in reports if report.first_timestamp]
    ends = [report.last_timestamp for report in reports if report.last_timestamp]
    return ImportReport(
        format=", ".join(dict.fromkeys(report.format for report in reports)),
        encoding=", ".join(dict.fromkeys(report.encoding for report in reports)),
        speakers=dict(speakers),
        n_utterances=sum(report.n_utterances for report in reports),
        dropped=dict(dropped.most_common()),
        first_timestamp=min(starts, default=None),
        last_timestamp=max(ends, default=None),
        warnings=tuple(warning for report in reports for warning in report.warnings),
    )
