"""Stage 1 writes a whole run folder with honest figures, and says what it did."""

import json
import shutil

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")

import numpy as np
import torch

from seikaku.config import Stage1Config
from seikaku.errors import DataError, ModelError, UserError
from seikaku.model.run.folder import CONFIG_NAME, RunFolder, open_run_folder
from seikaku.training.lora.stage1 import guess_personas, persona_metrics, train_stage1


def test_a_run_is_whole_and_its_figures_stand_beside_guessing(stage1_run):
    run, lines = stage1_run
    assert run.is_valid()
    assert open_run_folder(run.path, stage=1) == run
    assert not run.path.with_name("final_model.checkpoints").exists()
    best = run.load_metrics()["best"]
    assert {"mae_age_years", "mae_age_years_constant"} <= best.keys()
    for name in ("sex", "industry", "size"):
        assert 0 <= best[f"accuracy_{name}"] <= 1
        assert 0 < best[f"accuracy_{name}_majority"] <= 1
    assert len(run.load_metrics()["history"]) == 2
    test = run.load_metrics()["test"]
    assert test.keys() == best.keys() - {"epoch", "step", "loss"}
    assert test["mae_age_years"] != best["mae_age_years"]
    assert any(line.startswith("stage1 epoch=1 validation_loss=") and "accuracy_sex=" in line for line in lines)
    config = run.load_config()
    assert config["config"]["lora_r"] == 4
    assert config["n_trainable"] > 2 * 4 * 32 * 2 * 2  # LoRA on square query and value of two layers, and the heads
    assert any("LoRA r=4（query,value）の学習する重み 1,024 個" in line for line in lines)
    card = (run.path / "README.md").read_text(encoding="utf-8")
    assert f"{best['mae_age_years']:.2f}" in card
    assert f"使っていない {config['data']['details']['n_test']} 人" in card
    assert f"{test['mae_age_years']:.2f}" in card
    assert "架空の見本" in card


def test_a_resume_of_a_run_that_ended_does_nothing(processed, stage1_run):
    run, _ = stage1_run
    before = (run.path / "heads.safetensors").stat().st_mtime_ns
    lines = []
    assert train_stage1(Stage1Config(), processed, run.path, resume=True, report=lines.append) == run
    assert "学習は終わっています" in lines[0]
    ends = ("stage1 final validation_loss=", "stage1 test test_mae_age_years=")
    assert lines[1:] == [line for line in stage1_run[1] if line.startswith(ends)]
    assert len(lines) == 3
    assert (run.path / "heads.safetensors").stat().st_mtime_ns == before


def test_the_test_figures_are_those_of_the_kept_model_on_people_of_the_test_part(processed, stage1_run):
    """Scored once more from the folder, one person at a time: no dropout, nobody of another part."""
    from seikaku.model.encoder.heads import AuxiliaryHeads, AuxiliaryModel
    from seikaku.model.encoder.lora import LoraSettings, load_adapter, load_encoder
    from seikaku.training.lora.stage1 import score_personas
    from seikaku.training.personas.occupations import INDUSTRIES, SIZES
    from seikaku.training.personas.stream import PersonaCollator, PersonaStream, open_personas

    run, _ = stage1_run
    config = run.load_config()["config"]
    encoder = load_encoder(config["backbone"], LoraSettings(4, config["lora_alpha"]))
    load_adapter(encoder, run.adapter)
    heads = AuxiliaryHeads(encoder.width, len(INDUSTRIES), len(SIZES), age_mean=0, age_sd=1)
    heads.load_state_dict(run.load_heads())
    examples = list(PersonaStream(open_personas(processed, "test", held_out_share=0.2), shuffle=False))
    assert len(examples) == run.load_config()["data"]["details"]["n_test"]
    collate = PersonaCollator(encoder.tokenizer, encoder.special, config["max_tokens"])
    one_by_one = Stage1Config(batch_size=1)
    found = score_personas(AuxiliaryModel(encoder, heads), examples, collate, one_by_one)
    recorded = run.load_metrics()["test"]
    assert found == pytest.approx({name: recorded[name] for name in found}, rel=1e-4)


def test_the_adapter_was_trained_and_the_tokenizer_is_as_it_came(stage1_run):
    from safetensors.torch import load_file

    run, _ = stage1_run
    weights = load_file(run.adapter / "adapter_model.safetensors")
    assert all(bool((weight != 0).any()) for name, weight in weights.items() if "lora_B" in name)  # B begins at 0
    tokenizer = json.loads((run.path / "tokenizer.json").read_text(encoding="utf-8"))
    assert tokenizer["truncation"] is None
    assert tokenizer["padding"] is None


def test_missing_labels_are_left_out_of_the_figures():
    ages, sexes = np.array([30.0, np.nan, 50.0]), np.array([0, 1, -100])
    logits = np.array([[2.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    metrics = persona_metrics((np.array([33.0, 40.0, 45.0]), logits, logits, logits), (ages, sexes, sexes, sexes))
    assert metrics["mae_age_years"] == 4
    assert metrics["accuracy_sex"] == 0.5


def test_guessing_is_the_mean_age_and_the_most_frequent_class():
    examples = [{"age": age, "sex": sex, "industry": 3, "size": -100 if age > 40 else 1} for age, sex in
                ((20.0, 0), (40.0, 1), (60.0, 1))]  # fmt: skip
    figures = guess_personas(examples, age_mean=40.0)
    assert figures["mae_age_years_constant"] == pytest.approx(40 / 3)
    assert figures["accuracy_sex_majority"] == pytest.approx(2 / 3)
    assert figures["accuracy_size_majority"] == 1


def test_what_cannot_begin_is_told(tmp_path, processed, backbone):
    with pytest.raises(UserError, match="--max_tokens 100 は、土台 .* の上限 64 を超えています"):
        train_stage1(Stage1Config(backbone=backbone, max_tokens=100), processed, tmp_path / "run")
    with pytest.raises(DataError, match="前処理済みのデータがありません"):
        train_stage1(Stage1Config(backbone=backbone), tmp_path / "nothing", tmp_path / "run")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("memo", encoding="utf-8")
    with pytest.raises(UserError, match=r"mine は学習結果のフォルダではないので、上書きしません（run_config.json"):
        train_stage1(Stage1Config(backbone=backbone), processed, tmp_path / "mine")


def test_a_folder_that_is_no_run_is_refused(tmp_path, stage1_run):
    with pytest.raises(ModelError, match=r"は学習結果のフォルダではありません（run_config\.json がありません）"):
        open_run_folder(tmp_path)
    with pytest.raises(ModelError, match="は stage 1 の学習結果です（必要なのは stage 2）"):
        open_run_folder(stage1_run[0].path, stage=2)
    with pytest.raises(ModelError, match="学習結果のフォルダがありません"):
        open_run_folder(tmp_path / "none")


@pytest.mark.parametrize("files", [None, [], {"/etc/hostname": "0"}, {"../outside.json": "0"}])
def test_a_run_that_names_files_outside_of_its_folder_is_not_valid(tmp_path, stage1_run, files):
    folder = shutil.copytree(stage1_run[0].path, tmp_path / "run")
    config = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
    (folder / CONFIG_NAME).write_text(json.dumps(config | {"files": files}), encoding="utf-8")
    with pytest.raises(ModelError, match="フォルダの中のファイルの一覧がありません"):
        RunFolder(folder).verify()


def test_a_run_with_a_missing_or_altered_file_is_not_valid(tmp_path, stage1_run):
    copy = RunFolder(tmp_path / "copy")
    shutil.copytree(stage1_run[0].path, copy.path)
    heads = copy.path / "heads.safetensors"
    content = heads.read_bytes()
    heads.write_bytes(content[:-1] + b"!")
    with pytest.raises(ModelError, match=r"書き換えられています: .*heads\.safetensors"):
        copy.verify()
    heads.unlink()
    assert copy.missing() == ["heads.safetensors"]
    with pytest.raises(ModelError, match=r"に heads\.safetensors がありません"):
        copy.verify()
    (copy.path / CONFIG_NAME).write_text('{"format": "other"}', encoding="utf-8")
    with pytest.raises(ModelError, match="この学習結果の形式は扱えません"):
        copy.verify()
    assert not copy.is_valid()


def test_an_interrupted_save_leaves_the_old_run(stage1_run, tmp_path):
    import shutil

    from seikaku.model.run.folder import save_run_folder

    out = tmp_path / "run"
    shutil.copytree(stage1_run[0].path, out)

    def fail(folder):
        (folder / "half").write_text("half", encoding="utf-8")
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        save_run_folder(out, fail, heads={"a": torch.zeros(1)}, config={"stage": 1}, metrics={}, card="")
    assert RunFolder(out).is_valid()
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
