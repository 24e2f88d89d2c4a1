"""`seikaku cloud train`, `status`, `attach`, `stop` against the stage: AWS's wire, jobs that end as they are told."""

import io
import json
import shutil
import tarfile
from pathlib import Path

from played_training import BUCKET, TRAIN, changing

from seikaku.cli.main import run
from seikaku.cloud.jobs import job_inputs, launch, training, tuning
from seikaku.model.run import folder as run_folder


def record(tmp_path):
    (path,) = (tmp_path / "output" / "cloud").glob("*.json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_both_stages_run_one_after_the_other_and_come_home(aws, container, tmp_path, capsys):
    assert run([*TRAIN, "--epochs", "2", "--windows_per_bag", "3", "--tags", "owner=A"]) == 0
    first, second = container.requests
    ours = {name: value for name, value in first["HyperParameters"].items() if not name.startswith("sagemaker_")}
    assert ours == {"stage": "1", "epochs": "2"}
    assert second["HyperParameters"]["windows_per_bag"] == "3"
    channels = {item["ChannelName"]: item["DataSource"]["S3DataSource"]["S3Uri"] for item in second["InputDataConfig"]}
    assert channels["stage1"] == f"s3://{BUCKET}/models/{first['TrainingJobName']}/output/model.tar.gz"
    keys = [item["Key"] for item in aws.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert [key.rpartition("/")[2] for key in keys if key.startswith("base-model/FacebookAI--")] == [
        "config.json", "model.safetensors", "tokenizer.json"]  # fmt: skip
    with tarfile.open(fileobj=io.BytesIO(get(aws, first["HyperParameters"]["sagemaker_submit_directory"]))) as code:
        assert "train.py" in code.getnames()
    for number in (1, 2):
        folder = tmp_path / "output" / "sagemaker" / f"stage{number}"
        assert run_folder.open_run_folder(folder, number)
    shown = capsys.readouterr().out
    for text in ("費用の上限", "学習中", "stage1 epoch=1 validation_loss=0.6", "（validation_loss=0.5", "請求対象"):
        assert text in shown
    assert [job["is_fetched"] for job in record(tmp_path)["jobs"]] == [True, True]


def test_a_run_is_planned_packed_and_checked_once(aws, container, monkeypatch, capsys):
    noted = []

    def count(module, name):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *args, **named: noted.append(name) or real(*args, **named))

    for module, name in ((launch, "plan_job"), (launch, "check_request"), (job_inputs, "build_bundle")):
        count(module, name)
    assert run([*TRAIN, "--stage", "1"]) == 0
    assert noted == ["build_bundle", "plan_job", "check_request"]


def get(aws, uri):
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def test_a_dry_run_asks_aws_nothing(aws, container, capsys, tmp_path):
    assert run([*TRAIN, "--dry_run"]) == 0
    assert aws.calls == []
    assert not (tmp_path / "output").exists()
    shown, told = capsys.readouterr()
    first, second = (json.loads(part.partition("\n}\n")[0] + "}") for part in shown.split("CreateTrainingJob\n")[1:])
    assert (first["HyperParameters"]["stage"], second["HyperParameters"]["stage"]) == ("1", "2")
    assert "何も送らず、何も作っていません" in told


def test_quiet_leaves_the_cost_the_name_the_result_and_warnings(aws, container, capsys):
    assert run([*TRAIN, "--stage", "1", "--quiet"]) == 0
    shown, told = capsys.readouterr()
    assert [line.partition(":")[0] for line in shown.splitlines() if not line.startswith(" ")] == [
        "費用の上限（最大実行時間まで動いた場合）", "実行", "結果を照合して置きました"]  # fmt: skip
    assert told == ""
    assert run([*TRAIN, "--stage", "1", "--dry_run", "--quiet"]) == 0
    told = capsys.readouterr().err
    assert told.startswith("注意: イメージ ") and told.count("\n") == 1  # of the pinned image; a warning is no note


def test_a_run_is_told_in_english(aws, container, type_in_english):
    dry = type_in_english(*TRAIN, "--stage", "1", "--dry_run")
    assert "With --dry_run nothing was sent" in dry.err and "The most that it may cost" in dry.out
    shown, told = type_in_english(*TRAIN, "--stage", "1", quoted="土台: tiny")
    assert "started the training job" in told and "data: sent 2 files" in told and "] training\n" in shown
    assert "Checked the result, and put it there: output/sagemaker/stage1 (validation_loss=0.5" in shown
    assert "completed" in type_in_english("cloud", "status").out
    assert "All of seikaku-train-" in type_in_english("cloud", "train", "--resume", record_name(), exit_code=2).err
    nobody = type_in_english("cloud", "attach", "seikaku-nowhere", exit_code=2)
    assert nobody.err.startswith("Error: There is no run, job or search seikaku-nowhere")


def record_name():
    (path,) = Path("output/cloud").glob("*.json")
    return path.stem


def test_a_lost_terminal_is_taken_up_where_it_was(aws, container, capsys, tmp_path):
    assert run([*TRAIN, "--no_wait"]) == 0
    (first,) = aws.training.jobs
    assert "seikaku cloud attach seikaku-train-" in capsys.readouterr().out
    assert run(["cloud", "status"]) == 0
    shown = capsys.readouterr().out
    assert first in shown
    assert "まだ始めていません" in shown
    assert run(["cloud", "attach"]) == 0
    assert [request["HyperParameters"]["stage"] for request in container.requests] == ["1", "2"]
    assert (tmp_path / "output" / "sagemaker" / "stage2" / "run_config.json").is_file()
    n_calls = len(changing(aws.calls))
    assert run(["cloud", "attach"]) == 0
    assert len(changing(aws.calls)) == n_calls
    capsys.readouterr()
    assert run(["cloud", "status", first]) == 0
    assert "stage1 final validation_loss=0.5" in capsys.readouterr().out


def test_ctrl_c_leaves_the_job_running(aws, container, capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    container.go.clear()
    monkeypatch.setattr(training, "follow_job", interrupt)
    assert run(TRAIN) == 130
    shown = capsys.readouterr().out
    assert "ジョブは動き続けています" in shown
    assert "seikaku cloud attach seikaku-train-" in shown
    (job,) = aws.training.jobs.values()
    assert job.status == "InProgress"
    container.go.set()


def test_a_stopped_run_goes_on_from_its_checkpoints(aws, container, capsys, tmp_path, monkeypatch):
    container.go.clear()
    assert run([*TRAIN, "--no_wait"]) == 0
    (first,) = list(aws.training.jobs)
    name = record(tmp_path)["name"]
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run(["cloud", "stop", name]) == 130  # asked once, and the answer was no
    assert aws.training.jobs[first].status == "InProgress"
    assert run(["cloud", "stop", name, "--yes"]) == 0
    assert f"seikaku cloud train --resume {name}" in capsys.readouterr().err
    assert run(["cloud", "attach", name]) == 1
    assert f"学習ジョブ {first}: 停止しました" in capsys.readouterr().err
    assert run(["cloud", "stop", name, "--yes"]) == 2
    assert "動いているジョブはありません" in capsys.readouterr().err
    container.go.set()
    assert run(["cloud", "train", "--resume", name, "--epochs", "9"]) == 2
    assert "--epochs は --resume と一緒に使えません" in capsys.readouterr().err
    assert run(["cloud", "train", "--resume", name, "--instance_type", "ml.g5.xlarge", "--on_demand"]) == 0
    before, again, second = container.requests
    assert before["TrainingJobName"] != again["TrainingJobName"]
    for same in ("CheckpointConfig", "Environment", "InputDataConfig"):
        assert before[same] == again[same]
    assert again["Environment"] == {"SEIKAKU_RUN_NAME": first}
    assert (again["ResourceConfig"]["InstanceType"], again["EnableManagedSpotTraining"]) == ("ml.g5.xlarge", False)
    channels = {item["ChannelName"]: item["DataSource"]["S3DataSource"]["S3Uri"] for item in second["InputDataConfig"]}
    assert again["TrainingJobName"] in channels["stage1"]
    assert run(["cloud", "train", "--resume", name]) == 2
    assert "すべて完了しています" in capsys.readouterr().err


def test_a_failed_job_tells_its_reason_and_the_end_of_its_log(aws, container, capsys, tmp_path):
    container.exit_code, container.failure = 1, "データがありません: data\n対処: 前処理をしてください。"
    assert run(TRAIN) == 1
    error = capsys.readouterr().err
    assert "失敗しました: AlgorithmError: データがありません: data" in error
    assert "  stage1 final validation_loss=0.5" in error
    assert "対処: 前処理をしてください。\n" in error
    assert len(container.requests) == 1
    assert not (tmp_path / "output" / "sagemaker").exists()


def test_an_altered_result_is_not_put_in_place(aws, container, capsys, tmp_path):
    container.altered = True
    assert run([*TRAIN, "--stage", "1"]) == 2
    assert "書き換えられています" in capsys.readouterr().err
    assert list((tmp_path / "output" / "sagemaker").iterdir()) == []


def test_stage2_goes_on_from_an_earlier_job_with_its_backbone(aws, container, capsys, tmp_path):
    assert run([*TRAIN, "--stage", "1", "--backbone", "fictional/tiny"]) == 0
    first = container.requests[0]
    shutil.rmtree("backbone")
    without = [word for word in TRAIN if word not in {"--base_model", "backbone"}]
    assert run([*without, "--stage", "2", "--stage1_job", first["TrainingJobName"]]) == 0
    second = container.requests[1]
    uris = [{item["ChannelName"]: item["DataSource"]["S3DataSource"]["S3Uri"] for item in request["InputDataConfig"]}
            for request in (first, second)]  # fmt: skip
    assert uris[1] == uris[0] | {"stage1": f"s3://{BUCKET}/models/{first['TrainingJobName']}/output/model.tar.gz"}
    assert "base-model/fictional--tiny/" in uris[1]["base_model"]
    capsys.readouterr()
    shutil.rmtree(tmp_path / "output")  # another machine
    assert run(["cloud", "attach", second["TrainingJobName"], "--out", "elsewhere"]) == 0
    assert (tmp_path / "elsewhere" / "stage2" / "run_config.json").is_file()
    assert run(["cloud", "status"]) == 0
    assert second["TrainingJobName"] in capsys.readouterr().out
    assert run(["cloud", "attach", "seikaku-nowhere"]) == 2
    assert "seikaku-nowhere という実行もジョブも探索もありません" in capsys.readouterr().err


def test_a_tuning_job_is_stopped_as_a_whole(aws, capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(tuning, "find_tuning", lambda account, name: {})
    monkeypatch.setattr(aws.tuning, "stop", lambda request: asked.append(request) or {})
    aws._overrides["sagemaker", "StopHyperParameterTuningJob"] = aws._as_json(lambda request: aws.tuning.stop(request))
    assert run(["cloud", "stop", "seikaku-tune-a", "--yes"]) == 0
    assert asked == [{"HyperParameterTuningJobName": "seikaku-tune-a"}]
    assert "停止を頼みました: seikaku-tune-a" in capsys.readouterr().out


def test_a_batch_transform_is_stopped(aws, capsys):
    job = {"TransformJobName": "seikaku-batch-a", "TransformJobArn": "arn", "CreationTime": 0.0}
    aws.transforms._told["seikaku-batch-a"] = job | {"TransformJobStatus": "InProgress"}
    assert run(["cloud", "stop", "seikaku-batch-a", "--yes"]) == 0
    assert aws.transforms._told.pop("seikaku-batch-a")["TransformJobStatus"] == "Stopping"
    assert "停止を頼みました: seikaku-batch-a" in capsys.readouterr().out


def test_a_terminal_has_a_line_of_its_own_for_how_it_goes(aws, container, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run([*TRAIN, "--stage", "1", "--region", "us-west-2"]) == 0
    assert "結果を照合して置きました" in capsys.readouterr().out
