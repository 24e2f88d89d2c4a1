"""From a fitted model and its evaluation to what ships: statuses' curve, norm, floors, provenance. No effects."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from seikaku.config import NgramConfig
from seikaku.corpora.realpersonachat import NORM_NAMES
from seikaku.corpora.store import SpeakerCorpus
from seikaku.errors import DataError, both
from seikaku.evaluation.protocol import build_sides, training_part
from seikaku.evaluation.run import RESULT_VERSION
from seikaku.model.calibration import AccuracyCurve, AmountTable, Calibration
from seikaku.model.ngram.model import NgramModel
from seikaku.model.norm import Norm
from seikaku.model.run.card import render_lora_card
from seikaku.model.run.folder import RunFolder, replace_calibration
from seikaku.model.trained import TrainedModel
from seikaku.settings import to_json
from seikaku.training.fitting.amounts import pool_by_amount
from seikaku.training.fitting.typicality import fit_writing_norm
from seikaku.training.ridge.ngram import NgramRegressor
from seikaku.training.style.restyling import STYLES
from seikaku.traits import N_TRAITS, TRAIT_KEYS
from seikaku.version import __version__

MODEL_ID = "seikaku-ngram-3"
_SEED = 0
_N_SIDES_FOR_FLOOR = 1000


def release_model(corpus: SpeakerCorpus, config: NgramConfig, evaluation: Mapping[str, Any]) -> TrainedModel:
    """Fit on every speaker but the careless and kin, and join the accuracy that the same method reached out of fold.

    Raises DataError when ``evaluation`` is of another corpus, of other settings or of an earlier protocol.
    """
    check_protocol(evaluation)
    found = (evaluation.get("data", {}).get("corpus_digest"), evaluation.get("model", {}).get("config"))
    if found != (corpus.corpus_digest, to_json(config)):
        raise DataError(
            both(
                "評価結果が、このデータとこの設定のものではありません。",
                "The result of the evaluation is not of these data and settings.",
            ),
            both(
                "--evaluation を省いて評価からやり直すか、同じデータと設定の評価結果を指定してください。",
                "Leave --evaluation out to evaluate now, or name a result of the same data and settings.",
            ),
        )
    regressor = NgramRegressor(config)
    texts = [side.texts for side in corpus.sides]
    sides = build_sides(corpus)
    training = training_part(sides, np.zeros(sides.n_speakers, np.bool_))
    speakers = training.speakers
    fitted = training.fit(regressor, regressor.encode(corpus.sides), corpus.scores, sides, _SEED)
    used = np.concatenate(training.bags)
    return TrainedModel(
        model_id=MODEL_ID,
        text_model=fitted.model,
        calibration=Calibration(
            slope=np.ones(N_TRAITS),  # the weights hold it
            offset=fitted.model.offset,
            half_widths=fitted.corrections.half_widths,
            bounds=fitted.corrections.bounds,
            shrinkage=fitted.corrections.shrinkage,
            before=fitted.corrections.before,
            standing=fitted.corrections.standing,
            norm=Norm.of_scores(*NORM_NAMES, corpus.scores[speakers]),
            known_share_floor=_known_share_floor(fitted.model, [texts[row] for row in used]),
            **_measured(evaluation),
        ),
        typicality=fit_writing_norm(
            texts,
            training.bags,
            _SEED,
            min_speakers=config.min_speakers,
            restyles=STYLES.values() if config.style_dialogues else (),
        ),
        provenance={
            "corpus": "RealPersonaChat 1.0.0 (CC BY-SA 4.0)",
            "corpus_digest": corpus.corpus_digest,
            "n_speakers": len(speakers),
            "n_careless": int(sides.is_careless.sum()),
            "n_kin": int(sides.is_kin.sum()),
            "n_dialogues": len(np.unique(sides.dialogue[used])),
            "config": to_json(config),
            "slope": dict(zip(TRAIT_KEYS, fitted.corrections.slope.round(4).tolist(), strict=True)),
            "mean_r_out_of_fold": evaluation["accuracy"]["mean"]["r"],
            "seikaku_version": __version__,
        },
    )


def check_protocol(evaluation: Mapping[str, Any]) -> None:
    """Raise DataError for a result of an earlier protocol: its figures are not to be used any more."""
    found = evaluation.get("result_version")
    if found != RESULT_VERSION:
        raise DataError(
            both(
                "評価結果が、いまのプロトコルのものではありません"
                f"（見つかった版 {found}、必要な版 {RESULT_VERSION}）。",
                f"The result of the evaluation is of another protocol (found {found}, needed {RESULT_VERSION}).",
            ),
            both(
                "seikaku evaluate --out で評価し直してください（以前の版の数値は、話の輪の仲間から漏れていました）。",
                "Evaluate anew with seikaku evaluate --out (earlier figures leaked from talk communities).",
            ),
        )


def attach_accuracy(run: RunFolder, evaluation: Mapping[str, Any]) -> RunFolder:
    """Put the accuracy that a stage 2 run's settings reached out of fold into the run's calibration and card.

    Its intervals stay those of its own validation speakers. Raises DataError when ``evaluation`` is of other settings
    or of other data.
    """
    check_protocol(evaluation)
    config = run.load_config()
    settings = {name: value for name, value in config["config"].items() if name != "extra_targets"}
    evaluated = {name: value for name, value in evaluation["model"]["config"].items() if name != "extra_targets"}
    if evaluated != settings or evaluation["data"]["corpus_digest"] != config["data"]["digest"]:
        raise DataError(
            both(
                "評価結果が、この学習結果の設定とデータのものではありません。",
                "The result of the evaluation is not of this run's settings and data.",
            ),
            both(
                "同じフォルダと同じデータで seikaku evaluate --attach をやり直してください。",
                "Run seikaku evaluate --attach again with the same folder and data.",
            ),
        )
    calibration = replace(run.load_calibration(), **_measured(evaluation))
    return replace_calibration(run, calibration, render_lora_card(config, run.load_metrics(), calibration))


def _measured(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """What an evaluation says of a calibration."""
    return {
        "source": "protocol",
        "n_speakers": evaluation["data"]["n_speakers"],
        "accuracy": _accuracy_curve(evaluation),
        "probability_gain": _probability_gain(evaluation),
        "floor_chars": int(evaluation["by_amount"][0]["p10_chars"]),
    }


def _accuracy_curve(evaluation: Mapping[str, Any]) -> AccuracyCurve:
    """r by amount of text, each trait's drawn to the common mean and made monotone in the amount.

    Differences between the traits are mostly noise: a status that leaned on a trait's own r would lean on luck.
    """
    entries = sorted(evaluation["by_amount"], key=lambda entry: float(entry["median_chars"]))
    chars = np.array([entry["median_chars"] for entry in entries])

    def table(figure: str) -> AmountTable:
        values = np.array([[entry["traits"][key][figure] for key in TRAIT_KEYS] for entry in entries])
        return pool_by_amount(AmountTable(chars, values), increasing=True)

    return AccuracyCurve(table("r_shrunk"), table("r_shrunk_low_95"), table("r_shrunk_high_95"))


def _probability_gain(evaluation: Mapping[str, Any]) -> AmountTable | None:
    """By characters: the constant's log score less the probabilities', all traits together, monotone in the amount."""
    entries = sorted(evaluation["by_amount"], key=lambda entry: float(entry["median_chars"]))
    if any(entry["probability"] is None for entry in entries):
        return None
    gains = [entry["probability"]["log_score_constant"] - entry["probability"]["log_score"] for entry in entries]
    chars = np.array([entry["median_chars"] for entry in entries])
    return pool_by_amount(AmountTable(chars, np.tile(np.array(gains)[:, None], N_TRAITS)), increasing=True)


def _known_share_floor(model: NgramModel, texts: list[tuple[str, ...]]) -> float:
    """The share of known character pairs that 99 of 100 single dialogues of the corpus exceed."""
    chosen = np.random.default_rng(_SEED).permutation(len(texts))[:_N_SIDES_FOR_FLOOR]
    return round(float(np.quantile([model.explain([texts[row]]).known_share for row in chosen], 0.01)), 4)
