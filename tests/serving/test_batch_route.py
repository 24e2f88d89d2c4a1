"""POST /v1/batch and /invocations: a line for a line, whatever the lines are, in bounded memory."""

import asyncio
import json
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from seikaku.errors import UserError
from seikaku.serving.answers.schema import BatchLine
from seikaku.serving.config import ServeConfig
from seikaku.serving.requests.problems import TooLargeError
from seikaku.serving.v1.streaming import LineReader

LINES = {"Content-Type": "application/jsonlines"}


def send_lines(client, path, *lines):
    body = "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
    response = client.post(path, content=body.encode(), headers=LINES)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/jsonlines"
    answers = [json.loads(line) for line in response.text.splitlines()]
    for answer in answers:
        BatchLine.model_validate(answer)
    return answers


@pytest.mark.parametrize("path", ["/v1/batch", "/invocations"])
def test_a_bad_line_stops_nothing(client, ask, path):
    answers = send_lines(client, path, ask(), "{", "", ask(purpose="hiring"), "  ", ask(speaker="次郎"), ask())
    assert [answer["line"] for answer in answers] == [1, 2, 4, 6, 7]
    assert [answer.get("error", {}).get("status", 200) for answer in answers] == [200, 422, 403, 422, 200]
    assert answers[0]["result"] == answers[-1]["result"]


def test_a_line_is_answered_as_a_request_is(client, ask):
    alone = client.post("/v1/estimates", json=ask()).json()
    assert send_lines(client, "/v1/batch", ask())[0]["result"] == alone


def test_an_empty_body_has_no_answers(client):
    assert send_lines(client, "/v1/batch") == []


def test_invocations_takes_json_as_estimates_does(client, ask):
    alone = client.post("/v1/estimates", json=ask()).json()
    assert client.post("/invocations", json=ask()).json() == alone


def test_much_more_than_fits_in_one_chunk_comes_back_in_order(client, ask):
    answers = send_lines(client, "/v1/batch", *[ask(n_evidence=0)] * 150)
    assert [answer["line"] for answer in answers] == list(range(1, 151))
    assert all(answer["result"] == answers[0]["result"] for answer in answers)


def test_a_line_over_the_limit_is_its_own_error(serve, ask):
    url = serve(max_body_bytes=8_000).url
    line = json.dumps(ask(), ensure_ascii=False)
    assert len(line.encode()) > 8_000
    with httpx.Client(base_url=url) as client:
        short = ask(conversation={"utterances": [{"speaker": "花子", "text": "おはよう"}]})
        answers = send_lines(client, "/v1/batch", short, line, short, line)
    assert [answer.get("error", {}).get("status", 200) for answer in answers] == [200, 413, 200, 413]


def test_a_line_that_does_not_come_ends_the_stream(serve, ask):
    url = serve(timeout_seconds=2).url
    line = json.dumps(ask()).encode() + b"\n"

    async def answer():
        async def dawdle():
            yield line
            await asyncio.sleep(5)

        async with httpx.AsyncClient() as client:
            response = await client.post(f"{url}/v1/batch", content=dawdle(), headers=LINES)
        return [json.loads(found) for found in response.text.splitlines()]

    answers = asyncio.run(answer())
    assert "result" in answers[0]
    assert [found["error"]["status"] for found in answers[1:]] == [408]


def read_all(chunks, max_body_bytes=1_000):
    """What the reader makes of a body that comes in these chunks."""
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})

    async def collect():
        async def receive():
            await asyncio.sleep(0)
            return waiting.pop(0)

        request = Request({"type": "http", "headers": [], "app": SimpleNamespace()}, receive)
        reader = LineReader(request, ServeConfig(max_body_bytes=max_body_bytes))
        return [item async for item in reader.lines()]

    return asyncio.run(collect())


@settings(max_examples=60)
@given(lines=st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")), max_size=12), data=st.data())
def test_lines_are_the_same_however_the_body_is_cut(lines, data):
    body = b"\n".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    found = read_all(pieces)
    expected = [(number, line) for number, line in enumerate(body.split(b"\n"), start=1)]
    if not expected[-1][1]:
        expected.pop()
    assert found == expected


def test_it_reads_ahead_of_the_work_but_not_without_end():
    n_read = 0

    async def receive():
        nonlocal n_read
        n_read += 1
        return {"type": "http.request", "body": b"x" * 99 + b"\n", "more_body": True}

    async def dawdle():
        reader = LineReader(Request({"type": "http", "headers": []}, receive), ServeConfig(max_body_bytes=1_000))
        lines = reader.lines()
        await anext(lines)
        for _ in range(100):
            await asyncio.sleep(0)
        await lines.aclose()

    asyncio.run(dawdle())
    assert 10 <= n_read <= 13  # the limit holds 10 chunks; one is at work, one was at the door


def test_a_line_without_end_is_not_kept():
    found = read_all([b"a\n", *[b"x" * 400] * 50, b"\nb"])
    assert [number for number, _ in found] == [1, 2, 3]
    assert found[0][1] == b"a" and found[2][1] == b"b"
    assert isinstance(found[1][1], TooLargeError) and isinstance(found[1][1], UserError)
