"""What the stages learn from in these tests: planted speakers, fictional personas, a tiny backbone. All fictional."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Tiny matrices gain nothing from threads, and on a busy machine wait for them ten times as long."""
    with pytest.MonkeyPatch.context() as patch:
        try:
            import torch

            from seikaku.training.loop import loop
        except ModuleNotFoundError:
            yield
            return
        patch.setattr(loop, "_use_all_cores", lambda: torch.set_num_threads(1))
        yield


@pytest.fixture(scope="session")
def processed(tmp_path_factory):
    """30 speakers with a planted signal, and the 40 personas of the sample that ships with the project."""
    from planted import write_processed

    return write_processed(tmp_path_factory.mktemp("data"), n_speakers=30, n_dialogues=240)


@pytest.fixture(scope="session")
def backbone(tmp_path_factory):
    from tiny_encoder import build_tiny_backbone

    return str(build_tiny_backbone(tmp_path_factory.mktemp("backbone")))


@pytest.fixture(scope="session")
def stage1_run(tmp_path_factory, processed, backbone):
    """A run folder of stage 1, and the lines that were reported."""
    from seikaku.config import Stage1Config
    from seikaku.training.lora.stage1 import train_stage1

    lines = []
    config = Stage1Config(
        backbone=backbone, max_tokens=48, lora_r=4, lora_alpha=8, epochs=2, batch_size=4, learning_rate=5e-3
    )
    run = train_stage1(config, processed, tmp_path_factory.mktemp("stage1") / "final_model", report=lines.append)
    return run, lines
