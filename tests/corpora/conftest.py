"""A tiny RealPersonaChat-like archive, Nemotron-like rows and a loopback server. All names and texts are fictional.

The builders are plain functions: a test elsewhere loads them with ``runpy.run_path(this file)["write_archive"]``.
"""

import csv
import json
import os
import random
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from seikaku.corpora import download
from seikaku.corpora.nemotron import COLUMNS
from seikaku.corpora.realpersonachat import BIG_FIVE_FIELDS, OTHER_SCALES

TOP = "real-persona-chat-tiny"
DATA = f"{TOP}/real_persona_chat"

Members = dict[str, bytes]


def tiny_members(n_speakers: int = 12, n_dialogues: int = 30, seed: int = 0) -> Members:
    """Member path -> bytes of a sound archive: speakers ZA, ZB, ...; the last one never talks."""
    draw = random.Random(seed)
    ids = [f"Z{chr(ord('A') + i)}" for i in range(n_speakers)]
    speakers = {
        speaker: {
            "interlocutor_id": speaker,
            "persona": ["架空の人物です。"],
            "personality": {field: round(draw.uniform(2, 6), 3) for field in BIG_FIVE_FIELDS.values()}
            | {scale: round(draw.uniform(*limits), 3) for scale, limits in OTHER_SCALES.items()},
            "demographic_information": {"gender": draw.choice(["Female", "Male"]), "age": "30-39"},
        }
        for speaker in ids
    }
    members = {f"{TOP}/VERSION": b"1.0.0\n", f"{DATA}/interlocutors.json": to_json(speakers)}
    for number in range(1, n_dialogues + 1):
        pair = [ids[number % (n_speakers - 1)], ids[(number * 5 + 1 + number // 7) % (n_speakers - 1)]]
        if pair[0] == pair[1]:
            pair[1] = ids[(number + 1) % (n_speakers - 1)]
        members[f"{DATA}/dialogues/{number:05d}.json"] = to_json(tiny_dialogue(number, pair, draw))
    return members


def tiny_dialogue(number: int, pair: list[str], draw: random.Random) -> dict[str, Any]:
    """Six turns of made-up small talk."""
    topics, verbs = ("散歩", "料理", "読書", "温泉", "自転車"), ("をしました", "が好きです", "に行きたいです")
    utterances = [
        {
            "utterance_id": turn,
            "interlocutor_id": pair[turn % 2],
            "text": f"{draw.choice(topics)}{draw.choice(verbs)}。",
            "timestamp": "NaT" if turn == 5 else f"2022-08-01T10:{turn:02d}:00.500000",
        }
        for turn in range(6)
    ]
    return {"dialogue_id": number, "interlocutors": pair, "utterances": utterances, "evaluations": []}


def to_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def write_archive(path: Path, members: Members, comment: bytes = b"", compression: int = zipfile.ZIP_DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.comment = comment
    return path


def tiny_personas(n_rows: int) -> list[dict[str, str]]:
    """Rows like those of Nemotron-Personas-Japan: all 22 columns, as text."""
    rows = []
    for number in range(n_rows):
        row = {column: f"架空 花子{number}は、{column}について語る。" for column in COLUMNS}
        row |= {"uuid": f"{number:032x}", "sex": "女男"[number % 2], "age": str(20 + number % 60)}
        row |= {"occupation": "事務員", "region": "関東地方", "area": "東日本", "country": "日本"}
        row |= {"skills_and_expertise_list": "['経理', '接客']", "hobbies_and_interests_list": "['散歩']"}
        rows.append(row)
    return rows


def write_personas_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def members() -> Members:
    return tiny_members()


@pytest.fixture
def tiny_archive(tmp_path: Path) -> Path:
    return write_archive(tmp_path / "given" / "tiny.zip", tiny_members())


@pytest.fixture
def tiny_csv(tmp_path: Path) -> Path:
    return write_personas_csv(tmp_path / "given" / "personas.csv", tiny_personas(25))


class LoopbackServer(ThreadingHTTPServer):
    """Serves ``files`` with ranges and ETags; can cut the connection, refuse ranges, or answer a fault first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.etag = '"v1"'
        self.has_ranges = True
        self.cut_after: list[int] = []  # bytes to send before hanging up, one entry a request
        self.faults: list[int] = []  # statuses to answer first, one a request
        self.requests: list[dict[str, str]] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LoopbackServer

    def do_GET(self) -> None:
        server = self.server
        server.requests.append({"path": self.path} | dict(self.headers.items()))
        body = server.files.get(self.path.lstrip("/").partition("?")[0])
        if server.faults or body is None:
            self._send(server.faults.pop(0) if server.faults else 404, b"", {})
            return
        wanted = self.headers.get("Range") if server.has_ranges else None
        if wanted is None or self.headers.get("If-Range", server.etag) != server.etag:
            self._send(200, body, {"ETag": server.etag})
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, stop = int(first), int(last or len(body) - 1) + 1
        if start >= len(body):
            self._send(416, b"", {})
            return
        content_range = f"bytes {start}-{stop - 1}/{len(body)}"
        self._send(206, body[start:stop], {"ETag": server.etag, "Content-Range": content_range})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.cut_after and status < 300:
            self.wfile.write(body[: self.server.cut_after.pop(0)])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    monkeypatch.setattr(download, "BACKOFF_SECONDS", 0.0)
    with LoopbackServer() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def no_progress() -> Callable[[str, int, int | None], None]:
    return lambda label, n_done, n_total: None


@pytest.fixture(scope="session")
def shared_data() -> Path:
    default = Path(__file__).parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("SEIKAKU_SHARED_DATA", default))
    if not (folder / "real-persona-chat-dev.zip").is_file():
        pytest.skip(f"development data not found in {folder} (set SEIKAKU_SHARED_DATA)")
    return folder
