"""`seikaku cloud tune`: what it checks first, sends, follows, writes and prints. The wire is moto, in this process."""

import json
from types import SimpleNamespace

import pytest
from aws_environment import ACCOUNT_ID

from seikaku.cli.main import run
from seikaku.cloud.jobs import order, tuning
from seikaku.cloud.jobs.job_inputs import JobInputs
from seikaku.cloud.jobs.training_request import InputAddresses
from seikaku.config import Stage2Config

NAME = "seikaku-tune-1"
TRIAL = {"number": 1, "job": f"{NAME}-001-0123abcd", "state": "failed", "validation_mae": None, "failure": "メモリ不足",
         "params": {"learning_rate": 1e-4, "lora_r": 32}, "billable_seconds": 60, "cost_usd": None}  # fmt: skip
BEST = TRIAL | {"number": 2, "state": "completed", "validation_mae": 0.8123, "failure": None, "cost_usd": 0.5,
                "billable_seconds": 1800, "params": {"learning_rate": 2e-3, "lora_r": 8}}  # fmt: skip
RESULT = {"name": NAME, "status": "Completed", "failure": None, "strategy": "bayesian", "stage1_job": None,
          "billable_seconds": 1860, "cost_usd": None, "best": BEST | {"settings": BEST["params"]},
          "trials": [TRIAL, BEST]}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with processed data."""
    data = tmp_path / "data" / "processed"
    data.mkdir(parents=True)
    (data / "manifest.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def sent(monkeypatch, account):
    """Inputs that need no upload; the bucket and the role come by the environment, as a user may give them."""
    uploads = []
    addresses = InputAddresses(
        {"data": f"s3://{account.bucket}/data/abc/"}, f"s3://{account.bucket}/code/abc/sourcedir.tar.gz"
    )

    def pack(inputs, bucket):
        return SimpleNamespace(addresses=addresses, send=lambda *_: uploads.append(inputs) or addresses)

    monkeypatch.setattr(JobInputs, "pack", pack)
    monkeypatch.setenv("SEIKAKU_BUCKET", account.bucket)
    monkeypatch.setenv("SEIKAKU_ROLE_ARN", account.train_role_arn)
    return uploads


@pytest.fixture
def followed(monkeypatch):
    """Tuning jobs that end at once with RESULT."""
    names = []
    monkeypatch.setattr(tuning, "follow_tuning", lambda account, name, report: names.append(name) or RESULT)
    return names


def find(account, name):
    return tuning.find_tuning(account, name)


def test_it_starts_follows_writes_and_tells(folder, sent, followed, account, capsys):
    assert run(["cloud", "tune", "--name", NAME, "--trials", "3", "--batch-size", "4"]) == 0
    shown = capsys.readouterr().out
    told = find(account, NAME)
    static = told["TrainingJobDefinition"]["StaticHyperParameters"]
    assert (static["stage"], static["stage1_model_path"], static["batch_size"]) == ("2", "none", "4")
    assert told["TrainingJobDefinition"]["StoppingCondition"]["MaxRuntimeInSeconds"] == 7200
    assert told["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] == 3
    assert len(sent) == 1 and sent[0].backbone == "FacebookAI/xlm-roberta-large"
    assert followed == [NAME]
    assert json.loads((folder / "output" / "tuning" / f"{NAME}.json").read_text(encoding="utf-8")) == RESULT
    rows = [line.split() for line in shown.splitlines() if "完了" in line or "失敗  " in line]
    assert rows == [
        ["2", "完了", "0.8123", "0.002", "8", "1,800", "$0.50"],
        ["1", "失敗", "–", "0.0001", "32", "60", "不明"],
    ]
    assert "試行 1 の失敗: メモリ不足" in shown
    assert f"  seikaku cloud train --stage 2 --from_tuning {NAME}\n" in shown
    assert "少し甘めです" in shown
    assert f"seikaku cloud attach {NAME}" in shown


def test_it_tells_in_english(folder, sent, followed, account, type_in_english):
    shown = type_in_english("cloud", "tune", "--name", NAME, quoted=TRIAL["failure"]).out
    assert "Trial 1 failed: " in shown and "To train with the best settings (trial 2, " in shown
    assert "is there already" in type_in_english("cloud", "tune", "--name", NAME, "--no_wait").err


def test_the_same_name_goes_on(folder, sent, followed, account, capsys):
    assert run(["cloud", "tune", "--name", NAME, "--no_wait"]) == 0
    assert (len(sent), followed) == (1, [])
    assert run(["cloud", "tune", "--name", NAME]) == 0
    assert (len(sent), followed) == (1, [NAME])
    assert f"探索 {NAME} はすでにあるので、新しく始めずに続きを表示します。" in capsys.readouterr().err


def test_a_dry_run_shows_the_request_and_makes_nothing(folder, sent, followed, account, capsys):
    assert run(["cloud", "tune", "--dry_run", "--name", NAME, "--strategy", "hyperband", "--epochs", "9"]) == 0
    shown = capsys.readouterr().out
    request = json.JSONDecoder().raw_decode(shown.partition("CreateHyperParameterTuningJob\n")[2])[0]
    config = request["HyperParameterTuningJobConfig"]
    assert config["StrategyConfig"] == {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 10}}
    assert request["TrainingJobDefinition"]["RoleArn"] == f"arn:aws:iam::{ACCOUNT_ID}:role/seikaku-train"
    assert "費用の上限（最大実行時間まで動いた場合）: 不明" in shown
    assert (sent, followed, find(account, NAME)) == ([], [], None)


def test_a_name_of_its_own_is_made(folder, sent, followed, account):
    assert run(["cloud", "tune", "--no_wait"]) == 0
    (found,) = account.client("sagemaker").list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
    assert found["HyperParameterTuningJobName"].startswith("seikaku-tune-")


def test_from_a_stage1_job(folder, sent, followed, account, monkeypatch, capsys):
    artefact = "s3://seikaku-bucket/models/seikaku-stage1-a/output/model.tar.gz"
    asked = {}

    def earlier_stage1(account, name):
        asked["name"] = name
        return artefact, "embedded", None

    monkeypatch.setattr(order, "earlier_stage1", earlier_stage1)
    assert run(["cloud", "tune", "--name", NAME, "--stage1_job", "seikaku-stage1-a", "--no_wait"]) == 0
    definition = find(account, NAME)["TrainingJobDefinition"]
    channels = {item["ChannelName"]: item["DataSource"]["S3DataSource"]["S3Uri"]
                for item in definition["InputDataConfig"]}  # fmt: skip
    assert channels["stage1"] == artefact
    assert (asked["name"], sent[0].backbone) == ("seikaku-stage1-a", "embedded")
    assert not {"lora_r", "stage1_model_path"} & definition["StaticHyperParameters"].keys()
    assert "lora_r は stage 1 の値に決まるので探しません" in capsys.readouterr().err
    assert tuning.find_stage1_job(definition) == "seikaku-stage1-a"


EARLY = {
    "a local stage 1": (["--stage1_model_path", "output/final_model"], "--stage1_model_path output/final_model は"),
    "a wrong setting": (["--epochs", "0"], "--epochs 0 は使えません"),
    "a wrong limit": (["--trials", "0"], "--trials 0 は使えません"),
    "a long name": (["--name", "seikaku-" + "a" * 30], "は使えません"),
    "a name of another project": (["--name", "tune-1"], "--name tune-1 は使えません"),
    "a name with a line": (["--name", "seikaku_tune"], "--name seikaku_tune は使えません"),
    "nothing left": (
        ["--learning_rate", "1e-4", "--lora_r", "8", "--batch_size", "8", "--max_tokens", "128"], "探す設定が残って"),
}  # fmt: skip
LATE = {
    "over the budget": (["--max_cost_usd", "10", "--region", "us-east-1"], "費用の上限 $29.46 が --max_cost_usd"),
    "budget without a price": (["--max_cost_usd", "10"], "単価が分からないので"),
    "no data": (["--data", "elsewhere"], "前処理済みのデータがありません: elsewhere"),
    "a warm pool": (["--on_demand", "--warm_pool_minutes", "5"], "--warm_pool_minutes 5 は、設定の探索では使えません"),
}  # fmt: skip


@pytest.mark.parametrize("case", EARLY)
def test_what_cannot_be_is_told_before_aws_is_asked(case, folder, capsys):
    flags, message = EARLY[case]
    assert run(["cloud", "tune", *flags]) == 2  # the guard of conftest.py would have noticed a call
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("case", LATE)
def test_what_cannot_be_is_told_before_anything_is_sent(case, folder, sent, account, monkeypatch, capsys):
    started = []
    monkeypatch.setattr(tuning, "start_tuning", lambda account, request: started.append(request))
    flags, message = LATE[case]
    assert run(["cloud", "tune", *flags]) == 2
    assert message in capsys.readouterr().err
    assert (sent, started) == ([], [])


def test_leaving_it_stops_only_the_view(folder, sent, account, monkeypatch, capsys):
    def leave(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(tuning, "follow_tuning", leave)
    assert run(["cloud", "tune", "--name", NAME]) == 130
    assert "探索は動き続けています（費用もかかり続けます）" in capsys.readouterr().out


def test_no_figure_at_all_is_a_failure_with_its_table(folder, sent, followed, account, monkeypatch, capsys):
    monkeypatch.setattr(
        tuning, "follow_tuning", lambda *arguments: RESULT | {"best": None, "trials": [TRIAL], "status": "Completed"}
    )
    assert run(["cloud", "tune", "--name", NAME]) == 1
    captured = capsys.readouterr()
    assert "試行 1 の失敗: メモリ不足" in captured.out
    assert "数値の出た試行がありませんでした" in captured.err
    assert (folder / "output" / "tuning" / f"{NAME}.json").is_file()


def test_every_limit_of_a_search_has_its_flag(capsys):
    assert run(["cloud", "tune", "--help"]) == 0
    shown = capsys.readouterr().out
    for flag in ("--strategy", "--trials", "--parallel", "--max_total_hours", "--min_epochs", "--max_run_hours"):
        assert flag in shown
    for name in Stage2Config.__dataclass_fields__:
        assert f"--{name}" in shown


def test_a_role_that_lacks_something_is_told_before_anything_is_sent(folder, sent, followed, account, capsys):
    account.client("iam").delete_role_policy(RoleName="seikaku-train", PolicyName="train")
    assert run(["cloud", "tune", "--name", NAME]) == 2
    told = capsys.readouterr().err.splitlines()
    told = [line for line in told if not line.startswith("注意: ")]
    assert len(told) == 2 and "学習のロール seikaku-train に許されていません: " in told[0] and "DeleteObject" in told[0]
    assert not sent and not followed and find(account, NAME) is None
