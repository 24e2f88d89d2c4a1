"""The same conversation gives the same numbers by shell, by each route, and in Python."""

import json

import pytest

from seikaku.cli.main import run
from seikaku.conversation.readers import read_conversations
from seikaku.inference.estimator import Estimator


@pytest.fixture(scope="module")
def result(dialogue_file):
    """Everything as ``Estimator`` gives it in Python: both layers, what moved them, the language's description."""
    imported = read_conversations(dialogue_file)
    return json.loads(json.dumps(Estimator.load().estimate(imported.conversations, "花子").to_dict()))


@pytest.fixture(scope="module")
def expected(result):
    """The traits alone."""
    return result["traits"]


def test_by_shell(dialogue_file, result, capsys):
    assert run(["analyze", str(dialogue_file), "--speaker", "花子", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)["results"]
    assert {name: answer[name] for name in result} == result


def test_by_json_everything_is_the_same(client, ask, result):
    answer = client.post("/v1/estimates", json=ask()).json()
    assert {name: answer[name] for name in result} == result


def test_by_json(client, ask, expected):
    assert client.post("/v1/estimates", json=ask()).json()["traits"] == expected


def test_by_upload(client, dialogue_file, expected):
    files = {"file": ("a.json", dialogue_file.read_bytes())}
    answer = client.post("/v1/estimates", data={"purpose": "research", "speaker": "花子"}, files=files)
    assert answer.json()["traits"] == expected


@pytest.mark.parametrize("path", ["/v1/batch", "/invocations"])
def test_by_lines(client, ask, expected, path):
    body = json.dumps(ask()).encode()
    answer = client.post(path, content=body, headers={"Content-Type": "application/jsonlines"})
    assert answer.json()["result"]["traits"] == expected


def test_by_invocations(client, ask, expected):
    assert client.post("/invocations", json=ask()).json()["traits"] == expected


def test_by_profile(client, dialogue, expected):
    query = {"version": "2017-10-13", "purpose": "research", "raw_scores": "true"}
    items = {"contentItems": [{"content": one["text"]} for one in dialogue["utterances"] if one["speaker"] == "花子"]}
    profile = client.post("/v3/profile", params=query, json=items).json()
    n_numbers = 0
    for trait, estimate in zip(profile["personality"], expected.values(), strict=True):
        if estimate["status"] == "withheld":
            assert trait["percentile"] is None and trait["raw_score"] is None
            continue
        n_numbers += 1
        assert round(trait["percentile"] * 100, 4) == estimate["percentile"]
        assert round(1 + 6 * trait["raw_score"], 4) == estimate["score_1to7"]
    assert n_numbers >= 3


@pytest.mark.parametrize(
    "name",
    [
        "line_1on1.txt",
        "line_12h.txt",
        "line_pc.txt",
        "plain.txt",
        "table.csv",
        "table_cp932.csv",
        "conversations.jsonl",
    ],
)
def test_every_format_is_read_as_by_shell(client, name, capsys, monkeypatch, request):
    folder = request.config.rootpath / "examples"
    monkeypatch.chdir(folder)
    speaker = next(iter(read_conversations(folder / name).report.speakers))
    assert run(["analyze", name, "--speaker", speaker, "--json"]) == 0
    (shell,) = json.loads(capsys.readouterr().out)["results"]
    files = {"file": (name, (folder / name).read_bytes())}
    answer = client.post("/v1/estimates", data={"purpose": "research", "speaker": speaker}, files=files).json()
    assert {key: answer[key] for key in shell} == shell
    assert set(answer) - set(shell) == {"purpose", "texts"}
