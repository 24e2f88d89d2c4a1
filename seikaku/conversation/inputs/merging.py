"""Several files -> one, the same at every door: one name is one person. Pure.

A label that a machine or a form gave (話者 1, Speaker 2, A) is somebody else in every file, and stays apart. Messages
that two exports of one talk hold count once. What was joined and what was not is told.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from seikaku.conversation.inputs.gathering import Gathered
from seikaku.conversation.inputs.part_reading import ReadFile, parser_of, read_parts
from seikaku.conversation.readers.line import pc, phone
from seikaku.conversation.readers.line.overlap import count_once
from seikaku.conversation.speakers import is_label
from seikaku.conversation.turns import Conversation, Dropped, ImportedFile, ImportReport
from seikaku.errors import Words, both

_MAX_NAMES_TOLD = 5
_N_NAMED = 3
_MAX_NAME_CHARS = 40


def pool(files: Sequence[ReadFile]) -> ImportedFile:
    """All files as one. The report is theirs together; ``speakers`` counts each person over all files."""
    if len(files) == 1:
        return files[0].imported
    apart, n_labels = _keep_labels_apart(files)
    once = count_once([file.imported for file in apart], [phone.READER.name, pc.READER.name])
    reports = [_with_file(imported.report, file.name) for imported, file in zip(once, apart, strict=True)]
    conversations = tuple(_with_unused_ids(talk for imported in once for talk in imported.conversations))
    warnings = [
        warning
        for warning in (_joined([report.speakers for report in reports]), _labels_apart(n_labels))
        if warning is not None
    ]
    return ImportedFile(conversations, _merge_reports(reports, warnings))


def read_as_one(gathered: Gathered, format: str | None) -> ImportedFile:
    """Read and pool; what was passed over is told in the report's warnings. Raises as ``read_parts`` does."""
    reading = read_parts(gathered, parser_of(format))
    pooled = pool(reading.files)
    return replace(pooled, report=replace(pooled.report, warnings=(*pooled.report.warnings, *reading.skipped)))


def name_of_several(names: Sequence[str]) -> str:
    """What to call several inputs in one line, in any language: the first three, and how many more."""
    n_more = len(names) - _N_NAMED
    return ", ".join(names[:_N_NAMED]) + (f" (+{n_more})" if n_more > 0 else "")


def rename_speakers(imported: ImportedFile, names: Mapping[str, str]) -> ImportedFile:
    """``imported`` with other names for some speakers; two that get one name are one person."""
    if not names.keys() & imported.report.speakers.keys():
        return imported
    conversations = tuple(
        replace(
            talk,
            utterances=tuple(
                replace(said, speaker=names[said.speaker]) if said.speaker in names else said
                for said in talk.utterances
            ),
        )
        for talk in imported.conversations
    )
    speakers: Counter[str] = Counter()
    for name, count in imported.report.speakers.items():
        speakers[names.get(name, name)] += count
    report = imported.report
    return ImportedFile(
        conversations,
        replace(
            report,
            speakers=dict(speakers),
            dropped_by=_renamed_records(report.dropped_by, names),
            removed_by=_renamed_records(report.removed_by, names),
            me=names.get(report.me, report.me) if report.me else None,
            uncertain_names=tuple(dict.fromkeys(names.get(name, name) for name in report.uncertain_names)),
        ),
    )


def _renamed_records(records: Iterable[Dropped], names: Mapping[str, str]) -> tuple[Dropped, ...]:
    return tuple(replace(one, speaker=names.get(one.speaker, one.speaker)) for one in records)


def _keep_labels_apart(files: Sequence[ReadFile]) -> tuple[list[ReadFile], int]:
    """Files in which a label that several hold carries its file's name, and how many labels those were.

    Where a file tells who exported it, that person is the same in every file of the format.
    """
    n_files = Counter(
        name
        for file in files
        for name in file.imported.report.speakers
        if is_label(name) and name != file.imported.report.me
    )
    owners = {file.imported.report.me for file in files}
    shared = {name for name, n in n_files.items() if n > 1 or name in owners}
    if not shared:
        return list(files), 0
    stems = Counter(PurePosixPath(file.name).stem for file in files)
    apart = []
    for file in files:
        stem = PurePosixPath(file.name).stem
        where = stem if stems[stem] == 1 else file.name
        own = shared - {file.imported.report.me}
        names = {name: f"{name}（{where}）" for name in file.imported.report.speakers if name in own}
        apart.append(ReadFile(file.name, rename_speakers(file.imported, names)))
    return apart, len(shared)


def _with_unused_ids(talks: Iterable[Conversation]) -> list[Conversation]:
    """Talks whose id was given away get a number behind it."""
    used: set[str] = set()
    kept = []
    for talk in talks:
        wanted, number = talk.conversation_id, 1
        while talk.conversation_id in used:
            number += 1
            talk = replace(talk, conversation_id=f"{wanted}-{number}")
        used.add(talk.conversation_id)
        kept.append(talk)
    return kept


def _with_file(report: ImportReport, name: str) -> ImportReport:
    return replace(
        report,
        dropped_by=tuple(replace(one, file=name) for one in report.dropped_by),
        removed_by=tuple(replace(one, file=name) for one in report.removed_by),
    )


def _merge_reports(reports: Sequence[ImportReport], warnings: Sequence[Words]) -> ImportReport:
    """Sums of the counts, the whole period; formats and encodings side by side; the least confidence of all."""
    speakers: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    for report in reports:
        speakers.update(report.speakers)
        dropped.update(report.dropped)
    starts = [report.first_timestamp for report in reports if report.first_timestamp]
    ends = [report.last_timestamp for report in reports if report.last_timestamp]
    owners = {report.me for report in reports if report.me}
    return ImportReport(
        format=", ".join(dict.fromkeys(report.format for report in reports)),
        encoding=", ".join(dict.fromkeys(report.encoding for report in reports)),
        speakers=dict(speakers),
        n_utterances=sum(report.n_utterances for report in reports),
        dropped=dict(dropped.most_common()),
        first_timestamp=min(starts, default=None),
        last_timestamp=max(ends, default=None),
        warnings=(*warnings, *dict.fromkeys(warning for report in reports for warning in report.warnings)),
        confidence=min((one.confidence for one in reports if one.confidence is not None), default=None),
        evidence=tuple(dict.fromkeys(reason for report in reports for reason in report.evidence)),
        against=tuple(dict.fromkeys(reason for report in reports for reason in report.against)),
        dropped_by=tuple(one for report in reports for one in report.dropped_by),
        removed_by=tuple(one for report in reports for one in report.removed_by),
        me=owners.pop() if len(owners) == 1 else None,
        uncertain_names=tuple(dict.fromkeys(name for report in reports for name in report.uncertain_names)),
        renamed=tuple(dict.fromkeys(pair for report in reports for pair in report.renamed)),
    )


def _joined(speakers: Sequence[Mapping[str, int]]) -> Words | None:
    """Who is in more than one file, and was taken for one person."""
    n_files = Counter(name for counts in speakers for name in counts)
    several = [(name, n) for name, n in n_files.most_common() if n > 1]
    if not several:
        return None
    shown = [(_shorten(name), n) for name, n in several[:_MAX_NAMES_TOLD]]
    n_more = len(several) - len(shown)
    japanese = "、".join(f"「{name}」（{n} 個）" for name, n in shown) + (f" ほか {n_more} 人" if n_more else "")
    english = ", ".join(f"“{name}” ({n})" for name, n in shown) + (f" and {n_more} more" if n_more else "")
    return both(
        f"{len(speakers)} 個のファイルをまとめ、同じ名前は同じ人としました: {japanese}。",
        f"{len(speakers)} files were put together; one name in several of them was taken for one person: {english}.",
    )


def _labels_apart(n: int) -> Words | None:
    if not n:
        return None
    return both(
        f"「話者 1」や「A」のような見出し {n} 種類は、ファイルごとに別の人としました。",
        f"Labels such as “Speaker 1” or “A” were taken for another person in every file: {n}.",
    )


def _shorten(name: str) -> str:
    return name if len(name) <= _MAX_NAME_CHARS else name[: _MAX_NAME_CHARS - 1] + "…"
