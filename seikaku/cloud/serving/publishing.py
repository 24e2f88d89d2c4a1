"""A deployment: planned, and counted only when the endpoint answers right, else undone. Effects: AWS."""

from collections.abc import Callable, Mapping

from seikaku.cloud.account.layout import stamp_name
from seikaku.cloud.account.rules import check_request
from seikaku.cloud.account.session import Account
from seikaku.cloud.serving import asking, endpoint
from seikaku.cloud.serving.endpoint import Report
from seikaku.cloud.serving.endpoint_request import (
    Deployment,
    ServedModel,
    build_config,
    build_endpoint,
    build_model,
    build_update,
)
from seikaku.cloud.serving.hosting import Hosting
from seikaku.cloud.serving.scaling import build_scaling
from seikaku.cloud.serving.trial import TRIAL, check_answer
from seikaku.errors import CloudError, SeikakuError, both, in_lang


def plan_deployment(account: Account, name: str, model: ServedModel, hosting: Hosting, previous: str) -> Deployment:
    """The deployment, under a new name for its configuration. Raises UserError for what AWS would refuse."""
    settings, config_name = account.settings, stamp_name(name)
    requests = {
        "CreateModel": build_model(config_name, model, account.serve_role_arn, settings),
        "CreateEndpointConfig": build_config(config_name, hosting, settings, previous=previous),
    }
    if previous:
        requests["UpdateEndpoint"] = build_update(name, config_name, hosting)
    else:
        requests["CreateEndpoint"] = build_endpoint(name, config_name, settings)
    for operation, request in requests.items():
        check_request(operation, request)
    return Deployment(name, hosting, previous, requests | build_scaling(name, hosting))


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
        report(
            both(
                f"温めました（1 回目の答えまで {seconds:.1f} 秒。次からは、止まっていた後だけ待ちます）",
                f"warmed up ({seconds:.1f} s to the first answer; later ones wait only after a rest)",
            )
        )
        check_answer(asking.ask_endpoint(account, name, TRIAL), expected())
    except SeikakuError as error:
        if not deployment.previous:
            mend = both(
                f"{error.mend} 費用を止めるには seikaku cloud delete {name}。",
                f"{in_lang(error.mend, 'en')} To stop the cost: seikaku cloud delete {name}.",
            )
            raise CloudError(error.message, mend) from error
        warn(
            both(
                "試しの質問に正しく答えられないので、前のモデルに戻します。",
                "It does not answer the trial question right, so it is led back to the earlier model.",
            )
        )
        endpoint.undo(account, name, deployment.config_name, deployment.previous, report)
        message = both(
            f"{error.message} 前のモデルに戻しました。",
            f"{in_lang(error.message, 'en')} It was led back to the earlier model.",
        )
        raise CloudError(message, error.mend) from error
    return endpoint.prune(account, name)


def roll_back(account: Account, name: str, previous: str, report: Report) -> None:
    """Lead back to ``previous`` and ask ``TRIAL``: another model's answer, so that there is one is all that is asked.

    Raises CloudError.
    """
    endpoint.roll_back(account, name, previous, report)
    check_answer(asking.ask_endpoint(account, name, TRIAL), None)
