"""How long, and with how much memory, very large and hostile files are read or refused. Effects: a folder; prints.

    python benchmarks/bounds.py [NAME ...]

Each file is made (fictional), given to ``seikaku import`` and, if that reads it, to ``seikaku analyze``, each a fresh
process. CPU seconds, and the peak of resident memory in MiB. Names: see FILES; none means all (10 minutes).
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from line_import_speed import SPEAKERS, Talk, make_talk, write_pc, write_phone, write_whatsapp

_HEAD = "[LINE] 花子とのトーク履歴\n保存日時：2024/05/14 22:00\n\n2024/05/14(火)\n"
_TWO = "10:00\t花子\tうん\n10:01\t花子\t"
_UNSEEN = "10:00\t花\u200b子\t\u202eうん\u2066\u200f\n"


def _lines(n_messages: int, write: Callable[[Talk], Iterator[str]]) -> Iterator[bytes]:
    return (f"{line}\n".encode() for line in write(make_talk(n_messages)))


def _texts(n_messages: int) -> Iterator[tuple[int, str, str, str]]:
    """Number, ISO time, speaker and words of each spoken message."""
    for number, (when, who, kind, body) in enumerate(make_talk(n_messages)):
        if kind == "text":
            yield number, when.isoformat(), who, body


def _discord(n_messages: int) -> Iterator[bytes]:
    authors = {
        who: {"id": str(10**17 + n), "name": f"user{n}", "nickname": who, "isBot": False, "discriminator": "0000",
              "roles": [{"id": "1", "name": "member", "color": "#FFFFFF", "position": 1}],
              "avatarUrl": f"https://cdn.example.com/avatars/{10**17 + n}/abcdef0123456789abcdef.png?size=512"}
        for n, who in enumerate(SPEAKERS)
    }  # fmt: skip
    lists = {key: [] for key in ("attachments", "embeds", "stickers", "reactions", "mentions", "inlineEmojis")}
    yield '{"guild":{"id":"1","name":"庭"},"channel":{"id":"2","name":"雑談"},"messages":[\n'.encode()
    for number, when, who, text in _texts(n_messages):
        message = {"id": str(10**18 + number), "type": "Default", "timestamp": f"{when}+09:00", "timestampEdited": None,
                   "isPinned": False, "content": text, "author": authors[who], **lists}  # fmt: skip
        yield f"{',' if number else ''}{json.dumps(message, ensure_ascii=False, indent=1)}\n".encode()
    yield f'],"messageCount":{n_messages}}}'.encode()


def _json_lines(n_messages: int) -> Iterator[bytes]:
    said: list[dict[str, str]] = []
    for number, when, who, text in _texts(n_messages):
        said.append({"speaker": who, "text": text, "timestamp": when})
        if len(said) == 100:
            talk = {"conversation_id": str(number), "utterances": said}
            yield f"{json.dumps(talk, ensure_ascii=False)}\n".encode()
            said = []


def _csv(n_messages: int) -> Iterator[bytes]:
    yield b"speaker,text,timestamp\n"
    for _, when, who, text in _texts(n_messages):
        yield f'{who},"{text}",{when}\n'.encode()


def _vtt(n_messages: int) -> Iterator[bytes]:
    yield b"WEBVTT\n\n"
    for number, _, who, text in _texts(n_messages):
        hours, rest = divmod(number, 3600)
        at = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
        yield f"{at}.000 --> {at}.900\n<v {who}>{' '.join(text.split())}</v>\n\n".encode()


def _mixed() -> Iterator[bytes]:
    yield (_HEAD + "10:00\t花子\tうん\n" * 50_000).encode()
    yield "11:00\t花子\tうん\n".encode("cp932") * 50_000


FILES: dict[str, Callable[[], Iterator[bytes]]] = {
    "line": lambda: _lines(1_000_000, write_phone),
    "line-pc": lambda: _lines(1_000_000, write_pc),
    "whatsapp": lambda: _lines(1_000_000, write_whatsapp),
    "discord": lambda: _discord(300_000),
    "jsonl": lambda: _json_lines(1_000_000),
    "csv": lambda: _csv(1_000_000),
    "vtt": lambda: _vtt(200_000),
    "line-200MB": lambda: _lines(3_000_000, write_phone),
    "blank lines, 20 million": lambda: iter([b"\n" * 20_000_000, _HEAD.encode()]),
    "one line of 50 MB": lambda: iter(["あ".encode() * 17_000_000]),
    "one message of 50 MB": lambda: iter([f"{_HEAD}{_TWO}".encode(), "あいう".encode() * 5_600_000]),
    "JSON, 5 million deep": lambda: iter([b"[" * 5_000_000]),
    "JSON objects, 2 million deep": lambda: iter([b'{"messages":' * 2_000_000, b"1", b"}" * 2_000_000]),
    "quotes that never close, 10 MB": lambda: iter([(_HEAD + '10:00\t花子\t"あのね\n' * 400_000).encode()]),
    "a name of 17 MB": lambda: iter([f"{_HEAD}10:00\t{'花' * 5_700_000}\tうん\n10:01\t花子\tうん\n".encode()]),
    "NUL": lambda: iter([(_HEAD + "10:00\t花子\tうん\n").encode(), b"\0" * 1_000_000]),
    "UTF-8, then Shift_JIS": _mixed,
    "zero-width and right-to-left": lambda: iter([(_HEAD + _UNSEEN * 300_000).encode()]),
}  # fmt: skip


def run(verb: str, *arguments: str) -> tuple[int, float, float, str]:
    """Exit code, CPU seconds, peak in MiB, and the first line printed or told."""
    with tempfile.TemporaryFile() as told:
        child = subprocess.Popen([sys.executable, "-m", "seikaku", verb, *arguments], stdout=told, stderr=told)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        lines = told.read(4000).decode(errors="replace").split("\n")
    return child.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, lines[0]


def main() -> None:
    """Print a row for each file, or write one: in a child process, as the peak of this one would count for others."""
    if sys.argv[1:2] == ["--write"]:
        with Path(sys.argv[3]).open("wb") as file:
            file.writelines(FILES[sys.argv[2]]())
        return
    print(f"{'file':32}{'MB':>6}  import: exit  CPU s  MiB   analyze: exit  CPU s  MiB   told")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "talk.txt"
        for name in sys.argv[1:] or FILES:
            target = path.with_suffix(".vtt") if name == "vtt" else path
            subprocess.run([sys.executable, __file__, "--write", name, str(target)], check=True)
            code, seconds, peak, told = run("import", str(target))
            row = f"{name:32}{target.stat().st_size / 1e6:6.0f}  {code:12} {seconds:6.1f} {peak:4.0f}"
            if code == 0:
                code, seconds, peak, told = run("analyze", str(target), "--speaker", "花子")
                row += f"  {code:13} {seconds:6.1f} {peak:4.0f}"
            print(f"{row:86} {told.replace(folder, '…')[:70] if code else ''}", flush=True)
            target.unlink()


if __name__ == "__main__":
    main()
