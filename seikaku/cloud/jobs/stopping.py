"""What is under way by a name, whatever it is, and its end. In: a name. Effect: calls SageMaker."""

from dataclasses import dataclass
from typing import Literal

from seikaku.cloud.account.session import Account
from seikaku.cloud.jobs import training, tuning
from seikaku.cloud.jobs.records import RunRecord
from seikaku.cloud.serving import batch
from seikaku.errors import UserError, both


@dataclass(frozen=True, slots=True)
class Work:
    """Something under way."""

    kind: Literal["training", "transform", "tuning"]
    name: str

    def stop(self, account: Account) -> None:
        """Ask for its end."""
        ways = {"training": training.stop_job, "transform": batch.stop, "tuning": tuning.stop_tuning}
        ways[self.kind](account, self.name)


def find_work(account: Account, name: str, run: RunRecord | None) -> Work:
    """The training job, batch transform or tuning job that ``name`` stands for; ``run``: the run of that name, if any.

    Raises UserError where no job of it runs, or nothing is known of that name.
    """
    description = None
    for job in (name,) if run is None or name in run.job_names else run.job_names:
        description = training.find_job(account, job)
        if description is not None and description["TrainingJobStatus"] not in training.ENDED:
            return Work("training", job)
    if run is not None or description is not None:
        raise UserError(
            both(f"{name} に、動いているジョブはありません。", f"No job of {name} is running."),
            both("seikaku cloud status で様子を確かめてください。", "See how it is with seikaku cloud status."),
        )
    if batch.is_running(account, name):
        return Work("transform", name)
    tuning.require_tuning(account, name)
    return Work("tuning", name)
