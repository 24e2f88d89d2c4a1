"""What CloudFormation says when it fails, as two lines: the resource, AWS's reason, the mend. By botocore's Stubber."""

from datetime import UTC, datetime

import pytest
from aws_environment import ACCOUNT_ID, REGION
from botocore.stub import ANY, Stubber

from seikaku.cloud.account import polling
from seikaku.cloud.account.session import Account
from seikaku.cloud.account.settings import CloudSettings
from seikaku.cloud.stack import cloudformation
from seikaku.cloud.stack.parameters import choose_parameters
from seikaku.errors import CloudError, UserError

STACK_ID = f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/seikaku/0"
ITSELF = "AWS::CloudFormation::Stack"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
SEEN = []


@pytest.fixture
def account(monkeypatch):
    monkeypatch.setattr(polling, "FIRST_SECONDS", 0.0)
    SEEN.clear()
    return Account(CloudSettings())


@pytest.fixture
def stub(account):
    with Stubber(account.client("cloudformation")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def event(number, logical_id, status, reason="", kind="AWS::IAM::Role"):
    found = {
        "StackId": STACK_ID,
        "EventId": str(number),
        "StackName": "seikaku",
        "LogicalResourceId": logical_id,
        "ResourceType": ITSELF if logical_id == "seikaku" else kind,
        "Timestamp": NOW,
        "ResourceStatus": status,
    }
    return found | ({"ResourceStatusReason": reason} if reason else {})


def tell_events(stub, *events):
    """CloudFormation tells the newest first."""
    stub.add_response("describe_stack_events", {"StackEvents": list(events)[::-1]}, {"StackName": STACK_ID})


def tell_status(stub, status, name=STACK_ID):
    found = {"StackName": "seikaku", "StackId": STACK_ID, "CreationTime": NOW, "StackStatus": status}
    stub.add_response("describe_stacks", {"Stacks": [found]}, {"StackName": name})


CHANGES = cloudformation.ChangeSet("seikaku-1", STACK_ID, True, ())
BEFORE = event(0, "seikaku", "REVIEW_IN_PROGRESS")
REFUSED = "API: iam:CreateRole User is not authorized (AccessDenied)"


def test_a_stack_that_cannot_be_made_names_the_first_resource_that_failed(account, stub):
    tell_events(stub, BEFORE)
    stub.add_response("execute_change_set", {}, {"ChangeSetName": "seikaku-1", "StackName": "seikaku"})
    first = [BEFORE, event(1, "seikaku", "CREATE_IN_PROGRESS"), event(2, "TrainRole", "CREATE_IN_PROGRESS")]
    tell_events(stub, *first)
    failed = [
        event(3, "TrainRole", "CREATE_FAILED", REFUSED),
        event(4, "ServeRole", "CREATE_FAILED", "Resource creation cancelled"),
        event(5, "seikaku", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [TrainRole]."),
        event(6, "seikaku", "ROLLBACK_COMPLETE"),
    ]
    tell_events(stub, *first, *failed)
    tell_status(stub, "ROLLBACK_COMPLETE")
    with pytest.raises(CloudError, match="ROLLBACK_COMPLETE.*TrainRole.*iam:CreateRole") as caught:
        cloudformation.execute_changes(account, CHANGES, SEEN.append)
    assert "ServeRole" not in caught.value.message
    assert "seikaku cloud stack down で消してから" in caught.value.mend
    assert [(seen.event_id, seen.status) for seen in SEEN] == [
        ("1", "CREATE_IN_PROGRESS"),
        ("2", "CREATE_IN_PROGRESS"),
        ("3", "CREATE_FAILED"),
        ("4", "CREATE_FAILED"),
        ("5", "ROLLBACK_IN_PROGRESS"),
        ("6", "ROLLBACK_COMPLETE"),
    ]


def test_a_change_that_fails_is_undone(account, stub):
    changes = cloudformation.ChangeSet("seikaku-1", STACK_ID, False, ())
    old = event(0, "seikaku", "UPDATE_COMPLETE")
    tell_events(stub, old)
    stub.add_response("execute_change_set", {}, {"ChangeSetName": "seikaku-1", "StackName": "seikaku"})
    reason = "Unreserved account concurrency below its minimum value of [10]"
    tell_events(
        stub,
        old,
        event(1, "Function", "CREATE_FAILED", reason, "AWS::Lambda::Function"),
        event(2, "seikaku", "UPDATE_ROLLBACK_COMPLETE"),
    )
    tell_status(stub, "UPDATE_ROLLBACK_COMPLETE")
    with pytest.raises(CloudError, match="Function（AWS::Lambda::Function）: Unreserved account") as caught:
        cloudformation.execute_changes(account, changes, SEEN.append)
    assert "変更は取り消されました" in caught.value.mend


def test_the_end_is_not_taken_from_a_status_of_before(account, stub):
    """Right after the call the stack may still rest: only a new event of its own ends the work."""
    changes = cloudformation.ChangeSet("seikaku-1", STACK_ID, False, ())
    old = event(0, "seikaku", "UPDATE_COMPLETE")
    tell_events(stub, old)
    stub.add_response("execute_change_set", {}, {"ChangeSetName": ANY, "StackName": "seikaku"})
    tell_events(stub, old)
    tell_events(stub, old, event(1, "seikaku", "UPDATE_IN_PROGRESS"))
    tell_events(
        stub,
        old,
        event(1, "seikaku", "UPDATE_IN_PROGRESS"),
        event(2, "seikaku", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        event(3, "seikaku", "UPDATE_COMPLETE"),
    )
    tell_status(stub, "UPDATE_COMPLETE")
    assert cloudformation.execute_changes(account, changes, SEEN.append).status == "UPDATE_COMPLETE"
    assert [seen.event_id for seen in SEEN] == ["1", "2", "3"]


def test_what_cannot_be_deleted_is_named(account, stub):
    tell_events(stub)
    stub.add_response("delete_stack", {}, {"StackName": STACK_ID})
    tell_events(
        stub,
        event(1, "TrainRole", "DELETE_FAILED", "Cannot delete entity, must detach all policies first."),
        event(2, "seikaku", "DELETE_FAILED"),
    )
    tell_status(stub, "DELETE_FAILED")
    found = cloudformation.Stack(STACK_ID, "UPDATE_COMPLETE", {}, {})
    with pytest.raises(CloudError, match="DELETE_FAILED.*TrainRole.*must detach all policies") as caught:
        cloudformation.delete_stack(account, found, SEEN.append)
    assert "もう一度 seikaku cloud stack down" in caught.value.mend


def prepare(stub, reason):
    stub.add_response("create_change_set", {"Id": "arn:aws:cloudformation:x:y:changeSet/0", "StackId": STACK_ID}, {
        "StackName": "seikaku", "ChangeSetName": ANY, "ChangeSetType": "CREATE", "TemplateBody": ANY,
        "Parameters": [{"ParameterKey": "BucketName", "ParameterValue": "seikaku-b"}],
        "Capabilities": ["CAPABILITY_IAM"], "Tags": [{"Key": "project", "Value": "seikaku"}],
    })  # fmt: skip
    failed = {"Status": "FAILED", "StatusReason": reason}
    stub.add_response("describe_change_set", {"Status": "CREATE_IN_PROGRESS"}, {"ChangeSetName": ANY, "StackName": ANY})
    stub.add_response("describe_change_set", failed, {"ChangeSetName": ANY, "StackName": "seikaku"})
    stub.add_response("delete_change_set", {}, {"ChangeSetName": ANY, "StackName": "seikaku"})
    stub.add_response("delete_stack", {}, {"StackName": STACK_ID})


def test_no_change_is_no_failure(account, stub):
    prepare(stub, "The submitted information didn't contain changes. Submit different information.")
    assert cloudformation.prepare_changes(account, None, {"BucketName": "seikaku-b"}) is None


def test_changes_that_cannot_be_prepared_leave_nothing_behind(account, stub):
    prepare(stub, "Parameters: [JwtIssuer] do not match")
    with pytest.raises(CloudError, match="変更を用意できませんでした: Parameters"):
        cloudformation.prepare_changes(account, None, {"BucketName": "seikaku-b"})


@pytest.mark.parametrize(
    ("status", "message", "mend"),
    [
        ("UPDATE_IN_PROGRESS", "作業の途中です（UPDATE_IN_PROGRESS）", "終わるのを待って"),
        ("ROLLBACK_COMPLETE", "変更できません（ROLLBACK_COMPLETE）", "stack down で消してから"),
        ("UPDATE_ROLLBACK_FAILED", "変更できません", "更新のロールバックを続行"),
        ("DELETE_FAILED", "変更できません", "もう一度 seikaku cloud stack down"),
    ],
)
def test_a_stack_that_takes_no_change_says_what_to_do(status, message, mend):
    with pytest.raises(CloudError, match=message) as caught:
        cloudformation.check_rests(cloudformation.Stack(STACK_ID, status, {}, {}))
    assert mend in caught.value.mend


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_a_stack_that_rests_takes_changes(status):
    cloudformation.check_rests(cloudformation.Stack(STACK_ID, status, {}, {}))


def test_a_bucket_of_another_account_is_not_taken(account):
    with Stubber(account.client("sts")) as sts, Stubber(account.client("s3")) as s3:
        sts.add_response("get_caller_identity", {"Account": ACCOUNT_ID})
        s3.add_client_error("head_bucket", "403", "Forbidden", 403)
        with pytest.raises(UserError, match=f"バケット seikaku-{ACCOUNT_ID}-{REGION} はあなたのものではない"):
            choose_parameters(account, None, {})


def test_without_the_source_folder_the_template_is_missed(monkeypatch, tmp_path):
    monkeypatch.setattr(cloudformation, "REPOSITORY", tmp_path / "site-packages")
    with pytest.raises(UserError, match="テンプレートがありません"):
        cloudformation.template_path()
