"""What the doctor asks for is what the template grants: else it would call its own stack ill."""

import fnmatch

import pytest
from aws_environment import ACCOUNT_ID, REGION
from cloud_template import load_resources

from seikaku.cloud.doctor import permissions

PLACE = permissions.Place(REGION, ACCOUNT_ID, "seikaku-test", "ml.g4dn.xlarge")
ROLES = tuple(f"arn:aws:iam::{ACCOUNT_ID}:role/seikaku-{name}" for name in ("TrainRole", "ServeRole"))


@pytest.fixture(scope="module")
def statements():
    """Policy or role -> the statements that it grants."""
    resources = load_resources()
    found = {name: [] for name in resources}
    for name, resource in resources.items():
        properties = resource["Properties"]
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
    assert not missing(granted, permissions.operator_needs(PLACE, ROLES))


def test_the_training_role_deletes_what_its_job_deleted_and_nothing_else(statements):
    """SageMaker keeps the checkpoints in S3 as they are on the job's disk, so it deletes them there as well."""
    may_delete = [statement for statement in statements["TrainRole"] if "s3:DeleteObject" in statement["Action"]]
    assert [statement["Resource"] for statement in may_delete] == [f"arn:aws:s3:::{PLACE.bucket}/checkpoints/*"]
    asked = [need for need in permissions.train_role_needs(PLACE) if "s3:DeleteObject" in need.actions]
    assert [need.resource for need in asked] == [PLACE.s3("checkpoints")]


def test_what_nobody_granted_is_missed(statements):
    need = permissions.Need(PLACE.s3("elsewhere"), ("s3:PutObject",))
    assert missing(statements["TrainRole"], [need]) == [("s3:PutObject", PLACE.s3("elsewhere"))]
