"""The recipe that builds our image inside AWS: only when asked for, least privilege, and the operator may start it."""

import pytest
import yaml
from cloud_template import load_resources
from policy_checker import check_policy

BUILD = {"ImageRepository", "ImageBuildRole", "ImageBuildLog", "ImageProject", "OperatorImagePolicy"}


@pytest.fixture(scope="module")
def made():
    return load_resources(ImageBuild="true", KmsKeyArn="arn:aws:kms:ap-northeast-1:123456789012:key/0")


def test_it_is_made_only_when_asked_for(made):
    assert not BUILD & set(load_resources())
    assert set(made) >= BUILD


def test_policies_are_sound_and_reach_one_repository_and_one_log(made):
    documents = [policy["PolicyDocument"] for policy in made["ImageBuildRole"]["Properties"]["Policies"]]
    documents.append(made["OperatorImagePolicy"]["Properties"]["PolicyDocument"])
    resources = [(part["Sid"] if "Sid" in part else "", part["Resource"]) for d in documents for part in d["Statement"]]
    assert [sid for sid, resource in resources if resource == "*"] == ["PushToken"]
    assert len(documents) == 3
    actions = {action for d in documents for part in d["Statement"] for action in
               (part["Action"] if isinstance(part["Action"], list) else [part["Action"]])}  # fmt: skip
    assert not [action for action in actions if "*" in action]
    assert [finding for document in documents for finding in check_policy(document)] == []


def test_only_codebuild_of_this_account_may_take_the_role(made):
    (trust,) = made["ImageBuildRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "codebuild.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_the_recipe_builds_the_base_that_the_dockerfile_names_and_pushes_its_tag(made):
    project = made["ImageProject"]["Properties"]
    assert project["Environment"]["PrivilegedMode"] is True
    (variable,) = project["Environment"]["EnvironmentVariables"]
    assert variable["Name"] == "REPOSITORY"
    commands = yaml.safe_load(project["Source"]["BuildSpec"])["phases"]["build"]["commands"]
    assert commands[0] == "set -e"
    assert commands[-2:] == ['docker build --tag "$REPOSITORY:$TAG" .', 'docker push "$REPOSITORY:$TAG"']
    assert any(command.endswith(" python:3.11-slim") and "docker tag" in command for command in commands)
    assert made["ImageRepository"]["Properties"]["RepositoryName"] == "seikaku"  # which both roles may pull from
