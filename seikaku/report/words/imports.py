"""What a reader kept and dropped, in words. In: an import report. Out: sentences, counts; no other speaker's name."""

from collections.abc import Collection

from seikaku.conversation.readers import FORMAT_NAMES, title_of_format
from seikaku.conversation.readers.reasons import REASONS
from seikaku.conversation.turns import ImportReport
from seikaku.errors import Words, in_lang
from seikaku.report.words.labels import LABELS
from seikaku.report.words.texts import Lang, colon, joiner


def import_sentence(report: ImportReport, lang: Lang) -> str:
    """One line: how many utterances were kept, and how many were left out for which reasons."""
    kept = kept_sentence(report, lang)
    dropped = dropped_counts(report, lang)
    if not dropped:
        return kept
    separator, end = ("、", "。") if lang == "ja" else (", ", ".")
    listed = separator.join(f"{words} {count:,}" for words, count in dropped)
    return f"{kept}{joiner(lang)}{LABELS[lang]['import_dropped']}{colon(lang)}{listed}{end}"


def kept_sentence(report: ImportReport, lang: Lang) -> str:
    """What was read: format, utterances, and the number of speakers but not their names (they have not been asked)."""
    return LABELS[lang]["import_kept"].format(
        format=_titles(report.format, lang), n=report.n_utterances, n_speakers=len(report.speakers)
    )


def _titles(formats: str, lang: Lang) -> str:
    """The titles of one or several formats; a text that has its own English is shown as it is."""
    if isinstance(formats, Words):
        return in_lang(formats, lang)
    titles = [title_of_format(name) if name in FORMAT_NAMES else name for name in formats.split(", ")]
    return ("、" if lang == "ja" else ", ").join(in_lang(title, lang) for title in titles)


def confidence_sentence(report: ImportReport, lang: Lang) -> str:
    """How sure the format is and why; empty where nothing had to be recognised or there are several formats."""
    reasons = [*report.evidence, *report.against]
    if report.confidence is None or not reasons or ", " in report.format:
        return ""
    listed = ("、" if lang == "ja" else ", ").join(in_lang(reason, lang) for reason in reasons)
    return LABELS[lang]["import_confidence"].format(confidence=f"{report.confidence:.2f}", reasons=listed)


def dropped_counts(report: ImportReport, lang: Lang) -> list[tuple[str, int]]:
    """(words for the reason, count), most frequent first; a reason without words is given by its code."""
    ordered = sorted(report.dropped.items(), key=lambda item: (-item[1], item[0]))
    return [(in_lang(REASONS.get(code, code), lang), count) for code, count in ordered if count]


def import_notes(report: ImportReport, lang: Lang, shown_speakers: Collection[str]) -> list[str]:
    """What was read, over which days, and the reader's warnings, naming only ``shown_speakers``."""
    notes = [kept_sentence(report, lang)]
    if confident := confidence_sentence(report, lang):
        notes.append(confident)
    if report.me in shown_speakers:
        notes.append(LABELS[lang]["import_me"].format(me=report.me))
    if report.first_timestamp and report.last_timestamp:
        first, last = report.first_timestamp[:10], report.last_timestamp[:10]
        notes.append(LABELS[lang]["import_period"].format(first=first, last=last))
    others = [name for name in report.speakers if name not in shown_speakers]
    return notes + [_without_names(in_lang(warning, lang), others) for warning in report.warnings]


def _without_names(warning: str, names: list[str]) -> str:
    """The readers put names in the quotes of the language."""
    for name in names:
        warning = warning.replace(f"「{name}」", "「（ほかの話者）」").replace(f"“{name}”", "“(another speaker)”")
    return warning
