"""All checks of the garbage guard. In: the target speaker's utterance texts. Out: figures and issues. Pure.

The least amount of text is no matter of garbage: ``inference.status`` withholds below what accuracy was measured with.
"""

from collections.abc import Sequence

from seikaku.conversation.characters import count_written
from seikaku.conversation.quality.borrowed import (
    WARN_BORROWED_SHARE,
    WARN_STICKER_SHARE,
    WARN_URL_OR_CODE_SHARE,
    WITHHOLD_BORROWED_SHARE,
    WITHHOLD_STICKER_SHARE,
    WITHHOLD_URL_OR_CODE_SHARE,
    count_code_chars,
    count_document_chars,
    count_quoted_chars,
    count_sticker_chars,
    without_addresses,
)
from seikaku.conversation.quality.copied import (
    MIN_CHARS_FOR_REPETITION,
    WARN_DUPLICATE_SHARE,
    WARN_REPETITION,
    WARN_TEMPLATE_SHARE,
    WITHHOLD_DUPLICATE_SHARE,
    WITHHOLD_REPETITION,
    WITHHOLD_TEMPLATE_SHARE,
    count_duplicate_chars,
    count_template_chars,
    measure_repetition,
)
from seikaku.conversation.quality.issues import QualityIssue, QualityReport, find_excess, share
from seikaku.conversation.quality.japanese import count_letters, find_not_japanese
from seikaku.conversation.quality.transcribed import find_transcribed
from seikaku.conversation.quality.writers import MAX_SWITCHES, measure_alternation


def assess_quality(texts: Sequence[str]) -> QualityReport:
    """Measure the texts of one speaker, in order, and name what is wrong with them; no text, no issue."""
    joined = "\n".join(texts)
    n_chars = count_written(joined)
    if n_chars == 0:
        return QualityReport(len(texts), 0, ())
    spoken = without_addresses(joined)  # addresses have a figure of their own and are of no language
    stickers = share(count_sticker_chars(texts), n_chars)
    repetition = measure_repetition(joined) if n_chars >= MIN_CHARS_FOR_REPETITION else 0.0
    copies = share(count_duplicate_chars(texts), n_chars)
    templates = share(count_template_chars(texts), n_chars)
    code = share(n_chars - count_written(spoken) + count_code_chars(spoken), n_chars)
    found = (
        find_excess("stickers_only", stickers, WARN_STICKER_SHARE, WITHHOLD_STICKER_SHARE),
        find_not_japanese(count_letters(spoken), n_chars),
        find_excess("repetitive", repetition, WARN_REPETITION, WITHHOLD_REPETITION),
        find_excess("copy_paste", copies, WARN_DUPLICATE_SHARE, WITHHOLD_DUPLICATE_SHARE),
        find_excess("templates", templates, WARN_TEMPLATE_SHARE, WITHHOLD_TEMPLATE_SHARE),
        find_excess("code_or_urls", code, WARN_URL_OR_CODE_SHARE, WITHHOLD_URL_OR_CODE_SHARE),
        _find_borrowed(texts, n_chars),
        _find_two_writers(texts),
        find_transcribed(joined, n_chars),
    )
    return QualityReport(len(texts), n_chars, tuple(issue for issue in found if issue is not None))


def _find_borrowed(texts: Sequence[str], n_chars: int) -> QualityIssue | None:
    n_quoted = count_quoted_chars(texts)
    if share(n_quoted, n_chars) >= WITHHOLD_BORROWED_SHARE:
        return QualityIssue("borrowed", "withhold", share(n_quoted, n_chars))
    likely = share(n_quoted + count_document_chars(texts), n_chars)
    return QualityIssue("borrowed", "warn", likely) if likely >= WARN_BORROWED_SHARE else None


def _find_two_writers(texts: Sequence[str]) -> QualityIssue | None:
    alternation = measure_alternation(texts)
    return QualityIssue("two_writers", "warn", alternation) if alternation >= 1 - MAX_SWITCHES else None
