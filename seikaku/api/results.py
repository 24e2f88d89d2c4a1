"""Results with a face: ``TraitEstimates`` that a notebook shows and that turn into tables. Values; no effects."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from seikaku.api import frames
from seikaku.conversation.turns import ImportReport
from seikaku.errors import SpeakerError, both
from seikaku.inference.estimates import TraitEstimate, TraitEstimates
from seikaku.traits import TRAITS

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]
    import polars

    from seikaku.report.words.texts import Lang


@dataclass(frozen=True, slots=True, repr=False)
class Estimates(TraitEstimates):
    """The five estimates of one speaker: everything of ``TraitEstimates``, shown as bars in a notebook.

    ``import_report`` None means that nothing was read: the conversation came as values.
    """

    import_report: ImportReport | None = None

    @classmethod
    def of(cls, estimates: TraitEstimates, import_report: ImportReport | None = None) -> "Estimates":
        """The same values with a face."""
        values = {field.name: getattr(estimates, field.name) for field in fields(TraitEstimates)}
        return cls(**values, import_report=import_report)

    def to_pandas(self) -> "pandas.DataFrame":
        """One row a trait, columns as in ``api.frames.COLUMNS``. Raises UserError without pandas."""
        return frames.to_pandas([self])

    def to_polars(self) -> "polars.DataFrame":
        """One row a trait, columns as in ``api.frames.COLUMNS``. Raises UserError without Polars."""
        return frames.to_polars([self])

    def to_html(self, *, lang: "Lang" = "ja") -> str:
        """The whole report, quotes of the speaker included, as one HTML file's text (what `analyze --html` writes)."""
        from seikaku.report.html import render_html

        return render_html(self, lang=lang, import_report=self.import_report)

    def to_csv(self, *, bom: bool = False) -> str:
        """One row as CSV text, the columns of ``seikaku analyze --csv``; ``bom``: begin as Excel needs it."""
        return EstimatesTable((self,)).to_csv(bom=bom)

    def __repr__(self) -> str:
        # Without the quotes of the evidence: a result that is printed or logged holds no word of the talk.
        traits = "、".join(f"{trait.name_ja} {_in_short(self.traits[trait.key])}" for trait in TRAITS)
        return f"<Estimates {self.speaker}（{self.amount.n_chars:,}字）: {traits}>"

    def _repr_html_(self) -> str:
        from seikaku.api.notebook import render_bars

        return render_bars(self)


@dataclass(frozen=True, slots=True, repr=False)
class EstimatesTable:
    """The estimates of several speakers, in the order asked for; ``table["花子"]`` is one of them."""

    speakers: tuple[Estimates, ...]

    def __getitem__(self, speaker: str) -> Estimates:
        for estimates in self.speakers:
            if estimates.speaker == speaker:
                return estimates
        names = [estimates.speaker for estimates in self.speakers]
        raise SpeakerError(
            both(f"話者「{speaker}」の推定はありません。", f"There is no estimate of {speaker}."),
            both(f"あるのは {'、'.join(names)} です。", f"There are those of {', '.join(names)}."),
        )

    def __iter__(self) -> Iterator[Estimates]:
        return iter(self.speakers)

    def __len__(self) -> int:
        return len(self.speakers)

    def to_dict(self, *, with_evidence: bool = True) -> dict[str, Any]:
        """The document of several results, as ``seikaku analyze --json`` prints it."""
        from seikaku.report.document import Result, build_document

        results = [Result(None, estimates, estimates.import_report) for estimates in self.speakers]
        return build_document(results, with_evidence=with_evidence)

    def to_pandas(self) -> "pandas.DataFrame":
        """One row a speaker and trait. Raises UserError without pandas."""
        return frames.to_pandas(self.speakers)

    def to_polars(self) -> "polars.DataFrame":
        """One row a speaker and trait. Raises UserError without Polars."""
        return frames.to_polars(self.speakers)

    def to_html(self, *, lang: "Lang" = "ja") -> str:
        """The whole report of all speakers as one HTML file's text."""
        from seikaku.report.html import render_html

        return render_html(self.speakers, lang=lang, import_report=self.speakers[0].import_report)

    def to_csv(self, *, bom: bool = False) -> str:
        """A row a speaker as CSV text, the columns of ``seikaku analyze --csv``; ``bom``: begin as Excel needs it."""
        from seikaku.report.csv_table import render_csv

        return render_csv((("", estimates) for estimates in self.speakers), bom=bom)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.speakers))

    def _repr_html_(self) -> str:
        from seikaku.api.notebook import render_table

        return render_table(self.speakers)


def _in_short(estimate: TraitEstimate) -> str:
    interval = estimate.interval_80
    if estimate.t_score is None or interval is None:
        return "読み取れない"
    return f"{estimate.t_score:.1f}［{interval.low_t:.1f}～{interval.high_t:.1f}］"
