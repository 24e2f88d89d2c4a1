"""What a job runs on and how long it may: one field = one flag of `train` and `tune`. Frozen; no effects."""

import math
from dataclasses import dataclass

from seikaku.cloud.money.instances import DEFAULT_INSTANCE_TYPE, find_instance, has_own_disk
from seikaku.errors import UserError, both
from seikaku.settings import check_ranges, setting

_HOUR, _MINUTE = 3600, 60
_MAX_HOURS = 28 * 24  # SageMaker's own limit


@dataclass(frozen=True, slots=True)
class Compute:
    """The machine of one job. Spot unless ``on_demand``: cheaper, may wait, may be cut off and goes on by itself."""

    instance_type: str = setting(
        DEFAULT_INSTANCE_TYPE,
        both(
            "インスタンスタイプ（GPU が複数なら torchrun で全部使う）",
            "Instance type (of several GPUs torchrun uses all)",
        ),
    )
    volume_gb: int = setting(
        30,
        both(
            "ディスクの大きさ（GB。g4dn・g5・g6・p4d は自分のディスクを使うので影響しません）",
            "Size of the disk in GB (without effect on g4dn, g5, g6 and p4d, which use their own)",
        ),
        1,
        16384,
    )
    max_run_hours: float = setting(
        12,
        both("1 つのジョブの最大実行時間（費用の上限を決める）", "Hours that a job may run (they bound its cost)"),
        0.02,
        _MAX_HOURS,
    )
    max_wait_hours: float = setting(
        0,
        both(
            "スポットの待ちを含む最大時間（0: 最大実行時間の 2 倍）",
            "Hours with the wait for a spot instance (0: twice those that a job may run)",
        ),
        0,
        _MAX_HOURS,
    )
    on_demand: bool = setting(
        False,
        both(
            "スポットを使わない（高いが、待たず、中断されない）",
            "No spot instance (dearer, but without waiting or interruption)",
        ),
    )
    warm_pool_minutes: int = setting(
        0,
        both(
            "終わった後もインスタンスを残す時間（費用がかかる。--on_demand だけ）",
            "Minutes for which the instance is kept afterwards (this costs; with --on_demand only)",
        ),
        0,
        360,
    )
    max_retries: int = setting(
        2, both("AWS 側の障害で失敗したとき、やり直す回数", "Retries after a failure on AWS's side"), 0, 30
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.warm_pool_minutes and not self.on_demand:
            raise UserError(
                both(
                    f"--warm_pool_minutes {self.warm_pool_minutes} はスポットと一緒に使えません。",
                    f"--warm_pool_minutes {self.warm_pool_minutes} does not go together with spot.",
                ),
                both(
                    "--on_demand を付けるか、--warm_pool_minutes を外してください。",
                    "Give --on_demand, or leave --warm_pool_minutes out.",
                ),
            )
        if self.max_wait_hours and self.on_demand:
            raise UserError(
                both(
                    f"--max_wait_hours {self.max_wait_hours:g} はスポットのときだけ使えます。",
                    f"--max_wait_hours {self.max_wait_hours:g} is for spot only.",
                ),
                both(
                    "--on_demand か --max_wait_hours を外してください。", "Leave out --on_demand or --max_wait_hours."
                ),
            )
        if 0 < self.max_wait_hours < self.max_run_hours:
            raise UserError(
                both(
                    f"--max_wait_hours {self.max_wait_hours:g} が "
                    f"--max_run_hours {self.max_run_hours:g} より短いです。",
                    f"--max_wait_hours {self.max_wait_hours:g} is less than --max_run_hours {self.max_run_hours:g}.",
                ),
                both(
                    "--max_wait_hours を --max_run_hours 以上にしてください。",
                    "Make --max_wait_hours at least --max_run_hours.",
                ),
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
