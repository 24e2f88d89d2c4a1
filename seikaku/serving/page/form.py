"""The page's form -> its terms, its language, the conversations, and the speakers that it names. No effects.

Files and pasted text are read each on its own, then put together: one name is one person.
"""

import json
from typing import get_args

from seikaku.conversation.inputs.merging import pool
from seikaku.conversation.inputs.part_reading import Reading
from seikaku.conversation.turns import ImportedFile, ImportReport
from seikaku.errors import SpeakerError, both
from seikaku.report.words.texts import LANGS, Lang
from seikaku.serving.answers.estimating import check_size
from seikaku.serving.config import ServeConfig
from seikaku.serving.page.monologue import name_in_lang
from seikaku.serving.page.sources import read_sources
from seikaku.serving.requests.problems import RequestError
from seikaku.serving.requests.purposes import check_purpose
from seikaku.serving.requests.uploads import UploadedForm

MAX_SPEAKERS = 2
_YES = "yes"


class ConsentError(RequestError):
    """The tick that says whose consent there is was not set."""

    kind = "consent"


def check_terms(form: UploadedForm) -> None:
    """Raise PurposeError or ConsentError unless the purpose is allowed and consent was confirmed."""
    check_purpose(_field(form, "purpose"))
    if not is_ticked(form, "consent"):
        raise ConsentError(
            both("本人か、本人の同意があることが確かめられていません。", "Consent is not confirmed."),
            both(
                "本人か、本人の同意があるときだけ送ってください。",
                "Send it only if you are this person, or have this person's consent.",
            ),
        )


def is_ticked(form: UploadedForm, name: str) -> bool:
    """Whether the form's box ``name`` has a tick."""
    return _field(form, name) == _YES


def read_all(form: UploadedForm, config: ServeConfig) -> tuple[Reading, ImportedFile]:
    """Everything in the form, each source by itself and all as one. Raises InputFileError and TooLargeError."""
    reading = read_sources(form, _field(form, "text"), _field(form, "format") or None, read_lang(form), config)
    pooled = pool(reading.files)
    check_size(pooled, config)
    return reading, pooled


def choose_speakers(form: UploadedForm, report: ImportReport) -> list[str]:
    """The one or two speakers of the form: a JSON array, since a form changes the line breaks inside a name."""
    try:
        speakers = json.loads(_field(form, "speakers") or "[]")
    except (ValueError, RecursionError):
        speakers = None
    if not isinstance(speakers, list) or not all(isinstance(speaker, str) for speaker in speakers):
        raise RequestError(
            both("話者（speakers）を読めません。", "The speakers cannot be read."),
            both("speakers には話者の名前の JSON 配列を指定してください。", "Set speakers to a JSON array of names."),
        )
    if not 1 <= len(set(speakers)) == len(speakers) <= MAX_SPEAKERS:
        raise SpeakerError(
            both(f"話者が {len(speakers)} 人選ばれています。", f"Speakers chosen: {len(speakers)}."),
            both(
                "推定する人を一人か、比べる二人（別々の人）を選んでください。",
                "Choose one person to estimate, or two different ones to compare.",
            ),
        )
    named = [name_in_lang(speaker, read_lang(form)) for speaker in speakers]
    if any(speaker not in report.speakers for speaker in named):
        raise SpeakerError(
            both("選んだ話者は、この会話にいません。", "The chosen speaker is not in this conversation."),
            both("会話を読み取り直して、話者を選んでください。", "Read the conversation again and choose a speaker."),
        )
    return named


def read_lang(form: UploadedForm) -> Lang:
    """The language of the report. Raises RequestError."""
    found = _field(form, "lang") or "ja"
    for lang in LANGS:
        if found == lang:
            return lang
    raise RequestError(
        both("言語（lang）の指定が違います。", "The language (lang) is none that there is."),
        both(f"{' か '.join(get_args(Lang))} を指定してください。", f"Set it to {' or '.join(get_args(Lang))}."),
    )


def _field(form: UploadedForm, name: str) -> str:
    return form.fields.get(name, [""])[0]
