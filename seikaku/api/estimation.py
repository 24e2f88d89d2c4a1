"""``seikaku.estimate``: a talk -> estimates. In: what ``api.inputs`` reads. Effect: reads the file and the model named.

The embedded model is loaded once for all threads.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from functools import cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from seikaku.api.inputs import Talk, find_conversations
from seikaku.config import N_EVIDENCE
from seikaku.conversation.speakers import list_speakers, nearest_speakers, shorten_name
from seikaku.conversation.turns import Conversation, ImportedFile
from seikaku.errors import SpeakerError, UserError, both, in_lang

if TYPE_CHECKING:  # numpy is imported when there is something to estimate
    from seikaku.api.results import Estimates, EstimatesTable
    from seikaku.inference.estimator import Estimator

Model: TypeAlias = "Estimator | str | PathLike[str] | None"

_loading = threading.Lock()


def estimate(
    talk: Talk,
    speaker: str | None = None,
    *,
    format: str | None = None,
    model: Model = None,
    n_evidence: int = N_EVIDENCE,
) -> "Estimates":
    """The Big Five of one speaker, from what that speaker said in all conversations of ``talk``.

    ``talk``: a path, a talk as text, ``{"speaker", "text"}`` rows, a Conversation or several, or what ``seikaku.read``
    gave. ``speaker`` may be left out if there is only one. ``model``: a model's folder or a loaded Estimator; None is
    the embedded model. ``n_evidence``: utterances to name per trait and direction. Raises SpeakerError,
    InputFileError, ModelError or UserError, each with a message and a mend
    (Japanese; ``seikaku.errors.in_lang`` gives the English).
    """
    from seikaku.api.results import Estimates

    found = find_conversations(talk, format=format)
    conversations = _conversations(found)
    chosen = _choose(conversations, speaker)
    estimator = _estimator(model)
    _check_count(n_evidence)
    estimates = estimator.estimate(conversations, chosen, n_evidence=n_evidence)
    return Estimates.of(estimates, found.report if isinstance(found, ImportedFile) else None)


def estimate_speakers(
    talk: Talk,
    speakers: Sequence[str] | None = None,
    *,
    format: str | None = None,
    model: Model = None,
    n_evidence: int = N_EVIDENCE,
) -> "EstimatesTable":
    """The Big Five of several speakers of one talk, one by one; ``speakers`` None means everybody.

    The other parameters and the errors are those of ``estimate``.
    """
    from seikaku.api.results import EstimatesTable

    if isinstance(speakers, str):
        raise UserError(
            both(
                f"speakers に文字列「{shorten_name(speakers)}」が渡されました。",
                f"speakers was given a string ({shorten_name(speakers)}).",
            ),
            both(
                '1 人なら seikaku.estimate を使うか、speakers=["名前", ...] のリストにしてください。',
                'For one person use seikaku.estimate, or pass a list: speakers=["name", ...].',
            ),
        )
    found = find_conversations(talk, format=format)
    names = list(_count(_conversations(found))) if speakers is None else list(dict.fromkeys(speakers))
    if not names:
        raise SpeakerError(
            both("speakers が空です。", "speakers is empty."),
            both(
                "推定する話者の名前を渡すか、speakers を省いて全員を推定してください。",
                "Pass the names of the speakers to estimate, or leave speakers out to estimate everybody.",
            ),
        )
    estimator = _estimator(model)
    ready = found if isinstance(found, ImportedFile) else list(found)
    return EstimatesTable(tuple(estimate(ready, name, model=estimator, n_evidence=n_evidence) for name in names))


def _conversations(found: ImportedFile | tuple[Conversation, ...]) -> tuple[Conversation, ...]:
    return found.conversations if isinstance(found, ImportedFile) else found


def _count(conversations: Sequence[Conversation]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for conversation in conversations:
        counts.update(conversation.count_by_speaker())
    return counts


def _choose(conversations: Sequence[Conversation], speaker: str | None) -> str:
    counts = _count(conversations)
    if not counts:
        raise SpeakerError(
            both("会話に発話がありません。", "The conversation has no utterances."),
            both("話した言葉の入った会話を渡してください。", "Pass a conversation in which something is said."),
        )
    if speaker is not None and not isinstance(speaker, str):
        raise UserError(
            both(
                f"speaker に {type(speaker).__name__} が渡されました。",
                f"speaker was given a {type(speaker).__name__}.",
            ),
            both(
                "1 人の名前を文字列で渡してください。何人かを推定するには seikaku.estimate_speakers を使います。",
                "Pass one person's name as a string; for several people there is seikaku.estimate_speakers.",
            ),
        )
    if speaker is None and len(counts) == 1:
        return next(iter(counts))
    if speaker is None:
        names = list_speakers(counts)
        raise SpeakerError(
            both(
                f"話者が {len(counts)} 人います: {names}。",
                f"There are {len(counts)} speakers: {in_lang(names, 'en')}.",
            ),
            both(
                'speaker="名前" で 1 人を選んでください。全員なら seikaku.estimate_speakers を使います。',
                'Choose one with speaker="name"; for everybody there is seikaku.estimate_speakers.',
            ),
        )
    if speaker not in counts:
        nearest = nearest_speakers(counts, speaker)
        names = list_speakers(counts, nearest)
        raise SpeakerError(
            both(
                f"話者「{shorten_name(speaker)}」はいません。いるのは {names}。",
                f"There is no speaker {shorten_name(speaker)}. There are {in_lang(names, 'en')}.",
            ),
            both(
                f'speaker="{shorten_name(nearest[0])}" のように、上の名前のどれかを渡してください。',
                f'Pass one of these names, as in speaker="{shorten_name(nearest[0])}".',
            ),
        )
    return speaker


def _estimator(model: Model) -> "Estimator":
    from seikaku.inference.estimator import Estimator

    if isinstance(model, Estimator):
        return model
    if model is None:
        with _loading:  # a cache alone would let two threads load at once
            return _embedded()
    if not isinstance(model, str | PathLike):
        raise UserError(
            both(
                f"model に {type(model).__name__} が渡されました。",
                f"model was given a {type(model).__name__}.",
            ),
            both(
                "モデルのフォルダのパスか seikaku.Estimator を渡すか、省いて同梱モデルを使ってください。",
                "Pass the path of a model's folder or a seikaku.Estimator, or leave it out for the embedded model.",
            ),
        )
    return Estimator.load(Path(model))


@cache
def _embedded() -> "Estimator":
    from seikaku.inference.estimator import Estimator

    return Estimator.load()


def _check_count(n_evidence: int) -> None:
    if isinstance(n_evidence, bool) or not isinstance(n_evidence, int) or n_evidence < 0:
        raise UserError(
            both(f"n_evidence に {n_evidence!r} が渡されました。", f"n_evidence was given {n_evidence!r}."),
            both("0 以上の整数を渡してください。", "Pass an integer of 0 or more."),
        )
