"""What the doctor asks for is what the template grants: else it would call its own stack ill."""

import fnmatch

import pytest
import yaml

from seikaku.cloud.doctor import permissions
from seikaku.places import REPOSITORY

TEMPLATE = REPOSITORY / "infra" / "seikaku.yaml"
PLACE = permissions.Place("ap-northeast-1", "123456789012", "seikaku-123456789012", "ml.g4dn.xlarge")
ROLES = {"TrainRole": "arn:aws:iam::123456789012:role/train", "ServeRole": "arn:aws:iam::123456789012:role/serve"}
NAMES = {
    "${AWS::Partition}": "aws",
    "${AWS::Region}": PLACE.region,
    "${AWS::AccountId}": PLACE.account_id,
    "${BucketName}": PLACE.bucket,
}


class TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: names filled in, a role's ARN looked up, anything else left plain."""


def construct(loader, suffix, node):
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    text = node.value
    if suffix == "GetAtt":
        return ROLES.get(text.partition(".")[0], text)
    for name, value in NAMES.items():
        text = text.replace(name, value)
    return text


TemplateLoader.add_multi_constructor("!", construct)


@pytest.fixture(scope="module")
def statements():
    """Policy or role -> the statements that it grants."""
    resources = yaml.load(TEMPLATE.read_text(encoding="utf-8"), TemplateLoader)["Resources"]  # noqa: S506
    found = {name: [] for name in resources}
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        documents = [properties.get("PolicyDocument"), *(p["PolicyDocument"] for p in properties.get("Policies", []))]
        granted = [s for document in documents if document for s in document["Statement"] if s.get("Effect") == "Allow"]
        # A policy of its own that names roles speaks for each of them.
        for owner in [role for role in properties.get("Roles", []) if role in found] or [name]:
            found[owner] += granted
    return found


def as_list(value):
    return value if isinstance(value, list) else [value]


def is_granted(statements, action, resource):
    return any(
        any(fnmatch.fnmatchcase(action, pattern) for pattern in as_list(statement["Action"]))
        and any(fnmatch.fnmatchcase(resource, pattern) for pattern in as_list(statement["Resource"]))
        for statement in statements
    )


def missing(statements, needs):
    return [
        (action, need.resource)
        for need in needs
        for action in need.actions
        if not is_granted(statements, action, need.resource)
    ]


def test_the_roles_may_do_what_the_doctor_asks(statements):
    assert not missing(statements["TrainRole"], permissions.train_role_needs(PLACE))
    assert not missing(statements["ServeRole"], permissions.serve_role_needs(PLACE))


def test_the_operator_may_do_what_the_doctor_asks(statements):
    granted = statements["OperatorPolicy"] + statements["OperatorWatchPolicy"]
    assert not missing(granted, permissions.operator_needs(PLACE, tuple(ROLES.values())))


def test_what_nobody_granted_is_missed(statements):
    need = permissions.Need(PLACE.s3("elsewhere"), ("s3:PutObject",))
    assert missing(statements["TrainRole"], [need]) == [("s3:PutObject", PLACE.s3("elsewhere"))]
