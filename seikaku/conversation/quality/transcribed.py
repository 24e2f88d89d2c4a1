"""Speech that a machine wrote down: no pauses, fillers, words apart. In: texts. Out: a warning or None. Pure.

It only warns: words may be misheard, and accuracy was measured on what people typed. Readers of transcripts say so by
themselves; this is for text without a format. Quantiles are of RealPersonaChat's 184 speakers with one dialogue
(17,126) and with all: see benchmarks/quality_thresholds.py. No speech was measured.
"""

import re

from seikaku.conversation.quality.issues import QualityIssue, share

MIN_CHARS_FOR_TRANSCRIBED = 200
# Characters in runs of letters without any mark or space.
MIN_RUN_ON_CHARS = 40
WARN_RUN_ON_SHARE = 0.4  # highest .39 with one dialogue (99 % below .12), .09 with all
WARN_FILLER_SHARE = 0.02  # highest 0 with one dialogue, .003 with all
MIN_FILLERS = 10
# Spaces between two Japanese letters, a character.
WARN_SPACED_SHARE = 0.2  # highest .03 with one dialogue, .012 with all

_JAPANESE = "\u3005-\u3007\u3041-\u30ff\u3400-\u9fff"
# Laughter (w, 笑) is a pause.
_RUN_ON = re.compile(rf"[\u3005-\u3007\u3041-\u30ff\u3400-\u7b10\u7b12-\u9fff0-9A-VX-Za-vx-z]{{{MIN_RUN_ON_CHARS},}}")
# A bare えー, まあ or なんか is in any chat.
_FILLER = re.compile(
    "えー+っ?と|えっと|ええっ?と|あのー+|そのー+|えー+、|(?<![ぁ-んァ-ヶ一-龠])(?:あの|その|ま|まあ)、"
)
_SPACED = re.compile(rf"[ \u3000](?<=[{_JAPANESE}].)(?=[{_JAPANESE}])")


def find_transcribed(joined: str, n_chars: int) -> QualityIssue | None:
    """A warning of the first figure that is too high; None below the least amount of text."""
    if n_chars < MIN_CHARS_FOR_TRANSCRIBED:
        return None
    limits = (
        (measure_run_on(joined, n_chars), WARN_RUN_ON_SHARE),
        (measure_fillers(joined, n_chars), WARN_FILLER_SHARE),
        (measure_spaces(joined, n_chars), WARN_SPACED_SHARE),
    )
    return next((QualityIssue("transcribed", "warn", value) for value, limit in limits if value >= limit), None)


def measure_run_on(joined: str, n_chars: int) -> float:
    """Characters in long runs of letters without a mark or space, of ``n_chars``."""
    return share(sum(map(len, _RUN_ON.findall(joined))), n_chars)


def measure_fillers(joined: str, n_chars: int) -> float:
    """Characters in fillers (えーと, あのー), of ``n_chars``; 0 where they are few."""
    fillers = _FILLER.findall(joined)
    return share(sum(map(len, fillers)), n_chars) if len(fillers) >= MIN_FILLERS else 0.0


def measure_spaces(joined: str, n_chars: int) -> float:
    """Spaces between two Japanese letters, of ``n_chars``."""
    return share(len(_SPACED.findall(joined)), n_chars)
