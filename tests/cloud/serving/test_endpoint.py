"""An endpoint's life against moto: made, replaced, led back, tidied, deleted; and what AWS tells when it fails.

moto has no UpdateEndpoint, is always ready at once and answers nothing: hooks before the call stand in for these.
"""

import io
import json

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.response import StreamingBody

from seikaku.cloud.account import polling
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.serving import asking, endpoint, publishing
from seikaku.cloud.serving.endpoint_request import ServedModel
from seikaku.cloud.serving.hosting import Instances, Serverless
from seikaku.errors import CloudError, UserError

MODEL = ServedModel("123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/seikaku:1", "", {})
NAME = "seikaku"
SERVERLESS = Serverless(2048)


class Service:
    """What moto lacks: an endpoint that changes over time."""

    def __init__(self, account):
        self.account = account
        self.updates = []
        self.invocations = []
        self.fail_update = ""  # the reason
        self.statuses = []  # told one by one before the true one
        self.answers = []  # of InvokeEndpoint: a document, or (code, message, more)
        self.override = {}
        events = account.client("sagemaker").meta.events
        events.register(
            "before-parameter-build.sagemaker.UpdateEndpoint", lambda params, **_: self.updates.append(params)
        )
        events.register("before-call.sagemaker.UpdateEndpoint", self._update)
        events.register("after-call.sagemaker.DescribeEndpoint", self._describe)
        runtime = account.client("sagemaker-runtime").meta.events
        runtime.register("before-call.sagemaker-runtime.InvokeEndpoint", self._invoke)

    def _update(self, params, **_):
        asked = json.loads(params["body"])
        if self.fail_update:
            self.override = {"FailureReason": self.fail_update}
        else:
            self.override = {"EndpointConfigName": asked["EndpointConfigName"]}
        return Answer(200), {"EndpointArn": "arn"}

    def _describe(self, parsed, http_response, **_):
        if http_response.status_code == 200:
            parsed.update(self.override)
            if self.statuses:
                parsed["EndpointStatus"] = self.statuses.pop(0)

    def _invoke(self, params, **_):
        self.invocations.append(json.loads(params["body"]))
        told = self.answers.pop(0)
        if isinstance(told, tuple):
            code, message, more = told
            return Answer(424), {"Error": {"Code": code, "Message": message}, **more}
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        return Answer(200), {"Body": StreamingBody(io.BytesIO(body), len(body))}


class Answer:
    def __init__(self, status_code):
        self.status_code, self.headers, self.content = status_code, {}, b""


@pytest.fixture
def account(moto):
    """Without bucket and roles: nothing here looks at them."""
    role = "arn:aws:iam::123456789012:role/seikaku-serve"
    return Account(CloudSettings(bucket="seikaku-123456789012", serve_role_arn=role))


@pytest.fixture
def service(account, monkeypatch):
    monkeypatch.setattr(polling, "FIRST_SECONDS", 0)
    monkeypatch.setattr(asking, "PAUSE_SECONDS", 0)
    return Service(account)


def deploy(account, hosting=SERVERLESS, report=lambda line: None, name=NAME):
    previous = endpoint.check_replaceable(account, name, hosting)
    deployment = publishing.plan_deployment(account, name, MODEL, hosting, previous)
    endpoint.deploy(account, deployment, report)
    return deployment.config_name


def serving(account):
    return endpoint.find_endpoint(account, NAME)["EndpointConfigName"]


def list_models(account):
    return sorted(model["ModelName"] for model in account.client("sagemaker").list_models()["Models"])


def test_a_new_endpoint(account, service):
    lines = []
    service.statuses = ["Creating", "Creating"]
    config_name = deploy(account, report=lines.append)
    assert serving(account) == config_name
    assert lines == ["準備しています（Creating）"] * 2
    assert list_models(account) == [config_name]
    assert endpoint.deployed_hosting(account, config_name) == Serverless(2048, 5)
    assert not service.updates


def test_the_next_model_replaces_it_and_rolls_back(account, service):
    first, second = deploy(account), deploy(account)
    assert [update["EndpointConfigName"] for update in service.updates] == [second]
    assert serving(account) == second
    assert endpoint.find_previous(account, NAME) == first
    endpoint.roll_back(account, NAME, first, lambda line: None)
    assert serving(account) == first
    with pytest.raises(UserError, match="戻せる前のモデルがありません"):
        endpoint.find_previous(account, NAME)


def test_a_rollback_leads_to_what_served_not_to_what_failed_in_between(account, service):
    first, second = deploy(account), deploy(account)
    endpoint.roll_back(account, NAME, first, lambda line: None)
    deploy(account)
    assert endpoint.find_previous(account, NAME) == first
    assert second in endpoint.list_configs(account, NAME)


def test_the_last_three_stay(account, service):
    other = deploy(account, name="seikaku-b")
    service.override = {}
    names = [deploy(account) for _ in range(5)]
    kept = names[-endpoint.N_KEPT :]
    assert sorted(endpoint.prune(account, NAME)) == sorted(names[: -endpoint.N_KEPT])
    assert endpoint.list_configs(account, NAME) == sorted(kept)
    assert list_models(account) == sorted([*kept, other])
    assert endpoint.find_previous(account, NAME) == kept[-2]


def test_an_update_that_fails_keeps_the_old_model_and_clears_the_new_one(account, service):
    first = deploy(account)
    service.fail_update = "did not pass the ping health check"
    service.statuses = ["InService", "Updating", "RollingBack"]
    with pytest.raises(CloudError, match="替えられませんでした: did not pass the ping health check") as caught:
        deploy(account)
    assert "前のモデルのまま" in caught.value.mend and "/aws/sagemaker/Endpoints/seikaku" in caught.value.mend
    assert serving(account) == first
    assert list_models(account) == [first]


def test_a_creation_that_fails_leaves_nothing(account, service):
    service.override = {"FailureReason": "no such image", "EndpointStatus": "Failed"}
    with pytest.raises(CloudError, match="作れませんでした: no such image") as caught:
        deploy(account)
    assert "作りかけは消しました" in caught.value.mend
    assert endpoint.find_endpoint(account, NAME) is None
    assert not endpoint.list_configs(account, NAME) and not list_models(account)


def test_a_refused_request_leaves_nothing(account, service):
    def refuse(**_):
        return Answer(400), {"Error": {"Code": "ResourceLimitExceeded", "Message": "quota"}}

    account.client("sagemaker").meta.events.register("before-call.sagemaker.CreateEndpoint", refuse)
    with pytest.raises(ClientError, match="quota"):
        deploy(account)
    assert not endpoint.list_configs(account, NAME) and not list_models(account)


@pytest.mark.parametrize(
    ("status", "message"), [("Updating", "変更の途中です（Updating）"), ("Failed", "動いていません（Failed）")]
)
def test_an_endpoint_that_does_not_serve_is_not_replaced(account, service, status, message):
    deploy(account)
    service.statuses = [status]
    with pytest.raises(UserError, match=message):
        endpoint.check_replaceable(account, NAME, Serverless(2048))


def test_serverless_does_not_become_a_host(account, service):
    deploy(account)
    with pytest.raises(UserError, match="サーバーレスとインスタンスの間では切り替えられません"):
        endpoint.check_replaceable(account, NAME, Instances("ml.m5.large"))


def scaling_of(account, name=NAME):
    client = account.client("application-autoscaling")
    targets = client.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    policies = client.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    return [(t["MinCapacity"], t["MaxCapacity"]) for t in targets], [p["PolicyName"] for p in policies]


def test_hosts_scale_and_stop_to(account, service):
    deploy(account, Instances("ml.m5.large", 1, 3))
    assert scaling_of(account) == ([(1, 3)], ["seikaku-invocations"])
    deploy(account, Instances("ml.m5.large", 2, 4))
    assert scaling_of(account)[0] == [(2, 4)]
    deploy(account, Instances("ml.m5.large", 2, 2))
    assert scaling_of(account)[0] == []


def test_delete_leaves_nothing_of_it(account, service):
    other = deploy(account, name="seikaku-b")
    service.override = {}
    names = [deploy(account, Instances("ml.m5.large", 1, 2)) for _ in range(2)]
    assert endpoint.delete_endpoint(account, NAME, lambda line: None) == sorted(names)
    assert endpoint.find_endpoint(account, NAME) is None
    assert list_models(account) == [other]
    assert scaling_of(account)[0] == []
    with pytest.raises(UserError, match="エンドポイント seikaku はありません"):
        endpoint.delete_endpoint(account, NAME, lambda line: None)
    with pytest.raises(UserError, match="エンドポイント seikaku はありません"):
        endpoint.find_previous(account, NAME)


def test_a_question_waits_until_the_model_is_ready(account, service):
    service.answers = [("ModelNotReadyException", "cold", {}), {"traits": {}}]
    assert asking.ask_endpoint(account, NAME, {"purpose": "research"}) == {"traits": {}}
    assert service.invocations == [{"purpose": "research"}] * 2


def test_a_refused_question_tells_the_problem_and_nothing_else(account, service):
    problem = json.dumps({"status": 500, "detail": "サーバーの内部で問題が起きました。", "text": "秘密の話"})
    more = {"OriginalStatusCode": 500, "OriginalMessage": problem}
    service.answers = [("ModelError", f'Received server error (500) with message "{problem}"', more)]
    with pytest.raises(CloudError, match=r"答えられませんでした（500: サーバーの内部で問題が起きました。）") as caught:
        asking.ask_endpoint(account, NAME, {})
    assert "秘密の話" not in f"{caught.value.message}{caught.value.mend}"


def test_an_answer_that_is_no_json(account, service):
    service.answers = [b"<html>"]
    with pytest.raises(CloudError, match="答えが JSON ではありません"):
        asking.ask_endpoint(account, NAME, {})


def test_an_endpoint_that_never_gets_ready(account, service):
    service.answers = [("ModelNotReadyException", "cold", {})] * 4
    with pytest.raises(CloudError, match=r"答えられませんでした（ModelNotReadyException）"):
        asking.ask_endpoint(account, NAME, {})


def test_what_is_not_the_models_fault_passes_unchanged(account, service):
    service.answers = [("AccessDeniedException", "not authorized to perform: sagemaker:InvokeEndpoint", {})]
    with pytest.raises(ClientError, match="not authorized"):
        asking.ask_endpoint(account, NAME, {})


def test_an_endpoint_that_hangs(account, service):
    def hang(**_):
        raise ReadTimeoutError(endpoint_url="https://runtime")

    events = account.client("sagemaker-runtime").meta.events
    events.register_first("before-call.sagemaker-runtime.InvokeEndpoint", hang)
    with pytest.raises(CloudError, match="60 秒以内に答えません"):
        asking.ask_endpoint(account, NAME, {})
