"""`seikaku evaluate` and `seikaku fit` on the fictional sample: what cannot be computed is told."""

import json
import re

import pytest

from seikaku.cli.local_data import SAMPLE_FOLDER, prepare_sample
from seikaku.cli.main import run

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The sample, preprocessed: twelve speakers."""
    out = tmp_path_factory.mktemp("sample")
    prepare_sample(SAMPLE_FOLDER, out)
    return out / "processed"


@pytest.mark.parametrize(
    ("arguments", "message", "mend"),
    [
        (["evaluate", "--n_folds", "1"], "--n_folds 1 は使えません。",
         "--n_folds には 2 以上の数を指定してください。"),
        (["evaluate", "--n-repeats", "0"], "--n_repeats 0 は使えません。",
         "--n_repeats には 1 以上の数を指定してください。"),
        (["evaluate", "--amounts", "3,0"], "--amounts 3,0 は使えません。",
         "--amounts には 1 以上の数を指定してください。"),
        (["fit", "--penalty", "-3"], "--penalty -3.0 は使えません。",
         "--penalty には 0.001 以上の数を指定してください。"),
        (["fit", "--n_inner_folds", "1"], "--n_inner_folds 1 は使えません。",
         "--n_inner_folds には 2 以上の数を指定してください。"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_two_lines(sample, capsys, arguments, message, mend):
    assert run([*arguments, "--data", str(sample)]) == 2
    assert capsys.readouterr().err == f"エラー: {message}\n対処: {mend}\n"


def test_a_small_corpus_has_a_shorter_learning_curve(sample, tmp_path, capsys):
    """A quarter of ten speakers is too few for a model: that point is left out, and the rest is measured."""
    out = tmp_path / "constant.json"
    arguments = ["--model", "constant", "--n_repeats", "1", "--n_permutations", "20", "--out", str(out)]
    assert run(["evaluate", "--data", str(sample), *arguments]) == 0
    assert "学習話者を増やすと" in capsys.readouterr().out
    result = json.loads(out.read_text(encoding="utf-8"))
    sizes = [point["n_speakers"] for point in result["learning_curve"]["points"]]
    assert len(sizes) == 3 and min(sizes) >= 5


def test_a_model_of_too_few_speakers_is_two_lines(sample, tmp_path, capsys):
    """Half of the sample's speakers hold no n-gram that ten speakers use; points of the learning curve are left out."""
    out = tmp_path / "ngram.json"
    evaluation = ["--n_repeats", "1", "--n_permutations", "0", "--amounts", "", "--equal_amounts", ""]
    assert run(["evaluate", "--data", str(sample), "--n_folds", "2", *evaluation]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"エラー: 学習する話者 \d 人のうち 10 人以上が使った n-gram がありません。", first)
    assert second == "対処: 話者の多いデータを使うか、seikaku fit では --min_speakers を小さくしてください。"
    assert run(["evaluate", "--data", str(sample), *evaluation, "--out", str(out)]) == 0
    capsys.readouterr()
    folder = tmp_path / "model"
    assert run(["fit", "--data", str(sample), "--evaluation", str(out), "--out", str(folder), "--lang", "en"]) == 0
    printed = capsys.readouterr()
    assert re.fullmatch(
        rf"Wrote the model: {re.escape(str(folder))} \(speakers: \d+, mean r -?\d\.\d\d\)\n", printed.out
    )
    assert printed.err == ""


@pytest.mark.parametrize("extreme", [["--penalty", "0.001"], ["--prior_windows", "0"], ["--scale_power", "1"]])
def test_the_ends_of_the_ranges_can_be_computed(sample, extreme):
    from seikaku.config import NgramConfig
    from seikaku.corpora.store import load_corpus
    from seikaku.evaluation.protocol import build_sides, draw_bags
    from seikaku.settings import decode
    from seikaku.training.ridge.ngram import NgramRegressor

    corpus = load_corpus(sample)
    flags = {"min_speakers": "2", "style_dialogues": "0", extreme[0].removeprefix("--"): extreme[1]}
    regressor = NgramRegressor(NgramConfig(**decode(NgramConfig, flags)))
    rows, sides = regressor.encode(corpus.sides), build_sides(corpus)
    bags = draw_bags(sides, None, 0)
    fitted = regressor.fit(rows, bags, sides.scores, groups=sides.community, seed=0)
    estimates = fitted.estimate(rows, bags)
    assert estimates.shape == (12, 5) and (abs(estimates) < 100).all()


def test_evaluate_in_english(sample, tmp_path, capsys, monkeypatch):
    """Tables and notes; quiet leaves the tables and the errors."""
    monkeypatch.setenv("COLUMNS", "160")
    short = ["--n_folds", "40", "--n_repeats", "1", "--n_permutations", "20", "--equal_amounts", ""]
    out = tmp_path / "constant.json"
    arguments = ["evaluate", "--model", "constant", "--data", str(sample), "--out", str(out), *short]
    assert run([*arguments, "--lang", "en"]) == 0
    printed = capsys.readouterr()
    assert "Accuracy (by speaker)" in printed.out
    assert (
        "talk communities: " in printed.err
        and " folds instead of 40." in printed.err
        and printed.err.endswith(f"Wrote the result: {out}\n")
    )
    assert not JAPANESE.findall(printed.out.replace("僕", "").replace("俺", "").replace("私", "") + printed.err)
    assert run([*arguments, "--quiet"]) == 0
    printed = capsys.readouterr()
    assert "精度（話者単位）" in printed.out and printed.err == ""
    monkeypatch.setenv("SEIKAKU_LANG", "en")
    assert run(["fit", "--data", str(sample), "--evaluation", str(tmp_path / "none.json")]) == 2
    assert capsys.readouterr().err == (
        f"Error: The result of the evaluation cannot be read: {tmp_path / 'none.json'}\n"
        "Try: Name a file that seikaku evaluate --out has written.\n"
    )
