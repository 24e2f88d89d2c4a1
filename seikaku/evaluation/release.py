"""From a fitted model and its evaluation to what ships: statuses' curve, norm, floors, provenance. No effects."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from seikaku.config import NgramConfig
from seikaku.corpora.realpersonachat import NORM_NAMES
from seikaku.corpora.store import SpeakerCorpus
from seikaku.errors import DataError
from seikaku.evaluation.protocol import build_sides, training_bags
from seikaku.model.calibration import AccuracyCurve, AmountTable
from seikaku.model.checkpoint import TrainedModel
from seikaku.model.lora_card import render_lora_card
from seikaku.model.ngram import NgramModel
from seikaku.model.norm import Norm
from seikaku.model.run_folder import RunFolder, replace_calibration
from seikaku.training.ngram_fit import NgramRegressor
from seikaku.traits import TRAIT_KEYS
from seikaku.version import __version__

MODEL_ID = "seikaku-ngram-1"
_SEED = 0
_N_SIDES_FOR_FLOOR = 1000


def release_model(corpus: SpeakerCorpus, config: NgramConfig, evaluation: Mapping[str, Any]) -> TrainedModel:
    """Fit on every speaker but the careless, and join the accuracy that the same method reached out of fold.

    Raises DataError when ``evaluation`` is of another corpus or of other settings.
    """
    found = (evaluation.get("data", {}).get("corpus_digest"), evaluation.get("model", {}).get("config"))
    if found != (corpus.corpus_digest, _as_json(config)):
        raise DataError(
            "評価結果が、このデータとこの設定のものではありません。",
            "--evaluation を省いて評価からやり直すか、同じデータと設定の評価結果を指定してください。",
        )
    regressor = NgramRegressor(config)
    texts = [side.texts for side in corpus.sides]
    sides = build_sides(corpus)
    speakers, bags = training_bags(sides, np.zeros(sides.n_speakers, np.bool_))
    fitted = regressor.fit(regressor.encode(corpus.sides), bags, corpus.scores[speakers], seed=_SEED)
    used = np.concatenate(bags)
    return TrainedModel(
        model_id=MODEL_ID,
        text_model=fitted.model,
        half_widths=fitted.half_widths,
        accuracy=accuracy_curve(evaluation),
        norm=Norm.of_scores(*NORM_NAMES, corpus.scores[speakers]),
        floor_chars=int(evaluation["by_amount"][0]["p10_chars"]),
        known_share_floor=_known_share_floor(fitted.model, [texts[row] for row in used]),
        provenance={
            "corpus": "RealPersonaChat 1.0.0 (CC BY-SA 4.0)",
            "corpus_digest": corpus.corpus_digest,
            "n_speakers": len(speakers),
            "n_dialogues": len(np.unique(sides.dialogue[used])),
            "config": _as_json(config),
            "slope": dict(zip(TRAIT_KEYS, fitted.slope.round(4).tolist(), strict=True)),
            "mean_r_out_of_fold": evaluation["accuracy"]["mean"]["r"],
            "seikaku_version": __version__,
        },
    )


def attach_accuracy(run: RunFolder, evaluation: Mapping[str, Any]) -> RunFolder:
    """Put the accuracy that a stage 2 run's settings reached out of fold into the run's calibration and card.

    Its intervals stay those of its own validation speakers. Raises DataError when ``evaluation`` is of other settings
    or of other data.
    """
    config = run.load_config()
    settings = {name: value for name, value in config["config"].items() if name != "extra_targets"}
    evaluated = {name: value for name, value in evaluation["model"]["config"].items() if name != "extra_targets"}
    if json.loads(json.dumps(evaluated)) != settings or evaluation["data"]["corpus_digest"] != config["data"]["digest"]:
        raise DataError(
            "評価結果が、この学習結果の設定とデータのものではありません。",
            "同じフォルダと同じデータで seikaku evaluate --attach をやり直してください。",
        )
    calibration = replace(
        run.load_calibration(),
        source="protocol",
        n_speakers=evaluation["data"]["n_speakers"],
        accuracy=accuracy_curve(evaluation),
        floor_chars=int(evaluation["by_amount"][0]["p10_chars"]),
    )
    return replace_calibration(run, calibration, render_lora_card(config, run.load_metrics(), calibration))


def accuracy_curve(evaluation: Mapping[str, Any]) -> AccuracyCurve:
    """r by amount of text from an evaluation, made monotone: more text of the same kind never measures worse."""
    entries = sorted(evaluation["by_amount"], key=lambda entry: float(entry["median_chars"]))
    chars = np.array([entry["median_chars"] for entry in entries])

    def table(figure: str) -> AmountTable:
        values = np.array([[entry["traits"][key][figure] for key in TRAIT_KEYS] for entry in entries])
        return AmountTable(chars, np.stack([pool_adjacent_violators(column) for column in values.T], axis=1))

    return AccuracyCurve(table("r"), table("r_low_95"), table("r_high_95"))


def pool_adjacent_violators(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The non-decreasing sequence nearest to ``values`` (n,) in least squares (isotonic regression, equal weights)."""
    blocks: list[tuple[float, int]] = []
    for value in values.tolist():
        blocks.append((value, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (low, n_low), (high, n_high) = blocks[-2:]
            blocks[-2:] = [((low * n_low + high * n_high) / (n_low + n_high), n_low + n_high)]
    return np.array([value for value, n in blocks for _ in range(n)])


def _known_share_floor(model: NgramModel, texts: list[tuple[str, ...]]) -> float:
    """The share of known character pairs that 99 of 100 single dialogues of the corpus exceed."""
    chosen = np.random.default_rng(_SEED).permutation(len(texts))[:_N_SIDES_FOR_FLOOR]
    return round(float(np.quantile([model.explain([texts[row]]).known_share for row in chosen], 0.01)), 4)


def _as_json(config: NgramConfig) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(config).items()}
