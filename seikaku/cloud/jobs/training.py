"""One training job: create, describe, follow, stop, and why it ended. In: names, requests. Effect: calls SageMaker."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from seikaku.cloud.account.failures import find
from seikaku.cloud.account.polling import ask_patiently, poll
from seikaku.cloud.account.session import Account
from seikaku.cloud.jobs.logs import LogTail
from seikaku.errors import CloudError, Words, both, in_lang

ENDED = frozenset({"Completed", "Failed", "Stopped"})
_LAST_LINES = 20
STATUS_WORDS = {
    "Starting": both("準備中（インスタンスを待っています）", "starting (waiting for an instance)"),
    "Pending": both("空きを待っています", "waiting for capacity"),
    "LaunchingMLInstances": both("インスタンスを起動中", "launching the instance"),
    "PreparingTrainingStack": both("学習環境を準備中", "preparing"),
    "Downloading": both("データとイメージを取得中", "downloading data and image"),
    "DownloadingTrainingImage": both("イメージを取得中", "downloading the image"),
    "Training": both("学習中", "training"),
    "Uploading": both("結果を保存中", "saving the result"),
    "Interrupted": both(
        "スポットが中断されました（空きが出れば、途中保存から自動で続きます）",
        "spot was interrupted (it goes on by itself from the checkpoint when there is capacity)",
    ),
    "Restarting": both("やり直しています", "restarting"),
    "Updating": both("更新中", "updating"),
    "Stopping": both("停止中", "stopping"),
    "Stopped": both("停止しました", "stopped"),
    "MaxRuntimeExceeded": both("最大実行時間を超えて止まりました", "stopped at the longest time that it may run"),
    "MaxWaitTimeExceeded": both("最大待ち時間を超えて止まりました", "stopped at the longest time that it may wait"),
    "Completed": both("完了しました", "completed"),
    "Failed": both("失敗しました", "failed"),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """The job went over to another state; ``message`` is AWS's own."""

    status: str
    started: datetime
    message: str

    @property
    def words(self) -> str:
        """The state."""
        return STATUS_WORDS.get(self.status, self.status)


@dataclass(frozen=True, slots=True)
class JobNews:
    """What a look at a job told that was not known before, and its whole description."""

    turns: tuple[Turn, ...]
    lines: tuple[str, ...]
    description: Mapping[str, Any]


def create_job(account: Account, request: Mapping[str, Any]) -> None:
    """Create the job. One of that name that is there already is ours: an earlier answer of AWS was lost."""
    sagemaker = account.client("sagemaker")
    try:
        sagemaker.create_training_job(**request)
    except sagemaker.exceptions.ResourceInUse:
        if find_job(account, request["TrainingJobName"]) is None:
            raise


def find_job(account: Account, name: str) -> dict[str, Any] | None:
    """The description of a job, None where there is none of that name."""
    return find(account.client("sagemaker").describe_training_job, TrainingJobName=name)


def stop_job(account: Account, name: str) -> None:
    """Ask the job to stop; it saves a checkpoint at best, and keeps the last one that it had."""
    account.client("sagemaker").stop_training_job(TrainingJobName=name)


def follow_job(account: Account, name: str) -> Iterator[JobNews]:
    """News of a job until it has ended. Raises CloudError where there is no such job."""
    tail = LogTail(account, name)
    n_turns = 0
    for description in poll(lambda: find_job(account, name)):
        if description is None:
            raise CloudError(
                both(f"学習ジョブ {name} がありません。", f"There is no training job {name}."),
                both("seikaku cloud status で名前を確かめてください。", "See the names with seikaku cloud status."),
            )
        turns = _turns(description)
        yield JobNews(turns[n_turns:], tuple(ask_patiently(tail.read)), description)
        if description["TrainingJobStatus"] in ENDED:
            return
        n_turns = len(turns)


def _turns(description: Mapping[str, Any]) -> tuple[Turn, ...]:
    return tuple(
        Turn(item["Status"], item["StartTime"], item.get("StatusMessage", ""))
        for item in description.get("SecondaryStatusTransitions", [])
    )


def stage_of(description: Mapping[str, Any]) -> int:
    """The stage that a job trains."""
    return int(description["HyperParameters"]["stage"])


def metrics_of(description: Mapping[str, Any]) -> dict[str, float]:
    """The last value of each metric that SageMaker found in the log."""
    return {item["MetricName"]: item["Value"] for item in description.get("FinalMetricDataList", [])}


def check_end(account: Account, description: Mapping[str, Any], resume: str) -> None:
    """Raise CloudError unless the job completed: why it ended, with the end of its log, and what to do.

    ``resume``: the command that goes on from the checkpoints.
    """
    status, name = description["TrainingJobStatus"], description["TrainingJobName"]
    if status == "Completed":
        return
    if status == "Failed":
        reason, _, own_mend = description.get("FailureReason", "").partition("\n対処: ")
        tail = "".join(f"\n  {line}" for line in LogTail(account, name).last_lines(_LAST_LINES))
        mend = _EXIT_CODE.sub("", own_mend).strip() or _failure_mend(reason, resume)
        raise CloudError(
            both(
                f"学習ジョブ {name} が失敗しました: {reason or NO_REASON}" + (f"\nログの最後:{tail}" if tail else ""),
                f"The training job {name} failed: {reason or NO_REASON.english}"
                + (f"\nThe end of its log:{tail}" if tail else ""),
            ),
            both(f"{mend}", in_lang(mend, "en")),
            "Failed",
        )
    secondary = description.get("SecondaryStatus", status)
    words, mend = STATUS_WORDS.get(secondary, secondary), _STOP_MENDS.get(secondary, _RESUME)
    raise CloudError(
        both(f"学習ジョブ {name}: {words}", f"Training job {name}: {in_lang(words, 'en')}"),
        both(mend.format(resume=resume), mend.english.format(resume=resume)),
        secondary,
    )


NO_REASON = both("理由は示されていません", "AWS gives no reason")
_EXIT_CODE = re.compile(r", exit code: \d+\s*$")  # what SageMaker adds to our failure file
_RESUME = both("{resume} で、途中保存から続きます。", "{resume} goes on from the checkpoint.")
_STOP_MENDS = {
    "MaxRuntimeExceeded": both(
        "{resume} --max_run_hours 時間 で、時間を延ばして途中保存から続きます。",
        "{resume} --max_run_hours HOURS gives it more time, and goes on from the checkpoint.",
    ),
    "MaxWaitTimeExceeded": both(
        "スポットの空きがありませんでした。{resume} --on_demand か、別の --instance_type、"
        "長い --max_wait_hours で、途中保存から続きます。",
        "There was no spot capacity. {resume} with --on_demand, another --instance_type or a longer --max_wait_hours "
        "goes on from the checkpoint.",
    ),
}
# Words of a reason (AWS's, torch's) -> mend. What our own failure file says carries its mend with it, in Japanese.
_FAILURE_MENDS = (
    (
        ("out of memory", "OutOfMemory", "メモリ"),
        both(
            "--batch_size 4 --gradient_accumulation_steps 2 にするか、--gradient_checkpointing を付けて、"
            "新しく seikaku cloud train を実行してください。",
            "Run seikaku cloud train anew with --batch_size 4 --gradient_accumulation_steps 2, or with "
            "--gradient_checkpointing.",
        ),
    ),
    (
        ("CapacityError", "InsufficientInstanceCapacity", "Unable to provision"),
        both(
            "空きがありません。時間をおくか、別の --instance_type か --on_demand で {resume} を実行してください。",
            "There is no capacity. Run {resume} later, or with another --instance_type or --on_demand.",
        ),
    ),
    (
        ("AccessDenied", "not authorized", "Access denied"),
        both(
            "seikaku cloud doctor で学習のロールの権限を確かめ、{resume} を実行してください。",
            "See with seikaku cloud doctor what the training role may do, then run {resume}.",
        ),
    ),
    (
        ("InternalServerError",),
        both(
            "AWS 側の障害です。{resume} で、途中保存から続きます。",
            "It was a failure on AWS's side. {resume} goes on from the checkpoint.",
        ),
    ),
)


def _failure_mend(reason: str, resume: str) -> Words:
    for words, mend in _FAILURE_MENDS:
        if any(word in reason for word in words):
            return both(mend.format(resume=resume), mend.english.format(resume=resume))
    return both(
        f"原因を直してから {resume} で続けてください（データや学習の設定を変えるなら、新しく始めます）。",
        f"Mend the cause, then go on with {resume} (with other data or settings of training, start anew).",
    )
