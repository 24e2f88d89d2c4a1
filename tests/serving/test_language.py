"""Japanese unless English is preferred: the chooser, every kind of error, and the words of good answers."""

import json
import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.accept_language import choose_lang
from seikaku.serving.requests.language import lang_of
from seikaku.serving.requests.purposes import FORBIDDEN

JAPANESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
ENGLISH = {"Accept-Language": "en-GB,en;q=0.9,ja;q=0.5"}
LINES = {"Content-Type": "application/jsonlines"}


@pytest.mark.parametrize(("header", "lang"), [
    ("", "ja"), ("ja", "ja"), ("en", "en"), ("EN-us", "en"), ("ja-JP", "ja"), ("en-GB,en;q=0.9", "en"),
    ("ja,en;q=0.9", "ja"), ("en;q=0.9,ja", "ja"), ("ja;q=0.5,en;q=0.8", "en"), ("ja;q=0.8, en;q=0.80", "ja"),
    ("en, ja", "en"), ("ja, en", "ja"), ("en;q=0", "ja"), ("en;q=0,*", "ja"), ("ja;q=0,*", "en"), ("ja;q=0, en", "en"),
    ("fr", "ja"), ("fr, en;q=0.3", "en"), ("fr,*;q=0.5", "ja"), ("*", "ja"), ("en,*;q=0.1", "en"), ("*,en;q=0.5", "ja"),
    ("en;q=0.5, en-US;q=0.9, ja;q=0.7", "en"), ("english please", "ja"), ("en;q=high", "ja"), ("en;q=2", "ja"),
    ("en;;q=1", "ja"), (";,;,", "ja"), ("en_US", "ja"), ("eng", "ja"), ("ja;q=abc, en ; q=0.2", "en"),
])  # fmt: skip
def test_english_is_chosen_only_where_it_is_preferred(header, lang):
    assert choose_lang(header) == lang


@given(st.text(alphabet="enja*-;=q0.19, \t", max_size=30) | st.text(max_size=30))
def test_any_header_has_an_answer(header):
    assert choose_lang(header) in ("ja", "en")


def test_a_second_header_goes_on_with_the_first():
    headers = [(b"accept-language", b"fr"), (b"accept", b"en"), (b"accept-language", b"en;q=0.2")]
    assert lang_of(headers) == "en" and lang_of(headers[:2]) == "ja"


def test_sagemaker_passes_the_language_on_in_its_own_header():
    name = b"X-Amzn-SageMaker-Custom-Attributes"
    assert lang_of([(name, b"accept-language=en")]) == "en"
    assert lang_of([(name, b"accept-language=ja")]) == lang_of([(name, b"trace=en")]) == "ja"


def form(**changes):
    """A form with a file; keywords are its fields, ``files`` its files."""
    files = changes.pop("files", {"file": ("a.txt", "花子：あ".encode())})
    return {"data": {"purpose": "research", **changes}, "files": files}


def wrong_requests(ask):
    """(route, keywords of the client, status), one for every kind of refusal."""
    version = "/v3/profile?version=2017-10-13"
    profile = f"{version}&purpose=research"
    plain = {"Content-Type": "text/plain;charset=utf-8"}
    long_name = {"utterances": [{"speaker": "a" * 201, "text": 1}]}
    yield "/v1/nothing", {"method": "GET"}, 404
    yield "/v1/estimates", {"method": "GET"}, 405
    yield "/v1/model", {"method": "GET", "headers": {"Host": "evil.example"}}, 421
    yield "/v1/estimates", {"json": ask(), "headers": {"Origin": "https://evil.example"}}, 403
    yield "/v1/estimates", {"content": b"x", "headers": {"Content-Type": "application/xml"}}, 415
    yield "/v1/estimates", {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 422
    yield "/v1/estimates", {"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=y"}}, 422
    yield "/v1/estimates", {"content": b"x", "headers": {"Content-Type": "application/json"}}, 422
    yield "/v1/estimates", {"json": ask(purpose=None)}, 422
    yield "/v1/estimates", {"json": ask(purpose="fun")}, 422
    yield from (("/v1/estimates", {"json": ask(purpose=purpose)}, 403) for purpose in FORBIDDEN)
    for changes in (
        {"conversation": None}, {"conversation": {"utterances": []}}, {"conversation": long_name}, {"lang": "fr"},
        {"n_evidence": 21}, {"n_evidence": -1}, {"n_evidence": "5"}, {"speakr": "x"}, {"speaker": ""}, {"speaker": 1},
        {"conversation": [1]}, {"conversations": 1, "conversation": None}, {"speaker": None},
    ):  # fmt: skip
        yield "/v1/estimates", {"json": ask(**changes)}, 422
    yield "/v1/estimates", form(extra="1"), 422
    yield "/v1/estimates", form(files={"talk": ("a.txt", b"x")}), 422
    yield "/v1/estimates", form(n_evidence="x"), 422
    yield "/invocations", {"json": ask(), "headers": {"Accept": "image/png"}}, 406
    yield "/v3/profile", {"content": b"x", "headers": plain}, 422
    yield "/v3/profile?version=2017-13-01", {"content": b"x", "headers": plain}, 422
    yield version, {"content": b"x", "headers": plain}, 422
    yield profile, {"content": b"x", "headers": {"Content-Type": "text/html"}}, 415
    yield profile, {"content": "あいう".encode(), "headers": {"Content-Type": "text/plain;charset=latin-1"}}, 415
    yield profile, {"content": b"x", "headers": {"Content-Type": "text/plain;charset=klingon"}}, 415
    yield profile, {"content": b"\x93\xfa", "headers": plain}, 422
    yield profile, {"content": b"x", "headers": plain | {"Content-Language": "en"}}, 422
    yield profile, {"content": b"x", "headers": plain | {"Accept": "image/png"}}, 406
    yield profile, {"json": {"contentItems": [{"content": "x", "contenttype": "text/html"}]}}, 415
    yield profile, {"json": {"contentItems": [{"content": "x", "created": 10**30}]}}, 422
    yield profile, {"json": {"contentItems": []}}, 422


def check_words(response, lang):
    """A problem's words are of one language, and the answer says of which."""
    problem = response.json()
    assert response.headers["content-language"] == lang
    assert response.headers["vary"] == "Accept-Language"
    words = [problem["detail"], problem["mend"], problem.get("error", problem["detail"])]
    words += [error["message"] for error in problem.get("errors", ())]
    for text in words:
        assert bool(JAPANESE.search(text.replace("花子", "").replace("太郎", ""))) == (lang == "ja"), text
    return problem


def test_every_kind_of_refusal_speaks_both(client, ask):
    n_asked = 0
    for path, request, status in wrong_requests(ask):
        method, headers = request.pop("method", "POST"), request.pop("headers", {})
        japanese, english = (
            client.request(method, path, **request, headers=headers | extra) for extra in ({}, ENGLISH)
        )
        assert (japanese.status_code, english.status_code) == (status, status), (path, japanese.text)
        told, said = check_words(japanese, "ja"), check_words(english, "en")
        assert [told[key] for key in ("type", "title", "status")] == [said[key] for key in ("type", "title", "status")]
        assert [e["field"] for e in told.get("errors", ())] == [e["field"] for e in said.get("errors", ())]
        n_asked += 1
    assert n_asked > 40


def test_what_the_guard_refuses_speaks_both(serve, ask, slow_down):
    keyed = serve(api_key="himitsu").url
    tight = serve(max_body_bytes=1_000, max_utterances=1, timeout_seconds=0.2)
    for lang, headers in (("ja", {}), ("en", ENGLISH)):
        check_words(httpx.get(f"{keyed}/v1/model", headers=headers), lang)
        answer = httpx.post(f"{tight.url}/v1/estimates", json=ask(), headers=headers)
        assert answer.status_code == 413
        check_words(answer, lang)
    slow = slow_down(tight)
    line = {"purpose": "research", "conversation": {"utterances": [{"speaker": "a", "text": "あ"}]}}
    for lang, headers in (("ja", {}), ("en", ENGLISH)):
        answer = httpx.post(f"{tight.url}/v1/estimates", json=line, headers=headers)
        assert answer.status_code == 504
        check_words(answer, lang)
    slow.go_on.set()


def test_a_fault_of_ours_is_told_in_both(serve, ask, capfd):
    running = serve()
    running.app.state.workplace.estimator = None
    for lang, headers in (("ja", {}), ("en", ENGLISH)):
        answer = httpx.post(f"{running.url}/v1/estimates", json=ask(), headers=headers)
        assert answer.status_code == 500
        check_words(answer, lang)
    capfd.readouterr()


def test_the_words_of_an_estimate_follow_the_header_unless_the_request_names_its_own(client, ask):
    for headers, changes, lang in (
        ({}, {}, "ja"), (ENGLISH, {}, "en"), (ENGLISH, {"lang": "ja"}, "ja"), ({}, {"lang": "en"}, "en"),
    ):  # fmt: skip
        response = client.post("/v1/estimates", json=ask(**changes), headers=headers)
        texts = response.json()["texts"]
        assert texts["lang"] == response.headers["content-language"] == lang
        assert response.headers["vary"] == "Accept-Language"
        words = [texts["summary"], *texts["reasons"], *texts["warnings"], *texts["not_for"]]
        assert [bool(JAPANESE.search(text)) for text in words] == [lang == "ja"] * len(words)
        batch = client.post("/v1/batch", content=json.dumps(ask(**changes)).encode(), headers=LINES | headers)
        assert batch.json()["result"]["texts"] == texts


def test_codes_and_numbers_are_the_same_in_both(client, ask):
    japanese, english = (client.post("/v1/estimates", json=ask(), headers=head).json() for head in ({}, ENGLISH))
    assert japanese.pop("texts") != english.pop("texts")
    assert japanese == english


def test_an_upload_follows_the_header_too(client, dialogue_file):
    fields, files = {"purpose": "research", "speaker": "花子"}, {"file": ("a.json", dialogue_file.read_bytes())}
    assert client.post("/v1/estimates", data=fields, files=files, headers=ENGLISH).json()["texts"]["lang"] == "en"
    fields["lang"] = "ja"
    assert client.post("/v1/estimates", data=fields, files=files, headers=ENGLISH).json()["texts"]["lang"] == "ja"


def test_a_bad_line_is_told_in_the_language_of_the_request(client, ask):
    lines = b"\n".join([b"{", json.dumps(ask(purpose="hiring")).encode()])
    for lang, headers in (("ja", {}), ("en", ENGLISH)):
        answers = client.post("/v1/batch", content=lines, headers=LINES | headers).text.splitlines()
        for answer in answers:
            assert bool(JAPANESE.search(json.loads(answer)["error"]["detail"])) == (lang == "ja")


def test_the_model_names_purposes_in_the_language(client):
    for lang, headers in (("ja", {}), ("en", ENGLISH)):
        response = client.get("/v1/model", headers=headers)
        answer = response.json()
        words = [*answer["purposes"].values(), *answer["forbidden_purposes"].values(), *answer["not_for"]]
        assert [bool(JAPANESE.search(text)) for text in words] == [lang == "ja"] * len(words)
        assert response.headers["content-language"] == lang
