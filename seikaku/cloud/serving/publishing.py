"""A deployment that counts only when the endpoint answers right; else the former model serves again. Effects: AWS."""

from collections.abc import Callable, Mapping

from seikaku.cloud.account.session import Account
from seikaku.cloud.serving import asking, endpoint
from seikaku.cloud.serving.endpoint import Deployment, Report
from seikaku.cloud.serving.trial import TRIAL, check_answer
from seikaku.errors import CloudError, SeikakuError


def publish(
    account: Account,
    deployment: Deployment,
    expected: Callable[[], Mapping[str, float | None]],
    report: Report,
    warn: Report,
) -> list[str]:
    """Deploy, warm up, ask ``TRIAL``, and delete the oldest configurations; returns their names.

    ``expected``: this machine's scores for the question. ``warn`` is told before the previous model is led back to.
    Raises CloudError when the endpoint does not come up, or answers otherwise.
    """
    name = deployment.name
    endpoint.deploy(account, deployment, report)
    try:
        seconds = asking.warm_up(account, name, TRIAL)
        report(f"温めました（1 回目の答えまで {seconds:.1f} 秒。次からは、止まっていた後だけ待ちます）")
        check_answer(asking.ask_endpoint(account, name, TRIAL), expected())
    except SeikakuError as error:
        if not deployment.previous:
            raise CloudError(error.message, f"{error.mend} 費用を止めるには seikaku cloud delete {name}。") from error
        warn("試しの質問に正しく答えられないので、前のモデルに戻します。")
        endpoint.undo(account, name, deployment.config_name, deployment.previous, report)
        raise CloudError(f"{error.message} 前のモデルに戻しました。", error.mend) from error
    return endpoint.prune(account, name)


def roll_back(account: Account, name: str, previous: str, report: Report) -> None:
    """Lead back to ``previous`` and ask ``TRIAL``: another model's answer, so that there is one is all that is asked.

    Raises CloudError.
    """
    endpoint.roll_back(account, name, previous, report)
    check_answer(asking.ask_endpoint(account, name, TRIAL), None)
