"""What a job runs on and how long it may: one field = one flag of `train` and `tune`. Frozen; no effects."""

import math
from dataclasses import dataclass

from seikaku.cloud.money.instances import DEFAULT_INSTANCE_TYPE, find_instance, has_own_disk
from seikaku.errors import UserError
from seikaku.settings import check_ranges, setting

_HOUR, _MINUTE = 3600, 60
_MAX_HOURS = 28 * 24  # SageMaker's own limit


@dataclass(frozen=True, slots=True)
class Compute:
    """The machine of one job. Spot unless ``on_demand``: cheaper, may wait, may be cut off and goes on by itself."""

    instance_type: str = setting(DEFAULT_INSTANCE_TYPE, "インスタンスタイプ（GPU が複数なら torchrun で全部使う）")
    volume_gb: int = setting(
        30, "ディスクの大きさ（GB。g4dn・g5・g6・p4d は自分のディスクを使うので影響しません）", 1, 16384
    )
    max_run_hours: float = setting(12, "1 つのジョブの最大実行時間（費用の上限を決める）", 0.02, _MAX_HOURS)
    max_wait_hours: float = setting(0, "スポットの待ちを含む最大時間（0: 最大実行時間の 2 倍）", 0, _MAX_HOURS)
    on_demand: bool = setting(False, "スポットを使わない（高いが、待たず、中断されない）")
    warm_pool_minutes: int = setting(0, "終わった後もインスタンスを残す時間（費用がかかる。--on_demand だけ）", 0, 360)
    max_retries: int = setting(2, "AWS 側の障害で失敗したとき、やり直す回数", 0, 30)

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.warm_pool_minutes and not self.on_demand:
            raise UserError(
                f"--warm_pool_minutes {self.warm_pool_minutes} はスポットと一緒に使えません。",
                "--on_demand を付けるか、--warm_pool_minutes を外してください。",
            )
        if self.max_wait_hours and self.on_demand:
            raise UserError(
                f"--max_wait_hours {self.max_wait_hours:g} はスポットのときだけ使えます。",
                "--on_demand か --max_wait_hours を外してください。",
            )
        if 0 < self.max_wait_hours < self.max_run_hours:
            raise UserError(
                f"--max_wait_hours {self.max_wait_hours:g} が --max_run_hours {self.max_run_hours:g} より短いです。",
                "--max_wait_hours を --max_run_hours 以上にしてください。",
            )

    @property
    def max_run_seconds(self) -> int:
        """The longest run, in seconds."""
        return math.ceil(self.max_run_hours * _HOUR)

    @property
    def max_wait_seconds(self) -> int | None:
        """The longest run and wait together, in seconds; None on demand."""
        if self.on_demand:
            return None
        return math.ceil(self.max_wait_hours * _HOUR) or 2 * self.max_run_seconds

    @property
    def needs_torchrun(self) -> bool:
        """Whether several processes are wanted: several GPUs, or a type unknown to us (torchrun counts)."""
        instance = find_instance(self.instance_type)
        return instance is None or instance.n_gpus > 1

    def stopping_condition(self) -> dict[str, int]:
        """The limits as SageMaker takes them."""
        waiting = self.max_wait_seconds
        return {"MaxRuntimeInSeconds": self.max_run_seconds} | (
            {} if waiting is None else {"MaxWaitTimeInSeconds": waiting}
        )

    def resource_config(self, kms_key: str) -> dict[str, str | int]:
        """The machine as SageMaker takes it. An instance's own disk is always encrypted, and takes no key."""
        resources: dict[str, str | int] = {
            "InstanceType": self.instance_type,
            "InstanceCount": 1,
            "VolumeSizeInGB": self.volume_gb,
        }
        if kms_key and not has_own_disk(self.instance_type):
            resources["VolumeKmsKeyId"] = kms_key
        if self.warm_pool_minutes:
            resources["KeepAlivePeriodInSeconds"] = self.warm_pool_minutes * _MINUTE
        return resources
