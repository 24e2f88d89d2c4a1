"""A stage 2 run that exists, scored on speakers whom its training never saw. In: run, corpus. Out: plain JSON figures.

No retraining: one model, one part. With few speakers in a part the figures are coarse, and their intervals say so; the
protocol (`seikaku evaluate`) holds out everybody in turn. Effects: ``add_test_figures`` rewrites metrics and card.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from seikaku.config import Stage2Config
from seikaku.corpora.splits import TEST, TRAIN, leave_out
from seikaku.corpora.store import SpeakerCorpus
from seikaku.errors import DataError, both
from seikaku.evaluation import metrics
from seikaku.evaluation.figures import by_trait
from seikaku.evaluation.intervals import interval, standard_error
from seikaku.model.encoder.backbone import BackboneFiles, find_backbone
from seikaku.model.regressor import FloatArray
from seikaku.model.run.card import render_lora_card
from seikaku.model.run.folder import RunFolder, replace_figures
from seikaku.settings import from_json
from seikaku.training.lora.runs import held_out_line
from seikaku.traits import SCALE_MAX, SCALE_MIN, TRAIT_KEYS

_LEAST_FOR_R = 4  # speakers: fewer have no correlation worth a figure
_N_PERMUTATIONS = 2000


def score_run(
    run: RunFolder, corpus: SpeakerCorpus, part: str, find: Callable[[str], BackboneFiles] = find_backbone
) -> dict[str, Any]:
    """MSE, MAE (the constant beside them), r and coverage of the 80 % intervals, on the speakers of ``part``.

    ``find``: the backbone's files by name. The constant is the training speakers' median. Raises DataError where the
    run was trained on other data or another division of it, or the part is empty.
    """
    recorded = run.load_config()
    if recorded["data"]["digest"] != corpus.corpus_digest:
        raise DataError(
            both(
                "この学習結果は、別のデータで学習したものです（データの指紋が一致しません）。",
                "This run was trained on other data (their fingerprints differ).",
            ),
            both(
                "--data に学習したときの前処理済みデータを指定してください。",
                "Give --data the processed data that it was trained on.",
            ),
        )
    if recorded["data"]["details"].get("parts_digest") != corpus.parts_digest:
        raise DataError(
            both(
                "この学習結果は、いまの分割（split 列）とは別の分け方で学習したもので、"
                "評価用の話者を学習に使っているかもしれません。",
                "This run was trained with another division (column split); the test speakers may be among those it "
                "was trained on.",
            ),
            both(
                "同じ前処理済みデータで学習し直してください（python train.py --stage 2 …）。",
                "Train anew on the same processed data (python train.py --stage 2 …).",
            ),
        )
    speakers = np.flatnonzero(corpus.part == part)
    if not len(speakers):
        raise DataError(
            both(
                f"このデータには {part} の話者がいません（話の輪が三つより少ないと、評価用の話者を分けられません）。",
                f"These data have no {part} speakers (with fewer than three talk communities none can be held out).",
            ),
            both(
                "互いに話していない話者を含むコーパスを使うか、"
                "seikaku evaluate --model で全話者を順に外して測ってください。",
                "Use a corpus with speakers who do not talk with each other, or hold out all in turn with "
                "seikaku evaluate --model.",
            ),
        )
    estimates, half_widths = _estimate(run, corpus, speakers.tolist(), find)
    labels = corpus.scores[speakers]
    trained = leave_out(corpus.part, corpus.is_careless, corpus.kin >= 0) == TRAIN
    constant = np.tile(np.median(corpus.scores[trained], axis=0), (len(speakers), 1))
    return {"part": part, "n_speakers": len(speakers)} | figures_of(estimates, half_widths, labels, constant)


def figures_of(
    estimates: FloatArray, half_widths: FloatArray, labels: FloatArray, constant: FloatArray
) -> dict[str, Any]:
    """Figures of one model; all arrays (n_speakers, n_traits) on 1-7. r is left out below four speakers.

    The model is fixed, so that r's error is that of dealing the same labels to other speakers.
    """
    columns = {
        "mse": metrics.mean_squared_error(estimates, labels),
        "mae": metrics.mean_absolute_error(estimates, labels),
        "mse_constant": metrics.mean_squared_error(constant, labels),
        "mae_constant": metrics.mean_absolute_error(constant, labels),
        "coverage_80": (np.abs(estimates - labels) <= half_widths).mean(axis=0),
    }
    mean: dict[str, float] = {name: float(values.mean()) for name, values in columns.items()}
    if len(labels) >= _LEAST_FOR_R:
        r = metrics.pearson(estimates, labels)
        generator = np.random.default_rng(0)
        null = np.stack([metrics.pearson(estimates, generator.permutation(labels)) for _ in range(_N_PERMUTATIONS)])
        low, high = interval(r, standard_error(null))
        columns |= {"r": r, "r_low_95": low, "r_high_95": high}
        low, high = interval(r.mean(), standard_error(null.mean(axis=1)))
        mean |= {"r": float(r.mean()), "r_low_95": float(low), "r_high_95": float(high)}
    return {"mean": mean, "traits": by_trait(**columns)}


def add_test_figures(
    run: RunFolder,
    corpus: SpeakerCorpus,
    report: Callable[[str], None],
    find: Callable[[str], BackboneFiles] = find_backbone,
) -> RunFolder:
    """Score the run on the test part, put the figures into its metrics and card, and report them in one line.

    A corpus without a test part is told; the run stays as it is.
    """
    if TEST not in corpus.part:
        report(
            both(
                "stage2 評価用の話者がいないので、評価の数値はありません（話の輪が三つより少ないため）。",
                "stage2 no figures of a test: there are no test speakers (fewer than three talk communities).",
            )
        )
        return run
    found = score_run(run, corpus, TEST, find)
    scored = run.load_metrics() | {"test": found}
    card = render_lora_card(run.load_config(), scored, run.load_calibration())
    run = replace_figures(run, scored, card)
    report(report_figures(found))
    return run


def report_figures(found: dict[str, Any]) -> str:
    """`stage2 test test_mae=...`: one line, in the form that a job's log is read by."""
    return held_out_line(2, found["mean"] | {f"mae_{key}": found["traits"][key]["mae"] for key in TRAIT_KEYS})


def _estimate(
    run: RunFolder, corpus: SpeakerCorpus, speakers: list[int], find: Callable[[str], BackboneFiles]
) -> tuple[FloatArray, FloatArray]:
    """Calibrated estimates and 80 % half-widths of ``speakers`` from their own dialogues, each (n, n_traits)."""
    from seikaku.model.run.loading import load_trait_model
    from seikaku.training.speakers import fit
    from seikaku.training.speakers.windows import encode_rows, first_rows

    model, _ = load_trait_model(run.path, find)
    encoder: Any = model.encoder
    config = Stage2Config(**from_json(run.load_config()["config"]))
    encoded = encode_rows(corpus.sides, encoder.tokenizer, encoder.special, with_partner=config.with_partner)
    rows = first_rows(encoded, np.flatnonzero(np.isin(encoded.speaker, speakers)), config.max_dialogues)
    pooled = fit.pool(encoder, encoded, rows, config)
    own = encoded.speaker[rows]
    bags = [np.flatnonzero(own == speaker) for speaker in speakers]
    calibration, tokens = run.load_calibration(), pooled.tokens_of(bags)
    scores = calibration.apply(fit.score_vectors(model.head, pooled.mean_of(bags)), tokens)
    estimates = calibration.shrink(scores, tokens)
    return estimates.clip(SCALE_MIN, SCALE_MAX), calibration.half_widths.at(tokens)
