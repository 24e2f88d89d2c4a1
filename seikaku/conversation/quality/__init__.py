"""Garbage guard: is this ordinary Japanese talk in the speaker's own words? If not, no model may score it.

``assess_quality`` takes the target speaker's utterance texts; each module knows one way to be something else.
"""

from seikaku.conversation.quality.assessing import assess_quality
from seikaku.conversation.quality.borrowed import (
    MIN_DOCUMENT_CHARS,
    MIN_DOCUMENT_MARKS,
    MIN_QUOTED_CHARS,
    MIN_VERSE_LINES,
    WARN_BORROWED_SHARE,
    WARN_STICKER_SHARE,
    WARN_URL_OR_CODE_SHARE,
    WITHHOLD_BORROWED_SHARE,
    WITHHOLD_STICKER_SHARE,
    WITHHOLD_URL_OR_CODE_SHARE,
)
from seikaku.conversation.quality.copied import (
    MAX_BACKCHANNEL_CHARS,
    MIN_CHARS_FOR_REPETITION,
    MIN_TEMPLATE_CHARS,
    MIN_TEMPLATE_USES,
    TEMPLATE_WINDOW,
    WARN_DUPLICATE_SHARE,
    WARN_REPETITION,
    WARN_TEMPLATE_SHARE,
    WITHHOLD_DUPLICATE_SHARE,
    WITHHOLD_REPETITION,
    WITHHOLD_TEMPLATE_SHARE,
)
from seikaku.conversation.quality.issues import Level, QualityIssue, QualityReport
from seikaku.conversation.quality.japanese import (
    MIN_JAPANESE_FOR_KANA_SHARE,
    WARN_JAPANESE_SHARE,
    WITHHOLD_JAPANESE_PER_CHAR,
    WITHHOLD_JAPANESE_SHARE,
    WITHHOLD_KANA_SHARE,
)
from seikaku.conversation.quality.transcribed import (
    MIN_CHARS_FOR_TRANSCRIBED,
    MIN_FILLERS,
    MIN_RUN_ON_CHARS,
    WARN_FILLER_SHARE,
    WARN_RUN_ON_SHARE,
    WARN_SPACED_SHARE,
)
from seikaku.conversation.quality.writers import (
    MAX_SWITCHES,
    MIN_SECOND_SHARE,
    MIN_SECOND_USES,
)

__all__ = [
    "MAX_BACKCHANNEL_CHARS",
    "MAX_SWITCHES",
    "MIN_CHARS_FOR_REPETITION",
    "MIN_CHARS_FOR_TRANSCRIBED",
    "MIN_DOCUMENT_CHARS",
    "MIN_DOCUMENT_MARKS",
    "MIN_FILLERS",
    "MIN_JAPANESE_FOR_KANA_SHARE",
    "MIN_QUOTED_CHARS",
    "MIN_RUN_ON_CHARS",
    "MIN_SECOND_SHARE",
    "MIN_SECOND_USES",
    "MIN_TEMPLATE_CHARS",
    "MIN_TEMPLATE_USES",
    "MIN_VERSE_LINES",
    "TEMPLATE_WINDOW",
    "WARN_BORROWED_SHARE",
    "WARN_DUPLICATE_SHARE",
    "WARN_FILLER_SHARE",
    "WARN_JAPANESE_SHARE",
    "WARN_REPETITION",
    "WARN_RUN_ON_SHARE",
    "WARN_SPACED_SHARE",
    "WARN_STICKER_SHARE",
    "WARN_TEMPLATE_SHARE",
    "WARN_URL_OR_CODE_SHARE",
    "WITHHOLD_BORROWED_SHARE",
    "WITHHOLD_DUPLICATE_SHARE",
    "WITHHOLD_JAPANESE_PER_CHAR",
    "WITHHOLD_JAPANESE_SHARE",
    "WITHHOLD_KANA_SHARE",
    "WITHHOLD_REPETITION",
    "WITHHOLD_STICKER_SHARE",
    "WITHHOLD_TEMPLATE_SHARE",
    "WITHHOLD_URL_OR_CODE_SHARE",
    "Level",
    "QualityIssue",
    "QualityReport",
    "assess_quality",
]
