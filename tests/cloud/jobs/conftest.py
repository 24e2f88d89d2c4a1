"""The stage with a bucket, a role, data and a backbone, and a container that ends as a test says."""

import json
import threading
from types import SimpleNamespace

import pytest
from aws_environment import REGION
from aws_stage import AwsStage
from played_training import BUCKET, LOG, POLICY, TRUST, pack_run, write_files

from seikaku.cloud.account import polling


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with AwsStage(tmp_path_factory.mktemp("stage")) as running:
        yield running


@pytest.fixture
def aws(stage, monkeypatch, tmp_path):
    """The stage with a bucket and a role, and a folder with data and a backbone where the commands are typed."""
    stage.reset()
    for name, value in stage.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    for name, value in (("FIRST_SECONDS", 0.02), ("LONGEST_SECONDS", 0.05)):
        monkeypatch.setattr(polling, name, value)
    write_files("data/processed", **{"manifest.json": "{}", "speakers.parquet": "p"})
    write_files("backbone", **{"config.json": "{}", "model.safetensors": "w", "tokenizer.json": "{}", "old.bin": "x"})
    stage.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    iam = stage.client("iam")
    iam.create_role(RoleName="seikaku-train", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="seikaku-train", PolicyName="train", PolicyDocument=json.dumps(POLICY))
    stage.calls.clear()
    return stage


@pytest.fixture
def container(aws, tmp_path):
    """A container that ends as it is told, when it is told, with a run folder of the stage that was asked for."""
    told = SimpleNamespace(go=threading.Event(), exit_code=0, failure=None, requests=[], altered=False)
    told.go.set()

    def play(request, folder, stop):
        told.requests.append(request)
        while not told.go.wait(0.02) and not stop.is_set():
            pass
        number = int(request["HyperParameters"]["stage"])
        model = pack_run(number, folder, altered=told.altered) if told.exit_code == 0 else None
        return SimpleNamespace(exit_code=told.exit_code, log=LOG.format(number), failure=told.failure, model_tar=model)

    aws.training._run_container = play
    return told
