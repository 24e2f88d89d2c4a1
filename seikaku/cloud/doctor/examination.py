"""All checks of `seikaku cloud doctor`, in the order in which one thing needs another. Effects: those of the checks."""

from collections.abc import Iterator

from seikaku.cloud.doctor import access, machine, permissions, quotas, resources
from seikaku.cloud.doctor.checks import Check, Examination, Patient, examine

LOCAL: dict[str, Examination] = {
    "データ": machine.check_data,
    "ディスク": machine.check_disk,
    "コード": machine.check_bundle,
    "GPU のメモリ": machine.check_memory,
}
ACCESS: dict[str, Examination] = {
    "認証情報": access.check_credentials,
    "リージョン": access.check_region,
}
QUICK: dict[str, Examination] = {
    "バケット": resources.check_bucket,
    "ロール": resources.check_roles,
    "ログ": resources.check_logs,
}
SLOW: dict[str, Examination] = {
    "権限": permissions.check_permissions,
    "上限": quotas.check_quotas,
    "イメージ": resources.check_image,
}


def run_checks(patient: Patient, *, fast: bool = False) -> Iterator[Check]:
    """Every check; ``fast`` leaves out the slow ones. What cannot be asked without credentials is skipped."""
    library = list(examine("boto3", access.check_library, patient))
    yield from library
    remote = QUICK | ({} if fast else SLOW)
    if is_healthy(library):
        allowed = [check for name, one in ACCESS.items() for check in examine(name, one, patient)]
        yield from allowed
    if is_healthy(library) and is_healthy(allowed):
        for name, examination in remote.items():
            yield from examine(name, examination, patient)
    else:
        yield from (Check(name, "skipped", "上の問題が直るまで、調べられません。") for name in remote)
    for name, examination in LOCAL.items():
        yield from examine(name, examination, patient)


def is_healthy(checks: list[Check]) -> bool:
    """Whether nothing failed."""
    return all(check.status != "failed" for check in checks)
