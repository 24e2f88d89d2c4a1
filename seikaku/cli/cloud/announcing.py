"""What `train` and `tune` both say before they begin. Effects: prints."""

import click

from seikaku.cloud.account.session import Account
from seikaku.cloud.jobs.launch import with_stand_ins
from seikaku.cloud.money.costs import CostEstimate, check_budget


def stand_in(account: Account) -> Account:
    """The account of a dry run; says when bucket and role are made up."""
    account, reason = with_stand_ins(account)
    if reason:
        click.echo(f"バケットとロールは仮の名前です（{reason}）")
    return account


def print_cost(estimate: CostEstimate, max_cost_usd: float | None, *, on_demand: bool) -> None:
    """The most that it can cost. Raises UserError where that is above the budget, or unknown under one."""
    click.echo(f"費用の上限（最大実行時間まで動いた場合）: {estimate.text}")
    for line in estimate.lines:
        click.echo(f"  {line}")
    if not on_demand:
        click.echo("  スポットなので、これより安くなります。実際の額は、終わったときに表示します。")
    check_budget(estimate, max_cost_usd)


def print_nothing_done() -> None:
    """The end of a dry run."""
    click.echo("--dry_run なので、何も送らず、何も作っていません。")
