"""What `train.py` makes of a job's environment, without a container: names, channels, failures, the result."""

import io
import json
import tarfile

import pytest

pytest.importorskip("numpy")

from seikaku.cli.main import run
from seikaku.config import Stage1Config, Stage2Config
from seikaku.errors import DataError, ModelError, TrainingError, UserError
from seikaku.model.run.folder import RunFolder
from seikaku.training.sagemaker.container import STAGE1_ORIGIN, TrainingContainer, open_container
from seikaku.training.sagemaker.failure_file import write_failure


@pytest.fixture
def job(tmp_path, monkeypatch):
    """The environment of a job under ``tmp_path``; returns it."""
    data = tmp_path / "input/data/data"
    data.mkdir(parents=True)
    environment = {
        "SAGEMAKER_BASE_DIR": str(tmp_path),
        "SM_MODEL_DIR": str(tmp_path / "model"),
        "SM_CHANNEL_DATA": str(data),
        "TRAINING_JOB_NAME": "seikaku-job-1",
    }
    for name in ("SEIKAKU_RUN_NAME", "SM_NUM_GPUS", "WORLD_SIZE", "RANK", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.fixture
def trained(monkeypatch):
    """What the command hands to the training, without training."""
    calls = []
    monkeypatch.setattr("seikaku.cli.train._train", lambda *call: calls.append(call))
    return calls


def write_run(folder, stage=2, **config):
    """The least that counts as a whole run."""
    from seikaku.files import sha256_of_file, write_json

    for name in ("heads.safetensors", "metrics.json", "README.md", "tokenizer.json",
                 "adapter/adapter_config.json", "adapter/adapter_model.safetensors"):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    history = [{"epoch": 1.0, "step": 4, "loss": 0.5, "mae": 0.8123}]
    write_json(folder / "metrics.json", {"best": history[0] | {"mae_constant": 0.9}, "history": history})
    files = {path.relative_to(folder).as_posix(): sha256_of_file(path) for path in folder.rglob("*") if path.is_file()}
    known = {"format": "seikaku-run", "format_version": 1, "stage": stage, "config": config, "files": files}
    write_json(folder / "run_config.json", known)
    return RunFolder(folder)


def as_json(config):
    import dataclasses

    return json.loads(json.dumps(dataclasses.asdict(config)))


def test_outside_a_job_nothing_changes(job, tmp_path):
    assert open_container({}, 1) is None
    write_failure({"SAGEMAKER_BASE_DIR": str(tmp_path)}, ValueError("x"))
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "checkpoints/seikaku-job-1/stage1"),
        ({"SEIKAKU_RUN_NAME": "seikaku-run-7"}, "checkpoints/seikaku-run-7/stage1"),
    ],
)
def test_each_run_has_its_folder_among_the_checkpoints(job, tmp_path, changes, expected):
    container = open_container(job | changes, 1)
    assert container.run_folder == tmp_path / expected
    assert container.channels == {"data": tmp_path / "input/data/data"}


def test_checkpoints_lie_where_the_job_was_created_to_sync_them(job, tmp_path):
    config = tmp_path / "input/config/checkpointconfig.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"S3Uri": "s3://b/c/", "LocalPath": str(tmp_path / "elsewhere")}))
    assert open_container(job, 1).run_folder == tmp_path / "elsewhere/seikaku-job-1/stage1"


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden"])
def test_a_name_that_is_no_folder_is_refused(job, name):
    with pytest.raises(UserError, match="実行の名前として使えません"):
        open_container(job | {"TRAINING_JOB_NAME": name}, 1)


def test_several_gpus_want_several_processes(job):
    with pytest.raises(UserError, match="GPU が 4 個ありますが、プロセスは 1 つだけ") as caught:
        open_container(job | {"SM_NUM_GPUS": "4"}, 1)
    assert "sagemaker_torch_distributed_enabled" in caught.value.mend
    assert open_container(job | {"SM_NUM_GPUS": "4", "WORLD_SIZE": "4"}, 1) is not None


def test_hyperparameters_of_both_spellings_reach_the_training(job, trained, tmp_path):
    flags = ["--learning-rate", "3e-05", "--batch_size", "4", "--with-partner", "True", "--extra_targets", "0",
             "--equal_speakers", "false", "--stage1_model_path", "none", "--stage", "2"]  # fmt: skip
    assert run(["train", *flags]) == 143  # stopped, as far as the command can tell
    ((stage, config, data, out, resume, sources),) = trained
    assert (stage, config.learning_rate, config.batch_size) == (2, 3e-5, 4)
    assert (config.with_partner, config.extra_targets, config.equal_speakers) == (True, False, False)
    assert (str(data), str(out)) == (job["SM_CHANNEL_DATA"], str(tmp_path / "checkpoints/seikaku-job-1/stage2"))
    assert resume is True
    import os

    assert os.environ["HF_HUB_OFFLINE"] == "1"


@pytest.mark.parametrize("flag", ["--data", "--out"])
def test_what_the_job_decides_is_no_hyperparameter(job, trained, capsys, flag, tmp_path):
    assert run(["train", "--stage", "1", flag, "x"]) == 2
    assert f"{flag} は SageMaker の学習ジョブの中では使えません。" in capsys.readouterr().err
    assert not trained
    assert f"{flag} は" in (tmp_path / "output/failure").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--stage", "1", "--learning_rat", "1"], "--learning_rat はありません"),
        (["--stage", "1", "--batch_size", "many"], "--batch_size"),
        (["--epochs", "1"], "--stage"),
        (["--stage", "1", "--windows_per_bag", "2"], "--windows_per_bag は stage 2 のフラグ"),
        (["--stage", "1", "--epochs", "0"], "--epochs 0 は使えません。"),
    ],
)
def test_a_usage_error_is_the_failure(job, trained, tmp_path, arguments, message):
    assert run(["train", *arguments]) == 2
    first, second = (tmp_path / "output/failure").read_text(encoding="utf-8").splitlines()
    assert message in first
    assert second.startswith("対処: ")


def test_a_failure_of_ours_says_what_and_how(job, tmp_path, monkeypatch):
    def fail(*_call):
        raise TrainingError("損失が数値でなくなりました。", "学習率を下げてください。")

    monkeypatch.setattr("seikaku.cli.train._train", fail)
    assert run(["train", "--stage", "1"]) == 1
    assert (tmp_path / "output/failure").read_text(encoding="utf-8") == (
        "損失が数値でなくなりました。\n対処: 学習率を下げてください。"
    )


def test_a_failure_of_others_says_its_place_and_not_its_data(job, tmp_path, monkeypatch):
    def fail(*_call):
        conversation = "秘密の会話"
        raise RuntimeError("CUDA error: device-side assert" + "!" * len(conversation) * 1000)

    monkeypatch.setattr("seikaku.cli.train._train", fail)
    with pytest.raises(RuntimeError):
        run(["train", "--stage", "1"])
    written = (tmp_path / "output/failure").read_text(encoding="utf-8")
    assert len(written) <= 1024
    assert written.startswith("RuntimeError: CUDA error: device-side assert")
    assert "\ntest_training_container_logic.py:" in written
    assert " fail\n" in written
    assert "秘密" not in written


def test_the_first_process_to_fail_says_why(job, tmp_path):
    write_failure(job, DataError("最初", "直す"))
    write_failure(job, ConnectionError("Connection closed by peer"))
    assert (tmp_path / "output/failure").read_text(encoding="utf-8").startswith("最初\n")


def test_a_failure_that_cannot_be_written_hides_nothing(job, tmp_path):
    (tmp_path / "output").write_text("in the way")
    write_failure(job, DataError("最初", "直す"))
    assert (tmp_path / "output").read_text() == "in the way"


def test_a_job_without_data_says_which_channels_it_has(job):
    container = open_container({name: value for name, value in job.items() if name != "SM_CHANNEL_DATA"}, 1)
    with pytest.raises(DataError, match=r"チャンネル data がありません（あるもの: なし）"):
        container.find_data()


def test_a_backbone_never_comes_from_a_hub(job, tmp_path):
    with open_container(job, 1).open_sources(Stage1Config()) as sources:
        with pytest.raises(ModelError, match="FacebookAI/xlm-roberta-large のチャンネル base_model がありません"):
            sources.find_backbone("FacebookAI/xlm-roberta-large")
        assert sources.find_backbone("embedded").name == "embedded"


def test_a_backbone_keeps_its_name_and_lies_in_the_channel(job, tmp_path):
    folder = tmp_path / "input/data/base_model"
    folder.mkdir()
    container = open_container(job | {"SM_CHANNEL_BASE_MODEL": str(folder)}, 1)
    with container.open_sources(Stage1Config()) as sources:
        with pytest.raises(ModelError, match=r"config\.json がありません: FacebookAI/xlm-roberta-large"):
            sources.find_backbone("FacebookAI/xlm-roberta-large")
        for name in ("config.json", "model.safetensors", "tokenizer.json"):
            (folder / name).write_text("{}")
        found = sources.find_backbone("FacebookAI/xlm-roberta-large")
    assert (found.name, found.folder) == ("FacebookAI/xlm-roberta-large", folder)


def with_stage1(job, tmp_path, content):
    folder = tmp_path / "input/data/stage1"
    folder.mkdir()
    if content is not None:
        (folder / "model.tar.gz").write_bytes(content)
    return open_container(job | {"SM_CHANNEL_STAGE1": str(folder)}, 1)


def pack(**files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


def test_stage1_lies_unpacked_while_it_is_needed(job, tmp_path):
    container = with_stage1(job, tmp_path, pack(**{"run_config.json": "{}", "adapter/adapter_config.json": "{}"}))
    with container.open_sources(Stage2Config()) as sources:
        folder = sources.find_stage1("output/final_model")
        assert (folder / "adapter/adapter_config.json").read_text() == "{}"
    assert not folder.exists()
    with container.open_sources(Stage2Config(stage1_model_path="none")) as sources:
        assert not list(sources.find_stage1("none").iterdir())
    assert container.settle(Stage2Config()).stage1_model_path == STAGE1_ORIGIN
    assert container.settle(Stage2Config(stage1_model_path="none")).stage1_model_path == "none"
    assert container.settle(Stage2Config()).checkpoint_every_minutes == 8  # each is copied to S3
    assert container.settle(Stage2Config(checkpoint_every_minutes=5)).checkpoint_every_minutes == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"stage 1 の学習結果がありません"),
        (b"no archive", r"model\.tar\.gz を開けません（ReadError）"),
        (pack(**{"run_config.json": "{}" * 5000})[:60], r"model\.tar\.gz を開けません"),
        (pack(**{"../../evil": "x"}), r"model\.tar\.gz を開けません（OutsideDestinationError）"),
    ],
    ids=["missing", "no archive", "cut off", "leads outside"],  # an archive holds the time it was packed
)
def test_an_artefact_that_is_none_is_refused(job, tmp_path, content, message):
    container = with_stage1(job, tmp_path, content)
    with pytest.raises(ModelError, match=message), container.open_sources(Stage2Config()):
        pass
    assert not (tmp_path / "evil").exists()


def test_stage2_without_the_channel_is_refused(job):
    with pytest.raises(ModelError, match="チャンネル stage1"), open_container(job, 1).open_sources(Stage2Config()):
        pass


def test_a_run_that_had_ended_is_handed_over_without_training(job, trained, tmp_path, capsys):
    folder = open_container(job, 1).run_folder
    write_run(folder, stage=1, **as_json(open_container(job, 1).settle(Stage1Config())))
    assert run(["train", "--stage", "1"]) == 0
    assert not trained
    assert RunFolder(tmp_path / "model").is_valid()
    shown = capsys.readouterr().out
    assert "stage1 final validation_loss=0.5 validation_mae=0.8123\n" in shown  # without the figures of guessing


def test_a_run_of_the_same_name_with_other_settings_is_refused(job, trained, capsys, tmp_path):
    write_run(open_container(job, 1).run_folder, stage=1, **as_json(Stage1Config(epochs=9)))
    assert run(["train", "--stage", "1"]) == 2
    assert "epochs=9（今回 3）" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_half_of_a_run_is_cleared_away_and_the_checkpoints_stay(job, trained):
    container = open_container(job, 1)
    run_folder = write_run(container.run_folder)
    (run_folder.path / "run_config.json").unlink()  # S3 had not yet got it
    (container.run_folder.parent / ".stage1.77.part").mkdir()
    checkpoint = container.run_folder.parent / "stage1.checkpoints/checkpoint-3"
    checkpoint.mkdir(parents=True)
    run(["train", "--stage", "1"])
    assert [path.name for path in container.run_folder.parent.iterdir()] == ["stage1.checkpoints"]
    assert checkpoint.is_dir()
    assert len(trained) == 1


def test_only_the_main_process_hands_over(job, trained, monkeypatch, tmp_path):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert run(["train", "--stage", "1"]) == 0  # a helper: it has no result to tell of
    assert not (tmp_path / "model").exists()


def test_the_settings_come_last_into_the_result(tmp_path, monkeypatch):
    written = []
    from seikaku.training.sagemaker import container as module

    real = module.open_atomic
    monkeypatch.setattr(module, "open_atomic", lambda path, mode: (written.append(path.name), real(path, mode))[1])
    run_folder = write_run(tmp_path / "run")
    TrainingContainer(tmp_path / "model", tmp_path / "run", {}).publish(run_folder)
    assert written[-1] == "run_config.json"
    assert len(written) == 7
