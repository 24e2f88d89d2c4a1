"""How `seikaku cloud stack` is told: changes, events, outputs, what is left. Effects: asks AWS, prints."""

import click

from seikaku.cli.language import show, tell, words
from seikaku.cloud.account.session import Account
from seikaku.cloud.stack import leftovers
from seikaku.cloud.stack.cloudformation import ChangeSet, Stack, StackEvent
from seikaku.errors import both

_ACTIONS = {
    "Add": both("作る　", "make   "),
    "Modify": both("変える", "change "),
    "Remove": both("外す　", "remove "),
}
_REPLACED = both("（作り直し）", " (made anew)")


def print_changes(name: str, changes: ChangeSet | None) -> None:
    """What a change set would do; None: nothing."""
    if changes is None:
        show(both(f"スタック {name} に変更はありません。", f"The stack {name} needs no change."))
        return
    n_changes = len(changes.changes)
    show(both(f"スタック {name} の変更（{n_changes} 件）:", f"Changes of the stack {name} ({n_changes}):"))
    for change in changes.changes:
        action = words(_ACTIONS.get(change.action, change.action))
        note = words(_REPLACED) if change.is_replaced else ""
        click.echo(f"  {action}  {change.resource_type:<34} {change.logical_id}{note}")


def tell_event(event: StackEvent) -> None:
    """A line of CloudFormation's log, as it comes."""
    reason = f"  {event.reason}" if event.reason else ""
    tell(f"  {event.at.astimezone():%H:%M:%S}  {event.status:<28} {event.logical_id}{reason}")


def print_outputs(found: Stack | None) -> None:
    """Names and addresses of what the stack holds."""
    if found is None:
        return
    show(both("\nスタックの出力:", "\nOutputs of the stack:"))
    for key, value in sorted(found.outputs.items()):
        click.echo(f"  {key:<22} {value}")
    if "ApiUrl" not in found.outputs:
        show(
            both(
                "\n置いておくだけなら、かかるのはバケットの中身の保管料だけです。次: seikaku cloud doctor",
                "\nLeft as it is, only the storage of what is in the bucket costs. Next: seikaku cloud doctor",
            )
        )


def print_leftovers(account: Account, bucket: str) -> None:
    """Say what still costs money."""
    running = leftovers.find_running(account)
    for item in running:
        show(
            both(
                f"まだ費用がかかっています: {item.kind} {item.name}（止める: {item.ends_with}）",
                f"This still costs: {item.kind.english} {item.name} (to end it: {item.ends_with})",
            )
        )
    content = leftovers.measure_bucket(account, bucket)
    if content is not None:
        n_objects, size, down_all = f"{content.n_objects:,}", size_text(content.n_bytes), "stack down --delete_data"
        show(
            both(
                f"バケット {bucket} は残っています（{n_objects} 個、{size}。保管料がかかります）。"
                f"次の stack up で、また使われます。消すには: seikaku cloud {down_all}",
                f"The bucket {bucket} stays ({n_objects} objects, {size}; its storage costs). "
                f"The next stack up uses it again. To delete it: seikaku cloud {down_all}",
            )
        )
    elif not running:
        show(both("費用のかかるものは、もう残っていません。", "Nothing is left that costs anything."))


def size_text(n_bytes: int) -> str:
    """An amount of data."""
    return f"{n_bytes / 1e9:,.2f} GB" if n_bytes >= 1e8 else f"{n_bytes / 1e6:,.2f} MB"
