"""`seikaku cloud ask`: what is sent and how it is signed, and what every refusal says. The API is a fake."""

import copy
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from stage_api import is_signed
from stage_wire import AwsAnswer, listen

from seikaku.cli.cloud.ask import build_conversations, read_estimates
from seikaku.cli.main import run
from seikaku.config import N_EVIDENCE_TABLE
from seikaku.conversation.readers import read_conversations
from seikaku.errors import CloudError
from seikaku.inference.estimator import Estimator
from seikaku.places import REPOSITORY
from seikaku.serving.answers.estimating import estimate_json
from seikaku.serving.config import ServeConfig

EXAMPLE = str(REPOSITORY / "examples" / "line_1on1.txt")
PROBLEM = {"type": "urn:seikaku:problem:purpose", "status": 403, "detail": "目的「採用・人事評価」には使えません。",
           "mend": "この用途には使わないでください。", "request_id": "id-1"}  # fmt: skip


@pytest.fixture
def api():
    """An API that answers as it is told."""
    told = SimpleNamespace(answer=AwsAnswer(200, b"{}"), requests=[], url="")

    def answer(request):
        told.requests.append(request)
        return told.answer

    with listen(answer) as told.url:
        yield told


def ask(api, *arguments, speaker="花子", purpose="research"):
    return run(["cloud", "ask", EXAMPLE, "--speaker", speaker, "--purpose", purpose, "--url", api.url, *arguments])


def test_the_whole_talk_is_sent_signed(api, capsys):
    api.answer = AwsAnswer(200, b'{"traits": {}}')
    assert ask(api, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"traits": {}}
    (request,) = api.requests
    assert (request.method, request.path) == ("POST", "/v1/estimates")
    assert is_signed(request, api.url)
    sent = json.loads(request.body)
    assert {name: sent[name] for name in ("purpose", "speaker", "n_evidence")} == {
        "purpose": "research",
        "speaker": "花子",
        "n_evidence": 5,
    }
    assert sent["conversations"] == build_conversations(read_conversations(Path(EXAMPLE)).conversations, "花子")
    assert sent["conversations"][0]["utterances"][0].keys() == {"speaker", "text", "timestamp"}


def test_of_the_others_only_the_length_is_sent_and_the_answer_is_the_same():
    conversations = read_conversations(Path(EXAMPLE)).conversations
    hidden = build_conversations(conversations, "花子")
    sent = json.dumps(hidden, ensure_ascii=False)
    spoken = [said for talk in conversations for said in talk.utterances if len(said.text) > 5]
    assert {said.speaker for said in spoken if said.text in sent} == {"花子"} != {said.speaker for said in spoken}
    open_ = copy.deepcopy(hidden)
    for talk, conversation in zip(open_, conversations, strict=True):
        for shown, said in zip(talk["utterances"], conversation.utterances, strict=True):
            shown["text"] = said.text
    answers = [
        estimate_json(
            json.dumps({"conversations": talk, "speaker": "花子", "purpose": "research"}).encode(),
            Estimator.load(),
            ServeConfig(),
        ).document
        for talk in (hidden, open_)
    ]
    assert answers[0] == answers[1]


def test_the_apis_own_region_is_signed_for(api, monkeypatch):
    """A stack of another region is asked in that region's name."""
    from botocore.httpsession import URLLib3Session

    seen = []
    answer = SimpleNamespace(status_code=200, content=b"{}")
    monkeypatch.setattr(URLLib3Session, "send", lambda _, request: seen.append(request) or answer)
    api.url = "https://abc123.execute-api.us-west-2.amazonaws.com"
    assert ask(api, "--json") == 0
    assert "/us-west-2/execute-api/aws4_request" in seen[0].headers["Authorization"]
    assert seen[0].url == "https://abc123.execute-api.us-west-2.amazonaws.com/v1/estimates"


@pytest.mark.parametrize("by_flag", [True, False])
def test_a_token_takes_the_place_of_the_signature(api, monkeypatch, by_flag):
    if by_flag:
        ask(api, "--json", "--token", "header.payload.sign")
    else:
        monkeypatch.setenv("SEIKAKU_API_TOKEN", "header.payload.sign")
        ask(api, "--json")
    assert api.requests[0].headers["Authorization"] == "Bearer header.payload.sign"


def test_a_problem_is_told_with_its_mend_and_id(api, capsys):
    api.answer = AwsAnswer(403, json.dumps(PROBLEM).encode(), {"Content-Type": "application/problem+json"})
    assert ask(api) == 2
    shown = capsys.readouterr().err
    assert "目的「採用・人事評価」には使えません。" in shown
    assert "この用途には使わないでください。（403、request_id: id-1）" in shown


@pytest.mark.parametrize(
    ("status", "body", "message", "mend"),
    [
        (401, b'{"message":"Unauthorized"}', "トークンを受け付けませんでした。（401）", "SEIKAKU_API_TOKEN"),
        (403, b'{"message":"Forbidden"}', "呼び出しを断りました。（403）", "ApiCallerPolicyArn"),
        (404, b'{"message":"Not Found"}', "この URL に推論 API はありません。（404）", "--url"),
        (413, b'{"message":"Request Entity Too Large"}', "会話が大きすぎます。（413）", "seikaku cloud batch"),
        (429, b'{"message":"Too Many Requests"}', "混み合っています。（429）", "少し待って"),
        (503, b"<html>", "答えを返せませんでした。（503）", "少し待って"),
        (504, b'["x"]', "答えを返せませんでした。（504）", "少し待って"),
    ],
)
def test_what_the_gateway_itself_says(api, capsys, status, body, message, mend):
    api.answer = AwsAnswer(status, body)
    assert ask(api) == 1
    shown = capsys.readouterr().err
    assert message in shown and mend in shown


def test_it_tells_in_english(api, type_in_english):
    asked = ["cloud", "ask", EXAMPLE, "--speaker", "花子", "--purpose", "research", "--url", api.url]
    api.answer = AwsAnswer(403, b'{"message":"Forbidden"}')
    assert "Error: The inference API refused the call. (403)" in type_in_english(*asked, exit_code=1).err
    api.answer = AwsAnswer(403, json.dumps(PROBLEM | {"detail": "No.", "mend": "Do not."}).encode())
    told = type_in_english(*asked, exit_code=2).err
    assert told == "Error: The inference API says: No.\nTry: Do not. (403, request_id: id-1)\n"


def test_the_answer_is_shown_as_analyze_shows_it_with_the_answers_own_figures(api, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    talk = build_conversations(read_conversations(Path(EXAMPLE)).conversations, "花子")
    asked = {"conversations": talk, "speaker": "花子", "purpose": "research", "n_evidence": N_EVIDENCE_TABLE}
    document = estimate_json(json.dumps(asked).encode(), Estimator.load(), ServeConfig()).document
    api.answer = AwsAnswer(200, json.dumps(document).encode())
    shown = {}
    for lang in ("ja", "en"):
        assert ask(api, "--lang", lang) == 0
        shown[lang] = capsys.readouterr().out
        assert run(["analyze", EXAMPLE, "--speaker", "花子", "--lang", lang]) == 0
        assert capsys.readouterr().out == shown[lang]
    assert shown["ja"] != shown["en"]
    document["language"]["figures"]["messages"]["value"] = 98_765.0
    api.answer = AwsAnswer(200, json.dumps(document).encode())
    assert ask(api) == 0
    assert "98,765 件" in capsys.readouterr().out and "98,765" not in shown["ja"]
    document["language"] = None
    api.answer = AwsAnswer(200, json.dumps(document).encode())
    assert ask(api) == 0
    assert len(capsys.readouterr().out) < len(shown["ja"])


def test_the_functions_own_faults_are_not_the_users(api, capsys):
    problem = PROBLEM | {"status": 503, "detail": "モデルの準備ができていません。"}
    api.answer = AwsAnswer(503, json.dumps(problem).encode())
    assert ask(api) == 1
    assert "モデルの準備ができていません。" in capsys.readouterr().err


def test_an_answer_of_another_shape(api, capsys):
    api.answer = AwsAnswer(200, b'{"speaker": "x"}')
    assert ask(api) == 1
    assert "推論 API の答えの形が、この版の seikaku と違います（KeyError）" in capsys.readouterr().err
    with pytest.raises(CloudError, match="TypeError"):
        read_estimates({"speaker": "x", "traits": {}, "amount": {"n": 1}, "model": {}, "norm": {}, "warnings": []})


def test_a_speaker_who_is_not_there_is_told_before_anything_is_sent(api, capsys):
    assert ask(api, speaker="次郎") == 2
    assert "話者「次郎」はいません" in capsys.readouterr().err
    assert not api.requests


def test_without_credentials_nothing_is_sent(api, capsys, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    assert ask(api) == 1
    assert "AWS の認証情報がありません" in capsys.readouterr().err
    assert not api.requests


def test_a_stack_without_api(moto, capsys):
    assert run(["cloud", "ask", EXAMPLE, "--speaker", "花子", "--purpose", "research"]) == 2
    shown = capsys.readouterr().err
    assert "推論 API がありません（スタック seikaku に ApiUrl がありません）" in shown
    assert "seikaku cloud stack up --endpoint_name seikaku" in shown


def test_an_api_that_cannot_be_reached(api, capsys):
    api.url = "http://127.0.0.1:9"
    assert ask(api) == 1
    assert "AWS につながりません（EndpointConnectionError）" in capsys.readouterr().err
