"""A stage 2 run, loaded to estimate: encoder with its adapter, and the head. In: a run folder. Effect: reads.

torch loads inside the functions: this module itself is light.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seikaku.config import EARLIER_SETTINGS
from seikaku.errors import ModelError, both
from seikaku.files import sha256_of_file
from seikaku.model.calibration import Calibration
from seikaku.model.encoder.backbone import BackboneFiles, find_backbone
from seikaku.model.encoder.explaining import EncoderModel, Float32Array, IntArray, TokenScorer
from seikaku.model.encoder.special import SpecialTokens, text_tokenizer
from seikaku.model.run.folder import CONFIG_NAME, RunFolder, open_run_folder
from seikaku.model.trained import TrainedModel
from seikaku.settings import from_json
from seikaku.traits import N_TRAITS

if TYPE_CHECKING:
    from seikaku.model.encoder.heads import TraitModel

STAGE = 2
MODEL_ID = "seikaku-lora"


def load_trait_model(
    path: Path, find: Callable[[str], BackboneFiles] = find_backbone
) -> "tuple[TraitModel, RunFolder]":
    """The model of a stage 2 run, dropout off, and its folder. Raises ModelError for a folder that is no whole run.

    ``find``: the backbone's files by the name that the run has for it.
    """
    from seikaku.model.encoder.heads import TraitHead, TraitModel
    from seikaku.model.encoder.lora import LoraSettings, Reading, load_adapter, load_encoder

    run = open_run_folder(path, stage=STAGE)
    config = from_json(EARLIER_SETTINGS | run.load_config()["config"])
    lora = LoraSettings(
        config["lora_r"], config["lora_alpha"], config["lora_dropout"], config["lora_targets"], config["lora_variant"],
        config["lora_layers"],
    )  # fmt: skip
    encoder = load_encoder(find(config["backbone"]), lora, Reading(config["pooling"], config["text_prefix"]))
    load_adapter(encoder, run.adapter)
    state = run.load_heads()
    head = TraitHead(encoder.width, n_extra=len(state["label_mean"]) - N_TRAITS)
    head.load_state_dict(state)
    return TraitModel(encoder, head, huber_delta=config["huber_delta"]).eval(), run


def load_trained_run(path: Path, *, may_download: bool = False) -> TrainedModel:
    """A stage 2 run as a model of text; ``may_download``: its backbone, where that is a hub id.

    Raises ModelError: no whole run, or one that reads the partner's turns too, or a backbone that is not here.
    """
    model, run = load_trait_model(path, partial(find_backbone, may_download=may_download))
    encoder: Any = model.encoder
    config = run.load_config()
    return assemble(
        MODEL_ID,
        sha256_of_file(run.path / CONFIG_NAME),  # it records the hashes of all files
        tokenizer=text_tokenizer(encoder.tokenizer),
        score_tokens=_torch_scorer(model),
        special=encoder.special,
        recorded=config,
        calibration=run.load_calibration(),
    )


def assemble(
    model_id: str,
    model_hash: str,
    *,
    tokenizer: Any,
    score_tokens: TokenScorer,
    special: SpecialTokens,
    recorded: dict[str, Any],
    calibration: Calibration,
) -> TrainedModel:
    """A run's parts as a ``TrainedModel``; ``recorded`` holds stage 2's "config", "data" and "seikaku_version"."""
    settings = recorded["config"]
    if settings["with_partner"]:
        raise ModelError(
            both(
                "この学習結果は相手の発話も読みます（--with_partner）。推定で読むのは本人の発話だけなので、使えません。",
                "This run also reads the partner's utterances (--with_partner); an estimate has only the speaker's.",
            ),
            both(
                "--with_partner を付けずに学習し直してください（比較は seikaku evaluate --model でできます）。",
                "Train anew without --with_partner (to compare, seikaku evaluate --model takes it).",
            ),
        )
    return TrainedModel(
        model_id=model_id,
        text_model=EncoderModel(tokenizer, score_tokens, special, settings["max_tokens"], calibration),
        calibration=calibration,
        provenance={
            # A server tells this to its clients: where stage 1 lay on somebody's disk is not theirs to know.
            "config": {name: value for name, value in settings.items() if name != "stage1_model_path"},
            "data": recorded["data"],
            "seikaku_version": recorded["seikaku_version"],
        },
        model_hash=model_hash,
    )


def _torch_scorer(model: "TraitModel") -> TokenScorer:
    import torch

    encoder: Any = model.encoder

    def score(input_ids: IntArray, attention_mask: IntArray) -> Float32Array:
        with torch.no_grad():
            hidden = encoder.token_vectors(torch.from_numpy(input_ids), torch.from_numpy(attention_mask))
            scores: Float32Array = model.head.token_scores(hidden).numpy()
        return scores

    return score
