"""What a check of `seikaku cloud doctor` looks at and says. No effects of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from seikaku.cloud.account.failures import explain_aws
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.errors import CloudError, SeikakuError, Words, both, in_lang

Status = Literal["ok", "warning", "failed", "skipped"]
DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AllAccessDisabled",
    "403",
    "NotAuthorized",
    "AuthorizationError",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor: what was looked at, how it is, and for anything not well what to do."""

    name: str
    status: Status
    line: str
    mend: str = ""

    def to_dict(self) -> dict[str, str]:
        """As JSON: in Japanese, whatever the language of the command line."""
        return {"name": self.name, "status": self.status, "line": self.line, "mend": self.mend}


@dataclass(frozen=True)
class Patient:
    """What is examined. The account is made late: without boto3 or a profile there is none."""

    settings: CloudSettings
    instance_type: str
    repository: Path
    data_folder: Path

    @cached_property
    def account(self) -> Account:
        """The account behind the settings."""
        return Account(self.settings)


Examination = Callable[[Patient], Iterator[Check]]


def examine(name: str, examination: Examination, patient: Patient) -> Iterator[Check]:
    """Run one examination; an error becomes a check, so that the others still run.

    What may not be looked at is skipped: a permission that only the doctor needs is no illness.
    """
    try:
        with explain_aws():
            yield from examination(patient)
    except CloudError as error:
        if error.code in DENIED:
            line = both(
                f"確かめる権限がないので、調べていません（{error.code}）。",
                f"Not looked at, for lack of permission ({error.code}).",
            )
            yield Check(name, "skipped", line, _ask_owner(error))
        else:
            yield Check(name, "failed", error.message, error.mend)
    except SeikakuError as error:
        yield Check(name, "failed", error.message, error.mend)


def error_code(error: Any) -> str:
    """AWS's code of a ClientError."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _ask_owner(error: CloudError) -> Words:
    return both(
        f"AWS の管理者に、この操作の権限を頼むと調べられます: {error.message}",
        f"Ask whoever administers the account for the permission: {in_lang(error.message, 'en')}",
    )
