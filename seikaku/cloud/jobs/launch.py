"""A run of stage 1 and stage 2 as jobs: planned, started one after the other, taken up again. Effect: SageMaker.

Everything about a run stands in its record, so that whoever holds the record can go on: the terminal that started it,
`attach` after that was lost, `train --resume` after a job ended before its goal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from seikaku.cloud.account.images import find_patch_end, inference_image, training_image
from seikaku.cloud.account.layout import build_name, s3_uri
from seikaku.cloud.account.rules import check_request
from seikaku.cloud.account.session import Account
from seikaku.cloud.jobs.compute import Compute
from seikaku.cloud.jobs.records import JobRecord, Records, RunRecord
from seikaku.cloud.jobs.training import ENDED, create_job, find_job
from seikaku.cloud.jobs.training_request import InputAddresses, TrainingPlan, build_training_request
from seikaku.cloud.money.costs import CostEstimate, add_estimates, estimate_training
from seikaku.errors import CloudError, UserError, Words, both

STAGE1_CHANNEL = "stage1"
_STAND_IN_BUCKET, _STAND_IN_ROLE = "seikaku-bucket", "arn:aws:iam::000000000000:role/seikaku-train"


@dataclass(frozen=True, slots=True)
class StageOrder:
    """A stage to train: its hyperparameters, and its own channels that lie in the bucket already."""

    stage: int
    hyperparameters: Mapping[str, Any]
    channels: Mapping[str, str]


def plan_run(
    account: Account, orders: tuple[StageOrder, ...], inputs: InputAddresses, compute: Compute, image: str, **kept: Any
) -> RunRecord:
    """The record of a new run; ``image``: what its jobs run in; ``kept``: ``out`` and ``tuning``, for the record."""
    name = build_name("train")
    jobs: list[JobRecord] = []
    for order in orders:
        if jobs:
            uri = artefact_uri(account.bucket, jobs[-1].plan.name)
            order = replace(order, channels={**order.channels, STAGE1_CHANNEL: uri})
        job_name = _job_name(name, order.stage)
        plan = plan_job(account, job_name, order, inputs, compute, image=image, run_name=job_name)
        jobs.append(JobRecord(order.stage, plan))
    return RunRecord(name, account.region, jobs=tuple(jobs), created=datetime.now(UTC).isoformat(), **kept)


def plan_job(
    account: Account,
    name: str,
    order: StageOrder,
    inputs: InputAddresses,
    compute: Compute,
    *,
    image: str,
    run_name: str,
) -> TrainingPlan:
    """The plan of one job, or of each trial of a tuning job (``run_name`` "")."""
    return TrainingPlan(
        name=name,
        run_name=run_name,
        region=account.region,
        bucket=account.bucket,
        role_arn=account.train_role_arn,
        image=image,
        bundle_uri=inputs.bundle_uri,
        channels={**inputs.channels, **order.channels},
        hyperparameters={"stage": order.stage, **order.hyperparameters},
        compute=compute,
        settings=account.settings,
    )


def list_patch_ends(region: str) -> tuple[Words, ...]:
    """A line for each pinned image, of training and of inference, that gets no security patches any more.

    Raises UserError for a region whose registry is not listed.
    """
    ends = (find_patch_end(image(region)) for image in (training_image, inference_image))
    return tuple(end.notice for end in ends if end is not None)


def build_requests(run: RunRecord) -> list[tuple[int, dict[str, Any]]]:
    """Stage and request of every job that is not fetched yet. Raises UserError for what AWS would refuse."""
    requests = [(job.stage, build_training_request(job.plan)) for job in run.jobs if not job.is_fetched]
    for _, request in requests:
        check_request("CreateTrainingJob", request)
    return requests


def with_stand_ins(account: Account) -> tuple[Account, str]:
    """For a dry run: the account, with made-up names for a bucket and a role that cannot be found, and why they cannot.

    The reason is empty where both are known.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        _ = (account.bucket, account.train_role_arn)
        return account, ""
    except (UserError, BotoCoreError, ClientError) as error:
        settings = account.settings
        named = replace(
            settings, bucket=settings.bucket or _STAND_IN_BUCKET, role_arn=settings.role_arn or _STAND_IN_ROLE
        )
        return Account(named), error.message if isinstance(error, UserError) else type(error).__name__


def _job_name(run_name: str, stage: int) -> str:
    return run_name.replace("-train-", f"-stage{stage}-", 1)


def artefact_uri(bucket: str, job_name: str) -> str:
    """Where SageMaker puts a job's result."""
    return s3_uri(bucket, "models", job_name, "output", "model.tar.gz")


def estimate_run(run: RunRecord) -> CostEstimate:
    """The upper bound of what the jobs of ``run`` cost that are not fetched yet."""
    return add_estimates(
        *(
            estimate_training(
                job.plan.compute.instance_type,
                run.region,
                max_runtime_seconds=job.plan.compute.max_run_seconds,
                volume_gb=job.plan.compute.volume_gb,
            )
            for job in run.jobs
            if not job.is_fetched
        )
    )


def start_job(account: Account, records: Records, run: RunRecord, job: JobRecord) -> bool:
    """Create the job unless it is there already; the record is written first. Returns whether it was created.

    What is sent was checked when the run was planned or taken up (``build_requests``).
    """
    records.save(run)
    if find_job(account, job.plan.name) is not None:
        return False
    create_job(account, build_training_request(job.plan))
    return True


def take_up(account: Account, run: RunRecord, compute: Mapping[str, Any]) -> RunRecord:
    """The run with a new job for the stage that ended before its goal, from the same checkpoints.

    ``compute``: fields of Compute to change. Raises UserError when every stage is done, or a job is running.
    """
    for job in run.jobs:
        description = find_job(account, job.plan.name)
        if description is None:
            return _with_compute(run, job, job.plan.name, compute)
        if description["TrainingJobStatus"] not in ENDED:
            raise UserError(
                both(f"{job.plan.name} はまだ動いています。", f"{job.plan.name} is still running."),
                both(
                    f"seikaku cloud attach {run.name} で戻ってください。",
                    f"Go back to it with seikaku cloud attach {run.name}.",
                ),
            )
        if description["TrainingJobStatus"] != "Completed":
            return _with_compute(run, job, build_name(f"stage{job.stage}"), compute)
    raise UserError(
        both(f"{run.name} はすべて完了しています。", f"All of {run.name} is done."),
        both(
            f"結果を受け取るには seikaku cloud attach {run.name} を実行してください。",
            f"To get its results, run seikaku cloud attach {run.name}.",
        ),
    )


def _with_compute(run: RunRecord, taken: JobRecord, name: str, changes: Mapping[str, Any]) -> RunRecord:
    for job in run.jobs:
        if job.stage < taken.stage:
            continue
        plan = replace(job.plan, compute=change_compute(job.plan.compute, changes))
        earlier = job.earlier
        if job.stage == taken.stage and name != job.plan.name:
            plan, earlier = replace(plan, name=name), (*earlier, job.plan.name)
        if job.stage > taken.stage and STAGE1_CHANNEL in plan.channels:
            uri = artefact_uri(plan.bucket, name)
            plan = replace(plan, channels={**plan.channels, STAGE1_CHANNEL: uri})
        run = run.with_job(replace(job, plan=plan, earlier=earlier))
    return run


def change_compute(compute: Compute, changes: Mapping[str, Any]) -> Compute:
    """``compute`` with ``changes``; a longer run does not keep a wait that was for the shorter one."""
    if changes.get("on_demand") or ("max_run_hours" in changes and "max_wait_hours" not in changes):
        changes = {"max_wait_hours": 0.0, **changes}
    return replace(compute, **changes)


def earlier_stage1(account: Account, name: str) -> tuple[str, str, str | None]:
    """An earlier stage 1 job's artefact, its backbone's name ("" for the default), and its channel ``base_model``.

    Raises UserError: no such job, not completed, or no job of stage 1.
    """
    description = find_job(account, name)
    if description is None:
        raise UserError(
            both(f"学習ジョブ {name} がありません。", f"There is no training job {name}."),
            both("seikaku cloud status で名前を確かめてください。", "See the names with seikaku cloud status."),
        )
    flags = description["HyperParameters"]
    if description["TrainingJobStatus"] != "Completed" or flags.get("stage") != "1":
        stage, status = flags.get("stage", "?"), description["TrainingJobStatus"]
        raise UserError(
            both(
                f"{name} は、完了した stage 1 のジョブではありません（stage {stage}、{status}）。",
                f"{name} is no completed job of stage 1 (stage {stage}, {status}).",
            ),
            both(
                "--stage1_job に、完了した stage 1 のジョブの名前を指定してください。",
                "Give --stage1_job the name of a completed job of stage 1.",
            ),
        )
    channels = {item["ChannelName"]: item["DataSource"]["S3DataSource"]["S3Uri"]
                for item in description.get("InputDataConfig", [])}  # fmt: skip
    return result_uri(description), flags.get("backbone", ""), channels.get("base_model")


def result_uri(description: Mapping[str, Any]) -> str:
    """The address of a completed job's result. Raises CloudError where AWS names none."""
    uri = description.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    if not uri:
        name = description["TrainingJobName"]
        raise CloudError(
            both(f"{name} の結果の場所が分かりません。", f"Where the result of {name} lies is not known."),
            both("ジョブのログを確かめてください。", "Look at the job's log."),
        )
    return str(uri)
