"""Every limit is kept while the request is read, and what is too much is refused without harm to the rest."""

import asyncio
import json
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from seikaku.errors import UserError
from seikaku.serving.config import ServeConfig
from seikaku.serving.guards.work import Workplace
from seikaku.serving.requests.problems import OverloadedError, TimeLimitError
from seikaku.serving.requests.uploads import parse_form


def post_raw(url, head, body=b""):
    """What a server answers to bytes, read while it still answers."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        answer = b""
        while b"request_id" not in answer and (chunk := connection.recv(65536)):
            answer += chunk
    return answer.decode()


HEAD = "POST /v1/estimates HTTP/1.1\nHost: localhost\nContent-Type: application/json\n"


def test_a_declared_size_over_the_limit_is_refused_before_it_comes(serve):
    answer = post_raw(serve(max_body_bytes=1_000).url, HEAD + "Content-Length: 1001")
    assert answer.startswith("HTTP/1.1 413") and "上限 1,000 バイト" in answer


def test_an_undeclared_size_over_the_limit_is_refused_while_it_comes(serve):
    chunk = b"258\r\n" + b"x" * 600 + b"\r\n"
    url = serve(max_body_bytes=1_000).url
    answer = post_raw(url, HEAD + "Transfer-Encoding: chunked", chunk * 2)  # the last chunk never comes
    assert answer.startswith("HTTP/1.1 413")


def test_a_body_that_does_not_come_is_not_waited_for(serve):
    answer = post_raw(serve(timeout_seconds=0.2).url, HEAD + "Content-Length: 10", b"{")
    assert answer.startswith("HTTP/1.1 408")


def test_uploads_have_the_same_limit(serve, problem_of):
    url = serve(max_body_bytes=1_000).url
    files = {"file": ("a.txt", b"x" * 900)}
    problem_of(httpx.post(f"{url}/v1/estimates", data={"purpose": "research"}, files=files), 413, "too-large")


@pytest.mark.parametrize("setting", ["max_utterances", "max_chars"])
def test_a_conversation_over_the_limit_is_refused(serve, ask, dialogue, problem_of, dialogue_file, setting):
    n_chars = sum(len(said["text"]) for said in dialogue["utterances"])
    size = {"max_utterances": len(dialogue["utterances"]), "max_chars": n_chars}[setting]
    assert httpx.post(f"{serve(**{setting: size}).url}/v1/estimates", json=ask()).status_code == 200
    url = serve(**{setting: size - 1}).url
    problem_of(httpx.post(f"{url}/v1/estimates", json=ask()), 413, "too-large")
    files = {"file": ("a.json", dialogue_file.read_bytes())}
    fields = {"purpose": "research", "speaker": "花子"}
    problem_of(httpx.post(f"{url}/v1/estimates", data=fields, files=files), 413, "too-large")
    items = {"contentItems": [{"content": said["text"]} for said in dialogue["utterances"]]}
    query = {"version": "2017-10-13", "purpose": "research"}
    problem_of(httpx.post(f"{url}/v3/profile", params=query, json=items), 413, "too-large")


def test_work_over_the_time_limit_is_given_up(serve, slow_down, ask, problem_of):
    running = serve(timeout_seconds=2)
    slow = slow_down(running)
    with httpx.Client(base_url=running.url) as client:
        problem_of(client.post("/v1/estimates", json=ask()), 504, "time-limit")
        line = json.dumps(ask()).encode()
        batch = client.post("/v1/batch", content=line, headers={"Content-Type": "application/jsonlines"})
        assert batch.json()["error"]["status"] == 504
        slow.go_on.set()
        assert client.post("/v1/estimates", json=ask()).status_code == 200


def test_more_than_can_wait_is_sent_away_and_the_rest_is_served(serve, slow_down, ask, problem_of):
    running = serve(max_concurrent=1, max_waiting=1)
    slow = slow_down(running)
    with httpx.Client(base_url=running.url, timeout=30) as client, ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(insist, client, ask()) for _ in range(2)]
        assert slow.begun.acquire(timeout=10)
        refused = wait_for_503(client, ask())
        problem_of(refused, 503, "overloaded")
        assert refused.headers["retry-after"] == "1"
        assert client.get("/health").status_code == 200  # the event loop is free
        slow.go_on.set()
        assert [one.result().status_code for one in waiting] == [200, 200]
        assert client.post("/v1/estimates", json=ask()).status_code == 200


def insist(client, request):
    """Sent again when ``wait_for_503`` took the place in the queue first."""
    for _ in range(200):
        if (answer := client.post("/v1/estimates", json=request)).status_code != 503:
            break
        time.sleep(0.05)
    return answer


def wait_for_503(client, request):
    """The first refusal: the second of the waiting requests may still be on its way."""
    for _ in range(50):
        try:
            return client.post("/v1/estimates", json=request, timeout=0.5)
        except httpx.ReadTimeout:
            continue
    raise AssertionError("nothing was refused")


def test_a_request_in_hand_is_finished_when_the_server_stops(serve, slow_down, ask):
    running = serve()
    slow = slow_down(running)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(httpx.post, f"{running.url}/v1/estimates", json=ask(), timeout=30)
        assert slow.begun.acquire(timeout=10)
        running.server.should_exit = True
        threading.Timer(0.5, slow.go_on.set).start()
        assert waiting.result().status_code == 200
    running.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{running.url}/health")


def test_a_stream_in_hand_is_finished_after_the_signal(start_process, tmp_path, ask):
    (tmp_path / "served").mkdir()
    line = json.dumps(ask()).encode() + b"\n"
    with start_process(tmp_path / "served") as running:

        async def talk():
            said = asyncio.Event()

            async def lines():
                yield line
                await said.wait()
                yield line

            async with httpx.AsyncClient(timeout=30) as client:
                request = client.build_request(
                    "POST",
                    f"{running.url}/v1/batch",
                    content=lines(),
                    headers={"Content-Type": "application/jsonlines"},
                )
                sending = asyncio.create_task(client.send(request))
                await asyncio.sleep(0.5)
                running.process.send_signal(signal.SIGTERM)
                await asyncio.sleep(0.5)
                said.set()
                return (await sending).text

        answers = [json.loads(found) for found in asyncio.run(talk()).splitlines()]
        assert ["result" in answer for answer in answers] == [True, True]
        assert running.process.wait(timeout=20) == 0


def test_a_workplace_has_places_for_so_many(serve):
    workplace = Workplace(serve().app.state.workplace.estimator, ServeConfig(max_concurrent=1, max_waiting=1))
    go_on = threading.Event()

    async def crowd():
        results = await asyncio.gather(
            *(workplace.run(go_on.wait, 5) for _ in range(3)), open_later(), return_exceptions=True
        )
        return results[:3]

    async def open_later():
        await asyncio.sleep(0.1)
        go_on.set()

    first, second, third = asyncio.run(crowd())
    assert first is True and second is True and isinstance(third, OverloadedError)
    workplace.close()


def test_work_that_ran_out_of_time_keeps_its_place_until_it_ends(serve):
    config = ServeConfig(max_concurrent=1, max_waiting=0, timeout_seconds=0.1)
    workplace = Workplace(serve().app.state.workplace.estimator, config)
    go_on = threading.Event()

    async def work():
        with pytest.raises(TimeLimitError, match=r"0\.1 秒"):
            await workplace.run(go_on.wait, 5)
        with pytest.raises(OverloadedError):
            await workplace.run(len, "")
        go_on.set()
        await asyncio.sleep(0.1)
        return await workplace.run(len, "abc")

    assert asyncio.run(work()) == 3
    workplace.close()


@pytest.mark.parametrize("name", ["port", "max_body_bytes", "timeout_seconds", "max_concurrent", "max_waiting"])
def test_settings_out_of_range_are_refused(name):
    with pytest.raises(UserError, match=f"--{name} -1 は使えません"):
        ServeConfig(**{name: -1})


def test_a_form_with_very_many_parts_is_refused():
    body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 101 + b"--x--\r\n"
    with pytest.raises(UserError, match="100 個より多く"):
        parse_form(body, "multipart/form-data; boundary=x")


def test_a_form_is_taken_apart_byte_for_byte():
    data = bytes(range(256)) * 5_000
    request = httpx.Request("POST", "http://a", data={"名": "値"}, files={"file": ("話.txt", data)})
    form = parse_form(request.read(), request.headers["content-type"])
    assert form.fields == {"名": ["値"]}
    assert [(file.name, file.data) for file in form.files["file"]] == [("話.txt", data)]
