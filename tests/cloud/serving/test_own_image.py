"""Our own image: the source that travels, its tag, the build, and that deploy takes it before AWS's."""

import io
import zipfile

import boto3
import pytest
from aws_environment import ACCOUNT_ID, REGION

from seikaku.cli.main import run
from seikaku.cloud.account import polling
from seikaku.cloud.account.session import Account
from seikaku.cloud.serving import own_image
from seikaku.errors import CloudError
from seikaku.places import REPOSITORY

MANIFEST = '{"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}'
PLACE = f"{ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com/seikaku"
OUTPUTS = {"ImageRepository": PLACE, "ImageProject": "seikaku-image", "BucketName": f"seikaku-{ACCOUNT_ID}"}


@pytest.fixture
def checkout(tmp_path):
    """A source checkout in small."""
    for name in (*own_image._FILES, "seikaku/__init__.py", "seikaku/assets/a.json", "seikaku/__pycache__/a.pyc",
                 "data/private.jsonl", "tests/test_a.py"):  # fmt: skip
        path = tmp_path / "checkout" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "checkout"


@pytest.fixture
def place(account, monkeypatch):
    """The account with what `stack up --image_build` makes."""
    monkeypatch.setattr(polling, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(Account, "stack_outputs", OUTPUTS)
    account.client("ecr").create_repository(repositoryName="seikaku")
    account.client("codebuild").create_project(
        name="seikaku-image",
        source={"type": "S3", "location": "b/code/image.zip"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=f"arn:aws:iam::{ACCOUNT_ID}:role/seikaku-train",
    )
    return account


def push(account, tag):
    account.client("ecr").put_image(repositoryName="seikaku", imageManifest=MANIFEST, imageTag=tag)


def test_what_the_dockerfile_copies_travels_and_nothing_else(checkout):
    with zipfile.ZipFile(io.BytesIO(own_image.pack_source(checkout))) as archive:
        names = archive.namelist()
    assert set(names) == {*own_image._FILES, "seikaku/__init__.py", "seikaku/assets/a.json"}
    copied = [word for line in (REPOSITORY / "Dockerfile").read_text().splitlines() if line.startswith("COPY ")
              and "--from" not in line for word in line.split()[1:-1]]  # fmt: skip
    assert set(copied) - {"seikaku"} <= set(own_image._FILES)


def test_the_same_source_has_the_same_tag_and_bytes(checkout):
    tag, packed = own_image.source_tag(checkout), own_image.pack_source(checkout)
    (checkout / "Dockerfile").touch()
    assert (own_image.source_tag(checkout), own_image.pack_source(checkout)) == (tag, packed)
    (checkout / "seikaku" / "__init__.py").write_text("other")
    assert own_image.source_tag(checkout) != tag


def test_it_is_built_from_what_was_sent_under_its_tag(place, checkout, monkeypatch):
    sent, client = {}, place.client("codebuild")
    start = client.start_build
    monkeypatch.setattr(client, "start_build", lambda **request: sent.update(request) or start(**request))
    told = []
    address, is_new = own_image.build_own_image(place, told.append, checkout)
    tag = own_image.source_tag(checkout)
    assert (address, is_new) == (f"{PLACE}:{tag}", True) and told
    assert sent["environmentVariablesOverride"] == [{"name": "TAG", "value": tag, "type": "PLAINTEXT"}]
    bucket, _, key = sent["sourceLocationOverride"].partition("/")
    stored = place.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert stored == own_image.pack_source(checkout) and key.startswith("code/")


def test_what_is_built_is_found_and_not_built_again(place, checkout, monkeypatch):
    assert own_image.find_own_image(place, checkout) == ""
    push(place, own_image.source_tag(checkout))
    address = f"{PLACE}:{own_image.source_tag(checkout)}"
    assert own_image.find_own_image(place, checkout) == address
    monkeypatch.setattr(place.client("codebuild"), "start_build", lambda **_: pytest.fail("built again"))
    assert own_image.build_own_image(place, print, checkout) == (address, False)
    (checkout / "seikaku" / "__init__.py").write_text("changed")
    assert own_image.find_own_image(place, checkout) == ""  # the image would answer as another version


def test_a_build_that_fails_tells_its_reason(place, checkout, monkeypatch):
    failed = {"id": "seikaku-image:1", "buildStatus": "FAILED",
              "phases": [{"contexts": [{"message": "COMMAND_EXECUTION_ERROR: docker build"}]}]}  # fmt: skip
    monkeypatch.setattr(place.client("codebuild"), "batch_get_builds", lambda ids: {"builds": [failed]})
    with pytest.raises(CloudError, match="FAILED.*docker build") as told:
        own_image.build_own_image(place, print, checkout)
    assert "/aws/codebuild/seikaku-image" in told.value.mend


def test_without_a_place_for_it_the_verb_says_how_to_get_one(account, capsys):
    assert run(["cloud", "image", "--yes", "--bucket", account.bucket]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2 and "ImageProject がありません" in told[0] and "stack up --image_build" in told[1]
    assert own_image.find_own_image(account) == ""


def test_deploy_takes_our_own_image_first(place, capsys, monkeypatch):
    where = ["--bucket", place.bucket, "--serve_role_arn", place.serve_role_arn, "--dry_run"]
    assert run(["cloud", "deploy", *where]) == 0
    assert "huggingface-pytorch-inference:" in capsys.readouterr().out
    tag = own_image.source_tag(REPOSITORY)
    push(place, tag)
    assert run(["cloud", "deploy", *where]) == 0
    shown = capsys.readouterr()
    assert f"イメージ: {PLACE}:{tag}" in shown.out and "終わっています" not in shown.err
    assert "SAGEMAKER_PROGRAM" not in shown.out
    assert boto3.client("sagemaker").list_models()["Models"] == []
