"""The page's routes over HTTP: what they answer, what they refuse, and that they keep nothing."""

import base64
import hashlib
import json
import re
from collections import Counter

import httpx
import pytest

from seikaku.cli.main import run
from seikaku.report.html import report_style
from seikaku.serving.requests.purposes import ALLOWED, FORBIDDEN

GOOD = {"speakers": '["花子"]', "purpose": "research", "consent": "yes", "lang": "ja"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
FORMATS = {
    "line_1on1.txt": "line",
    "line_12h.txt": "line",
    "line_en.txt": "line",
    "line_group.txt": "line",
    "line_pc.txt": "line-pc",
    "plain.txt": "plain",
    "table.csv": "table",
    "table_cp932.csv": "table",
    "table.tsv": "table",
    "conversation.json": "json",
    "conversations.jsonl": "jsonl",
    "realpersonachat.json": "realpersonachat",
}


@pytest.fixture
def talk_files(examples):
    return [("files", ("line_1on1.txt", (examples / "line_1on1.txt").read_bytes()))]


def post(client, path, files=(), **fields):
    """A multipart form even without a file."""
    parts = [*files, *((name, (None, value)) for name, value in fields.items())]
    return client.post(path, files=parts)


def shell_document(monkeypatch, capsys, folder, *arguments):
    monkeypatch.chdir(folder)
    assert run(["analyze", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("query", "accept", "lang"), [
    ("", "", "ja"), ("?lang=en", "ja", "en"), ("?lang=ja", "en", "ja"), ("?lang=xx", "", "ja"),
    ("", "en-GB,en;q=0.9,ja;q=0.8", "en"), ("", "ja,en;q=0.9", "ja"), ("?lang=xx", "en", "en"), ("", "fr", "ja"),
])  # fmt: skip
def test_the_page_comes_in_two_languages(client, query, accept, lang):
    answer = client.get(f"/{query}", headers={"Accept-Language": accept})
    assert answer.headers["content-language"] == lang and "Accept-Language" in answer.headers["vary"]
    assert f'href="docs?lang={lang}"' in answer.text
    assert answer.status_code == 200 and f'<html lang="{lang}">' in answer.text
    assert ("会話から性格の傾向を見る</h1>" in answer.text) == (lang == "ja")
    assert "<noscript>" in answer.text and "seikaku analyze" in answer.text


def test_the_page_lists_the_purposes_and_says_why_others_are_refused(client):
    page = client.get("/").text
    values = re.findall(r'<option data-text="purpose_\w+" value="(\w+)">', page)
    assert values == [*ALLOWED, *FORBIDDEN]
    data = json.loads(re.search(r'id="page-data">(.*?)</script>', page)[1])
    for key, refused in FORBIDDEN.items():
        assert data["words"][f"reason_{key}"] == {"ja": refused.reason_ja, "en": refused.reason_en}


def test_every_word_exists_in_both_languages(client):
    data = json.loads(re.search(r'id="page-data">(.*?)</script>', client.get("/").text)[1])
    for key, texts in data["words"].items():
        assert set(texts) == {"ja", "en"}, key
        assert texts["en"], key
        assert set(re.findall(r"\{\w+\}", texts["ja"])) <= set(re.findall(r"\{\w+\}", texts["en"])), key
        assert "{limit}" not in texts["ja"] + texts["en"]


def test_what_the_html_refers_to_is_there_once(client):
    html = client.get("/").text
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids)) > 50
    for attribute in ("for", "aria-labelledby", "aria-describedby"):
        named = [name for value in re.findall(rf'\b{attribute}="([^"]+)"', html) for name in value.split()]
        assert named and set(named) <= set(ids)
    data = json.loads(re.search(r'id="page-data">(.*?)</script>', html)[1])
    keys = re.findall(r'data-(?:text|label|placeholder|title)="(\w+)"', html)
    assert len(keys) > 50 and set(keys) <= set(data["words"])
    for sample in data["samples"].values():
        assert "架空" in client.get(f"/static/{sample['file']}").text[:150]  # it says so at its beginning


def test_only_the_pages_own_scripts_and_the_reports_styles_may_run(client):
    policy = client.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy and "script-src 'self';" in policy
    digest = base64.b64encode(hashlib.sha256(report_style().encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}';" in policy


def test_the_hash_is_that_of_the_style_that_a_report_brings(client, talk_files):
    html = post(client, "/page/report", talk_files, **GOOD).json()["html"]
    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert len(styles) == 1
    digest = base64.b64encode(hashlib.sha256(styles[0].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in client.get("/").headers["content-security-policy"]
    assert " style=" not in html


@pytest.mark.parametrize(("path", "start"), [
    ("page.js", "text/javascript"), ("page.css", "text/css"), ("icon.svg", "image/svg+xml"),
    ("example_line.txt", "text/plain"), ("example_notice.txt", "text/plain"),
])  # fmt: skip
def test_static_files_have_their_type(client, path, start):
    assert client.get(f"/static/{path}").headers["content-type"].startswith(start)


def test_the_fictional_talk_is_the_one_of_the_examples(client, examples):
    assert client.get("/static/example_line.txt").content == (examples / "line_1on1.txt").read_bytes()


@pytest.mark.parametrize(("name", "format_name"), FORMATS.items())
def test_every_format_is_read(client, examples, name, format_name):
    files = [("files", (name, (examples / name).read_bytes()))]
    answer = post(client, "/page/read", files).json()
    assert answer["files"][0]["format"] == format_name and answer["files"][0]["name"] == name
    assert answer["n_utterances"] == sum(speaker["n_utterances"] for speaker in answer["speakers"]) > 0
    speaker = answer["speakers"][0]
    report = post(client, "/page/report", files, **GOOD | {"speakers": json.dumps([speaker["name"]])}).json()["json"][
        "results"
    ][0]
    assert speaker["n_chars"] == report["amount"]["n_chars"] > 0  # what is promised is what is estimated from
    kept = answer["files"][0]["kept"]
    assert str(answer["n_utterances"]) in kept["ja"][0] and str(answer["n_utterances"]) in kept["en"][0]


@pytest.mark.parametrize("name", ["line_1on1.txt", "table_cp932.csv", "conversations.jsonl"])
def test_the_report_has_the_numbers_of_the_shell(client, examples, name, monkeypatch, capsys):
    files = [("files", (name, (examples / name).read_bytes()))]
    speaker = post(client, "/page/read", files).json()["speakers"][0]["name"]
    answer = post(client, "/page/report", files, **GOOD | {"speakers": json.dumps([speaker])}).json()
    assert answer["json"] == shell_document(monkeypatch, capsys, examples, name, "--speaker", speaker)
    assert run(["analyze", name, "--speaker", speaker, "--csv", "-"]) == 0
    assert answer["csv"] == "\ufeff" + capsys.readouterr().out  # Excel opens a file saved from the page


def test_two_people_and_the_trend_are_those_of_the_shell(client, talk_files, examples, monkeypatch, capsys):
    asked = GOOD | {"speakers": '["花子", "太郎"]', "trend": "yes", "radar": "yes"}
    answer = post(client, "/page/report", talk_files, **asked).json()
    arguments = ("line_1on1.txt", "--speaker", "花子", "--compare", "太郎", "--trend")
    expected = shell_document(monkeypatch, capsys, examples, *arguments)
    assert answer["json"] == expected
    assert {"difference", "results"} <= set(expected) and "trend" in expected["results"][0]
    plain = post(client, "/page/report", talk_files, **GOOD).json()
    assert (
        "trend" not in plain["json"]["results"][0]
        and 'class="radar"' in answer["html"]
        and 'class="radar"' not in plain["html"]
    )


def test_the_same_person_in_two_files_is_one_person(client, dialogue):
    said = dialogue["utterances"]
    files = [
        ("files", (f"{number}.json", json.dumps({"conversation_id": number, "utterances": part}).encode()))
        for number, part in (("1", said[:40]), ("2", said[40:]))
    ]
    counts = Counter(one["speaker"] for one in said)
    answer = post(client, "/page/read", files).json()
    assert [file["name"] for file in answer["files"]] == ["1.json", "2.json"]
    assert {speaker["name"]: speaker["n_utterances"] for speaker in answer["speakers"]} == counts
    report = post(client, "/page/report", files, **GOOD).json()["json"]["results"][0]
    assert report["amount"]["n_utterances"] == counts["花子"] and report["amount"]["n_conversations"] == 2


def test_pasted_text_is_read_as_a_file_is(client, examples):
    text = (examples / "plain.txt").read_text(encoding="utf-8")
    pasted = post(client, "/page/read", text=text).json()
    file = post(client, "/page/read", [("files", ("plain.txt", text.encode()))]).json()
    assert pasted["speakers"] == file["speakers"] and pasted["files"][0]["pasted"] is True


@pytest.mark.parametrize(("changes", "status", "kind", "words"), [
    ({"consent": ""}, 422, "consent", "同意"),
    ({"purpose": ""}, 422, "purpose", "目的"),
    ({"purpose": "fun"}, 422, "purpose", "目的"),
    ({"speakers": "[]"}, 422, "speaker", "0 人"),
    ({"speakers": '["花子", "花子"]'}, 422, "speaker", "別々の人"),
    ({"speakers": '["次郎"]'}, 422, "speaker", "この会話にいません"),
    ({"speakers": "花子"}, 422, "invalid-request", "JSON 配列"),
    ({"speakers": "[1]"}, 422, "invalid-request", "JSON 配列"),
    ({"speakers": "[" * 100_000}, 422, "invalid-request", "JSON 配列"),
    ({"lang": "fr"}, 422, "invalid-request", "ja か en"),
    ({"format": "word"}, 422, "conversation", "word"),
])  # fmt: skip
def test_refuses_with_a_mend(client, problem_of, talk_files, changes, status, kind, words):
    problem = problem_of(post(client, "/page/report", talk_files, **GOOD | changes), status, kind)
    assert words in problem["detail"] + problem["mend"]


@pytest.mark.parametrize("purpose", FORBIDDEN)
def test_a_forbidden_purpose_is_refused_with_its_reason(client, problem_of, talk_files, purpose):
    answer = post(client, "/page/report", talk_files, **GOOD | {"purpose": purpose})
    assert FORBIDDEN[purpose].reason_ja in problem_of(answer, 403, "purpose")["detail"]


@pytest.mark.parametrize(("data", "words"), [(b"", "空"), (PNG, "PNG 画像"), (b"hello\nworld\n", "")])
def test_what_is_no_conversation_is_refused(client, problem_of, data, words):
    problem = problem_of(post(client, "/page/read", [("files", ("a.txt", data))]), 422, "conversation")
    assert words in problem["detail"]
    assert "--format" not in problem["mend"] and "hello" not in problem["detail"]


def test_nothing_is_refused_and_the_same_twice_counts_once(client, problem_of, talk_files):
    assert "会話がありません" in problem_of(post(client, "/page/read", lang="ja"), 422, "conversation")["detail"]
    once, twice = (post(client, "/page/read", talk_files * n).json() for n in (1, 2))
    assert twice["speakers"] == once["speakers"] and len(twice["skipped"]) == len(talk_files)
    assert "1 回だけ数えました" in twice["skipped"][0]["ja"] and "counted once" in twice["skipped"][0]["en"]


@pytest.mark.parametrize("limit", ["max_utterances", "max_chars"])
def test_the_limits_hold_for_all_files_together(serve, problem_of, examples, limit):
    names = ("table.csv", "plain.txt")
    files = [("files", (name, (examples / name).read_bytes())) for name in names]
    with httpx.Client(base_url=serve().url, timeout=60) as free:
        answer = post(free, "/page/read", files).json()
    total = answer["n_utterances"] if limit == "max_utterances" else sum(s["n_chars"] for s in answer["speakers"])
    with httpx.Client(base_url=serve(**{limit: total - 1}).url, timeout=60) as limited:
        problem_of(post(limited, "/page/read", files), 413, "too-large")
        assert post(limited, "/page/read", files[:1]).status_code == 200


def test_the_page_speaks_of_the_servers_own_limit(serve):
    assert "合計 2 MB まで" in httpx.get(serve(max_body_bytes=2_000_000).url + "/", timeout=60).text


def test_a_page_from_another_machine_does_not_promise_that_nothing_is_sent(client, serve):
    promise, honest = "このコンピュータの中だけで読みます", "動かしているコンピュータに送り"
    for html, here in ((client.get("/").text, True), (httpx.get(serve(host="0.0.0.0").url, timeout=60).text, False)):
        shown = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
        assert (promise in shown, honest in shown) == (here, not here)


def test_the_language_changes_words_and_no_number(client, talk_files):
    japanese, english = (
        post(client, "/page/report", talk_files, **GOOD | {"lang": lang}).json() for lang in ("ja", "en")
    )
    assert '<html lang="ja">' in japanese["html"] and '<html lang="en">' in english["html"]
    assert japanese["json"] == english["json"] and japanese["csv"] == english["csv"]


def test_a_form_is_needed(client, problem_of):
    problem_of(client.post("/page/read", json={"text": "花子：はい"}), 415, "media-type")


def test_another_site_cannot_send(client, problem_of, talk_files):
    parts = [*talk_files, *((name, (None, value)) for name, value in GOOD.items())]
    answer = client.post("/page/report", files=parts, headers={"Origin": "https://example.com"})
    problem_of(answer, 403, "cross-site")


def test_nothing_is_kept(client, server, talk_files):
    report = post(client, "/page/report", talk_files, **GOOD)
    assert report.headers["cache-control"] == "no-store"
    name = "しるしの名前"
    text = "".join(f"{name}：これはしるしの発話その{number}です\n別の人：そうですね{number}\n" for number in range(60))
    post(client, "/page/read", text=text)
    answer = post(client, "/page/report", text=text, **GOOD | {"speakers": json.dumps([name])})
    assert answer.status_code == 200 and name in answer.json()["html"]
    assert list(server.folder.rglob("*")) == []
    assert "しるし" not in server.log() and "花子" not in server.log()
    assert client.get("/metrics").text.count("しるし") == 0


def test_the_report_is_the_one_of_the_shell(client, talk_files, examples, tmp_path, monkeypatch):
    page = post(client, "/page/report", talk_files, **GOOD).json()["html"]
    path = tmp_path / "report.html"
    monkeypatch.chdir(examples)
    assert run(["analyze", "line_1on1.txt", "--speaker", "花子", "--html", str(path)]) == 0
    date = re.compile(r"20\d\d-\d\d-\d\d")  # midnight may come between the two
    assert date.sub("", page) == date.sub("", path.read_text(encoding="utf-8"))
