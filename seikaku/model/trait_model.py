"""A stage 2 run, loaded to estimate: encoder with its adapter, and the head. In: a run folder. Effect: reads.

torch loads inside the function: this module itself is light.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from seikaku.model.run_folder import RunFolder, open_run_folder
from seikaku.traits import N_TRAITS

if TYPE_CHECKING:
    from seikaku.model.heads import TraitModel

STAGE = 2


def load_trait_model(path: Path) -> "tuple[TraitModel, RunFolder]":
    """The model of a stage 2 run, dropout off, and its folder. Raises ModelError for a folder that is no whole run."""
    from seikaku.model.encoder import LoraSettings, load_adapter, load_encoder
    from seikaku.model.heads import TraitHead, TraitModel

    run = open_run_folder(path, stage=STAGE)
    config = run.load_config()["config"]
    targets = tuple(config["lora_targets"])
    lora = LoraSettings(config["lora_r"], config["lora_alpha"], config["lora_dropout"], targets)
    encoder = load_encoder(config["backbone"], lora)
    load_adapter(encoder, run.adapter)
    state = run.load_heads()
    head = TraitHead(encoder.width, n_extra=len(state["label_mean"]) - N_TRAITS)
    head.load_state_dict(state)
    return TraitModel(encoder, head, huber_delta=config["huber_delta"]).eval(), run
