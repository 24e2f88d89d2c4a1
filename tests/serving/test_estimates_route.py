"""POST /v1/estimates and what stands around it: good answers, and every way of asking wrongly."""

import html
import io
import json
import re
import zipfile

import pytest

from seikaku.conversation.readers import read_conversations
from seikaku.inference.estimator import Estimator
from seikaku.report.html import render_html
from seikaku.serving.answers.schema import EstimateAnswer, ModelAnswer
from seikaku.serving.requests.purposes import ALLOWED, FORBIDDEN
from seikaku.traits import TRAIT_KEYS
from seikaku.version import __version__

JAPANESE = re.compile("[ぁ-んァ-ヶ一-龥]")


def test_a_json_conversation_is_estimated(client, ask):
    response = client.post("/v1/estimates", json=ask())
    assert response.status_code == 200
    answer = response.json()
    EstimateAnswer.model_validate(answer)
    assert tuple(answer["traits"]) == TRAIT_KEYS
    assert answer["speaker"] == "花子"
    assert answer["purpose"] == "research"
    assert answer["import"]["speakers"] == {"花子": 136, "太郎": 92}
    assert answer["amount"]["n_utterances"] == 136
    assert {estimate["status"] for estimate in answer["traits"].values()} - {"withheld"}
    assert answer["texts"]["summary"]


def test_the_partner_says_nothing_in_the_answer(client, ask, dialogue):
    text = client.post("/v1/estimates", json=ask()).text
    own = {said["text"] for said in dialogue["utterances"] if said["speaker"] == "花子"}
    others = {said["text"] for said in dialogue["utterances"] if len(said["text"]) > 12} - own
    assert any(said in text for said in own)  # evidence
    assert not any(said in text for said in others)


def test_an_upload_gives_the_same_answer(client, ask, dialogue_file):
    fields = {"purpose": "research", "speaker": "花子", "n_evidence": "5", "format": ""}
    with dialogue_file.open("rb") as stream:
        uploaded = client.post("/v1/estimates", data=fields, files={"file": ("talk.json", stream)}).json()
    sent = client.post("/v1/estimates", json=ask()).json()
    assert uploaded.pop("source") == "talk.json"
    assert sent.pop("source") == "request"
    recognised = {key: uploaded["import"].pop(key) for key in ("confidence", "evidence")}
    assert {key: sent["import"].pop(key) for key in recognised} == {"confidence": None, "evidence": []}
    assert recognised["confidence"] > 0.9 and recognised["evidence"]
    assert uploaded == sent


def test_several_files_and_archives_are_one_talk(client, dialogue_file):
    """As at the shell: one name over all files is one person, and what is no talk is told."""
    talks = [("a.txt", "花子：おはよう\n太郎：うん\n花子：ね\n"), ("b.txt", "花子：また\n次郎：うん\n花子：ね\n")]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in [*talks, ("memo.md", "ただのメモ。")]:
            archive.writestr(name, text)
    fields = {"purpose": "research", "speaker": "花子"}
    several = [("file", (name, text)) for name, text in talks]
    apart = client.post("/v1/estimates", data=fields, files=several).json()
    packed = client.post("/v1/estimates", data=fields, files=[("file", ("束.zip", stream.getvalue()))]).json()
    assert apart["source"] == "a.txt, b.txt" and packed["source"] == "束.zip"
    assert apart["import"]["speakers"] == packed["import"]["speakers"] == {"花子": 4, "太郎": 1, "次郎": 1}
    assert apart["amount"] == packed["amount"] and apart["amount"]["n_conversations"] == 2
    assert any("memo.md" in warning for warning in packed["import"]["warnings"])


def test_several_conversations_are_one_person(client, ask, dialogue):
    once = client.post("/v1/estimates", json=ask()).json()
    twice = client.post("/v1/estimates", json=ask(conversation=None, conversations=[dialogue, dialogue])).json()
    assert twice["amount"]["n_conversations"] == 2 * once["amount"]["n_conversations"]
    assert twice["amount"]["n_chars"] == 2 * once["amount"]["n_chars"]


def test_words_come_in_the_language_asked_for(client, ask):
    japanese = client.post("/v1/estimates", json=ask()).json()
    english = client.post("/v1/estimates", json=ask(lang="en")).json()
    assert english["texts"]["lang"] == "en"
    assert not JAPANESE.search(english["texts"]["summary"]) and JAPANESE.search(japanese["texts"]["summary"])
    assert english["traits"] == japanese["traits"]
    told = [english["texts"]["more_text"], *(list(words.values()) for words in english["texts"]["traits"].values())]
    assert all(told) and not any(JAPANESE.search(text) for texts in told for text in texts)


def test_the_words_are_those_of_the_report(client, ask, dialogue_file):
    """Every sentence of the answer stands in the report of the same talk."""
    said = client.post("/v1/estimates", json=ask()).json()["texts"]
    read = read_conversations(dialogue_file)
    report = html.unescape(render_html(Estimator.load().estimate(read.conversations, "花子"), lang="ja"))
    assert said["summary"] in report and all(sentence in report for sentence in said["more_text"])
    for key, words in said["traits"].items():
        assert words["reading"] in report and words["found"] in report, key
        assert words["before_after"].startswith("読む前"), key


def test_evidence_can_be_left_out(client, ask):
    answer = client.post("/v1/estimates", json=ask(n_evidence=0)).json()
    assert all(estimate["evidence"] == [] for estimate in answer["traits"].values())


def test_the_only_speaker_needs_no_name(client, ask, dialogue):
    own = [said for said in dialogue["utterances"] if said["speaker"] == "花子"]
    answer = client.post("/v1/estimates", json=ask(speaker=None, conversation={"utterances": own}))
    assert answer.json()["speaker"] == "花子"


@pytest.mark.parametrize("purpose", ALLOWED)
def test_allowed_purposes_pass(client, ask, purpose):
    assert client.post("/v1/estimates", json=ask(purpose=purpose)).status_code == 200


@pytest.mark.parametrize("purpose", FORBIDDEN)
def test_forbidden_purposes_are_refused_with_the_reason(client, ask, problem_of, dialogue_file, purpose):
    problem = problem_of(client.post("/v1/estimates", json=ask(purpose=purpose)), 403, "purpose")
    assert FORBIDDEN[purpose].reason_ja in problem["detail"]
    with dialogue_file.open("rb") as stream:
        uploaded = client.post("/v1/estimates", data={"purpose": purpose}, files={"file": stream})
    problem_of(uploaded, 403, "purpose")


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"conversation": None}, "", "どちらか一方が必要です"),
        ({"conversations": [{"utterances": [{"speaker": "花子", "text": "あ"}]}]}, "", "どちらか一方が必要です"),
        ({"conversation": {"utterances": []}}, "conversation.utterances", "空にはできません"),
        ({"conversation": {"utterances": [{"text": "あ"}]}}, "conversation.utterances.0.speaker", "必要な項目です"),
        (
            {"conversation": {"utterances": [{"speaker": "花子", "text": 1}]}},
            "conversation.utterances.0.text",
            "文字列にしてください",
        ),
        ({"speakr": "花子"}, "speakr", "知らない項目です"),
        ({"lang": "fr"}, "lang", "使えない値です"),
        ({"n_evidence": 21}, "n_evidence", "大きすぎます"),
        ({"n_evidence": "5"}, "n_evidence", "整数にしてください"),
        ({"speaker": "名" * 201}, "speaker", "長すぎます"),
    ],
)
def test_wrong_fields_are_named(client, ask, problem_of, changes, field, message):
    problem = problem_of(client.post("/v1/estimates", json=ask(**changes)), 422, "fields")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert message in problem["errors"][0]["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 100_000, b'{"purpose": "\\ud800"}'])
def test_broken_json_is_told(client, problem_of, body):
    response = client.post("/v1/estimates", content=body, headers={"Content-Type": "application/json"})
    problem_of(response, 422, "fields")


@pytest.mark.parametrize("purpose", ["fun", "", None])
def test_an_unknown_or_missing_purpose_lists_the_known_ones(client, ask, problem_of, purpose):
    problem = problem_of(client.post("/v1/estimates", json=ask(purpose=purpose)), 422, "purpose")
    assert all(key in problem["mend"] for key in ALLOWED)


def test_a_speaker_who_is_not_there(client, ask, problem_of):
    problem = problem_of(client.post("/v1/estimates", json=ask(speaker="次郎")), 422, "speaker")
    assert "次郎" in problem["detail"]


def test_a_choice_of_speakers_must_be_made(client, ask, problem_of):
    problem = problem_of(client.post("/v1/estimates", json=ask(speaker=None)), 422, "speaker")
    assert "2 人" in problem["detail"]


def test_a_conversation_of_stickers_only(client, ask, problem_of):
    said = {"utterances": [{"speaker": "花子", "text": "[スタンプ]"}]}
    problem = problem_of(client.post("/v1/estimates", json=ask(conversation=said)), 422, "conversation")
    assert "スタンプ 1 件" in problem["detail"]


@pytest.mark.parametrize(
    ("fields", "files", "kind"),
    [
        ({"purpose": "research"}, {}, "media-type"),  # no file: httpx sends a plain form
        ({}, {"file": ("a.txt", "花子：あ".encode())}, "purpose"),
        ({"purpose": "research"}, {"talk": ("a.txt", "花子：あ".encode())}, "invalid-request"),
        ({"purpose": "research", "extra": "1"}, {"file": ("a.txt", "花子：あ".encode())}, "invalid-request"),
        ({"purpose": "research", "n_evidence": "x"}, {"file": ("a.txt", "花子：あ".encode())}, "fields"),
        ({"purpose": "research", "format": "word"}, {"file": ("a.txt", "花子：あ".encode())}, "conversation"),
        ({"purpose": "research"}, {"file": ("a.pdf", b"%PDF-1.4")}, "conversation"),
        ({"purpose": "research"}, {"file": ("a.txt", b"")}, "conversation"),
    ],
)
def test_wrong_uploads_are_told(client, problem_of, fields, files, kind):
    response = client.post("/v1/estimates", data=fields, files=files)
    problem_of(response, 415 if kind == "media-type" else 422, kind)


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=x", f"multipart/form-data; boundary={'y' * 300}"],
)
def test_a_broken_form_is_told(client, problem_of, content_type):
    response = client.post("/v1/estimates", content=b"--y\r\n", headers={"Content-Type": content_type})
    problem_of(response, 422, "invalid-request")


@pytest.mark.parametrize("path", ["/v1/estimates", "/v1/batch", "/invocations", "/v3/profile?version=2017-10-13"])
def test_other_media_types_are_refused(client, problem_of, path):
    headers = {"Content-Type": "application/xml", "X-Seikaku-Purpose": "research"}
    problem_of(client.post(path, content=b"<a/>", headers=headers), 415, "media-type")


def test_unknown_addresses_and_methods(client, problem_of):
    problem_of(client.get("/v1/nothing"), 404, "not-found")
    response = client.get("/v1/estimates")
    problem_of(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "POST"


def test_the_model_tells_what_it_is(client, ask):
    answer = client.get("/v1/model").json()
    ModelAnswer.model_validate(answer)
    estimated = client.post("/v1/estimates", json=ask()).json()
    assert answer["model"] == estimated["model"]
    assert answer["norm"] == estimated["norm"]
    assert answer["seikaku_version"] == __version__
    assert answer["limits"]["max_body_bytes"] == 10_000_000
    assert set(answer["forbidden_purposes"]) == set(FORBIDDEN)
    n_chars = [row["n_chars"] for row in answer["accuracy_by_amount"]]
    assert n_chars == sorted(n_chars)
    assert all(set(row["traits"]) == set(TRAIT_KEYS) for row in answer["accuracy_by_amount"])


def test_the_schema_describes_the_answer(client, ask):
    import jsonschema

    schema = client.get("/v1/schema").json()
    validator = jsonschema.Draft202012Validator(schema)
    answer = client.post("/v1/estimates", json=ask()).json()
    validator.validate(answer)
    for key in schema["required"]:
        assert not validator.is_valid({name: value for name, value in answer.items() if name != key})


def test_withheld_estimates_fit_the_schema_too(client, ask):
    short = {"utterances": [{"speaker": "花子", "text": "おはよう"}]}
    answer = client.post("/v1/estimates", json=ask(conversation=short)).json()
    EstimateAnswer.model_validate(answer)
    assert {estimate["status"] for estimate in answer["traits"].values()} == {"withheld"}
    assert answer["warnings"][0]["code"] == "short_text"


@pytest.mark.parametrize("path", ["/health", "/ping"])
def test_it_is_alive(client, path):
    assert client.get(path).json() == {"status": "ok"}


def test_openapi_has_an_example_that_works(client):
    document = client.get("/openapi.json").json()
    content = document["paths"]["/v1/estimates"]["post"]["requestBody"]["content"]
    assert client.post("/v1/estimates", json=content["application/json"]["example"]).status_code == 200
    assert {"/v1/estimates", "/v1/batch", "/v1/model", "/v1/schema", "/ping", "/invocations", "/v3/profile"} <= set(
        document["paths"]
    )
    text = json.dumps(document)
    assert "http://" not in text and "https://" not in text
