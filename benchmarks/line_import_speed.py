"""How fast LINE's exports are imported, and how much memory that takes. Effects: a temporary folder; prints.

    python benchmarks/line_import_speed.py [--messages 200000] [--runs 5] [--peers PYTHON]

The exports are generated (fictional, written for this file): four speakers, stickers, photos, calls, bodies of several
lines, nine years of days. Each run is a fresh process; its figure is the CPU time of the reading alone, and the best
of the runs counts. ``--peers`` is the interpreter of an environment that holds linelog2py and whatstk (``python -m
venv peers && peers/bin/pip install linelog2py whatstk``). linelog2py reads the phone's export; whatstk does
not read LINE, so both get the same talk in WhatsApp's form.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

SPEAKERS = ("花子", "山田 太郎", "Ken", "ゆき🌸")
WHEN = "今日 昨日 さっき 明日 来週 この前 朝から 夕方 週末は 帰り道で 寝る前に 先月 たまに 毎晩 雨の日は".split()
WHAT = (
    "カレー 映画 自転車 植木鉢 図書館の本 新しい靴 隣の猫 パン屋さん 古い写真 電車 宿題 編み物 将棋 ピアノ 朝顔 水族館 "
    "手紙 会議 洗濯物 おみやげ 地図 弟 先生 鍋"
).split()
HOW = (
    "が気になって を見つけたよ がなかなか終わらない を半分こした のことで迷ってる を直してもらった を三つも買った "
    "は思ったより大きかった のほうが好きかも を忘れてきちゃった に誘われた がようやく届いた は苦手なんだ"
).split()
END = "！ 。 笑 ね〜 … かな？ よね けどね と思う んだよ らしい… だって！ 😊 かも。 ー！ なあ".split()
SHORT = (
    "うん 了解 ありがとう！ おはよう www えっ そうなの？ いいね はーい おやすみ ごめん なるほど OK 笑 たしかに".split()
)
WEEKDAYS = "月火水木金土日"
N_DAYS = 9 * 365
SIZES = (10_000, 100_000, 1_000_000)

Talk = list[tuple[datetime, str, str, str]]  # when, who, what kind, body


def make_talk(n_messages: int) -> Talk:
    """A talk of nine years, or of fewer where 20 messages a day suffice."""
    generator = random.Random(0)
    gap = min(72.0, N_DAYS * 24 * 60 / n_messages)
    clock, talk = datetime(2015, 4, 1, 8, 0), []
    for _ in range(n_messages):
        clock += timedelta(minutes=generator.expovariate(1 / gap))
        talk.append((clock, generator.choice(SPEAKERS), *_make_body(generator)))
    return talk


def _sentence(generator: random.Random) -> str:
    words = "".join(generator.choice(kind) for kind in (WHEN, WHAT, HOW, END))
    return words + "".join(generator.choice(kind) for kind in (WHAT, HOW, END)) if generator.random() < 0.3 else words


def _make_body(generator: random.Random) -> tuple[str, str]:
    drawn = generator.random()
    if drawn < 0.15:
        return "text", generator.choice(SHORT)
    if drawn < 0.82:
        return "text", _sentence(generator)
    if drawn < 0.86:
        return "text", "\n".join(_sentence(generator) for _ in range(generator.randrange(2, 6)))
    if drawn < 0.87:
        return "text", f"{_sentence(generator)}(emoji)"
    if drawn < 0.88:
        return "text", f"https://example.com/articles/{generator.randrange(10**6)}"
    if drawn < 0.89:
        return "call", f"{generator.randrange(60)}:{generator.randrange(60):02}"
    if drawn < 0.892:
        return "unsent", ""
    return generator.choice((("sticker", "スタンプ"), ("sticker", "スタンプ"), ("photo", "写真"), ("video", "動画")))


def write_phone(talk: Talk) -> Iterator[str]:
    """The lines of a phone's export."""
    yield from ("[LINE] みんなのトーク履歴", "保存日時：2024/05/14 22:00")
    day = None
    for when, who, kind, body in talk:
        if when.date() != day:
            day = when.date()
            yield from ("", f"{day:%Y/%m/%d}({WEEKDAYS[day.weekday()]})")
        if kind == "unsent":
            yield f"{when:%H:%M}\t\t{who}がメッセージの送信を取り消しました"
        elif kind == "call":
            yield f"{when:%H:%M}\t{who}\t☎ 通話時間 {body}"
        elif kind == "text":
            yield f'{when:%H:%M}\t{who}\t"{body}"' if "\n" in body else f"{when:%H:%M}\t{who}\t{body}"
        else:
            yield f"{when:%H:%M}\t{who}\t[{body}]"


def write_pc(talk: Talk) -> Iterator[str]:
    """The lines of a PC's export."""
    yield from ("[LINE] みんなのトーク履歴", "保存日時：2024/05/14 22:00")
    day = None
    for when, who, kind, body in talk:
        if when.date() != day:
            day = when.date()
            yield from ("", f"{day:%Y.%m.%d} {WEEKDAYS[day.weekday()]}曜日")
        if kind == "unsent":
            yield f"{when:%H:%M} {who}がメッセージの送信を取り消しました"
        else:
            yield f"{when:%H:%M} {who} {'☎ 通話時間 ' if kind == 'call' else ''}{body}"


def write_whatsapp(talk: Talk) -> Iterator[str]:
    """The lines of the same talk as WhatsApp exports it."""
    texts = {"call": "音声通話", "unsent": "このメッセージは削除されました", "text": ""}
    for when, who, kind, body in talk:
        yield f"{when:%Y/%m/%d %H:%M} - {who}: {texts.get(kind, '<メディアは含まれていません>') or body}"


WRITERS: dict[str, Callable[[Talk], Iterator[str]]] = {
    "line": write_phone,
    "line-pc": write_pc,
    "whatsapp": write_whatsapp,
}


def read_ours(path: Path, format_name: str) -> Callable[[], int]:
    """Our import, as the shell does it: the format is recognised."""
    from seikaku.conversation.readers import parse_conversations

    data = path.read_bytes()

    def run() -> int:
        report = parse_conversations(data, name=path.name).report
        assert report.format == format_name, report.format
        return report.n_utterances

    return run


def read_linelog2py(path: Path, _: str) -> Callable[[], int]:
    """The peer for a phone's export."""
    import linelog2py  # type: ignore[import-not-found]

    return lambda: len(linelog2py.Reader.readFile(str(path)))


def read_whatstk(path: Path, _: str) -> Callable[[], int]:
    """The peer for WhatsApp's export."""
    from whatstk import df_from_whatsapp  # type: ignore[import-not-found]

    return lambda: len(df_from_whatsapp(str(path), hformat="%Y/%m/%d %H:%M - %name:"))


READ = {"seikaku": read_ours, "linelog2py": read_linelog2py, "whatstk": read_whatstk}


def measure_here(tool: str, path: Path, format_name: str) -> None:
    """In the child process: print CPU seconds, peak memory in MB (before the reading too), and how much was read."""
    run = READ[tool](path, format_name)
    peak_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    n_read = run()
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak": peak / 1024, "before": peak_before / 1024, "n": n_read}))


def write_here(folder: Path, n_messages: int) -> None:
    """In the child process: write the talk in every form."""
    talk = make_talk(n_messages)
    for name, write in WRITERS.items():
        with (folder / f"{name}.txt").open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in write(talk))


def write_exports(folder: Path, n_messages: int) -> None:
    """Write the exports in another process: this one stays small, as its peak would count for its children."""
    subprocess.run([sys.executable, __file__, "--write", str(folder), str(n_messages)], check=True)


def measure(python: str, tool: str, path: Path, format_name: str, n_runs: int) -> dict[str, float]:
    """The run with the least CPU time, each in a fresh process."""
    command = [python, "-X", "utf8", __file__, "--child", tool, str(path), format_name]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(n_runs)]
    best: dict[str, float] = min(runs, key=lambda run: run["seconds"])
    return best


def has_module(python: str, module: str) -> bool:
    """Whether an interpreter finds a module."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", code], check=False).returncode == 0


def compare(folder: Path, python: str, n_messages: int, n_runs: int) -> None:
    """Messages a second of ours, and of each peer that is installed."""
    write_exports(folder, n_messages)
    print(f"{n_messages} messages, best of {n_runs} runs, CPU time of reading bytes into conversations")
    ours: dict[str, float] = {}
    for name in WRITERS:
        best = measure(sys.executable, "seikaku", folder / f"{name}.txt", name, n_runs)
        ours[name] = n_messages / best["seconds"]
        print(f"seikaku     {name:9} {ours[name]:9,.0f} messages/s  ({best['seconds']:.2f} s, kept {best['n']})")
    for tool, name in (("linelog2py", "line"), ("whatstk", "whatsapp")):
        if not has_module(python, tool):
            print(
                f"{tool:11} {name:9} NOT INSTALLED in {python}: no comparison (pip install {tool} in a venv, --peers)"
            )
            continue
        best = measure(python, tool, folder / f"{name}.txt", name, n_runs)
        theirs = n_messages / best["seconds"]
        print(
            f"{tool:11} {name:9} {theirs:9,.0f} messages/s  ({best['seconds']:.2f} s, read {best['n']})  "
            f"ratio seikaku / {tool} on {name}: {ours[name] / theirs:.2f}"
        )


def tabulate_memory(folder: Path) -> None:
    """Peak memory by size, each in a fresh process."""
    print(f"{'messages':>9}  format     file MB  peak MB  (before reading)  bytes/message")
    for n_messages in SIZES:
        write_exports(folder, n_messages)
        for name in ("line", "line-pc"):
            path = folder / f"{name}.txt"
            run = measure(sys.executable, "seikaku", path, name, 1)
            each = (run["peak"] - run["before"]) * 2**20 / n_messages
            size = path.stat().st_size / 2**20
            print(f"{n_messages:9,}  {name:8} {size:9.1f} {run['peak']:8.0f}  {run['before']:17.0f} {each:14.0f}")


def main() -> None:
    """Generate, time in fresh processes, print."""
    if len(sys.argv) == 5 and sys.argv[1] == "--child":
        measure_here(sys.argv[2], Path(sys.argv[3]), sys.argv[4])
        return
    if len(sys.argv) == 4 and sys.argv[1] == "--write":
        write_here(Path(sys.argv[2]), int(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peers", default=sys.executable, help="interpreter that has linelog2py and whatstk")
    parser.add_argument("--no-memory", action="store_true", help="leave out the table of memory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), options.peers, options.messages, options.runs)
        if not options.no_memory:
            tabulate_memory(Path(folder))


if __name__ == "__main__":
    main()
