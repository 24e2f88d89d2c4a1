"""All checks of `seikaku cloud doctor`, in the order in which one thing needs another. Effects: those of the checks."""

from collections.abc import Iterator

from seikaku.cloud.doctor import access, machine, permissions, quotas, resources
from seikaku.cloud.doctor.checks import Check, Examination, Patient, examine
from seikaku.errors import both

LOCAL: dict[str, Examination] = {
    both("データ", "Data"): machine.check_data,
    both("ディスク", "Disk"): machine.check_disk,
    both("コード", "Code"): machine.check_bundle,
    both("GPU のメモリ", "GPU memory"): machine.check_memory,
}
ACCESS: dict[str, Examination] = {
    both("認証情報", "Credentials"): access.check_credentials,
    both("リージョン", "Region"): access.check_region,
}
QUICK: dict[str, Examination] = {
    both("バケット", "Bucket"): resources.check_bucket,
    both("ロール", "Roles"): resources.check_roles,
    both("ログ", "Log"): resources.check_logs,
}
SLOW: dict[str, Examination] = {
    both("権限", "Permissions"): permissions.check_permissions,
    both("上限", "Quotas"): quotas.check_quotas,
    both("イメージ", "Image"): resources.check_image,
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
        line = both("上の問題が直るまで、調べられません。", "Cannot be looked at until the problem above is mended.")
        yield from (Check(name, "skipped", line) for name in remote)
    for name, examination in LOCAL.items():
        yield from examine(name, examination, patient)


def is_healthy(checks: list[Check]) -> bool:
    """Whether nothing failed."""
    return all(check.status != "failed" for check in checks)
