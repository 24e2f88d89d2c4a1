"""One walk along the whole path: raw archive -> preprocess -> fit (with evaluation) -> analyze -> HTML in a browser."""

import json

import pytest
from planted import FILLER, PLANTED, write_raw

from seikaku.cli.main import run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    root = tmp_path_factory.mktemp("path")
    write_raw(root / "archive.zip", n_speakers=40, n_dialogues=320)
    assert (
        run(["download", "--realpersonachat", str(root / "archive.zip"), "--skip_nemotron", "--out", str(root / "raw")])
        == 0
    )
    assert run(["preprocess", "--raw", str(root / "raw"), "--out", str(root / "processed")]) == 0
    small = ["--n_folds", "4", "--n_repeats", "1", "--amounts", "1,3", "--equal_amounts", "3"]
    small += ["--n_permutations", "0", "--data", str(root / "processed")]
    assert run(["evaluate", "--out", str(root / "ngram.json"), *small]) == 0
    fit = ["--data", str(root / "processed"), "--evaluation", str(root / "ngram.json"), "--out", str(root / "model")]
    assert run(["fit", *fit]) == 0
    return root


def write_talk(path, index):
    """A LINE export in which はな always says the low (0) or high (1) sentence of every trait."""
    lines = ["[LINE] たろうとのトーク履歴", "保存日時：2026/01/10 10:00", "", "2026/01/09(金)"]
    for hour in range(6, 13):
        for minute, pair in enumerate(PLANTED.values()):
            filler = FILLER[(hour + minute) % len(FILLER)]
            mark = "。！…ね"[hour % 4]  # fewer, and the guard would see copies; more, and it would see templates
            lines += [f"{hour}:{minute}0\tはな\t{filler}{mark}", f"{hour}:{minute}1\tはな\t{pair[index]}{mark}"]
            lines += [f"{hour}:{minute}2\tたろう\tそうなんだ"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_the_trained_model_reads_what_was_planted(walked, tmp_path, capsys):
    scores = {}
    for index in (0, 1):
        write_talk(tmp_path / "talk.txt", index)
        arguments = [
            "analyze",
            str(tmp_path / "talk.txt"),
            "--speaker",
            "はな",
            "--model",
            str(walked / "model"),
            "--json",
        ]
        capsys.readouterr()
        assert run(arguments) == 0
        traits = json.loads(capsys.readouterr().out)["results"][0]["traits"]
        scores[index] = {key: trait["score_1to7"] for key, trait in traits.items()}
    told = [key for key in PLANTED if scores[0][key] is not None and scores[1][key] is not None]
    assert len(told) >= 4
    for key in told:
        assert scores[1][key] > scores[0][key] + 0.5


def test_evaluate_prints_the_tables_and_json(walked, capsys):
    small = ["--n_folds", "3", "--n_repeats", "1", "--amounts", "1", "--equal_amounts", "3"]
    small += ["--n_permutations", "0", "--data", str(walked / "processed")]
    assert run(["evaluate", "--model", "constant", *small]) == 0
    assert "精度（話者単位）" in capsys.readouterr().out
    assert run(["evaluate", "--model", "planted:OwnRegressor", "--json", *small]) == 0
    assert json.loads(capsys.readouterr().out)["model"]["name"] == "own"


@pytest.mark.browser
def test_the_report_of_the_trained_model_opens_in_a_browser(walked, tmp_path, browser):
    write_talk(tmp_path / "talk.txt", 1)
    report = tmp_path / "report.html"
    arguments = ["analyze", str(tmp_path / "talk.txt"), "--speaker", "はな", "--model", str(walked / "model")]
    assert run([*arguments, "--html", str(report)]) == 0
    browser.get(report.as_uri())
    assert len(browser.find_elements("css selector", "svg[data-trait]")) == 5
    assert "そうなんだ" not in browser.page_source  # the partner's words
    assert PLANTED["extraversion"][1] in browser.page_source
