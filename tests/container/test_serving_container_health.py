"""/ping tells the truth: 503 when every thread has hung for longer than a request may take, 200 again afterwards."""

import threading
import time

import pytest
from starlette.testclient import TestClient

from seikaku.serving.app import build_app
from seikaku.serving.config import ServeConfig
from seikaku.serving.requests.problems import TimeLimitError


@pytest.fixture
def app():
    return build_app(ServeConfig(timeout_seconds=0.05, max_concurrent=1))


@pytest.mark.filterwarnings("ignore:Using `httpx`:Warning")
def test_a_hung_worker_pool_is_no_healthy_container(app):
    release = threading.Event()
    workplace = app.state.workplace
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.get("/ping").status_code == 200
        with pytest.raises(TimeLimitError):
            client.portal.call(workplace.run, release.wait)
        while not workplace.is_stuck:
            time.sleep(0.01)
        answer = client.get("/ping")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:seikaku:problem:overloaded")
        release.set()
        while workplace.is_stuck:
            time.sleep(0.01)
        assert client.get("/ping").status_code == 200


def test_work_that_takes_its_time_is_no_hang():
    app = build_app(ServeConfig(timeout_seconds=60, max_concurrent=1))
    release = threading.Event()
    with TestClient(app, base_url="http://127.0.0.1") as client:
        running = client.portal.start_task_soon(app.state.workplace.run, release.wait)
        assert client.get("/ping").status_code == 200
        release.set()
        assert running.result() is True
