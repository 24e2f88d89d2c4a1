"""The language of the shell: flag, variable, default; quiet; and that both reach every note."""

import json
import re
from pathlib import Path

import pytest

from seikaku.cli.language import choose_language, is_quiet, language, speaking, tell, tell_error, words
from seikaku.cli.main import run
from seikaku.errors import UserError, both

EXAMPLES = Path(__file__).parents[2] / "examples"
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")


@pytest.fixture
def talk(tmp_path, messages):
    """A fictional conversation of two whose names and texts are not looked at."""
    path = tmp_path / "talk.txt"
    path.write_text("\n".join(f"Hanako：{text}\nTaro：うん" for text in messages(30)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("arguments", "variable", "expected"),
    [
        ([], None, "ja"),
        ([], "", "ja"),
        ([], "en", "en"),
        ([], " EN ", "en"),
        (["analyze", "--lang", "en"], None, "en"),
        (["--lang=en", "analyze"], "ja", "en"),
        (["analyze", "--lang", "ja"], "en", "ja"),
        (["analyze", "x", "--lang"], "en", "en"),
        (["--lang", "fr"], "en", "en"),
    ],
)
def test_a_flag_wins_over_the_variable(arguments, variable, expected):
    environ = {} if variable is None else {"SEIKAKU_LANG": variable}
    assert choose_language(arguments, environ) == (expected, None)


def test_an_unknown_language_of_the_environment_is_told_in_one_line(capsys, monkeypatch, talk):
    monkeypatch.setenv("SEIKAKU_LANG", "fr")
    assert run(["import", str(talk), "--json"]) == 0
    told = capsys.readouterr().err
    assert told == (
        "注意: SEIKAKU_LANG=fr は使えません（ja か en）。日本語で表示します。 / SEIKAKU_LANG must be ja or en.\n"
    )
    assert run(["import", str(talk), "--json", "--lang", "en"]) == 0  # the flag says what the variable does not
    assert capsys.readouterr().err == ""


def test_the_language_is_that_of_one_command_line():
    with speaking("en"):
        assert (language(), words(both("はい", "yes")), words("日本語だけ")) == ("en", "yes", "日本語だけ")
        with speaking("ja"):
            assert words(both("はい", "yes")) == "はい"
        assert language() == "en"
    assert (language(), is_quiet()) == ("ja", False)


@pytest.mark.parametrize(
    ("lang", "note", "error"),
    [("ja", "済み\n", "エラー: だめ\n対処: 直す\n"), ("en", "done\n", "Error: bad\nTry: mend\n")],
)
def test_notes_and_errors(capsys, lang, note, error):
    with speaking(lang):
        tell(both("済み", "done"))
        assert capsys.readouterr() == ("", note)
        tell_error(UserError(both("だめ", "bad"), both("直す", "mend")))
        assert capsys.readouterr() == ("", error)


@pytest.mark.parametrize("place", ["flag", "root flag", "variable"])
def test_analyze_import_and_batch_speak_english(capsys, monkeypatch, tmp_path, talk, trained_model_folder, place):
    monkeypatch.setenv("COLUMNS", "160")
    if place == "variable":
        monkeypatch.setenv("SEIKAKU_LANG", "en")
    root = ["--lang", "en"] if place == "root flag" else []
    flag = ["--lang", "en"] if place == "flag" else []
    lines = tmp_path / "talk.jsonl"
    said = [{"speaker": name, "text": "おはようございます"} for name in ("Hanako", "Taro")]
    lines.write_text(json.dumps({"utterances": said}) + "\n{broken\n", encoding="utf-8")
    model = ["--model", str(trained_model_folder)]
    out = tmp_path / "new"
    html, csv, rows = (str(out / name) for name in ("r.html", "r.csv", "rows.csv"))
    for arguments in (
        ["analyze", str(talk), "--speaker", "Hanako", "--html", html, "--csv", csv, *model],
        ["analyze", str(tmp_path), "--speaker", "Hanako", "--evidence", "0", *model],
        ["import", str(talk)],
        ["batch", str(lines), "--out", rows, "--skip_bad_lines", *model],
    ):
        assert run([*root, *arguments, *flag]) == 0
        printed = capsys.readouterr()
        assert JAPANESE.findall(printed.err) == []
        counted = re.sub("「名前：発話」|笑|草", "", printed.out)  # what was counted is Japanese
        assert JAPANESE.findall(counted) == []
    assert "CSV" in printed.err and "Lines passed over: 1" in printed.err
    assert '<html lang="en"' in (out / "r.html").read_text(encoding="utf-8")


def test_a_reader_warns_in_english(capsys):
    assert run(["import", str(EXAMPLES / "line_pc.txt"), "--lang", "en"]) == 0
    assert "Note: Where names end is not written" in capsys.readouterr().out


@pytest.mark.parametrize("first", [True, False])
def test_quiet_leaves_results_and_errors(capsys, tmp_path, talk, trained_model_folder, first):
    csv = tmp_path / "new" / "r.csv"
    arguments = ["analyze", str(talk), "--all-speakers", "--csv", str(csv), "--model", str(trained_model_folder)]
    assert run(["-q", *arguments] if first else [*arguments, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert csv.exists()
    assert run(["-q", "import", "ない.txt"]) == 2
    assert capsys.readouterr().err.startswith("エラー: ファイル ない.txt が見つかりません。")
    assert run(["import", str(talk), "--json", "-q"]) == 0
    assert json.loads(capsys.readouterr().out)["n_utterances"] == 60
