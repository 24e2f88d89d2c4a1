"""The text and the names of a request are nowhere afterwards: not on disk, not in a log, not in the metrics."""

import json

import httpx
import pytest

MARKER = "シルシ"
FOLDED = "\\u30b7\\u30eb\\u30b7"  # the marker as JSON may escape it
ASCII_MARKER = "shirushi42"
LINES = {"Content-Type": "application/jsonlines"}


@pytest.fixture
def marked(dialogue):
    """The conversation with the markers in every text, name and id."""
    said = [
        {"speaker": f"{one['speaker']}{MARKER}{ASCII_MARKER}", "text": f"{one['text']}{MARKER}{ASCII_MARKER}"}
        for one in dialogue["utterances"]
    ]
    return {"conversation_id": MARKER + ASCII_MARKER, "utterances": said}


def send_everything(client, marked):
    """Good and failing requests to every route; returns their statuses."""
    name = marked["utterances"][0]["speaker"]
    good = {"purpose": "research", "speaker": name, "conversation": marked}
    query = {"version": "2017-10-13", "purpose": "research"}
    file = ("kaiwa-" + ASCII_MARKER + ".json", json.dumps(marked, ensure_ascii=False).encode())
    big = ("kaiwa.txt", f"花子：{MARKER}{ASCII_MARKER}\n".encode() * 60_000)  # form libraries spool from 1 MB on
    fields = {"purpose": "research", "speaker": name}
    page = {"purpose": "research", "speakers": json.dumps([name]), "consent": "yes", "lang": "ja"}
    answers = []
    for request in (
        good,
        good | {"purpose": "hiring"},
        good | {"purpose": MARKER + ASCII_MARKER},
        good | {"speaker": MARKER + ASCII_MARKER},
        good | {MARKER + ASCII_MARKER: 1},
        {
            "purpose": "research",
            "conversation": {"utterances": [{"speaker": name, "text": f"[{MARKER}{ASCII_MARKER}"}]},
        },
    ):
        answers.append(client.post("/v1/estimates", json=request))
        answers.append(client.post("/invocations", json=request))
        answers.append(client.post("/v1/batch", content=json.dumps(request).encode(), headers=LINES))
        answers.append(client.post("/invocations", content=json.dumps(request).encode(), headers=LINES))
    answers.append(client.post("/v1/estimates", data=fields, files={"file": file}))
    answers.append(client.post("/v1/estimates", data={"purpose": "research"}, files={"file": big}))
    torn = {"Content-Type": f"multipart/form-data; boundary={ASCII_MARKER}"}
    answers.append(client.post("/v1/estimates", content=f"--{MARKER}\r\n".encode(), headers=torn))
    answers.append(client.post("/v1/estimates", data=fields | {ASCII_MARKER: "1"}, files={"file": file}))
    answers.append(client.post("/v1/estimates", content=(MARKER + ASCII_MARKER).encode() * 1_000_000))
    for texts in ([one["text"] for one in marked["utterances"]], [ASCII_MARKER]):
        items = {"contentItems": [{"content": text, "id": ASCII_MARKER} for text in texts]}
        answers.append(client.post("/v3/profile", params=query, json=items))
        plain = {"Content-Type": "text/plain;charset=utf-8"}
        answers.append(client.post("/v3/profile", params=query, content="\n".join(texts).encode(), headers=plain))
    answers.append(client.post("/v3/profile", params=query | {"version": ASCII_MARKER}, json=items))
    for part in (file, big):
        answers.append(client.post("/page/read", files={"files": part}))
        answers.append(client.post("/page/report", data=page, files={"files": part}))
    answers.append(
        client.get(f"/{ASCII_MARKER}?{ASCII_MARKER}={ASCII_MARKER}", headers={"X-Request-ID": MARKER.encode()})
    )
    return [answer.status_code for answer in answers]


def test_the_marker_is_found_nowhere(start_process, tmp_path, marked):
    folder = tmp_path / "served"
    folder.mkdir()
    with start_process(folder) as running:
        with httpx.Client(base_url=running.url, timeout=60) as client:
            statuses = send_everything(client, marked)
            metrics = client.get("/metrics").text
        assert statuses.count(200) >= 20 and {403, 404, 415, 422} <= set(statuses)
        assert not set(statuses) & {500, 503, 504}
        written = [path for path in folder.rglob("*") if path.is_file()]
        open_files = [link.readlink() for link in _file_links(running.process.pid)]
    log = running.log()
    events = [json.loads(line)["event"] for line in log.splitlines()]  # whoever wrote it: a library too
    assert events.count("request") > len(statuses) and "library" in events
    for text in (log, metrics):
        assert not any(marker in text for marker in (MARKER, FOLDED, ASCII_MARKER))
    assert written == []
    assert not [path for path in open_files if path.is_relative_to(folder)]  # not even an unlinked one


def _file_links(pid):
    from pathlib import Path

    return list(Path(f"/proc/{pid}/fd").iterdir()) if Path("/proc").is_dir() else []


def test_large_uploads_make_no_temporary_file(serve, monkeypatch):
    import tempfile

    def refuse(*arguments, **keywords):
        raise AssertionError("a temporary file was made")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    url = serve().url
    big = f"花子：{MARKER}\n".encode() * 100_000
    response = httpx.post(
        f"{url}/v1/estimates", data={"purpose": "research"}, files={"file": ("a.txt", big)}, timeout=60
    )
    assert response.status_code == 200
