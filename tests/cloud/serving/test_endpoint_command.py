"""`seikaku cloud deploy` and `delete` as they are typed: costs first, nothing made by a dry run, and no half ends."""

import io
import json

import pytest

from seikaku.cli.cloud import deploy
from seikaku.cli.main import run
from seikaku.cloud.money.costs import CostEstimate
from seikaku.cloud.serving import asking, endpoint
from seikaku.cloud.serving.trial import TRIAL
from seikaku.errors import CloudError
from seikaku.inference.estimator import Estimator
from seikaku.serving.answers.estimating import estimate_json
from seikaku.serving.config import ServeConfig

WHERE = ["--bucket", "seikaku-123456789012", "--serve_role_arn", "arn:aws:iam::123456789012:role/seikaku-serve"]
IMAGE = ["--image", "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/seikaku:1"]


@pytest.fixture
def made(account, monkeypatch):
    """The account, with an endpoint that answers as this machine would; what was asked and reverted."""
    noted = {"account": account, "undone": [], "answer": answer_here(Estimator.load())}
    monkeypatch.setattr(asking, "ask_endpoint", lambda *_: noted["answer"])
    monkeypatch.setattr(endpoint, "undo", lambda *arguments: noted["undone"].append(arguments[2:4]))
    return noted


def answer_here(estimator):
    return estimate_json(json.dumps(TRIAL).encode(), estimator, ServeConfig()).document


def list_endpoints(account):
    return [found["EndpointName"] for found in account.client("sagemaker").list_endpoints()["Endpoints"]]


def test_from_nothing_to_an_endpoint_and_back(made, capsys):
    assert run(["cloud", "deploy", "--yes", *WHERE]) == 0
    shown, told = capsys.readouterr()
    first, second = shown.splitlines()[:2]
    assert first.startswith("イメージ: ") and "月の費用の見積もり: " in second
    assert "温めました（1 回目の答えまで 0.0 秒" in told
    assert "公開しました: seikaku（seikaku-ngram" in shown
    sagemaker, s3 = made["account"].client("sagemaker"), made["account"].client("s3")
    (model,) = sagemaker.list_models()["Models"]
    container = sagemaker.describe_model(ModelName=model["ModelName"])["PrimaryContainer"]
    assert "/huggingface-pytorch-inference:" in container["Image"]
    assert container["Environment"] == {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}
    (stored,) = s3.list_objects_v2(Bucket="seikaku-123456789012", Prefix="serve/")["Contents"]
    assert container["ModelDataUrl"] == f"s3://seikaku-123456789012/{stored['Key']}"
    assert run(["cloud", "delete", "seikaku", "--yes"]) == 0
    assert "費用は止まりました" in capsys.readouterr().out
    assert list_endpoints(made["account"]) == [] and sagemaker.list_models()["Models"] == []


def test_a_dry_run_shows_everything_and_makes_nothing(made, capsys):
    flags = ["--instance_type", "ml.m5.large", "--max_instances", "3", *IMAGE]
    assert run(["cloud", "deploy", "--dry_run", *flags, *WHERE]) == 0
    told = capsys.readouterr()
    requests = json.loads(told.out[told.out.index("{\n") :])
    assert list(requests) == [
        "CreateModel", "CreateEndpointConfig", "CreateEndpoint", "RegisterScalableTarget", "PutScalingPolicy",
    ]  # fmt: skip
    assert requests["CreateModel"]["PrimaryContainer"] == {"Image": IMAGE[1], "Environment": {}}
    assert "何も作っていません" in told.err
    assert list_endpoints(made["account"]) == []
    assert "Contents" not in made["account"].client("s3").list_objects_v2(Bucket="seikaku-123456789012")


def test_it_tells_in_english(made, type_in_english):
    dry = type_in_english("cloud", "deploy", "--dry_run", *IMAGE, *WHERE)
    assert dry.out.startswith("Image: ") and "Nothing was made (--dry_run)." in dry.err
    shown, told = type_in_english("cloud", "deploy", "--yes", *IMAGE, *WHERE)
    assert "Published: seikaku (seikaku-ngram" in shown and "Making the endpoint seikaku." in told
    assert "no earlier model" in type_in_english("cloud", "deploy", "--rollback", "--yes", exit_code=2).err
    assert "costs nothing any more" in type_in_english("cloud", "delete", "seikaku", "--yes").out


def test_no_is_no(made, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run(["cloud", "deploy", *WHERE]) != 0
    assert "エンドポイント seikaku を作りますか" in capsys.readouterr().out
    assert list_endpoints(made["account"]) == []


def test_a_role_that_lacks_something_is_told_before_anything_is_made(made, capsys):
    made["account"].client("iam").delete_role_policy(RoleName="seikaku-serve", PolicyName="serve")
    assert run(["cloud", "deploy", "--yes", *WHERE]) == 2
    told = capsys.readouterr().err.splitlines()
    told = [line for line in told if not line.startswith("注意: ")]
    assert len(told) == 2 and "推論のロール seikaku-serve に許されていません: s3:GetObject（" in told[0]
    assert "seikaku cloud stack up" in told[1]
    assert list_endpoints(made["account"]) == []
    assert "Contents" not in made["account"].client("s3").list_objects_v2(Bucket="seikaku-123456789012")


def test_a_budget_is_kept(made, capsys, monkeypatch):
    monkeypatch.setattr(deploy.costs, "estimate_serverless_month", lambda *_: CostEstimate(12.5, ("内訳",)))
    assert run(["cloud", "deploy", "--yes", "--max_cost_usd", "10", *WHERE]) == 2
    assert "--max_cost_usd 10 を超えます" in capsys.readouterr().err
    assert list_endpoints(made["account"]) == []


REFUSED = [
    (["--memory_mb", "1500"], "--memory_mb 1500 は選べません"),
    (["--max_instances", "3"], "--max_instances は、--instance_type を指定したときだけ"),
    (["--instance_type", "ml.m5.large", "--memory_mb", "2048"], "--memory_mb は、サーバーレスのときだけ"),
    (["--name", "other"], "エンドポイントの名前 'other' は使えません"),
    (["--model", "no-such-folder"], "モデルのフォルダがありません"),
    (["--subnets", "a", "--security_groups", "b"], "VPC にもネットワークの隔離にも"),
]


def test_what_cannot_be_is_said_before_anything_is_made(made, capsys):
    for flags, message in REFUSED:
        assert run(["cloud", "deploy", "--yes", *flags, *WHERE]) == 2
        assert message in capsys.readouterr().err
    assert list_endpoints(made["account"]) == []


def test_a_run_of_training_is_to_be_exported_first(made, capsys, tmp_path):
    (tmp_path / "run_config.json").write_text("{}")
    assert run(["cloud", "deploy", "--yes", "--model", str(tmp_path), *WHERE]) == 2
    assert f"seikaku export --run {tmp_path} --onnx output/onnx" in capsys.readouterr().err


def test_a_first_endpoint_with_a_wrong_answer_is_told_with_its_costs(made, capsys):
    made["answer"]["traits"]["openness"]["score_1to7"] = 6.9
    assert run(["cloud", "deploy", "--yes", *WHERE]) == 1
    told = capsys.readouterr().err
    assert "この機械での推定と違います（openness: 6.9" in told and "seikaku cloud delete seikaku" in told


def test_an_update_with_a_wrong_answer_goes_back_by_itself(made, capsys, monkeypatch):
    assert run(["cloud", "deploy", "--yes", *WHERE]) == 0
    (first,) = endpoint.list_configs(made["account"], "seikaku")
    monkeypatch.setattr(endpoint, "deploy", lambda *_: None)  # moto has no UpdateEndpoint

    def refuse(*_):
        raise CloudError("エンドポイント seikaku が質問に答えられませんでした（500）。", "ログを。")

    monkeypatch.setattr(asking, "ask_endpoint", refuse)
    assert run(["cloud", "deploy", "--yes", *WHERE]) == 1
    told = capsys.readouterr().err
    assert "答えられませんでした（500）。 前のモデルに戻しました。" in told
    ((failed, previous),) = made["undone"]
    assert previous == first and failed != first


def test_nothing_to_delete_and_nothing_to_go_back_to(made, capsys):
    assert run(["cloud", "delete", "seikaku", "--yes"]) == 2
    assert run(["cloud", "deploy", "--rollback", "--yes", *WHERE]) == 2
    assert capsys.readouterr().err.count("エンドポイント seikaku はありません。") == 2


def test_a_planted_model_is_what_is_sent(made, capsys, trained_model_folder):
    made["answer"] = answer_here(Estimator.load(trained_model_folder))
    assert run(["cloud", "deploy", "--yes", "--model", str(trained_model_folder), *IMAGE, *WHERE]) == 0
    assert "公開しました: seikaku（planted）" in capsys.readouterr().out
