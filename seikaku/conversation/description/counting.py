"""The figures that one speaker's text alone gives. In: ``OwnText``. Out: each value and what it rests on. Pure."""

from dataclasses import dataclass

import numpy as np

from seikaku.conversation.description.endings import (
    count_particles,
    find_polite,
    find_polite_questions,
    split_sentences,
)
from seikaku.conversation.description.own_text import EMOJI, EXCLAMATION, QUESTION, OwnText
from seikaku.conversation.description.word_counts import count_fillers, count_first_person, measure_variety

_PER_CHARS = 1000


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure as counted: None where there is nothing to count; ``n`` of its basis; its parts as (name, value)."""

    value: float | None
    n: int
    parts: tuple[tuple[str, float], ...] = ()


def measure_text(own: OwnText) -> dict[str, Measured]:
    """Every figure that needs no time, no turns and no other speaker, by its key in the catalogue."""
    variety, n_pairs = measure_variety(own)
    median_length = float(np.median(own.lengths)) if own.n_messages else None
    return {
        "messages": Measured(own.n_messages, own.n_messages),
        "characters": Measured(own.n_chars, own.n_messages),
        "characters_per_message": Measured(median_length, own.n_messages),
        **_measure_sentences(own),
        "exclamation_share": _share(own.messages_with(own.are(EXCLAMATION)).sum(), own.n_messages),
        "emoji_share": _share(own.messages_with(own.are(EMOJI)).sum(), own.n_messages),
        "laugh_share": _share(own.messages_with(own.is_laugh).sum(), own.n_messages),
        "first_person": _rate(count_first_person(own), own.n_chars),
        "fillers": _rate(count_fillers(own), own.n_chars),
        "variety": Measured(variety, n_pairs),
    }


def _measure_sentences(own: OwnText) -> dict[str, Measured]:
    sentences = split_sentences(own)
    asking = own.messages_with(own.are(QUESTION))
    asking[sentences.message_of[find_polite_questions(sentences)]] = True
    n_sentences, particles = sentences.n_sentences, count_particles(sentences)
    shares = tuple((name, count / n_sentences) for name, count in particles.items()) if n_sentences else ()
    final = _share(sum(particles.values()), n_sentences)
    return {
        "question_share": _share(asking.sum(), own.n_messages),
        "polite_share": _share(find_polite(sentences).sum(), n_sentences),
        "final_particles": Measured(final.value, final.n, shares),
    }


def _rate(counts: dict[str, int], n_chars: int) -> Measured:
    """Occurrences per 1,000 characters; the parts are plain counts."""
    rate = _PER_CHARS * sum(counts.values()) / n_chars if n_chars else None
    return Measured(rate, n_chars, tuple((word, float(count)) for word, count in counts.items()))


def _share(part: int, whole: int) -> Measured:
    return Measured(float(part) / whole if whole else None, whole)
