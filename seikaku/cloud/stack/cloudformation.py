"""The stack: infra/seikaku.yaml as change sets, executed and followed event by event.

In: the account, parameters. Out: what would change, what happened. Effect: calls CloudFormation.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from seikaku.cloud.account.polling import poll
from seikaku.cloud.account.session import Account
from seikaku.errors import CloudError, UserError, Words, both
from seikaku.places import REPOSITORY

_STACK_TYPE = "AWS::CloudFormation::Stack"
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
_DOWN_FIRST = both(
    "seikaku cloud stack down で消してから、理由を直して、もう一度 seikaku cloud stack up を実行してください。",
    "Delete it with seikaku cloud stack down, mend the reason, and run seikaku cloud stack up again.",
)
_DOWN_AGAIN = both(
    "もう一度 seikaku cloud stack down を実行し、残るものは AWS のコンソールで消してください。",
    "Run seikaku cloud stack down again, and delete what stays in the AWS console.",
)
# A stack that rests in this status takes no change: what to do.
_STUCK = {
    "ROLLBACK_COMPLETE": _DOWN_FIRST,
    "ROLLBACK_FAILED": _DOWN_FIRST,
    "CREATE_FAILED": _DOWN_FIRST,
    "DELETE_FAILED": _DOWN_AGAIN,
    "UPDATE_ROLLBACK_FAILED": both(
        "AWS のコンソールの CloudFormation で「更新のロールバックを続行」を選んでください。",
        "Choose “Continue update rollback” in CloudFormation in the AWS console.",
    ),
    "UPDATE_FAILED": both(
        "AWS のコンソールの CloudFormation で、変更を取り消してください。",
        "Take the change back in CloudFormation in the AWS console.",
    ),
}
_UNDONE = both(
    "変更は取り消されました。理由を直して、もう一度 seikaku cloud stack up を実行してください。",
    "The change was taken back. Mend the reason, and run seikaku cloud stack up again.",
)


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack as CloudFormation describes it."""

    stack_id: str
    status: str
    outputs: dict[str, str]
    parameters: dict[str, str]

    @property
    def is_empty(self) -> bool:
        """Whether it is only the shell of a change set that was never executed."""
        return self.status == "REVIEW_IN_PROGRESS"


@dataclass(frozen=True, slots=True)
class Change:
    """What a change set would do to one resource; ``is_replaced``: it is made anew and the old one deleted."""

    action: str
    logical_id: str
    resource_type: str
    is_replaced: bool


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Changes that wait to be executed. ``is_new``: the stack does not exist yet."""

    name: str
    stack_id: str
    is_new: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class StackEvent:
    """One line of CloudFormation's log. ``reason`` is empty where AWS gives none."""

    event_id: str
    at: datetime
    logical_id: str
    resource_type: str
    status: str
    reason: str


def template_path() -> Path:
    """The template. Raises UserError where seikaku is installed without its source folder."""
    path = REPOSITORY / "infra" / "seikaku.yaml"
    if not path.is_file():
        raise UserError(
            both(f"CloudFormation のテンプレートがありません: {path}", f"There is no CloudFormation template: {path}"),
            both(
                "ソースを取得したフォルダの中で pip install -e '.[aws]' して、実行してください。",
                "Run it from the source folder, after pip install -e '.[aws]' there.",
            ),
        )
    return path


def find_stack(account: Account) -> Stack | None:
    """The stack of the settings' name, None where there is none."""
    from botocore.exceptions import ClientError

    try:
        return _describe(account, account.settings.stack)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # CloudFormation's name for "there is none"
            return None
        raise


def check_rests(stack: Stack) -> None:
    """Raise CloudError for a stack that takes no change now: work goes on, or it is stuck."""
    if stack.is_empty:
        return
    if stack.status.endswith("_IN_PROGRESS"):
        raise CloudError(
            both(f"スタックは作業の途中です（{stack.status}）。", f"The stack is being worked on ({stack.status})."),
            both("終わるのを待って、同じコマンドを実行してください。", "Wait for the end, and run the same command."),
        )
    if mend := _STUCK.get(stack.status):
        message = both(
            f"スタックはいま変更できません（{stack.status}）。", f"The stack takes no change now ({stack.status})."
        )
        raise CloudError(message, both(mend, mend.english), stack.status)


def prepare_changes(account: Account, stack: Stack | None, parameters: Mapping[str, str]) -> ChangeSet | None:
    """A change set that waits, None where nothing would change.

    ``parameters`` are those to set; an existing stack keeps its others, a new one takes the template's defaults.
    """
    is_new = stack is None or stack.is_empty
    kept = {} if stack is None or is_new else stack.parameters
    client = account.client("cloudformation")
    name = f"seikaku-{datetime.now(UTC).strftime('%Y%m%d-%H%M%S-%f')}"
    made = client.create_change_set(
        StackName=account.settings.stack,
        ChangeSetName=name,
        ChangeSetType="CREATE" if is_new else "UPDATE",
        TemplateBody=template_path().read_text(encoding="utf-8"),
        Parameters=[
            *({"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()),
            *({"ParameterKey": key, "UsePreviousValue": True} for key in kept if key not in parameters),
        ],
        Capabilities=["CAPABILITY_IAM"],
        Tags=account.settings.tag_list(),
    )
    described = _wait_for_changes(client, name, account.settings.stack)
    if described["Status"] == "CREATE_COMPLETE":
        changes = tuple(_read_changes(client, name, account.settings.stack))
        return ChangeSet(name, made["StackId"], is_new, changes)
    discard_changes(account, ChangeSet(name, made["StackId"], is_new, ()))
    reason = str(described.get("StatusReason", ""))
    if any(words in reason for words in _NO_CHANGES):
        return None
    raise CloudError(
        both(f"変更を用意できませんでした: {reason}", f"The change could not be prepared: {reason}"),
        both("seikaku cloud stack diff の引数を確かめてください。", "Check the arguments of seikaku cloud stack diff."),
    )


def discard_changes(account: Account, change_set: ChangeSet) -> None:
    """Delete a change set, and the empty stack that it stood for."""
    client = account.client("cloudformation")
    client.delete_change_set(ChangeSetName=change_set.name, StackName=account.settings.stack)
    if change_set.is_new:
        client.delete_stack(StackName=change_set.stack_id)


def execute_changes(account: Account, change_set: ChangeSet, on_event: Callable[[StackEvent], None]) -> Stack:
    """Make the changes; returns the stack when they are made. Raises CloudError with AWS's reason where they fail."""
    client = account.client("cloudformation")
    known = {event.event_id for event in _new_events(account, change_set.stack_id, set())}
    client.execute_change_set(ChangeSetName=change_set.name, StackName=account.settings.stack)
    failed = _follow(account, change_set.stack_id, known, on_event)
    stack = _describe(account, change_set.stack_id)
    if stack.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        return stack
    raise _explain(failed, stack.status, _STUCK.get(stack.status, _UNDONE))


def list_resources(account: Account, stack: Stack) -> list[tuple[str, str]]:
    """The stack's resources as (type, name) in the order in which they stand in it."""
    pages = account.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack.stack_id)
    return [
        (item["ResourceType"], item.get("PhysicalResourceId", item["LogicalResourceId"]))
        for page in pages
        for item in page["StackResourceSummaries"]
        if item["ResourceType"] and item["ResourceStatus"] != "DELETE_COMPLETE"
    ]


def delete_stack(account: Account, stack: Stack, on_event: Callable[[StackEvent], None]) -> None:
    """Delete the stack; its bucket stays. Raises CloudError with AWS's reason where something cannot be deleted."""
    known = {event.event_id for event in _new_events(account, stack.stack_id, set())}
    account.client("cloudformation").delete_stack(StackName=stack.stack_id)
    if stack.is_empty:
        return  # the shell of a change set is gone at once, without an event
    failed = _follow(account, stack.stack_id, known, on_event)
    status = _describe(account, stack.stack_id).status
    if status != "DELETE_COMPLETE":
        raise _explain(failed, status, _DOWN_AGAIN)


def _describe(account: Account, name_or_id: str) -> Stack:
    found = account.client("cloudformation").describe_stacks(StackName=name_or_id)["Stacks"][0]
    return Stack(
        found["StackId"],
        found["StackStatus"],
        {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])},
        {item["ParameterKey"]: item["ParameterValue"] for item in found.get("Parameters", [])},
    )


def _wait_for_changes(client: Any, name: str, stack_name: str) -> dict[str, Any]:
    answers = poll(lambda: client.describe_change_set(ChangeSetName=name, StackName=stack_name))
    found: dict[str, Any] = next(answer for answer in answers if answer["Status"] in {"CREATE_COMPLETE", "FAILED"})
    return found


def _read_changes(client: Any, name: str, stack_name: str) -> Iterator[Change]:
    pages = client.get_paginator("describe_change_set").paginate(ChangeSetName=name, StackName=stack_name)
    for page in pages:
        for item in page.get("Changes", []):
            change = item["ResourceChange"]
            is_replaced = change.get("Replacement") in {"True", "Conditional"}
            yield Change(change["Action"], change["LogicalResourceId"], change["ResourceType"], is_replaced)


def _follow(
    account: Account, stack_id: str, known: set[str], on_event: Callable[[StackEvent], None]
) -> StackEvent | None:
    """Hand over every new event until the stack rests; returns the first failure, None where there was none.

    The end is read from the events: right after a call the stack may still show the status of before.
    """
    failed = None
    for event in (event for events in poll(lambda: _new_events(account, stack_id, known)) for event in events):
        known.add(event.event_id)
        on_event(event)
        if failed is None and event.status.endswith("_FAILED") and event.resource_type != _STACK_TYPE:
            failed = event
        if event.resource_type == _STACK_TYPE and not event.status.endswith("_IN_PROGRESS"):
            break
    return failed


def _new_events(account: Account, stack_id: str, known: set[str]) -> list[StackEvent]:
    """The events that are not in ``known``, oldest first."""
    found = []
    pages = account.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack_id)
    for item in (item for page in pages for item in page["StackEvents"]):
        if item["EventId"] in known:
            break  # newest come first: the rest is known too
        found.append(_read_event(item))
    return found[::-1]


def _read_event(item: Mapping[str, Any]) -> StackEvent:
    return StackEvent(
        item["EventId"],
        item["Timestamp"],
        item["LogicalResourceId"],
        item["ResourceType"],
        item["ResourceStatus"],
        item.get("ResourceStatusReason", ""),
    )


def _explain(failed: StackEvent | None, status: str, mend: Words) -> CloudError:
    what = both("理由は示されていません。", "AWS gives no reason.")
    if failed:
        what = both(
            f"{failed.logical_id}（{failed.resource_type}）: {failed.reason}",
            f"{failed.logical_id} ({failed.resource_type}): {failed.reason}",
        )
    return CloudError(
        both(
            f"スタックの作業に失敗しました（{status}）。{what}", f"Work on the stack failed ({status}). {what.english}"
        ),
        mend,
        status,
    )
