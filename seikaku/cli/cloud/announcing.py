"""What is said before anything costs money. Effects: asks AWS for its images, prints."""

import click

from seikaku.cli.language import show, tell, warn, words
from seikaku.cloud.account.images import find_patch_end, training_image
from seikaku.cloud.account.registry import choose_training_image
from seikaku.cloud.account.session import Account
from seikaku.cloud.jobs.launch import with_stand_ins
from seikaku.cloud.money.costs import CostEstimate, check_budget
from seikaku.cloud.money.instances import retirement_notice
from seikaku.cloud.money.regions import absence_notice
from seikaku.errors import both, in_lang


def stand_in(account: Account) -> Account:
    """The account of a dry run; says when bucket and role are made up."""
    account, reason = with_stand_ins(account)
    if reason:
        tell(
            both(
                f"バケットとロールは仮の名前です（{reason}）",
                f"The names of bucket and role are made up ({in_lang(reason, 'en')})",
            )
        )
    return account


def choose_image(account: Account, instance_type: str, *, asks_aws: bool) -> str:
    """The image of training jobs; says so when it gets no patches. A dry run asks nothing, and shows the pinned one.

    What is known against the instance type in this region is said as well, before anything is sent.
    """
    for line in (retirement_notice(instance_type), absence_notice(instance_type, account.region)):
        if line is not None:
            warn(line)
    image = choose_training_image(account) if asks_aws else training_image(account.region)
    warn_of_image(image)
    return image


def warn_of_image(image: str) -> None:
    """One line where AWS patches the image no more."""
    if (end := find_patch_end(image)) is not None:
        warn(both(f"注意: {end.notice}", f"Note: {end.notice.english}"))


def print_cost(estimate: CostEstimate, max_cost_usd: float | None, *, on_demand: bool) -> None:
    """The most that it can cost. Raises UserError where that is above the budget, or unknown under one."""
    print_estimate(
        both("費用の上限（最大実行時間まで動いた場合）", "The most that it may cost (if it runs as long as it may)"),
        estimate,
    )
    if not on_demand:
        show(
            both(
                "  スポットなので、これより安くなります。実際の額は、終わったときに表示します。",
                "  On spot it costs less; how much is shown at the end.",
            )
        )
    check_budget(estimate, max_cost_usd)


def print_estimate(title: str, estimate: CostEstimate) -> None:
    """An amount, and how it comes about."""
    click.echo(f"{words(title)}: {words(estimate.text)}")
    for line in estimate.lines:
        click.echo(f"  {words(line)}")


def print_nothing_done() -> None:
    """The end of a dry run."""
    tell(
        both(
            "--dry_run なので、何も送らず、何も作っていません。",
            "With --dry_run nothing was sent and nothing was made.",
        )
    )
