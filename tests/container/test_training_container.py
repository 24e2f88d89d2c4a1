"""A CreateTrainingJob request, run by the real toolkit in a container's view: both stages, cut off, failed."""

import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import threading
from importlib import metadata
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")
pytest.importorskip("sagemaker_training")

import torch
from safetensors.torch import load_file
from training_container import has_namespaces, run_training_job

from seikaku.cloud.jobs.training_request import METRIC_DEFINITIONS
from seikaku.files import sha256_of_file
from seikaku.model.run.folder import open_run_folder

pytestmark = pytest.mark.slow

BACKBONE = "fictional/tiny-backbone"  # a hub's name: what the channel stands for
STAGE1 = {"stage": 1, "backbone": BACKBONE, "max-tokens": 48, "lora_r": 4, "lora-alpha": 8, "batch_size": 4,
          "epochs": 1, "max_steps": 3, "learning-rate": "5e-3", "weak_traits": "True"}  # fmt: skip
STAGE2 = {"stage": 2, "epochs": 3, "batch_size": 4, "learning_rate": "0.005", "max_dialogues": 4, "patience": 0,
          "extra_targets": "false", "checkpoint_every_steps": 3}  # fmt: skip
STAGE1_KEY = "models/seikaku-stage1-test/output/model.tar.gz"


def build_request(name, inputs, hyperparameters, channels=("data", "base_model")):
    toolkit = {"sagemaker_program": "train.py", "sagemaker_submit_directory": inputs["code"],
               "sagemaker_region": "ap-northeast-1", "sagemaker_job_name": name}  # fmt: skip
    bucket = inputs["code"].split("/")[2]
    return {
        "TrainingJobName": name,
        "HyperParameters": toolkit | {key: str(value) for key, value in hyperparameters.items()},
        "InputDataConfig": [
            {"ChannelName": channel, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix",
             "S3Uri": inputs[channel], "S3DataDistributionType": "FullyReplicated"}}}
            for channel in channels
        ],
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "CheckpointConfig": {"S3Uri": f"s3://{bucket}/checkpoints/{name}/", "LocalPath": "/opt/ml/checkpoints"},
    }  # fmt: skip


def unpack(result, folder):
    assert result.exit_code == 0, result.log
    assert result.failure is None
    with tarfile.open(result.model_tar) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def stage1(s3, inputs, tmp_path_factory):
    """Stage 1 by torchrun with two processes: the container's result, and its artefact unpacked."""
    torchrun = {"sagemaker_torch_distributed_enabled": "true", "sagemaker_instance_type": "ml.m5.large",
                "sagemaker_mpi_num_of_processes_per_host": 2}  # fmt: skip
    root = tmp_path_factory.mktemp("stage1")
    request = build_request("seikaku-stage1-test", inputs, STAGE1 | torchrun)
    result = run_training_job(request, s3, root / "ml")
    folder = unpack(result, root / "artefact")
    s3.upload_file(str(result.model_tar), inputs["code"].split("/")[2], STAGE1_KEY)
    return result, open_run_folder(folder, stage=1)


@pytest.fixture(scope="module")
def stage2_inputs(stage1, inputs):
    return inputs | {"stage1": f"s3://{inputs['code'].split('/')[2]}/{STAGE1_KEY}"}


@pytest.fixture(scope="module")
def stage2(s3, stage2_inputs, tmp_path_factory):
    """Stage 2 from stage 1's artefact as it was delivered, unbroken."""
    root = tmp_path_factory.mktemp("stage2")
    request = build_request("seikaku-stage2-test", stage2_inputs, STAGE2, ("data", "base_model", "stage1"))
    result = run_training_job(request, s3, root / "ml")
    return result, open_run_folder(unpack(result, root / "artefact"), stage=2)


def test_torchrun_trains_with_all_processes_and_one_of_them_speaks(stage1):
    result, run = stage1
    config = run.load_config()
    assert "torchrun --nnodes 1 --nproc_per_node 2 train.py" in result.log
    assert config["n_processes"] == 2
    assert config["libraries"]["transformers"] == metadata.version("transformers")  # of this very environment
    assert result.log.count("stage1 final ") == 1
    assert config["config"]["learning_rate"] == 5e-3  # spelt learning-rate
    assert (config["config"]["max_tokens"], config["config"]["weak_traits"]) == (48, True)


def test_stage2_starts_from_the_artefact_of_stage1(stage1, stage2):
    result, run = stage2
    digest = sha256_of_file(stage1[1].adapter / "adapter_model.safetensors")
    assert f"sha256 {digest[:12]}" in result.log
    assert run.load_config()["stage1_files"] == stage1[1].load_config()["files"]
    assert run.load_config()["config"]["lora_r"] == 4  # inherited


def test_no_path_of_the_container_is_in_the_artefact(stage1, stage2):
    for _, run in (stage1, stage2):
        config = run.load_config()["config"]
        assert config["backbone"] == BACKBONE
        assert config.get("stage1_model_path", "stage1/model.tar.gz") == "stage1/model.tar.gz"
        for path in run.path.rglob("*"):
            if path.suffix in (".json", ".md"):
                assert not re.search(r"/opt/ml|/tmp/", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize(("stage", "metric"), [(1, "validation_loss"), (2, "validation_mae")])
def test_the_log_has_a_figure_for_every_epoch_and_the_kept_one_last(request, stage, metric):
    result, run = request.getfixturevalue(f"stage{stage}")
    expression = next(item["Regex"] for item in METRIC_DEFINITIONS if item["Name"] == metric)
    figures = [float(text) for text in re.findall(expression, result.log)]
    metrics = run.load_metrics()
    name = metric.removeprefix("validation_")
    expected = [entry[name] for entry in metrics["history"]] + [metrics["best"][name]]
    assert figures == pytest.approx(expected, rel=1e-3)


@pytest.mark.thorough  # `make test` kills a run of the loop itself (tests/training/loop), without a container
def test_a_job_that_lost_its_machine_ends_as_one_that_did_not(s3, stage2_inputs, stage2, tmp_path):
    unbroken, expected = stage2
    request = build_request("seikaku-stage2-spot", stage2_inputs, STAGE2, ("data", "base_model", "stage1"))
    cut = run_training_job(request, s3, tmp_path / "cut", signal_after=("stage2 epoch=2 validation", signal.SIGKILL))
    assert cut.exit_code == 137
    assert "stage2 final" not in cut.log
    assert cut.model_tar is None
    resumed = run_training_job(request, s3, tmp_path / "resumed")
    run = open_run_folder(unpack(resumed, tmp_path / "artefact"), stage=2)
    assert re.search(r"再開: \S+/checkpoints/seikaku-stage2-spot/stage2\.checkpoints/checkpoint-\d+", resumed.log)
    assert "stage2 epoch=1 validation" not in resumed.log
    assert run.load_metrics() == expected.load_metrics()
    for name in ("adapter/adapter_model.safetensors", "heads.safetensors"):
        ours, theirs = load_file(run.path / name), load_file(expected.path / name)
        assert ours.keys() == theirs.keys()
        for key in ours:
            torch.testing.assert_close(ours[key], theirs[key], rtol=0, atol=0)
    # Lost once more, after its end: the whole run comes back from S3, and with it checkpoints that S3 still has.
    again = run_training_job(request, s3, tmp_path / "again")
    assert list((tmp_path / "again/checkpoints").rglob("COMPLETE"))
    handed_over = open_run_folder(unpack(again, tmp_path / "handed_over"), stage=2)
    assert handed_over.load_config() == run.load_config()
    assert "学習は前回の起動で終わっています" in again.log
    assert again.log.count("stage2 final validation_") == 1
    assert "epoch=" not in again.log


def test_a_data_error_is_the_reason_and_the_toolkit_leaves_it(s3, inputs, tmp_path):
    # The code as a job without a network gets it: by a channel.
    base = Path("/opt/ml") if has_namespaces() else tmp_path / "ml"
    local = {"sagemaker_submit_directory": base / "input/data/code/sourcedir.tar.gz"}
    request = build_request("seikaku-failed", inputs, STAGE1 | local, ("base_model", "code"))
    result = run_training_job(request, s3, tmp_path / "ml")
    assert result.exit_code == 1
    assert result.failure is not None
    first, second = result.failure.splitlines()
    assert first == "データのチャンネル data がありません（あるもの: base_model、code）。"
    assert second.startswith("対処: ")
    assert "Failure file exists" in result.log
    assert result.model_tar is None


@pytest.mark.thorough  # the same without a container: test_training_container_logic.py
def test_an_unknown_hyperparameter_fails_the_job_by_its_name(s3, inputs, tmp_path):
    request = build_request("seikaku-typo", inputs, STAGE1 | {"learning_rat": 1})
    result = run_training_job(request, s3, tmp_path / "ml")
    assert result.exit_code == 1
    assert result.failure is not None
    assert "--learning_rat はありません" in result.failure
    assert json.loads((tmp_path / "ml/input/config/hyperparameters.json").read_text())["learning_rat"] == "1"


@pytest.mark.thorough
def test_the_layout_of_the_sdk_works_too_and_a_stop_leaves_a_checkpoint(inputs, s3, processed, tiny_backbone, tmp_path):
    """ModelTrainer's drivers run `python train.py` in a channel of code; SIGTERM reaches it where the driver execs."""
    code, base = tmp_path / "input/data/code", tmp_path
    code.mkdir(parents=True)
    bucket, _, key = inputs["code"].removeprefix("s3://").partition("/")
    s3.download_file(bucket, key, str(tmp_path / "code.tar.gz"))
    with tarfile.open(tmp_path / "code.tar.gz") as archive:
        archive.extractall(code, filter="data")
    (base / "output").mkdir()
    settings = STAGE1 | {"epochs": 50, "max_steps": 0, "weak_traits": "true", "patience": 0}
    with subprocess.Popen(
        [sys.executable, "train.py", *(part for name, value in settings.items() for part in (f"--{name}", str(value)))],
        cwd=code,
        env={
            "PATH": os.environ["PATH"], "HOME": str(tmp_path), "SAGEMAKER_BASE_DIR": str(base),
            "SM_MODEL_DIR": str(base / "model"), "SM_CHANNEL_DATA": str(processed), "SM_CHANNEL_CODE": str(code),
            "SM_CHANNEL_BASE_MODEL": str(tiny_backbone), "SM_NUM_GPUS": "0", "TRAINING_JOB_NAME": "sdk-job",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:  # fmt: skip
        log = ""
        for line in process.stdout:
            log += line
            if "epoch=1 validation" in line:
                process.terminate()
    assert process.returncode == 143, log
    assert list((base / "checkpoints/sdk-job/stage1.checkpoints").rglob("COMPLETE"))
    assert not (base / "model").exists()  # so that nobody takes it for a result
    assert not (base / "output/failure").exists()  # being stopped is no failure
    assert "停止の合図を受けた" in log


def test_a_stopped_container_leaves_nothing_behind(inputs, s3, tmp_path):
    stop = threading.Event()
    stop.set()
    before = Path("/opt/ml").exists()
    result = run_training_job(build_request("seikaku-stopped", inputs, STAGE1), s3, tmp_path / "ml", stop=stop)
    assert result.exit_code in (137, 143)
    assert (result.failure, result.model_tar) == (None, None)
    assert result.isolation == ("namespace" if has_namespaces() else "base_dir")
    assert Path("/opt/ml").exists() == before
