"""What stands before every route: hosts, sites, keys, headers, request ids, logs and metrics."""

import base64
import json
import re
import time

import httpx
import pytest

KEY = "s3cret-キー"


def wait_until(condition, seconds=10):
    """The last value of ``condition()``, once it is true or the time is up: a request is logged after its answer."""
    ends = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < ends:
        time.sleep(0.05)
    return value


def test_every_answer_has_the_security_headers(client, ask):
    answers = [
        client.get("/"),
        client.get("/health"),
        client.get("/nothing"),
        client.post("/v1/estimates", json=ask()),
        client.post("/v1/estimates", json={}),
        client.post("/v1/batch", content=b"", headers={"Content-Type": "application/jsonlines"}),
    ]
    for response in answers:
        headers = response.headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy
        script_rule = next((rule for rule in policy.split(";") if "script-src" in rule), "")
        assert "unsafe" not in script_rule
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


@pytest.mark.parametrize("given", ["abc-123", "A.b_c", "x" * 64])
def test_a_sane_request_id_is_kept(client, given):
    assert client.get("/health", headers={"X-Request-ID": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "a/b"])
def test_another_request_id_is_replaced(client, given):
    found = client.get("/health", headers={"X-Request-ID": given}).headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", found)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[::1", "10.0.0.1"])
def test_a_foreign_host_is_refused_on_loopback(client, problem_of, host):
    problem_of(client.get("/v1/model", headers={"Host": host}), 421, "host")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8080", "LOCALHOST:80"])
def test_names_of_this_machine_pass(client, host):
    assert client.get("/v1/model", headers={"Host": host}).status_code == 200


def test_any_host_passes_where_all_may_come(serve):
    running = serve(host="0.0.0.0")
    assert httpx.get(f"{running.url}/v1/model", headers={"Host": "seikaku.example"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
    ],
)
def test_another_site_may_not_post(client, ask, problem_of, headers):
    problem_of(client.post("/v1/estimates", json=ask(), headers=headers), 403, "cross-site")


def test_our_own_page_may_post(client, ask):
    own = str(client.base_url).rstrip("/")
    for headers in ({"Origin": own}, {"Sec-Fetch-Site": "same-origin", "Origin": own}, {"Sec-Fetch-Site": "none"}):
        assert client.post("/v1/estimates", json=ask(), headers=headers).status_code == 200


def test_a_key_is_asked_for_everywhere_but_for_health(serve, ask, problem_of):
    url = serve(api_key=KEY).url
    with httpx.Client(base_url=url) as client:
        assert client.get("/health").status_code == client.get("/ping").status_code == 200
        for path in ("/", "/v1/model", "/metrics", "/openapi.json", "/static/page.js", "/nothing"):
            refused = client.get(path)
            problem_of(refused, 401, "api-key")
            assert "Basic" in refused.headers["www-authenticate"]
        problem_of(client.post("/v1/estimates", json=ask()), 401, "api-key")


def test_a_right_key_opens_in_each_of_its_forms(serve):
    url = serve(api_key=KEY).url
    raw = KEY.encode()
    basic = base64.b64encode(b"anyone:" + raw)
    for name, value in (("Authorization", b"Bearer " + raw), ("X-API-Key", raw), ("Authorization", b"Basic " + basic)):
        assert httpx.get(f"{url}/v1/model", headers=[(name.encode(), value)]).status_code == 200
    wrong = base64.b64encode(b"anyone:" + raw[:-1])
    for name, value in (
        ("Authorization", b"Bearer " + raw[:-1]),
        ("Authorization", raw),
        ("Authorization", b"Basic " + wrong),
        ("Authorization", b"Basic \xff\xfe"),
        ("X-API-Key", b""),
    ):
        assert httpx.get(f"{url}/v1/model", headers=[(name.encode(), value)]).status_code == 401
    described = httpx.get(f"{url}/openapi.json", headers=[(b"x-api-key", raw)]).json()
    assert set(described["components"]["securitySchemes"]) == {"bearer", "header"}
    assert described["paths"]["/health"]["get"]["security"] == []


def test_logs_are_json_with_templates_only(server, client, ask):
    client.post("/v1/estimates?speaker=himitsu", json=ask(), headers={"X-Request-ID": "log-test-1"})
    client.get("/himitsu/himitsu?himitsu=1", headers={"X-Request-ID": "log-test-2"})
    client.request("HIMITSU", "/health", headers={"X-Request-ID": "log-test-3"})
    wait_until(lambda: "log-test-3" in server.log())
    records = [json.loads(line) for line in server.log().splitlines()]
    found = {record["request_id"]: record for record in records if record.get("request_id", "").startswith("log-test-")}
    shown = [(one["method"], one["route"], one["status"]) for one in found.values()]
    assert shown == [("POST", "/v1/estimates", 200), ("GET", "unmatched", 404), ("OTHER", "/health", 405)]
    assert all(record["duration_ms"] >= 0 and record["event"] == "request" for record in found.values())
    assert "himitsu" not in server.log().lower()


def test_metrics_count_requests_and_statuses(client, ask):
    def figures():
        text = client.get("/metrics").text
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}

    before = figures()
    answer = client.post("/v1/estimates", json=ask()).json()
    counted = 'seikaku_http_request_seconds_count{method="POST",route="/v1/estimates"}'
    wait_until(lambda: figures()[counted] > before.get(counted, 0))
    after = figures()

    def grown(name):
        return after[name] - before.get(name, 0)

    assert grown('seikaku_http_requests_total{method="POST",route="/v1/estimates",status="200"}') == 1
    assert grown(counted) == 1
    for key, estimate in answer["traits"].items():
        assert grown(f'seikaku_trait_estimates_total{{status="{estimate["status"]}",trait="{key}"}}') == 1
    assert after["seikaku_http_requests_in_flight"] == 1  # the one that asks


def test_an_error_of_ours_says_nothing_of_its_cause(serve, ask, problem_of, capfd):
    running = serve()

    class Broken:
        def estimate(self, *arguments, **keywords):
            raise RuntimeError("himitsu")

    running.app.state.workplace.estimator = Broken()
    with httpx.Client(base_url=running.url) as client:
        problem = problem_of(client.post("/v1/estimates", json=ask()), 500, "internal")
        line = json.dumps(ask()).encode()
        lines = client.post("/v1/batch", content=line, headers={"Content-Type": "application/jsonlines"})
    assert lines.json()["error"]["status"] == 500
    captured = capfd.readouterr()
    assert "himitsu" not in json.dumps(problem) + lines.text + captured.err + captured.out


@pytest.mark.parametrize("path", ["/", "/docs", "/health", "/ping", "/v1/model", "/v1/schema", "/openapi.json", "/x"])
def test_head_answers_as_get_without_a_body(client, server, path):
    asked = client.get(path)
    answered = client.head(path, headers={"X-Request-ID": "head-test"})
    assert (answered.status_code, answered.content) == (asked.status_code, b"")
    assert answered.headers.get("content-type") == asked.headers["content-type"]
    wait_until(lambda: "head-test" in server.log())
    (record, *_) = (json.loads(line) for line in server.log().splitlines() if "head-test" in line)
    assert record["method"] == "HEAD"


def test_head_of_what_takes_a_post_is_refused(client):
    assert client.head("/v1/estimates").status_code == 405
