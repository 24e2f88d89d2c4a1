"""What was asked of AWS, on this machine, so that a lost terminal loses nothing. Effect: reads and writes JSON.

    output/cloud/<run>.json     a run: its jobs in order, each with all that its request is built from

A run is written before each of its jobs is created: `attach` then finds every job that may exist.
"""

import dataclasses
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.jobs.compute import Compute
from seikaku.cloud.jobs.training_request import InputAddresses, TrainingPlan
from seikaku.errors import UserError, both
from seikaku.files import write_json
from seikaku.settings import from_json

RECORDS_FOLDER = Path("output/cloud")
_KIND, _VERSION = "seikaku-cloud-run", 1


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A stage of a run. ``plan.name`` is its newest job; ``earlier``: jobs of the stage that ended before the goal."""

    stage: int
    plan: TrainingPlan
    earlier: tuple[str, ...] = ()
    is_fetched: bool = False


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run of one stage or two. ``out``: where results go; ``tuning``: the tuning job that gave stage 2's settings."""

    name: str
    region: str
    out: Path
    jobs: tuple[JobRecord, ...]
    created: str
    tuning: str = ""

    def with_job(self, changed: JobRecord) -> "RunRecord":
        """The run with ``changed`` in the place of its stage."""
        return dataclasses.replace(
            self, jobs=tuple(changed if job.stage == changed.stage else job for job in self.jobs)
        )

    def with_inputs(self, sent: InputAddresses) -> "RunRecord":
        """The run with its inputs where they came to lie."""
        jobs = tuple(dataclasses.replace(job, plan=job.plan.with_inputs(sent)) for job in self.jobs)
        return dataclasses.replace(self, jobs=jobs)

    @property
    def job_names(self) -> tuple[str, ...]:
        """Every job's name, of earlier attempts too."""
        return tuple(name for job in self.jobs for name in (*job.earlier, job.plan.name))


@dataclass(frozen=True, slots=True)
class Records:
    """The runs that were started from this folder."""

    folder: Path = field(default=RECORDS_FOLDER)

    def save(self, run: RunRecord) -> None:
        """Write the run, whole or not at all."""
        document = {"format": _KIND, "format_version": _VERSION} | asdict(run) | {"out": str(run.out)}
        write_json(self.folder / f"{run.name}.json", document)

    def note_fetched(self, run: RunRecord, job: JobRecord) -> RunRecord:
        """The run with the result of ``job`` at home, written down."""
        run = run.with_job(dataclasses.replace(job, is_fetched=True))
        self.save(run)
        return run

    def load_all(self) -> list[RunRecord]:
        """Every run, the newest first; other files are passed over."""
        found = [run for path in sorted(self.folder.glob("*.json")) if (run := _read(path)) is not None]
        return sorted(found, key=lambda run: run.created, reverse=True)

    def find(self, name: str) -> RunRecord | None:
        """The run of that name, or the one with a job of that name; the newest for an empty name."""
        runs = self.load_all()
        return next((run for run in runs if not name or name == run.name or name in run.job_names), None)

    def require(self, name: str) -> RunRecord:
        """As ``find``. Raises UserError where there is none."""
        run = self.find(name)
        if run is None:
            what = both("実行の記録がありません", "There is no record of a run")
            if name:
                what = both(f"実行 {name} の記録がありません", f"There is no record of a run {name}")
            raise UserError(
                both(f"{what}（{self.folder}）。", f"{what.english} ({self.folder})."),
                both(
                    "学習を始めたフォルダで実行するか、seikaku cloud status で名前を確かめてください。",
                    "Run it in the folder where the training was started, or see the names with seikaku cloud status.",
                ),
            )
        return run


def _read(path: Path) -> RunRecord | None:
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or document.get("format") != _KIND:
        return None
    if document["format_version"] != _VERSION:
        raise UserError(
            both(f"別の版の seikaku が書いた記録です: {path}", f"Another version of seikaku wrote this record: {path}"),
            both(
                "その版で続けるか、seikaku cloud status で名前を確かめてください。",
                "Go on with that version, or see the names with seikaku cloud status.",
            ),
        )
    jobs = tuple(
        JobRecord(job["stage"], _read_plan(job["plan"]), tuple(job["earlier"]), job["is_fetched"])
        for job in document["jobs"]
    )
    kept = {name: document[name] for name in ("name", "region", "created", "tuning")}
    return RunRecord(out=Path(document["out"]), jobs=jobs, **kept)


def _read_plan(document: dict[str, Any]) -> TrainingPlan:
    built: dict[str, Any] = {
        "compute": Compute(**from_json(document["compute"])),
        "settings": CloudSettings(**from_json(document["settings"])),
    }
    return TrainingPlan(**document | built)
