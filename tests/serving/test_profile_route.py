"""POST /v3/profile: the shape of IBM Watson Personality Insights v3, and its traps."""

import csv
import io

import pytest

from seikaku.serving.answers.profile_schema import Profile
from seikaku.traits import TRAIT_KEYS

QUERY = {"version": "2017-10-13", "purpose": "research"}
PLAIN = {"Content-Type": "text/plain;charset=utf-8"}


@pytest.fixture
def own_text(dialogue):
    return "\n".join(said["text"] for said in dialogue["utterances"] if said["speaker"] == "花子")


def items_of(text, **more):
    return {"contentItems": [{"content": line} | more for line in text.splitlines()]}


def test_text_and_items_give_the_same_profile(client, own_text):
    plain = client.post("/v3/profile", params=QUERY, content=own_text.encode(), headers=PLAIN)
    assert plain.status_code == 200
    profile = plain.json()
    Profile.model_validate(profile)
    assert profile == client.post("/v3/profile", params=QUERY, json=items_of(own_text)).json()
    assert [trait["trait_id"] for trait in profile["personality"]] == [f"big5_{key}" for key in TRAIT_KEYS]
    assert profile["processed_language"] == "ja" and profile["word_count"] > 0
    assert profile["needs"] == profile["values"] == []
    assert all("raw_score" not in trait and trait["children"] == [] for trait in profile["personality"])
    assert {warning["warning_id"] for warning in profile["warnings"]} >= {"NO_FACETS_NEEDS_VALUES"}


def test_significant_is_the_status(client, own_text, ask):
    profile = client.post("/v3/profile", params=QUERY, json=items_of(own_text)).json()
    traits = client.post("/v1/estimates", json=ask()).json()["traits"]
    assert [trait["significant"] for trait in profile["personality"]] == [
        estimate["status"] == "ok" for estimate in traits.values()
    ]


def test_too_little_text_has_no_numbers_but_reasons(client):
    answer = client.post("/v3/profile", params=QUERY | {"raw_scores": "true"}, json=items_of("おはよう")).json()
    Profile.model_validate(answer)
    for trait in answer["personality"]:
        assert trait["percentile"] is None and trait["raw_score"] is None and trait["significant"] is False
    ids = [warning["warning_id"] for warning in answer["warnings"]]
    assert "SHORT_TEXT" in ids and "WORD_COUNT_MESSAGE" in ids
    assert [f"NOT_SIGNIFICANT_{key.upper()}" in ids for key in TRAIT_KEYS] == [True] * 5
    assert "word_count_message" in answer


def test_behavior_comes_with_moments(client, own_text):
    monday_noon = 1714996800000  # 2024-05-06T12:00:00Z
    answer = client.post("/v3/profile", params=QUERY, json=items_of(own_text, created=monday_noon)).json()
    shares = {row["trait_id"]: row["percentage"] for row in answer["behavior"]}
    assert len(shares) == 31
    assert shares["behavior_monday"] == shares["behavior_1200"] == 1
    assert sum(shares.values()) == 2


def test_forwarded_texts_are_left_out(client, own_text):
    mixed = items_of(own_text)
    mixed["contentItems"] += items_of("転送された別の人の文章です。", forward=True)["contentItems"]
    answer = client.post("/v3/profile", params=QUERY, json=mixed).json()
    alone = client.post("/v3/profile", params=QUERY, json=items_of(own_text)).json()
    assert answer["personality"] == alone["personality"]
    assert "FORWARDS_LEFT_OUT" in [warning["warning_id"] for warning in answer["warnings"]]


def test_csv(client, own_text):
    query = QUERY | {"raw_scores": "true", "csv_headers": "true"}
    profile = client.post("/v3/profile", params=query, content=own_text.encode(), headers=PLAIN).json()
    response = client.post(
        "/v3/profile", params=query, content=own_text.encode(), headers=PLAIN | {"Accept": "text/csv"}
    )
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(response.text))
    for trait in profile["personality"]:
        for column, value in (("", trait["percentile"]), ("_raw", trait["raw_score"])):
            assert row[trait["trait_id"] + column] == ("" if value is None else str(value))
    assert row["word_count"] == str(profile["word_count"])
    headless = client.post(
        "/v3/profile", params=QUERY, content=own_text.encode(), headers=PLAIN | {"Accept": "text/csv"}
    )
    assert len(headless.text.splitlines()) == 1


def test_words_follow_accept_language(client, own_text):
    names = {}
    for lang in ("ja", "en-GB,en;q=0.9"):
        response = client.post("/v3/profile", params=QUERY, json=items_of(own_text), headers={"Accept-Language": lang})
        names[lang[:2]] = [trait["name"] for trait in response.json()["personality"]]
        assert response.headers["content-language"] == lang[:2]
    assert names["ja"][0] == "開放性" and names["en"][0] == "Openness"


def test_the_purpose_may_stand_in_a_header(client, own_text, problem_of):
    version = {"version": "2017-10-13"}
    problem_of(client.post("/v3/profile", params=version, json=items_of(own_text)), 422, "purpose")
    for purpose, status in (("education", 200), ("hiring", 403)):
        response = client.post(
            "/v3/profile", params=version, json=items_of(own_text), headers={"X-Seikaku-Purpose": purpose}
        )
        assert response.status_code == status


@pytest.mark.parametrize("version", [None, "", "2017", "2017-13-01", "latest"])
def test_the_version_is_a_date(client, problem_of, version):
    query = {"purpose": "research"} | ({} if version is None else {"version": version})
    problem = problem_of(client.post("/v3/profile", params=query, json=items_of("あ")), 422, "fields")
    assert problem["errors"][0]["field"].endswith("version")


@pytest.mark.parametrize("charset", ["", ";charset=utf-8", ";charset=shift_jis", ";charset=UTF-16"])
def test_charsets_are_read(client, own_text, charset):
    codec = charset.partition("=")[2] or "utf-8"
    response = client.post(
        "/v3/profile", params=QUERY, content=own_text.encode(codec), headers={"Content-Type": "text/plain" + charset}
    )
    plain = client.post("/v3/profile", params=QUERY, content=own_text.encode(), headers=PLAIN)
    assert response.json() == plain.json()


@pytest.mark.parametrize(
    ("charset", "body", "status"),
    [
        (";charset=iso-8859-1", "日本語".encode(), 415),
        (";charset=klingon", b"a", 415),
        (";charset=hex", b"61", 415),
        ("", "日本語".encode("shift_jis"), 422),
    ],
)
def test_the_charset_trap_is_told(client, problem_of, charset, body, status):
    response = client.post("/v3/profile", params=QUERY, content=body, headers={"Content-Type": "text/plain" + charset})
    problem = problem_of(response, status, "media-type" if status == 415 else "invalid-request")
    assert "charset=utf-8" in problem["mend"]


def test_what_the_old_service_read_and_we_do_not(client, own_text, problem_of):
    english = {"Content-Language": "en"} | PLAIN
    response = client.post("/v3/profile", params=QUERY, content=own_text.encode(), headers=english)
    problem_of(response, 422, "invalid-request")
    html = items_of("<p>あ</p>", contenttype="text/html")
    problem_of(client.post("/v3/profile", params=QUERY, json=html), 415, "media-type")
    picture = {"Accept": "image/png"} | PLAIN
    response = client.post("/v3/profile", params=QUERY, content=own_text.encode(), headers=picture)
    problem_of(response, 406, "not-acceptable")
    problem_of(client.post("/v3/profile", params=QUERY, json={"contentItems": []}), 422, "fields")
    for created in (10**30, 10**18, -(10**18)):
        late = items_of("あ", created=created)
        problem_of(client.post("/v3/profile", params=QUERY, json=late), 422, "invalid-request")


def test_preferences_are_an_empty_list(client, own_text):
    query = QUERY | {"consumption_preferences": "true"}
    answer = client.post("/v3/profile", params=query, json=items_of(own_text)).json()
    assert answer["consumption_preferences"] == []
