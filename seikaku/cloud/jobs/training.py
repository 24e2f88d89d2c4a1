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
from seikaku.errors import CloudError

ENDED = frozenset({"Completed", "Failed", "Stopped"})
_LAST_LINES = 20
STATUS_WORDS = {
    "Starting": "準備中（インスタンスを待っています）",
    "Pending": "空きを待っています",
    "LaunchingMLInstances": "インスタンスを起動中",
    "PreparingTrainingStack": "学習環境を準備中",
    "Downloading": "データとイメージを取得中",
    "DownloadingTrainingImage": "イメージを取得中",
    "Training": "学習中",
    "Uploading": "結果を保存中",
    "Interrupted": "スポットが中断されました（空きが出れば、途中保存から自動で続きます）",
    "Restarting": "やり直しています",
    "Updating": "更新中",
    "Stopping": "停止中",
    "Stopped": "停止しました",
    "MaxRuntimeExceeded": "最大実行時間を超えて止まりました",
    "MaxWaitTimeExceeded": "最大待ち時間を超えて止まりました",
    "Completed": "完了しました",
    "Failed": "失敗しました",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """The job went over to another state; ``message`` is AWS's own."""

    status: str
    started: datetime
    message: str

    @property
    def words(self) -> str:
        """The state in Japanese."""
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
            raise CloudError(f"学習ジョブ {name} がありません。", "seikaku cloud status で名前を確かめてください。")
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
        reason, _, own_mend = description.get("FailureReason", "理由は示されていません").partition("\n対処: ")
        tail = "".join(f"\n  {line}" for line in LogTail(account, name).last_lines(_LAST_LINES))
        raise CloudError(
            f"学習ジョブ {name} が失敗しました: {reason}" + (f"\nログの最後:{tail}" if tail else ""),
            _EXIT_CODE.sub("", own_mend).strip() or _failure_mend(reason, resume),
            "Failed",
        )
    secondary = description.get("SecondaryStatus", status)
    words = STATUS_WORDS.get(secondary, secondary)
    raise CloudError(
        f"学習ジョブ {name}: {words}", _STOP_MENDS.get(secondary, _RESUME).format(resume=resume), secondary
    )


_EXIT_CODE = re.compile(r", exit code: \d+\s*$")  # what SageMaker adds to our failure file
_RESUME = "{resume} で、途中保存から続きます。"
_STOP_MENDS = {
    "MaxRuntimeExceeded": "{resume} --max_run_hours 時間 で、時間を延ばして途中保存から続きます。",
    "MaxWaitTimeExceeded": (
        "スポットの空きがありませんでした。{resume} --on_demand か、別の --instance_type、"
        "長い --max_wait_hours で、途中保存から続きます。"
    ),
}
# Words of a reason (AWS's, torch's) -> mend. What our own failure file says carries its mend with it.
_FAILURE_MENDS = (
    (
        ("out of memory", "OutOfMemory", "メモリ"),
        "--batch_size 4 --gradient_accumulation_steps 2 にするか、--gradient_checkpointing を付けて、"
        "新しく seikaku cloud train を実行してください。",
    ),
    (
        ("CapacityError", "InsufficientInstanceCapacity", "Unable to provision"),
        "空きがありません。時間をおくか、別の --instance_type か --on_demand で {resume} を実行してください。",
    ),
    (
        ("AccessDenied", "not authorized", "Access denied"),
        "seikaku cloud doctor で学習のロールの権限を確かめ、{resume} を実行してください。",
    ),
    (("InternalServerError",), "AWS 側の障害です。{resume} で、途中保存から続きます。"),
)


def _failure_mend(reason: str, resume: str) -> str:
    for words, mend in _FAILURE_MENDS:
        if any(word in reason for word in words):
            return mend.format(resume=resume)
    return f"原因を直してから {resume} で続けてください（データや学習の設定を変えるなら、新しく始めます）。"
