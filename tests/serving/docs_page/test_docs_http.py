"""/docs over HTTP: all that the OpenAPI document says is on it, in two languages, and every command on it works."""

import html
import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser

import httpx
import pytest

from seikaku.serving.answers import openapi_words
from seikaku.serving.answers.field_words import FIELD_WORDS, MODEL_WORDS
from seikaku.serving.docs_page.json_layout import lay_out
from seikaku.serving.docs_page.routes import split_prose

JAPANESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
KEY = "himitsu-no-kagi"
VALUES = ("example", "examples", "default", "enum")


class Reader(HTMLParser):
    """What a page has: texts, ids, links and elements."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.elements, self.texts = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.elements.append((tag, found))
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found[key] for key in ("href", "src") if key in found]

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def pages(client):
    return {lang: client.get("/docs", params={"lang": lang}).text for lang in ("ja", "en")}


@pytest.fixture(scope="module")
def documents(client):
    return {lang: client.get("/openapi.json", headers={"Accept-Language": lang}).json() for lang in ("ja", "en")}


def commands_of(page):
    return [html.unescape(found) for found in re.findall(r'<pre class="command"><code>(.*?)</code>', page, re.DOTALL)]


def prose_of(value, key="", path=""):
    """Every (path, text) of a document that people read."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in VALUES:
                yield from prose_of(item, name, f"{path}/{name}")
    elif isinstance(value, list):
        for item in value:
            yield from prose_of(item, key, path)
    elif key in ("description", "summary", "tags") and isinstance(value, str):
        yield path, value


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_route_parameter_field_and_status_is_there(pages, documents, lang):
    page, document = Reader(pages[lang]), documents[lang]
    texts = "".join(page.texts)
    for path, methods in document["paths"].items():
        for method, found in methods.items():
            assert f"{method}{path.replace('/', '-')}" in page.ids
            assert method.upper() in texts and path in texts and found["summary"] in texts
            for parameter in found.get("parameters", ()):
                assert parameter["name"] in texts.lower() and parameter["description"] in texts
            for status, answer in found["responses"].items():
                assert status in texts and answer["description"] in texts
    for name, model in document["components"]["schemas"].items():
        assert name in texts
        for field, schema in model.get("properties", {}).items():
            assert field in texts and schema["description"].replace("`", "") in texts


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_links_lead_somewhere_and_ids_are_unique(client, pages, lang):
    page = Reader(pages[lang])
    assert len(page.ids) == len(set(page.ids))
    for link in set(page.links):
        if link.startswith("#"):
            assert link[1:] in page.ids
        else:
            assert not re.match(r"\w+:|//", link), "an address of its own would leave the machine"
            assert client.get(f"/{link}").status_code == 200


def test_nothing_runs_and_the_policy_lets_nothing_run(client, pages):
    response = client.get("/docs")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self';")
    assert "script" not in policy and "unsafe" not in policy and "connect" not in policy
    for text in pages.values():
        page = Reader(text)
        assert not {"script", "style", "iframe", "object"} & {tag for tag, _ in page.elements}
        assert not [name for _, found in page.elements for name in found if name == "style" or name.startswith("on")]


@pytest.mark.parametrize(("query", "header", "lang"), [
    ("", "", "ja"), ("", "en", "en"), ("", "ja;q=0.3,en;q=0.7", "en"), ("?lang=ja", "en", "ja"),
    ("?lang=en", "ja", "en"), ("?lang=fr", "", "ja"), ("?lang=fr", "en", "en"),
])  # fmt: skip
def test_the_language_is_the_links_else_the_browsers(client, query, header, lang):
    response = client.get(f"/docs{query}", headers={"Accept-Language": header})
    assert f'<html lang="{lang}">' in response.text
    assert response.headers["content-language"] == lang and response.headers["vary"] == "Accept-Language"


def test_both_languages_are_complete(documents):
    """A new text has to get its other language in seikaku/serving/answers: openapi_words.py or field_words.py."""
    japanese, english = dict(prose_of(documents["ja"])), dict(prose_of(documents["en"]))
    assert list(japanese) == list(english) and len(japanese) > 150
    # English may quote words that it speaks of.
    assert not {path: text for path, text in english.items() if len(JAPANESE.findall(text)) > len(text) / 4}
    assert not {path: text for path, text in japanese.items() if not JAPANESE.search(text)}
    for name, model in documents["ja"]["components"]["schemas"].items():
        assert model.get("description"), name
        assert not [f"{name}.{field}" for field, found in model["properties"].items() if "description" not in found]


def test_no_word_is_left_of_what_is_gone(documents):
    schemas = documents["ja"]["components"]["schemas"]
    fields = {field for model in schemas.values() for field in model["properties"]}
    named = {f"{name}.{field}" for name, model in schemas.items() for field in model["properties"]}
    assert not set(MODEL_WORDS) - set(schemas)
    assert not set(FIELD_WORDS) - fields - named
    said = {text for _, text in prose_of(documents["ja"])}
    assert not [ja for ja, _ in openapi_words._PAIRS if ja not in said]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_command_works_as_it_stands(pages, tmp_path, lang):
    found = commands_of(pages[lang])
    assert len(found) == 12  # one a route and media type
    for command in found:
        assert run_command(command, tmp_path, lang).strip()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_commands_bring_the_key_where_one_is_asked_for(serve, tmp_path):
    url = serve(api_key=KEY).url
    page = httpx.get(f"{url}/docs", headers={"X-API-Key": KEY}).text
    assert "SEIKAKU_API_KEY" in page and KEY not in page
    for command in commands_of(page):
        assert ("$SEIKAKU_API_KEY" in command) == ("/health" not in command and "/ping" not in command)
        assert run_command(command, tmp_path, "ja").strip()


def run_command(command, folder, lang):
    """What a command prints; a status that is no 2xx fails it."""
    (folder / ".curlrc").write_text("fail\n", encoding="utf-8")
    environment = os.environ | {"CURL_HOME": str(folder), "SEIKAKU_API_KEY": KEY}
    done = subprocess.run(["bash", "-ec", command], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, command
    assert ("Accept-Language: en" in command) == (lang == "en")
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_answer_that_is_shown_is_the_one_that_comes(pages, tmp_path, lang):
    shown = json.loads(html.unescape(re.search(r"<pre tabindex=\"0\"><code>(.*?)</code>", pages[lang], re.DOTALL)[1]))
    (command,) = (found for found in commands_of(pages[lang]) if "-F file=" in found)
    assert json.loads(run_command(command, tmp_path, lang)) == shown
    assert any(trait["t_score"] is not None for trait in shown["traits"].values())
    assert shown["texts"]["lang"] == lang


def test_a_busy_server_has_the_page_without_an_answer(serve, slow_down):
    running = serve(timeout_seconds=3)
    slow = slow_down(running)
    page = httpx.get(f"{running.url}/docs")
    assert page.status_code == 200 and "答えの例" not in page.text and "/v1/estimates" in page.text
    slow.go_on.set()
    assert "答えの例" in httpx.get(f"{running.url}/docs").text


@pytest.mark.parametrize("host", ["seikaku.example:8443", "[::1]:80", "x'; rm -rf ~; '", "a<script>", "a/b", ""])
def test_the_commands_name_the_address_that_was_asked_unless_it_is_none(serve, host):
    url = serve(host="0.0.0.0").url
    page = httpx.get(f"{url}/docs", headers={"Host": host}).text
    bases = {re.search(r"https?://[^/' ]+", command)[0] for command in commands_of(page)}
    is_sane = re.fullmatch(r"[a-z.:\d\[\]]+", host)
    assert bases == {f"http://{host}"} if is_sane else bases <= {url, "http://127.0.0.1:8080"}
    assert "rm -rf" not in page and "<script" not in page


def test_a_default_purpose_is_told(serve):
    assert "目的のない依頼を「研究」" in httpx.get(f"{serve(default_purpose='research').url}/docs").text


def test_code_in_prose_is_marked():
    first, second = split_prose("次の `a` と\n`b`。\n")
    assert first == [(False, "次の "), (True, "a"), (False, " と")] and second == [(True, "b"), (False, "。")]


@pytest.mark.parametrize("value", [None, {}, [], {"a": []}, {"a": ["あ" * 40, {"b": "い" * 60}], "c": 1.5}, "う" * 90])
def test_a_laid_out_value_is_the_same_json(value):
    text = lay_out(value)
    assert json.loads(text) == value and all(len(line) <= 120 for line in text.splitlines())
