"""Encoders under the protocol: frozen with ridge, LoRA anew in every fold, and the mean of several models."""

import json
import shutil

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")

from seikaku.cli.main import run
from seikaku.config import ProtocolConfig, Stage2Config
from seikaku.corpora.store import load_corpus
from seikaku.evaluation.protocol import build_sides, training_part
from seikaku.evaluation.run import evaluate
from seikaku.model.run.folder import RunFolder
from seikaku.training.fitting.kernel import choose_penalty, guess_held_out, solve_dual
from seikaku.training.fitting.parts import draw_parts
from seikaku.training.lora.regressor import LoraRegressor
from seikaku.training.ridge.combination import CombinedRegressor
from seikaku.training.ridge.frozen import FrozenConfig, FrozenRegressor, _describe, _measure_spread
from seikaku.training.speakers.pooling import PooledRows

QUICK = {"n_folds": 3, "n_repeats": 1, "amounts": (2,), "equal_amounts": (), "n_permutations": 0}


def quiet(what, done, total):
    pass


@pytest.fixture(scope="module")
def corpus(processed):
    return load_corpus(processed)


@pytest.fixture(scope="module")
def frozen(backbone):
    return FrozenRegressor(FrozenConfig(backbone=backbone, max_tokens=64))


@pytest.fixture(scope="module")
def pooled(frozen, corpus):
    return frozen.encode(corpus.sides)


@pytest.fixture(scope="module")
def all_bags(corpus):
    sides = build_sides(corpus)
    training = training_part(sides, np.zeros(sides.n_speakers, np.bool_))
    return training.bags, corpus.scores[training.speakers], corpus.community[training.speakers]


@pytest.mark.slow
def test_a_frozen_encoder_finds_the_planted_signal(frozen, corpus):
    result = evaluate(frozen, corpus, ProtocolConfig(**QUICK, skip_refits=True), quiet)
    assert result["accuracy"]["mean"]["r"] > 0.3
    assert result["ladder"] is None
    coverage = [result["by_amount"][-1]["intervals_80"][key]["coverage"] for key in result["accuracy"]["traits"]]
    assert 0.5 < np.mean(coverage) <= 1


def test_a_vector_a_dialogue_whatever_the_batch(frozen, corpus, pooled):
    assert pooled.sums.shape[0] == len(corpus.sides)
    alone = frozen.encode(corpus.sides[5:6])
    np.testing.assert_allclose(alone.sums[0], pooled.sums[5], rtol=1e-4, atol=1e-3)
    assert alone.n_tokens[0] == pooled.n_tokens[5]
    bag = np.array([2, 7, 9])
    expected = pooled.sums[bag].sum(axis=0) / pooled.n_tokens[bag].sum()
    np.testing.assert_allclose(pooled.mean_of([bag])[0], expected, rtol=1e-5)


def test_little_text_is_drawn_to_the_mean():
    """With one dialogue a speaker's description moves less than with many of the same."""
    draw = np.random.default_rng(0)
    speakers = draw.normal(size=(20, 4))
    vectors = np.repeat(speakers, 10, axis=0) + draw.normal(scale=2.0, size=(200, 4))
    rows = PooledRows(vectors.astype(np.float32), np.ones(200, np.int64))
    bags = [np.arange(first, first + 10) for first in range(0, 200, 10)]
    spread = _measure_spread(rows, bags)
    assert 2 < spread.prior < 8  # within 4, between 1
    same = PooledRows(np.tile(np.full(4, 3.0, np.float32), (30, 1)), np.ones(30, np.int64))
    one, many = _describe(same, [np.arange(1), np.arange(30)], spread)
    assert (np.abs(one[:4] - spread.mean) < np.abs(many[:4] - spread.mean)).all()
    assert (one[4:] > many[4:]).all()  # nothing is known of the spread yet, then it is seen to be none


def test_the_penalty_is_the_one_of_least_leave_one_out_error():
    draw = np.random.default_rng(1)
    features = draw.normal(size=(15, 40))
    targets = features[:, :2] + draw.normal(size=(15, 2))
    kernel = features @ features.T / 40

    def leave_one_out(penalty):
        error = 0.0
        for out in range(15):
            kept = np.arange(15) != out
            dual = solve_dual(kernel[np.ix_(kept, kept)], targets[kept], penalty)
            error += ((kernel[out, kept] @ dual - targets[out]) ** 2).sum()
        return error

    penalties = (0.01, 0.1, 1.0, 10.0, 100.0)
    assert choose_penalty(kernel, targets, penalties) == min(penalties, key=leave_one_out)


def twins(n_pairs=60, noise=0.1):
    """Pairs of speakers with one style and one label, which have nothing to do with each other beyond the pair."""
    draw = np.random.default_rng(2)
    features = np.repeat(draw.normal(size=(n_pairs, 300)), 2, axis=0) + noise * draw.normal(size=(2 * n_pairs, 300))
    scores = np.repeat(draw.normal(4, 1, (n_pairs, 8)), 2, axis=0)
    parts = draw_parts([np.array([speaker]) for speaker in range(2 * n_pairs)], (), 1, 0)
    return features @ features.T / 300, scores, parts


def agreement(guesses, scores):
    return np.mean([np.corrcoef(guesses[:, target], scores[:, target])[0, 1] for target in range(scores.shape[1])])


def test_what_is_tuned_by_holding_speakers_out_holds_whole_groups_out():
    kernel, scores, parts = twins()
    options = {"penalty": 0.5, "n_folds": 5, "seed": 0}
    by_pair = guess_held_out(kernel, scores, parts, np.arange(120) // 2, **options)
    one_by_one = guess_held_out(kernel, scores, parts, np.arange(120), **options)
    assert agreement(one_by_one, scores) > 0.7  # a twin gives the label away
    assert abs(agreement(by_pair, scores)) < 0.15


def test_a_single_group_is_held_out_speaker_by_speaker_and_few_groups_in_fewer_folds():
    kernel, scores, parts = twins(n_pairs=10)
    options = {"penalty": 0.5, "n_folds": 5, "seed": 0}
    alone = guess_held_out(kernel, scores, parts, np.zeros(20, np.int64), **options)
    assert alone == pytest.approx(guess_held_out(kernel, scores, parts, np.arange(20), **options))
    assert np.isfinite(guess_held_out(kernel, scores, parts, np.arange(20) // 10, **options)).all()


def test_uncalibrated_a_frozen_model_keeps_the_order_of_its_speakers_and_knows_no_interval(frozen, pooled, all_bags):
    bags, scores, groups = all_bags
    whole, quick = (model.fit(pooled, bags, scores, groups=groups, seed=0) for model in (frozen, frozen.uncalibrated()))
    for own, other in zip(quick.estimate(pooled, bags).T, whole.estimate(pooled, bags).T, strict=True):
        assert np.corrcoef(own, other)[0, 1] > 0.99
    assert np.isnan(quick.half_width(pooled, bags)).all()


def test_a_combination_is_never_uncalibrated(frozen):
    """Its members' slopes say how much each counts."""
    assert not hasattr(CombinedRegressor((frozen, frozen)), "uncalibrated")


def test_a_combination_is_the_mean_of_its_members(frozen, corpus, pooled, all_bags):
    from seikaku.training.ridge.ngram import NgramRegressor

    bags, scores, groups = all_bags
    both = CombinedRegressor((NgramRegressor(), frozen))
    assert both.name == "ngram+frozen"
    assert both.protocol == {"max_dialogues": 15, "equal_amounts": (), "skip_refits": True}
    rows = [NgramRegressor().encode(corpus.sides), pooled]
    fitted = both.fit(rows, bags, scores, groups=groups, seed=0)
    pairs = zip(both.members, rows, strict=True)
    members = [member.fit(own, bags, scores, groups=groups, seed=0) for member, own in pairs]
    expected = np.mean([one.estimate(own, bags) for one, own in zip(members, rows, strict=True)], axis=0)
    np.testing.assert_allclose(fitted.estimate(rows, bags), expected)
    widths = [one.half_width(own, bags) for one, own in zip(members, rows, strict=True)]
    np.testing.assert_allclose(fitted.half_width(rows, bags), np.mean(widths, axis=0))


@pytest.mark.slow
def test_lora_is_trained_anew_without_the_held_out_speakers(corpus, stage1_run):
    lines = []
    config = Stage2Config(stage1_model_path=str(stage1_run[0].path), epochs=1, max_steps=2, learning_rate=5e-3)
    regressor = LoraRegressor(config, report=lines.append)
    sides = build_sides(corpus)
    rows = regressor.encode(corpus.sides)
    held_out = np.arange(sides.n_speakers) % 3 == 0
    training = training_part(sides, held_out)
    fitted = training.fit(regressor, rows, sides.scores, sides, 1)
    assert any("stage 1 のアダプターを読み込みました" in line for line in lines)
    tests = sides.rows_of(np.flatnonzero(held_out).tolist())
    estimates = fitted.estimate(rows, tests)
    assert estimates.shape == (held_out.sum(), 5)
    assert (fitted.half_width(rows, tests) > 0).all()
    again = training.fit(regressor, rows, sides.scores, sides, 1).estimate(rows, tests)
    np.testing.assert_array_equal(estimates, again)
    # The labels of the held-out speakers were not even there.
    assert fitted.calibration.norm.n_speakers + fitted.calibration.n_speakers == len(training.speakers)


@pytest.mark.slow
def test_the_command_reads_fifteen_dialogues_by_default_and_none_twice(backbone, tmp_path, processed, capsys):
    data = tmp_path / "data"
    shutil.copytree(processed, data)
    flags = ["--data", str(data), "--n_folds", "2", "--n_repeats", "1", "--skip_refits", "--amounts", "2"]
    evaluate_frozen = ["evaluate", "--model", f"frozen:{backbone}", *flags, "--n_permutations", "0", "--json"]
    assert run(evaluate_frozen) == 0
    first = capsys.readouterr()
    assert json.loads(first.out)["protocol"]["max_dialogues"] == 15
    assert "土台が本文を読んでいます" in first.err
    assert run(evaluate_frozen) == 0
    again = capsys.readouterr()
    assert again.out == first.out
    assert "読んでいます" not in again.err
    assert load_corpus(data).corpus_digest == load_corpus(processed).corpus_digest
    assert run([*evaluate_frozen, "--max_dialogues", "0"]) == 0
    assert json.loads(capsys.readouterr().out)["protocol"]["max_dialogues"] == 0


@pytest.mark.slow
def test_a_run_is_evaluated_and_the_accuracy_attached(tmp_path, processed, stage1_run, capsys):
    out = tmp_path / "run"
    train = ["train", "--stage", "2", "--data", str(processed), "--out", str(out), "--max_steps", "2"]
    assert run([*train, "--stage1_model_path", str(stage1_run[0].path), "--max_dialogues", "4"]) == 0
    before = RunFolder(out).load_calibration()
    flags = ["--n_folds", "2", "--amounts", "2", "--out", str(tmp_path / "result.json")]
    assert run(["evaluate", "--model", str(out), "--data", str(processed), "--attach", *flags]) == 0
    captured = capsys.readouterr()
    n_communities = len(set(load_corpus(processed).community.tolist()))
    assert f"話者 30 人の {n_communities} の話の輪を 2 分割" in captured.out
    assert "省いたもの: 並べ替え（区間の幅は √(2/人数)）、分け方の比較" in captured.out
    assert "測った精度を書き込みました" in captured.err
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert (result["protocol"]["n_repeats"], result["ladder"], result["style"]) == (1, None, None)
    assert "p_permutation" not in result["accuracy"]["mean"]
    after = RunFolder(out).load_calibration()
    assert RunFolder(out).is_valid()
    assert (after.source, after.n_speakers) == ("protocol", result["data"]["n_speakers"])
    assert after.accuracy.r.amounts.tolist() != before.accuracy.r.amounts.tolist()
    np.testing.assert_array_equal(after.half_widths.values, before.half_widths.values)
    assert "評価プロトコル（話者を入れ替えて学習し直したもの）" in (out / "README.md").read_text(encoding="utf-8")


def test_an_accuracy_of_other_settings_is_not_attached(tmp_path, processed, stage1_run):
    from seikaku.errors import DataError
    from seikaku.evaluation.release import attach_accuracy
    from seikaku.evaluation.run import RESULT_VERSION
    from seikaku.training.lora.stage2 import train_stage2

    config = Stage2Config(stage1_model_path=str(stage1_run[0].path), max_steps=1, max_dialogues=1)
    trained = train_stage2(config, processed, tmp_path / "run")
    recorded = trained.load_config()
    other = {
        "result_version": RESULT_VERSION,
        "model": {"config": recorded["config"] | {"epochs": 9}},
        "data": {"corpus_digest": recorded["data"]["digest"]},
    }
    with pytest.raises(DataError, match="この学習結果の設定とデータのものではありません"):
        attach_accuracy(trained, other)
    with pytest.raises(DataError, match=f"見つかった版 1、必要な版 {RESULT_VERSION}"):
        attach_accuracy(trained, other | {"result_version": 1})


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--model", "nothing"], "モデル nothing はありません"),
        (["--model", "ngram+nothing"], "モデル nothing はありません"),
        (["--model", "ngram", "--attach"], "--attach は学習結果のフォルダに書き込みます"),
    ],
)
def test_a_wrong_model_is_told(flags, message, capsys):
    assert run(["evaluate", *flags]) == 2
    assert message in capsys.readouterr().err
