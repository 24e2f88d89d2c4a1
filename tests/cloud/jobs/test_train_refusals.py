"""What `seikaku cloud train` says, and refuses, before anything is sent or costs money; against the stage."""

import json

import pytest
from aws_environment import REGION
from played_training import POLICY, TRAIN, changing, write_files

from seikaku.cli.main import run
from seikaku.cloud.account.images import TRAINING, TRAINING_SUCCESSOR, find_image


def test_a_dry_run_without_an_account_shows_made_up_names(aws, container, capsys, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    assert run(["cloud", "train", "--dry_run"]) == 0
    shown, told = capsys.readouterr()
    assert "バケットとロールは仮の名前です（NoCredentialsError）" in told
    assert "base-model/FacebookAI--xlm-roberta-large/SHA256/" in shown
    assert aws.calls == []


@pytest.mark.parametrize(
    ("flags", "warning"),
    [
        (["--instance_type", "ml.p3.2xlarge"], "警告: ml.p3.2xlarge は、EC2 の提供一覧から外れた"),
        (["--instance_type", "ml.g5.xlarge", "--region", "ap-northeast-3"],
         "警告: ml.g5.xlarge は ap-northeast-3 にありません"),
    ],
)  # fmt: skip
def test_what_is_known_against_an_instance_is_said_before_anything_is_sent(aws, container, capsys, flags, warning):
    assert run([*TRAIN, *flags, "--dry_run"]) == 0
    assert warning in capsys.readouterr().err
    assert run([*TRAIN, "--dry_run"]) == 0
    assert "警告: ml." not in capsys.readouterr().err


def test_too_much_money_is_refused_before_anything_is_sent(aws, container, capsys):
    assert run([*TRAIN, "--region", "us-west-2", "--max_cost_usd", "5"]) == 2
    assert "$17.67 が --max_cost_usd 5 を超えます" in capsys.readouterr().err
    assert run([*TRAIN, "--max_cost_usd", "5"]) == 2  # no price for Tokyo in the table
    assert "単価が分からない" in capsys.readouterr().err
    assert not changing(aws.calls)


def test_the_successor_of_an_image_past_its_date_is_used_where_aws_lists_it(aws, container, capsys):
    assert run([*TRAIN, "--stage", "1"]) == 0
    image = container.requests[0]["AlgorithmSpecification"]["TrainingImage"]
    assert image == find_image(TRAINING_SUCCESSOR).address(REGION)
    assert "終わっています" not in capsys.readouterr().err


def test_an_image_past_its_date_is_told_before_the_cost(aws, container, capsys, monkeypatch):
    missing = aws._as_json(lambda request: {"images": [], "failures": [{"failureCode": "ImageNotFound"}]})
    monkeypatch.setitem(aws._overrides, ("ecr", "BatchGetImage"), missing)
    assert run([*TRAIN, "--stage", "1", "--max_cost_usd", "0.01"]) == 2  # nothing was sent
    (told,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("注意: ")]
    pinned, successor = find_image(TRAINING), find_image(TRAINING_SUCCESSOR)
    assert pinned.tag in told and "2026-08-06 に終わっています" in told and successor.tag in told
    assert not changing(aws.calls)
    assert run([*TRAIN, "--stage", "1"]) == 0
    assert container.requests[0]["AlgorithmSpecification"]["TrainingImage"] == pinned.address(REGION)


def test_a_role_that_lacks_something_is_told_before_anything_is_sent(aws, container, capsys, tmp_path):
    short = json.dumps(POLICY).replace('"s3:DeleteObject", ', "")
    aws.client("iam").put_role_policy(RoleName="seikaku-train", PolicyName="train", PolicyDocument=short)
    aws.calls.clear()
    assert run(TRAIN) == 2
    first, second, *rest = capsys.readouterr().err.splitlines()
    assert "seikaku-train に許されていません: s3:DeleteObject（seikaku-123456789012/checkpoints/doctor）" in first
    assert second.startswith("対処: seikaku cloud stack up") and not rest
    assert not changing(aws.calls)
    assert not (tmp_path / "output").exists()


WRONG = {
    "bf16 on a T4": (["--precision", "bf16"], "ml.g4dn.xlarge（T4）は bf16"),
    "an instance that is none": (["--instance_type", "ml.g4dn.tiny"], "'ml.g4dn.tiny' は AWS にありません"),
    "stage 1's flag for stage 2": (["--stage", "2", "--max_personas", "3"], "--max_personas は stage 1 のフラグ"),
    "a value out of range": (["--epochs", "0"], "--epochs 0 は使えません"),
    "stage 2 from nowhere": (["--stage", "2"], "どこから始めるかが決まりません"),
    "a local stage 1": (
        ["--stage", "2", "--stage1_model_path", "output/final_model"],
        "final_model は、学習ジョブでは",
    ),
    "tuning for both": (["--from_tuning", "seikaku-tune-a"], "--from_tuning は --stage both では"),
    "no data": (["--data", "nowhere"], "前処理済みのデータがありません: nowhere"),
    "a job that is not there": (["--stage", "2", "--stage1_job", "seikaku-x"], "学習ジョブ seikaku-x がありません"),
    "a run that is not there": (["--resume", "seikaku-x"], "実行 seikaku-x の記録がありません"),
}


def test_what_cannot_work_is_refused_before_anything_is_sent(aws, container, capsys, tmp_path):
    for flags, message in WRONG.values():
        assert run([*TRAIN, *flags]) == 2
        assert message in capsys.readouterr().err
    write_files("output/sagemaker/stage2", **{"notes.txt": "mine"})
    assert run(TRAIN) == 2
    assert "上書きしません" in capsys.readouterr().err
    assert not changing(aws.calls)
    assert not (tmp_path / "output" / "cloud").exists()
