"""--default_purpose: for clients that cannot name one. It is told, a named one wins, and nothing forbidden gets in."""

import json

import httpx
import pytest

from seikaku.cli.main import run
from seikaku.cli.serve import _announce
from seikaku.errors import UserError
from seikaku.serving.answers.schema import EstimateAnswer
from seikaku.serving.config import ServeConfig
from seikaku.serving.requests.purposes import ALLOWED, FORBIDDEN

PROFILE = "/v3/profile?version=2017-10-13"


@pytest.fixture
def lenient(serve):
    with httpx.Client(base_url=serve(default_purpose="education").url, timeout=60) as opened:
        yield opened


def profile_warnings(answer):
    return {warning["warning_id"]: warning["message"] for warning in answer.json()["warnings"]}


def test_it_is_taken_where_none_is_named_and_told(lenient, ask, dialogue_file):
    answer = lenient.post("/v1/estimates", json=ask(purpose=None)).json()
    EstimateAnswer.model_validate(answer)
    assert answer["purpose"] == "education"
    assert answer["warnings"][-1] == {"code": "default_purpose", "purpose": "education"}
    assert "既定の「教育」（education）" in answer["texts"]["warnings"][-1]
    english = lenient.post("/v1/estimates", json=ask(purpose=None, lang="en")).json()
    assert "default, education (education)" in english["texts"]["warnings"][-1]
    files = {"file": ("a.json", dialogue_file.read_bytes())}
    uploaded = lenient.post("/v1/estimates", data={"speaker": "花子"}, files=files).json()
    assert uploaded["warnings"] == answer["warnings"] and uploaded["texts"] == answer["texts"]
    lines = {"Content-Type": "application/jsonlines"}
    for path in ("/v1/batch", "/invocations"):
        line = lenient.post(path, content=json.dumps(ask(purpose=None)).encode(), headers=lines).json()
        assert line["result"] == answer
    said = profile_warnings(lenient.post(PROFILE, json={"contentItems": [{"content": "はい"}]}))
    assert "既定の「教育」（education）" in said["DEFAULT_PURPOSE"]


def test_a_purpose_that_is_named_wins(lenient, ask):
    answer = lenient.post("/v1/estimates", json=ask()).json()
    assert answer["purpose"] == "research"
    assert "default_purpose" not in [warning["code"] for warning in answer["warnings"]]
    items = {"contentItems": [{"content": "はい"}]}
    for request in ({"params": {"purpose": "research"}}, {"headers": {"X-Seikaku-Purpose": "research"}}):
        url = httpx.URL(PROFILE).copy_merge_params(request.pop("params", {}))
        assert "DEFAULT_PURPOSE" not in profile_warnings(lenient.post(url, json=items, **request))


@pytest.mark.parametrize("purpose", [*FORBIDDEN, "fun"])
def test_what_is_named_is_still_refused(lenient, ask, problem_of, purpose):
    status = 403 if purpose in FORBIDDEN else 422
    problem_of(lenient.post("/v1/estimates", json=ask(purpose=purpose)), status, "purpose")
    items = {"contentItems": [{"content": "はい"}]}
    problem_of(lenient.post(f"{PROFILE}&purpose={purpose}", json=items), status, "purpose")


def test_the_page_still_asks(lenient, problem_of):
    fields = {"text": "花子：はい", "speakers": '["花子"]', "consent": "yes"}
    answer = lenient.post("/page/report", files={name: (None, value) for name, value in fields.items()})
    problem_of(answer, 422, "purpose")


def test_the_description_says_whether_it_may_be_left_out(lenient, client):
    for opened, is_needed in ((client, True), (lenient, False)):
        document = opened.get("/openapi.json").json()
        form = document["paths"]["/v1/estimates"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
        for schema in (document["components"]["schemas"]["EstimateRequest"], form):
            assert ("purpose" in schema["required"]) == is_needed
            assert schema["properties"]["purpose"].get("default") == (None if is_needed else "education")
        assert ("education" in document["info"]["description"]) != is_needed


@pytest.mark.parametrize("purpose", [*FORBIDDEN, "fun", ""])
def test_a_default_that_nobody_may_name_is_refused_at_the_start(capsys, monkeypatch, purpose):
    monkeypatch.setattr("seikaku.cli.serve._listen", lambda _: pytest.fail("the server was started"))
    assert run(["serve", "--default_purpose", purpose]) == 2
    what, mend = capsys.readouterr().err.splitlines()
    assert f"--default_purpose {purpose}" in what and "Traceback" not in what
    assert FORBIDDEN[purpose].reason_ja in what if purpose in FORBIDDEN else "使えません" in what
    assert all(key in mend for key in ALLOWED)


@pytest.mark.parametrize("purpose", ALLOWED)
def test_the_start_says_it(capsys, purpose):
    _announce(ServeConfig(default_purpose=purpose), 8080)
    captured = capsys.readouterr()
    assert captured.out.count("\n") == 1 and f"「{ALLOWED[purpose][0]}」（{purpose}）" in captured.err
    _announce(ServeConfig(), 8080)
    assert capsys.readouterr().err == ""


def test_the_flags_help_lists_what_it_may_be(capsys):
    assert run(["serve", "--help"]) == 0
    text = "".join(capsys.readouterr().out.split())
    assert all(key in text for key in ALLOWED)


def test_a_container_takes_it_from_its_environment(monkeypatch):
    started = []

    def note(config, _, may_download):
        started.append(config)
        raise UserError("起動しません。", "テストです。")

    monkeypatch.setenv("SEIKAKU_SERVE_DEFAULT_PURPOSE", "research")
    monkeypatch.setattr("seikaku.serving.app.build_app", note)
    assert run(["serve"]) == 2
    assert started[0].default_purpose == "research"
