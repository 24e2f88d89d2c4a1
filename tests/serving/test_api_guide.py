"""docs/api.md says what the server does: routes, purposes, limits, statuses."""

import dataclasses
import json
import re

import pytest

from seikaku.serving.config import ServeConfig
from seikaku.serving.requests.purposes import ALLOWED, FORBIDDEN


@pytest.fixture(scope="module")
def guide(request):
    return (request.config.rootpath / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_route_and_status_is_named(client, guide):
    document = client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        assert f"{next(iter(methods)).upper()} {path}" in guide
    statuses = {
        status for methods in document["paths"].values() for one in methods.values() for status in one["responses"]
    }
    assert not [status for status in statuses - {"200"} if not re.search(rf"^\| .*{status}.* \|", guide, re.MULTILINE)]


def test_every_purpose_is_named(guide):
    for key, names in (ALLOWED | FORBIDDEN).items():
        assert f"`{key}` | {names[0]} |" in guide


def test_every_limit_is_named_with_its_default(guide):
    limits = [item for item in dataclasses.fields(ServeConfig) if item.name.startswith(("max_", "timeout_"))]
    assert len(limits) == 6
    for item in limits:
        assert f"| `--{item.name}` | {item.default} |" in guide


def test_the_first_example_works(client, guide):
    body = re.search(r"-d '(\{.*?\n\})'", guide, re.DOTALL)
    assert body
    assert client.post("/v1/estimates", json=json.loads(body[1])).status_code == 200


def test_the_example_in_english_is_refused_in_english(client, guide):
    found = re.search(r"curl -s 'http://127.0.0.1:8080(\S+)' -H 'Accept-Language: en' -d '(.*?)'", guide)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Language": "en"}  # what curl says with -d
    answer = client.post(found[1], content=found[2].encode(), headers=form)
    assert answer.status_code == 403 and answer.headers["content-language"] == "en"
    assert FORBIDDEN["hiring"].reason_en in answer.json()["detail"]


def test_the_default_purpose_of_the_guide_starts(guide):
    flags = re.findall(r"seikaku serve --(\w+) (\w+)", guide)
    assert ("default_purpose", "research") in flags
    assert {purpose for name, purpose in flags if name == "default_purpose"} <= set(ALLOWED)
    assert "`SEIKAKU_SERVE_DEFAULT_PURPOSE`" in guide and f"{ServeConfig.VARIABLES}DEFAULT_PURPOSE" in guide


def test_links_inside_the_guide_lead_somewhere(guide):
    lines = re.findall(r"^#+ (.*)", guide, re.MULTILINE)
    headings = {re.sub(r"[（）。、]", "", line).replace(" ", "-").lower() for line in lines}
    links = re.findall(r"\]\(#([^)]+)\)", guide)
    assert len(links) >= 4 and set(links) <= headings
