"""An unchanged client of IBM Watson Personality Insights, the real ibm-watson 5.3.1, against a running server."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from seikaku.traits import TRAIT_KEYS

SCRIPT = Path(__file__).with_name("ibm_client.py")
FOLDER = Path(sys.prefix) / "ibm-client"  # apart: it wants an older websocket-client than selenium can use
JAPANESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
KEY = "himitsu-no-kagi"
TEXT = {"accept": "application/json", "content_type": "text/plain;charset=utf-8"}


@pytest.fixture(scope="module")
def own_text(dialogue):
    return "\n".join(said["text"] for said in dialogue["utterances"] if said["speaker"] == "花子")


@pytest.fixture(scope="module")
def server_of_ibm_users(start_process, tmp_path_factory):
    """The server as the guide says for them, without a key."""
    with start_process(tmp_path_factory.mktemp("serve"), "--default_purpose", "research") as running:
        yield running


@pytest.fixture(scope="module")
def server_with_key(start_process, tmp_path_factory):
    with start_process(tmp_path_factory.mktemp("serve"), "--default_purpose", "research", key=KEY) as running:
        yield running


def call(url="", environment=(), kind="none", credentials=(), **profile):
    """What the client gives, after what holds for every call: it reached the server and nobody else."""
    assert (FOLDER / "ibm_watson").is_dir(), "make setup (or make test) puts ibm-watson into .venv/ibm-client"
    asked = {"folder": str(FOLDER), "profile": profile}
    asked |= {"url": url, "kind": kind, "credentials": credentials} if url else {}
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    command = [sys.executable, "-W", "ignore", str(SCRIPT), json.dumps(asked)]
    done = subprocess.run(command, env=clean | dict(environment), capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    server = urlsplit(url or dict(environment)["PERSONALITY_INSIGHTS_URL"])
    assert answer.pop("reached") == [str((server.hostname, server.port))]
    return answer


def check_profile(answer):
    assert answer["status"] == 200
    profile = answer["result"]
    assert [trait["trait_id"] for trait in profile["personality"]] == [f"big5_{key}" for key in TRAIT_KEYS]
    assert profile["processed_language"] == "ja"
    warnings = {warning["warning_id"]: warning["message"] for warning in profile["warnings"]}
    assert "research" in warnings["DEFAULT_PURPOSE"]
    return profile


def test_text_and_content_items_and_csv(server_of_ibm_users, own_text):
    url = server_of_ibm_users.url
    profile = check_profile(call(url, content=own_text, **TEXT, raw_scores=True, consumption_preferences=True))
    assert any(trait["percentile"] is not None for trait in profile["personality"])
    items = {"contentItems": [{"content": line, "contenttype": "text/plain"} for line in own_text.splitlines()]}
    more = {"content_type": "application/json", "raw_scores": True, "consumption_preferences": True}
    assert check_profile(call(url, content=items, accept="application/json", **more)) == profile
    rows = call(url, content=own_text, **TEXT | {"accept": "text/csv"}, raw_scores=True, csv_headers=True)
    assert rows["status"] == 200
    (row,) = csv.DictReader(io.StringIO(rows["result"]))
    for trait in profile["personality"]:
        value = trait["percentile"]
        assert row[trait["trait_id"]] == ("" if value is None else str(value))


def test_a_text_without_a_type_is_plain_as_it_was_there(server_of_ibm_users, own_text):
    plain = call(server_of_ibm_users.url, content=own_text, accept="application/json")
    assert plain == call(server_of_ibm_users.url, content=own_text, **TEXT)


def test_words_in_english(server_of_ibm_users, own_text):
    profile = check_profile(call(server_of_ibm_users.url, content=own_text, **TEXT, accept_language="en-US"))
    assert profile["personality"][0]["name"] == "Openness"
    assert not [warning["message"] for warning in profile["warnings"] if JAPANESE.search(warning["message"])]


@pytest.mark.parametrize(("kind", "credentials"), [("basic", ["apikey", "anything"]), ("bearer", ["anything"])])
def test_credentials_of_old_do_no_harm_where_no_key_is_asked_for(server_of_ibm_users, own_text, kind, credentials):
    check_profile(call(server_of_ibm_users.url, kind=kind, credentials=credentials, content=own_text, **TEXT))


@pytest.mark.parametrize(("kind", "credentials"), [("basic", ["apikey", KEY]), ("bearer", [KEY])])
def test_the_servers_key_goes_through_the_clients_authenticators(server_with_key, own_text, kind, credentials):
    check_profile(call(server_with_key.url, kind=kind, credentials=credentials, content=own_text, **TEXT))


@pytest.mark.parametrize(("kind", "credentials"), [("none", []), ("basic", ["apikey", "wrong"]), ("basic", [KEY, "x"])])
def test_a_wrong_key_is_told_in_the_clients_own_error(server_with_key, own_text, kind, credentials):
    answer = call(server_with_key.url, kind=kind, credentials=credentials, content=own_text, **TEXT)
    assert answer["status"] == 401 and "API キー" in answer["message"]


def test_not_a_line_of_the_program_changes(server_with_key, own_text):
    """Where the service lies, and its key, the client reads from the environment."""
    variables = {
        "PERSONALITY_INSIGHTS_URL": server_with_key.url,
        "PERSONALITY_INSIGHTS_AUTH_TYPE": "basic",
        "PERSONALITY_INSIGHTS_USERNAME": "apikey",
        "PERSONALITY_INSIGHTS_PASSWORD": KEY,
    }
    check_profile(call(environment=variables, content=own_text, **TEXT))


def test_the_lines_of_the_guide_work(server_with_key, request):
    """The program and the variables of docs/api.md, but for the address and the key."""
    guide = (request.config.rootpath / "docs" / "api.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    variables = dict(re.findall(r"^export (PERSONALITY_INSIGHTS_\w+)=(.*)$", guide, re.MULTILINE))
    assert set(variables) == {f"PERSONALITY_INSIGHTS_{name}" for name in ("URL", "AUTH_TYPE", "USERNAME", "PASSWORD")}
    variables |= {"PERSONALITY_INSIGHTS_URL": server_with_key.url, "PERSONALITY_INSIGHTS_PASSWORD": KEY}
    shown = program + "\nimport json\nprint()\nprint(json.dumps(profile))"
    variables["PYTHONPATH"] = str(FOLDER)
    command = [sys.executable, "-W", "ignore", "-c", shown]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    check_profile({"status": 200, "result": json.loads(done.stdout.splitlines()[-1])})


def test_without_a_default_purpose_the_client_says_what_is_missing(server, own_text):
    answer = call(server.url, content=own_text, **TEXT)
    assert answer["status"] == 422 and "purpose" in answer["message"] and "research" in answer["message"]
    english = call(server.url, content=own_text, **TEXT, accept_language="en")
    assert english["status"] == 422 and "The purpose is missing" in english["message"]
