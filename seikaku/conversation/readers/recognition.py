"""Which format a file is of: every reader judges the same sample, and the user is told how sure it is. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from seikaku.conversation.readers.source import MIN_CONFIDENCE, SURE_CONFIDENCE, Judgement, Reader, Source
from seikaku.conversation.turns import ImportReport
from seikaku.errors import InputFileError, Words, both, in_lang

_MIN_LEAD = 0.05  # two formats that are nearly as likely as each other
_N_BEST = 2


def rank(source: Source, readers: Sequence[Reader]) -> list[tuple[Reader, Judgement]]:
    """Readers with what they say, the surest first; of equal ones the one that stands first in ``readers``."""
    judged = [(reader, reader.judge(source)) for reader in readers]
    return sorted(judged, key=lambda pair: -pair[1].confidence)


def choose(source: Source, readers: Sequence[Reader]) -> list[tuple[Reader, Judgement]]:
    """The readers as ``rank`` gives them. Raises InputFileError, naming the two best, if none is sure enough."""
    ranked = rank(source, readers)
    if ranked[0][1].confidence < MIN_CONFIDENCE:
        raise _not_recognised(source, ranked)
    return ranked


def report_choice(report: ImportReport, ranked: Sequence[tuple[Reader, Judgement]]) -> ImportReport:
    """``report`` with the confidence of the first of ``ranked``, and a warning where it is not certain."""
    (reader, best), *others = ranked
    near = [
        (other, judged)
        for other, judged in others[:1]
        if judged.confidence >= MIN_CONFIDENCE and best.confidence - judged.confidence < _MIN_LEAD
    ]
    warnings = report.warnings
    if best.confidence < SURE_CONFIDENCE or near:
        warnings = (_uncertain(reader, best, near), *warnings)
    return replace(
        report, confidence=round(best.confidence, 2), evidence=best.evidence, against=best.against, warnings=warnings
    )


def report_given(report: ImportReport, reader: Reader, judged: Judgement) -> ImportReport:
    """``report`` of a format that the user named, with a warning where the file does not look like it."""
    warnings = report.warnings
    if judged.confidence < MIN_CONFIDENCE:
        why = _because(judged.against)
        warnings = (
            both(
                f"指定どおり、{reader.title}として読みましたが、そうは見えません{why}。話者と件数を確かめてください。",
                f"It was read as {reader.title.english}, as you asked, but does not look like it{why.english}. Check "
                "the speakers and their counts.",
            ),
            *warnings,
        )
    return replace(
        report,
        confidence=round(judged.confidence, 2),
        evidence=judged.evidence,
        against=judged.against,
        warnings=warnings,
    )


def _uncertain(reader: Reader, best: Judgement, near: Sequence[tuple[Reader, Judgement]]) -> Words:
    why = _because(best.against)
    other_ja = "".join(f"「{other.title}」（--format {other.name}）かもしれません。" for other, _ in near)
    other_en = "".join(f" It may be {other.title.english} (--format {other.name})." for other, _ in near)
    return both(
        f"形式は、{reader.title}として読みましたが、確かではありません{why}。話者と件数を確かめてください。{other_ja}",
        f"It was read as {reader.title.english}, which is not certain{why.english}. Check the speakers and their "
        f"counts.{other_en}",
    )


def _because(reasons: Sequence[Words]) -> Words:
    if not reasons:
        return both("", "")
    japanese = "、".join(reasons)
    english = ", ".join(in_lang(reason, "en") for reason in reasons)
    return both(f"（{japanese}）", f" ({english})")


def _not_recognised(source: Source, ranked: Sequence[tuple[Reader, Judgement]]) -> InputFileError:
    best = [(reader, judged) for reader, judged in ranked[:_N_BEST] if judged.confidence > 0]
    nearest_ja = "、".join(f"{reader.title}{_because(judged.against)}" for reader, judged in best)
    nearest_en = ", ".join(f"{reader.title.english}{_because(judged.against).english}" for reader, judged in best)
    ja = f"{' か '.join(reader.name for reader, _ in best)} を付ける" if best else ""
    en = f" {' or '.join(reader.name for reader, _ in best)}" if best else ""
    return InputFileError(
        both(
            f"{source.name} の形式がわかりません{f'。近いのは {nearest_ja}' if best else ''}。",
            f"The format of {source.english_name} is not recognised{f'; nearest: {nearest_en}' if best else ''}.",
        ),
        both(
            f"会話なら、--format {ja or 'で形式を指定する'}か（名前は seikaku import -h）、「名前：発話」の行に"
            "してください。",
            f"If it is a talk, name its format with --format{en} (all: seikaku import -h), or make it lines of "
            "“name: utterance”.",
        ),
    )
