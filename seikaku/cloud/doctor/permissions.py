"""Doctor: what the caller and the two roles may do. Effect: asks IAM to simulate; nothing is done in earnest."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seikaku.cloud.account.layout import PREFIX
from seikaku.cloud.account.session import SERVE_ROLE, TRAIN_ROLE, Account
from seikaku.cloud.doctor.checks import DENIED, Check, Patient, error_code
from seikaku.errors import UserError, Words, both

_MEND_OPERATOR = both(
    "スタックの OperatorPolicy と OperatorWatchPolicy を、この利用者かロールに IAM のコンソールで付けてください。",
    "Attach the stack's OperatorPolicy and OperatorWatchPolicy to this user or role in the IAM console.",
)
_MEND_ROLE = both(
    "seikaku cloud stack up でロールを直すか、infra/seikaku.yaml と同じ権限を IAM のコンソールで付けてください。",
    "Mend the role with seikaku cloud stack up, or give it what infra/seikaku.yaml does in the IAM console.",
)
_NOT_ASKABLE = DENIED | {"NoSuchEntity", "InvalidInput"}
_MAX_RUNTIME = "3600"  # a run that any limit allows: what is asked is whether training is allowed at all


@dataclass(frozen=True, slots=True)
class Need:
    """Actions on one resource; ``context`` fills in the conditions: (key, value, IAM's name of the type)."""

    resource: str
    actions: tuple[str, ...]
    context: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the permissions are needed, and for which instance type (of no account to a role)."""

    region: str
    account_id: str
    bucket: str
    instance_type: str = ""

    def sagemaker(self, kind: str) -> str:
        """ARN of a resource with a name that seikaku would give."""
        return f"arn:aws:sagemaker:{self.region}:{self.account_id}:{kind}/{PREFIX}-doctor"

    def logs(self, group: str) -> str:
        """ARN of a log stream of a group below /aws/sagemaker/."""
        return f"arn:aws:logs:{self.region}:{self.account_id}:log-group:/aws/sagemaker/{group}:log-stream:doctor"

    def s3(self, folder: str) -> str:
        """ARN of an object in a folder of the bucket."""
        return f"arn:aws:s3:::{self.bucket}/{folder}/doctor"

    def list_bucket(self, folder: str) -> Need:
        """Listing a folder of the bucket."""
        return Need(f"arn:aws:s3:::{self.bucket}", ("s3:ListBucket",), (("s3:prefix", f"{folder}/doctor", "string"),))


def operator_needs(place: Place, role_arns: tuple[str, ...]) -> list[Need]:
    """What whoever runs `seikaku cloud` must be allowed."""
    guards = (
        ("sagemaker:InstanceTypes", place.instance_type, "stringList"),
        ("sagemaker:MaxRuntimeInSeconds", _MAX_RUNTIME, "numeric"),
    )
    needs = []
    for kind, noun in (("training-job", "TrainingJob"), ("hyper-parameter-tuning-job", "HyperParameterTuningJob")):
        needs.append(Need(place.sagemaker(kind), (f"sagemaker:Create{noun}",), guards))
        needs.append(Need(place.sagemaker(kind), (f"sagemaker:Describe{noun}", f"sagemaker:Stop{noun}")))
    for kind, noun in (("model", "Model"), ("endpoint-config", "EndpointConfig"), ("endpoint", "Endpoint")):
        verbs = ("Create", "Describe", "Delete", *(("Update", "Invoke") if kind == "endpoint" else ()))
        needs.append(Need(place.sagemaker(kind), tuple(f"sagemaker:{verb}{noun}" for verb in verbs)))
    transform = ("sagemaker:CreateTransformJob", "sagemaker:DescribeTransformJob")
    needs.append(Need(place.sagemaker("transform-job"), transform))
    needs.append(place.list_bucket("data"))
    needs.append(Need(place.s3("data"), ("s3:GetObject", "s3:PutObject")))
    needs.append(Need(place.logs("TrainingJobs"), ("logs:GetLogEvents",)))
    passed = (("iam:PassedToService", "sagemaker.amazonaws.com", "string"),)
    needs += [Need(arn, ("iam:PassRole",), passed) for arn in role_arns]
    return needs


def train_role_needs(place: Place) -> list[Need]:
    """What a training job does with its role."""
    return [
        place.list_bucket("data"),
        *(Need(place.s3(folder), ("s3:GetObject",)) for folder in ("data", "code", "base-model")),
        *(Need(place.s3(folder), ("s3:GetObject", "s3:PutObject")) for folder in ("checkpoints", "models")),
        Need(place.s3("checkpoints"), ("s3:DeleteObject",)),  # with the service's copy of the job's disk
        Need("*", ("ecr:GetAuthorizationToken",)),
        Need(place.logs("TrainingJobs"), ("logs:CreateLogStream", "logs:PutLogEvents")),
    ]


def serve_role_needs(place: Place) -> list[Need]:
    """What an endpoint does with its role."""
    return [
        *(Need(place.s3(folder), ("s3:GetObject",)) for folder in ("serve", "batch/doctor/input")),
        Need(place.s3("batch/doctor/output"), ("s3:PutObject",)),
        Need("*", ("ecr:GetAuthorizationToken",)),
        Need(place.logs(f"Endpoints/{PREFIX}"), ("logs:CreateLogStream", "logs:PutLogEvents")),
    ]


def check_permissions(patient: Patient) -> Iterator[Check]:
    """Simulate every permission of the caller and of both roles."""
    account = patient.account
    place = Place(account.region, account.account_id, account.bucket, patient.instance_type)
    roles = (account.train_role_arn, account.serve_role_arn)
    caller = principal_arn(account.client("sts").get_caller_identity()["Arn"])
    operator = both("操作する人の権限", "Operator's permissions")
    train, serve = (both(f"{role}の権限", f"{role.english}'s permissions") for role in (TRAIN_ROLE, SERVE_ROLE))
    yield from _simulate(account, operator, caller, operator_needs(place, roles), _MEND_OPERATOR)
    yield from _simulate(account, train, roles[0], train_role_needs(place), _MEND_ROLE)
    yield from _simulate(account, serve, roles[1], serve_role_needs(place), _MEND_ROLE)


def require_train_role(account: Account, bucket: str, arn: str) -> None:
    """Raise UserError when IAM says that the role of training jobs lacks something; asked before anything is sent."""
    place = Place(account.region, account.account_id, bucket)
    _require_role(account, TRAIN_ROLE, arn, train_role_needs(place))


def require_serve_role(account: Account, bucket: str, arn: str) -> None:
    """Raise UserError when IAM says that the role of endpoints and batch transforms lacks something."""
    place = Place(account.region, account.account_id, bucket)
    _require_role(account, SERVE_ROLE, arn, serve_role_needs(place))


def principal_arn(caller_arn: str) -> str:
    """The user or role whose policies count: a session's name is no principal that IAM can simulate."""
    prefix, _, rest = caller_arn.partition(":assumed-role/")
    if not rest:
        return caller_arn
    return f"{prefix.replace(':sts:', ':iam:')}:role/{rest.partition('/')[0]}"


def _require_role(account: Account, what: Words, arn: str, needs: list[Need]) -> None:
    from botocore.exceptions import ClientError

    try:
        refused, _ = _find_missing(account, arn, needs)
    except ClientError as error:
        if error_code(error) not in _NOT_ASKABLE:
            raise
        return  # who may not ask finds out from the job
    if refused:
        role = arn.rpartition("/")[2]
        listed = _list(refused)
        raise UserError(
            both(
                f"{what} {role} に許されていません: {listed}", f"{what.english} {role} is not allowed: {listed.english}"
            ),
            _MEND_ROLE,
        )


def _simulate(account: Account, name: Words, principal: str, needs: list[Need], mend: Words) -> Iterator[Check]:
    from botocore.exceptions import ClientError

    if principal.endswith(":root"):
        line = both("ルートユーザーには、すべての権限があります。", "The root user is allowed everything.")
        yield Check(name, "ok", line)
        return
    try:
        refused, unsure = _find_missing(account, principal, needs)
    except ClientError as error:
        if error_code(error) not in _NOT_ASKABLE:
            raise
        line = both(
            f"iam:SimulatePrincipalPolicy を使えないので、権限は確かめていません（{error_code(error)}）。",
            f"Permissions were not looked at: iam:SimulatePrincipalPolicy cannot be used ({error_code(error)}).",
        )
        later = both(
            "足りない権限があれば、実行したときに AWS が名前を挙げて断ります。",
            "Should one be lacking, AWS will refuse and name it when you run something.",
        )
        yield Check(name, "skipped", line, later)
        return
    if refused:
        listed = _list(refused)
        yield Check(name, "failed", both(f"許されていません: {listed}", f"Not allowed: {listed.english}"), mend)
    elif unsure:
        listed = _list(unsure)
        line = both(
            f"条件つきで、ここからは分かりません: {listed}",
            f"On conditions that cannot be known from here: {listed.english}",
        )
        later = both(
            "足りなければ、実行したときに AWS が名前を挙げて断ります。",
            "Should it not be allowed, AWS will refuse and name it when you run something.",
        )
        yield Check(name, "skipped", line, later)
    else:
        n_actions = sum(len(need.actions) for need in needs)
        line = both(
            f"必要な {n_actions} の操作が許されています。", f"All {n_actions} actions that are needed are allowed."
        )
        yield Check(name, "ok", line)


def _list(found: list[tuple[str, str]]) -> Words:
    """Actions with what they would be done to."""
    return both(
        "、".join(f"{action}（{target}）" for action, target in found),
        ", ".join(f"{action} ({target})" for action, target in found),
    )


def _find_missing(
    account: Account, principal: str, needs: list[Need]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What is refused, and what depends on a condition whose value the simulation does not know: action and target."""
    refused: list[tuple[str, str]] = []
    unsure: list[tuple[str, str]] = []
    for need in needs:
        _ask(account, principal, need, refused, unsure)
    return refused, unsure


def _ask(
    account: Account, principal: str, need: Need, refused: list[tuple[str, str]], unsure: list[tuple[str, str]]
) -> None:
    request: dict[str, Any] = {
        "PolicySourceArn": principal,
        "ActionNames": list(need.actions),
        "ResourceArns": [need.resource],
        "ContextEntries": [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": kind}
            for key, value, kind in need.context
        ],
    }
    for result in account.client("iam").simulate_principal_policy(**request)["EvaluationResults"]:
        if result["EvalDecision"] == "allowed":
            continue
        # A condition whose value the simulation does not know refuses without meaning it.
        unknown = result["EvalDecision"] == "implicitDeny" and result.get("MissingContextValues")
        target = need.resource.rpartition(":")[2]
        (unsure if unknown else refused).append((result["EvalActionName"], target))
