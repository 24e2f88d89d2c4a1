"""How fast `seikaku serve` answers, whether its memory stays flat, and what it does when overloaded. Loopback only.

    python benchmarks/serve_load.py [--requests 20000] [--connections 4] [--overload-connections 200] [--model FOLDER]

One server process, its own client in this process (asyncio, kept-alive connections), one generated conversation of 30
messages (fictional) to POST /v1/estimates. Beside it the plain way: ``Estimator.estimate`` of the same conversation in
this process, so that the cost of HTTP, JSON and the checks shows; and that estimate without evidence. Client and server
share the machine's cores.
Effects: starts and stops the server, prints. Linux only (memory is read from /proc).
"""

import argparse
import asyncio
import json
import random
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from analyze_speed import END, HOW, SPEAKERS, WHAT, WHEN

from seikaku.conversation.turns import Conversation, Utterance
from seikaku.inference.estimator import Estimator
from seikaku.model.ngram.folder import EMBEDDED_FOLDER

N_MESSAGES = 30
N_WARM_UP = 500
N_COMPARED = 300
OVERLOAD_SECONDS = 10.0
SECONDS_TO_START = 60


def build_conversation() -> Conversation:
    """30 messages of two people, about 20 characters a message."""
    generator = random.Random(0)
    utterances = tuple(
        Utterance(SPEAKERS[turn % 2], "".join(generator.choice(words) for words in (WHEN, WHAT, HOW, WHAT, HOW, END)))
        for turn in range(N_MESSAGES)
    )
    return Conversation("1", utterances)


def build_request(conversation: Conversation, port: int) -> bytes:
    """The whole HTTP request."""
    said = [{"speaker": utterance.speaker, "text": utterance.text} for utterance in conversation.utterances]
    document = {
        "purpose": "research",
        "speaker": SPEAKERS[0],
        "conversation": {"conversation_id": conversation.conversation_id, "utterances": said},
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    head = f"POST /v1/estimates HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@contextmanager
def run_server(model: Path) -> Iterator[tuple[int, int]]:
    """A server on a free port, as (process id, port); stopped in order at the end."""
    command = [sys.executable, "-m", "seikaku", "serve", "--port", "0", "--model", str(model)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()  # "... http://127.0.0.1:PORT/ ..."
        yield process.pid, int(line.split("http://127.0.0.1:")[1].split("/")[0])
        process.send_signal(signal.SIGTERM)
        print(f"stop: exit code {process.wait(60)}")
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """One connection; waits for a server that is still starting."""
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
    try:
        yield reader, writer
    finally:
        writer.close()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    """Send one request and read its whole answer; returns the status."""
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head[9:12])


async def send_many(port: int, request: bytes, n_requests: int, n_connections: int) -> tuple[list[float], float]:
    """Seconds of each request, and of all; every answer must be 200."""
    left = n_requests
    seconds: list[float] = []

    async def work() -> None:
        nonlocal left
        async with connect(port) as streams:
            while left > 0:
                left -= 1
                start = time.perf_counter()
                status = await ask(*streams, request)
                seconds.append(time.perf_counter() - start)
                if status != 200:
                    raise SystemExit(f"the server answered {status}")

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(n_connections)))
    return seconds, time.perf_counter() - start


async def overload(port: int, request: bytes, n_connections: int) -> Counter[str]:
    """Answers by status while many connections ask without a pause; "closed" is a connection that the server cut."""
    counts: Counter[str] = Counter()
    deadline = time.monotonic() + OVERLOAD_SECONDS

    async def work() -> None:
        while time.monotonic() < deadline:
            try:
                async with connect(port) as streams:
                    while time.monotonic() < deadline:
                        counts[str(await ask(*streams, request))] += 1
            except (ConnectionError, asyncio.IncompleteReadError):
                counts["closed"] += 1

    await asyncio.gather(*(work() for _ in range(n_connections)))
    return counts


async def compare(
    port: int, request: bytes, conversation: Conversation, model: Path
) -> tuple[list[float], list[float], list[float]]:
    """Seconds of each estimate here, without evidence, and over one connection, in turn: a busy moment hits all."""
    estimator = Estimator.load(model)
    plain: list[float] = []
    bare: list[float] = []
    served: list[float] = []
    async with connect(port) as streams:
        for _ in range(N_COMPARED):
            first = time.perf_counter()
            estimator.estimate([conversation], SPEAKERS[0], n_evidence=0)
            start = time.perf_counter()
            bare.append(start - first)
            estimator.estimate([conversation], SPEAKERS[0])
            middle = time.perf_counter()
            status = await ask(*streams, request)
            served.append(time.perf_counter() - middle)
            plain.append(middle - start)
            assert status == 200, status
    return plain, bare, served


def resident_megabytes(pid: int) -> float:
    """Resident memory of a process now."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


def describe(seconds: list[float]) -> str:
    """Percentiles in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    p50, p95, p99 = (1000 * cuts[rank - 1] for rank in (50, 95, 99))
    return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms"


def main() -> None:
    """Start the server, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--overload-connections", type=int, default=200)
    parser.add_argument("--model", type=Path, default=EMBEDDED_FOLDER)
    options = parser.parse_args()
    conversation = build_conversation()
    with run_server(options.model) as (pid, port):
        request = build_request(conversation, port)
        asyncio.run(send_many(port, request, N_WARM_UP, options.connections))
        plain, bare, served = asyncio.run(compare(port, request, conversation, options.model))
        ratio = statistics.median(served) / statistics.median(plain)
        print(f"in process: {describe(plain)}")
        print(f"in process, n_evidence 0: {describe(bare)}")
        print(f"HTTP, 1 connection: {describe(served)}; ratio {ratio:.1f} (median, HTTP / in process)")
        before = resident_megabytes(pid)
        seconds, total = asyncio.run(send_many(port, request, options.requests, options.connections))
        print(f"HTTP, {options.connections} connections: {describe(seconds)}; {len(seconds) / total:.0f} requests/s")
        after = resident_megabytes(pid)
        print(
            f"memory: {before:.1f} MB before, {after:.1f} MB after {len(seconds)} requests ({after - before:+.1f} MB)"
        )
        counts = asyncio.run(overload(port, request, options.overload_connections))
        shown = ", ".join(f"{status}: {count}" for status, count in sorted(counts.items()))
        print(f"overload, {options.overload_connections} connections for {OVERLOAD_SECONDS:.0f} s: {shown}")
        again, _ = asyncio.run(send_many(port, request, 100, 1))
        print(f"afterwards: 100 of 100 answered, {describe(again)}; {resident_megabytes(pid):.1f} MB")


if __name__ == "__main__":
    main()
