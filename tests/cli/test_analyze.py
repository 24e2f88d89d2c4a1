"""`seikaku analyze`: the same numbers in every form, and nothing of the partner's."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from rich.cells import cell_len

from seikaku.cli.main import run
from seikaku.inference.estimates import TraitEstimates
from seikaku.inference.estimator import Estimator
from seikaku.report.csv_table import CSV_COLUMNS
from seikaku.traits import TRAIT_KEYS

SECRET = "合言葉は秘密の桃缶"


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def analyze(trained_model_folder, capsys):
    """Runs the verb with the small model; returns standard output and standard error."""

    def call(*arguments, expected=0):
        code = run(["analyze", *map(str, arguments), "--model", str(trained_model_folder)])
        captured = capsys.readouterr()
        assert code == expected, captured.err
        return captured.out, captured.err

    return call


def unwrap(out):
    """The words of a table without the line breaks of an 80-column terminal."""
    return re.sub(r"\s*\n\s*", "", out)


def write_plain(path, **texts):
    """「名前：発話」 lines, in turns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    turns = max(map(len, texts.values()))
    lines = [f"{name}：{said[i]}" for i in range(turns) for name, said in texts.items() if i < len(said)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def talk_file(tmp_path, messages):
    return write_plain(tmp_path / "talk.txt", 花子=messages(60, 1, 0.6), 太郎=[*messages(60, 2, -0.6), SECRET])


def test_the_table_is_the_default(analyze, talk_file):
    out, err = analyze(talk_file, "--speaker", "花子")
    assert err == ""
    assert out.startswith("花子  会話 1・発話 60・")
    for words in (
        "外向性",
        "読み取れる",
        "読み取れない",
        "言葉づかいについて",
        "テスト用の基準集団",
        "121 発話を読み取りました",
    ):
        assert words in unwrap(out)
    assert SECRET not in out
    assert max(len(line) for line in out.splitlines()) <= 80


def test_english(analyze, talk_file):
    out, _ = analyze(talk_file, "--speaker", "花子", "--lang", "en")
    assert "Extraversion" in out and "a norm group for tests" in out
    assert "外向性" not in out


def test_json_is_the_estimates_with_source_and_import(analyze, talk_file, trained_model_folder):
    out, err = analyze(talk_file, "--speaker", "花子", "--json")
    document = json.loads(out)
    assert err == ""
    (result,) = document.pop("results")
    assert document == {key: result[key] for key in ("schema_version", "seikaku_version")}
    assert result.pop("source") == str(talk_file)
    report = result.pop("import")
    assert (report["format"], report["speakers"], report["n_utterances"]) == ("plain", {"花子": 60, "太郎": 61}, 121)
    assert SECRET not in out
    assert list(result["traits"]) == list(TRAIT_KEYS)
    assert {item["conversation_id"] for item in result["traits"]["openness"]["evidence"]} == {"talk"}
    from seikaku.conversation.readers import read_conversations

    imported = read_conversations(talk_file)
    assert result == Estimator.load(trained_model_folder).estimate(imported.conversations, "花子").to_dict()


def test_every_form_gives_the_same_numbers(analyze, talk_file, tmp_path):
    (result,) = json.loads(analyze(talk_file, "--speaker", "花子", "--json")[0])["results"]
    (row,) = csv.DictReader(io.StringIO(analyze(talk_file, "--speaker", "花子", "--csv", "-")[0]))
    table, _ = analyze(talk_file, "--speaker", "花子", "--html", tmp_path / "r.html")
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert row["speaker"] == "花子" and row["source"] == str(talk_file)
    for key, trait in result["traits"].items():
        assert row[f"{key}_status"] == trait["status"]
        assert float(row[f"{key}_before_high_t"]) == trait["before_80"]["high_t"]
        assert float(row[f"{key}_r"]) == trait["accuracy"]["r"]
        for text in (table, html):
            assert f"r＝{trait['accuracy']['r']:.2f}" in text
        if trait["status"] == "withheld":
            assert row[f"{key}_score_1to7"] == row[f"{key}_t_score"] == row[f"{key}_low_t"] == ""
            continue
        assert float(row[f"{key}_score_1to7"]) == trait["score_1to7"]
        assert float(row[f"{key}_t_score"]) == trait["t_score"]
        assert float(row[f"{key}_high_1to7"]) == trait["interval_80"]["high_1to7"]
        assert float(row[f"{key}_percentile"]) == trait["percentile"]
        for text in (table, html):
            assert f"{trait['t_score']:.1f}" in text
            assert f"{trait['interval_80']['low_t']:.1f}～{trait['interval_80']['high_t']:.1f}" in text


def test_several_speakers(analyze, talk_file, tmp_path):
    results = json.loads(analyze(talk_file, "--all-speakers", "--json")[0])["results"]
    assert [result["speaker"] for result in results] == ["花子", "太郎"]
    out, err = analyze(talk_file, "--all-speakers", "--csv", tmp_path / "a" / "r.csv")
    assert out == ""
    assert err == (
        f"フォルダ {tmp_path / 'a'} はまだないので、書くときに作ります。\n"
        f"CSV を書きました: {tmp_path / 'a' / 'r.csv'}（2 行）\n"
    )
    header, *rows = (tmp_path / "a" / "r.csv").read_text(encoding="utf-8").splitlines()
    assert header == ",".join(CSV_COLUMNS)
    assert [row.split(",")[1] for row in rows] == ["花子", "太郎"]
    table, _ = analyze(talk_file, "--all-speakers")
    assert table.count("開放性") >= 2 and "\n太郎  会話 1" in table


def test_the_report_is_written_whole_with_the_date(analyze, talk_file, tmp_path):
    path = tmp_path / "新しい" / "レポート.html"
    out, err = analyze(talk_file, "--speaker", "花子", "--html", path, "--json")
    assert err == (f"フォルダ {path.parent} はまだないので、書くときに作ります。\nHTML レポートを書きました: {path}\n")
    assert json.loads(out)["results"][0]["speaker"] == "花子"
    html = path.read_text(encoding="utf-8")
    assert date.today().isoformat()[:4] in html and "花子" in html
    assert SECRET not in html
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_evidence_can_be_limited(analyze, talk_file):
    def counts(*arguments):
        (result,) = json.loads(analyze(talk_file, "--speaker", "花子", "--json", *arguments)[0])["results"]
        traits = result["traits"]
        return {len(trait["evidence"]) for trait in traits.values()}

    assert counts() == {0, 10}
    assert counts("--evidence", "2") == {0, 4}
    assert counts("--evidence", "0") == {0}
    table, _ = analyze(talk_file, "--speaker", "花子", "--evidence", "0")
    assert "推定を動かした言葉" not in table


def test_one_file_of_several_conversations_is_one_estimate(analyze, tmp_path, messages):
    path = tmp_path / "talks.jsonl"
    lines = [
        {"conversation_id": f"c{i}", "utterances": [{"speaker": "花子", "text": text} for text in messages(10, i)]}
        for i in range(4)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    (result,) = json.loads(analyze(path, "--json")[0])["results"]  # the only speaker needs no choice
    assert result["amount"]["n_conversations"] == 4
    assert {e["conversation_id"] for t in result["traits"].values() for e in t["evidence"]} <= {
        f"c{i}" for i in range(4)
    }


def test_a_folder_passes_over_files_without_the_speaker(analyze, tmp_path, messages):
    write_plain(tmp_path / "a.txt", 花子=messages(30, 1), 太郎=messages(30, 2))
    write_plain(tmp_path / "b.txt", 次郎=messages(30, 3), 太郎=messages(30, 4))
    write_plain(tmp_path / "sub" / "c.txt", 花子=messages(30, 5), 次郎=messages(30, 6))
    out, err = analyze(tmp_path, "--speaker", "花子", "--csv", "-", "--each-file")
    assert err == "話者「花子」がいないので飛ばしたファイル: 1 件\n"
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(Path(row["source"]).name, row["speaker"]) for row in rows] == [("a.txt", "花子"), ("c.txt", "花子")]
    table, _ = analyze(tmp_path, "--speaker", "花子", "--each-file")
    assert table.startswith(str(tmp_path / "a.txt")[:70])
    everyone = json.loads(analyze(tmp_path, "--all-speakers", "--json", "--each-file")[0])["results"]
    found = [f"{Path(result['source']).name} {result['speaker']}" for result in everyone]
    assert found == ["a.txt 花子", "a.txt 太郎", "b.txt 次郎", "b.txt 太郎", "c.txt 花子", "c.txt 次郎"]


def test_one_name_in_several_files_is_one_person(analyze, tmp_path, messages):
    write_plain(tmp_path / "a.txt", 花子=messages(30, 1), 太郎=messages(30, 2))
    write_plain(tmp_path / "b.txt", 次郎=messages(30, 3), 太郎=messages(30, 4))
    results = json.loads(analyze(tmp_path, "--all-speakers", "--json")[0])["results"]
    assert [(one["speaker"], one["amount"]["n_conversations"]) for one in results] == [
        ("花子", 1), ("太郎", 2), ("次郎", 1),
    ]  # fmt: skip
    assert {one["source"] for one in results} == {str(tmp_path)}
    assert any("「太郎」（2 個）" in warning for warning in results[0]["import"]["warnings"])


def test_a_machines_labels_are_not_one_person_over_files(analyze, tmp_path, messages):
    write_plain(tmp_path / "a.txt", **{"話者 1": messages(30, 1), "花子": messages(30, 2)})
    write_plain(tmp_path / "b.txt", **{"話者 1": messages(30, 3), "花子": messages(30, 4)})
    results = json.loads(analyze(tmp_path, "--all-speakers", "--json")[0])["results"]
    assert [one["speaker"] for one in results] == ["話者 1（a）", "花子", "話者 1（b）"]


def test_names_of_one_person_are_put_together(analyze, tmp_path, messages):
    path = tmp_path / "a.txt"
    write_plain(path, 花子=messages(30, 1), はなこ=messages(30, 2), 太郎=messages(30, 3))
    (one,) = json.loads(analyze(path, "--speaker", "花子=はなこ", "--json")[0])["results"]
    (alone,) = json.loads(analyze(path, "--speaker", "花子", "--json")[0])["results"]
    assert one["speaker"] == alone["speaker"] == "花子"
    assert one["amount"]["n_utterances"] == 2 * alone["amount"]["n_utterances"]
    _, err = analyze(path, "--speaker", "花子=はな子", expected=2)
    assert "まとめる名前「はな子」の人はいません" in err


def test_standard_input(analyze, monkeypatch, messages):
    text = "\n".join(f"花子：{message}" for message in messages(40))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    (result,) = json.loads(analyze("-", "--json")[0])["results"]
    assert (result["source"], result["amount"]["n_utterances"]) == ("標準入力", 40)


def test_too_little_text_is_a_result_not_an_error(analyze, tmp_path):
    path = write_plain(tmp_path / "a.txt", 花子=["おはよう", "今日は寒いね"])
    out, err = analyze(path)
    assert err == ""
    assert "五つの特性はどれも読み取れません" in unwrap(out)
    assert "使えた文章は10字、確かめたのは300字以上です。" in unwrap(out).replace(" ", "")


def test_names_and_texts_are_not_read_as_markup(analyze, tmp_path, messages):
    texts = [f"[red]{text}[/red]" for text in messages(60, 1, 0.5)]
    lines = [{"speaker": "[bold]花子[/bold]", "text": text} for text in texts]
    path = tmp_path / "[b]a.json"
    path.write_text(json.dumps({"utterances": lines}), encoding="utf-8")
    out, _ = analyze(path)
    assert "[bold]花子[/bold]" in out and "[red]" in out


def write_dated(path, n_days, **texts):
    """A table with a message of each speaker a day, over ``n_days`` days."""
    rows = ["timestamp,speaker,text"]
    for day in range(n_days):
        date_ = f"2024-{1 + day // 28:02d}-{1 + day % 28:02d}"
        rows += [f"{date_}T09:{i:02d}:00,{name},{said[day]}" for i, (name, said) in enumerate(texts.items())]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def dated_file(tmp_path, messages):
    return write_dated(tmp_path / "talk.csv", 140, 花子=messages(140, 1, 0.3), 太郎=messages(140, 2, -0.3))


def test_extras_stand_in_the_json_only_when_asked_for(analyze, dated_file):
    document = json.loads(analyze(dated_file, "--speaker", "花子", "--json")[0])
    (plain,) = document["results"]
    assert not {"trend", "difference"} & (set(plain) | set(document))
    (result,) = json.loads(analyze(dated_file, "--speaker", "花子", "--json", "--trend")[0])["results"]
    trend = result.pop("trend")
    assert result == plain
    assert (trend["by"], trend["reason"], len(trend["parts"])) == ("month", None, 5)
    assert sum(part["amount"]["n_utterances"] for part in trend["parts"]) == plain["amount"]["n_utterances"] == 140


def test_compare_is_of_two_and_gives_the_difference_of_the_same_numbers(analyze, dated_file):
    result = json.loads(analyze(dated_file, "--speaker", "花子", "--compare", "太郎", "--json")[0])
    assert [one["speaker"] for one in result["results"]] == ["花子", "太郎"]
    difference = result["difference"]
    assert (difference["first"], difference["second"]) == ("花子", "太郎")
    for key, compared in difference["traits"].items():
        t_scores = [one["traits"][key]["t_score"] for one in result["results"]]
        if None in t_scores:
            assert compared["difference_t"] is None
        else:
            assert compared["difference_t"] == pytest.approx(t_scores[0] - t_scores[1], abs=2e-4)


def test_extras_in_the_table_and_in_the_report(analyze, dated_file, tmp_path):
    path = tmp_path / "r.html"
    arguments = ["--speaker", "花子", "--compare", "太郎", "--trend", "--radar", "--html", path]
    out, err = analyze(dated_file, *arguments)
    assert err == f"HTML レポートを書きました: {path}\n"
    assert unwrap(out).count("時期ごとの推定") == 2 and "ふたりを並べて" in out
    assert "同じ人の中の変化を読めるかは確かめていません" in unwrap(out)
    assert max(len(line) for line in out.splitlines()) <= 80
    html = path.read_text(encoding="utf-8")
    assert [html.count(f'class="{name}"') for name in ("trend", "comparison", "radar")] == [2, 1, 2]
    assert "どちらとも言えません" in html
    alone, _ = analyze(dated_file, "--speaker", "花子")
    assert "時期ごと" not in alone and "ふたり" not in alone


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--speaker", "花子", "--compare", "花子"], "--speaker と --compare がどちらも「花子」です。"),
        (["--speaker", "花子", "--compare", "次郎"], "話者「次郎」はいません。"),
        (["--all-speakers", "--compare", "太郎"], "--compare と --all-speakers が両方指定されています。"),
        (["--compare", "太郎"], "--compare 太郎 と並べる話者が指定されていません。"),
        (["--speaker", "花子", "--radar"], "--radar は HTML レポートの図です。"),
        (["--speaker", "花子", "--trend", "--csv", "-"], "--trend と --compare の結果は入りません。"),
    ],
)
def test_extras_that_cannot_be_are_refused(analyze, dated_file, arguments, message):
    out, err = analyze(dated_file, *arguments, expected=2)
    assert out == "" and err.startswith("エラー: ") and message in err


def test_compare_is_of_files_put_together(analyze, dated_file, talk_file):
    _, err = analyze(dated_file, talk_file, "--speaker", "花子", "--compare", "太郎", "--each-file", expected=2)
    assert "--each-file で 2 件のファイルに分かれています。" in err and "--each-file を外して" in err


def test_a_bom_is_written_where_it_is_asked_for(analyze, talk_file, tmp_path):
    path = tmp_path / "r.csv"
    analyze(talk_file, "--speaker", "花子", "--csv", path)
    plain = path.read_bytes()
    analyze(talk_file, "--speaker", "花子", "--csv", path, "--csv_bom")
    assert path.read_bytes() == b"\xef\xbb\xbf" + plain and plain.startswith(b"source,")
    out, _ = analyze(talk_file, "--speaker", "花子", "--csv", "-", "--csv_bom")
    assert out == "\ufeff" + plain.decode()


def test_40_columns_cut_no_number(analyze, dated_file, monkeypatch):
    arguments = ["--speaker", "花子", "--compare", "太郎", "--trend"]
    wide, _ = analyze(dated_file, *arguments)
    monkeypatch.setenv("COLUMNS", "40")
    narrow, _ = analyze(dated_file, *arguments)
    assert max(cell_len(line) for line in narrow.splitlines()) <= 40
    numbers = re.compile(r"\d+\.\d(?:[～±]\d+\.\d)?")
    assert set(numbers.findall(wide)) == set(numbers.findall(narrow))


def test_a_formula_stays_text_in_the_csv(analyze, tmp_path, messages):
    path = write_plain(tmp_path / "a.txt", **{"＝花子": messages(20)})
    (row,) = csv.DictReader(io.StringIO(analyze(path, "--csv", "-")[0]))
    assert row["speaker"] == "'＝花子"


def test_help_is_japanese(analyze, capsys):
    out, _ = analyze("--help")
    for words in ("会話から話者の性格特性を推定します", "--all-speakers", "--evidence N", "同じ人としてまとめて"):
        assert words in out


def test_a_closed_pipe_is_no_traceback(talk_file, trained_model_folder):
    command = [sys.executable, "-m", "seikaku", "analyze", str(talk_file), "--all-speakers", "--json"]
    command += ["--model", str(trained_model_folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ})
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() in (0, 1)  # click ends with 1 where the reader went away


def test_the_embedded_model_on_the_example(capsys):
    """With the model that ships: valid JSON, a status for each trait, evidence by 花子 only."""
    example = Path(__file__).parents[2] / "examples" / "line_1on1.txt"
    assert run(["analyze", str(example), "--speaker", "花子", "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert re.fullmatch(r"[0-9a-f]{64}", result["model"]["model_hash"])
    assert result["norm"]["n_speakers"] > 100
    own = {
        line.split("\t")[2].strip('"')
        for line in example.read_text(encoding="utf-8").splitlines()
        if "\t花子\t" in line
    }
    for trait in result["traits"].values():
        assert trait["status"] in ("ok", "low_evidence", "withheld")
        assert (trait["score_1to7"] is None) == (trait["status"] == "withheld")
        assert all(item["text"].split("\n")[0] in own for item in trait["evidence"])


def test_the_embedded_models_contributions_add_up():
    from seikaku.conversation.readers import read_conversations

    example = Path(__file__).parents[2] / "examples" / "line_1on1.txt"
    estimates = Estimator.load().estimate(read_conversations(example).conversations, "花子", n_evidence=10_000)
    assert isinstance(estimates, TraitEstimates)
    for trait in estimates.traits.values():
        if trait.t_score is not None:
            total = sum(item.contribution_t for item in trait.evidence)
            assert total == pytest.approx(trait.t_score - 50, abs=1e-3)  # the norm is written with four digits
