"""Every kind of mistake in both languages: two lines word for word, exit code 2, no traceback, no word of the talk.

A case: the files that lie there, the arguments, what happened and the mend in Japanese, both in English. All talk is
fictional. Names are in Latin letters, so that any Japanese in an English line is ours.
"""

import re
import shutil
from pathlib import Path

import pytest

from seikaku.cli.main import run

# Stands in every input that has text at all: no error may repeat it.
SECRET = "合言葉は秘密の桃缶"
TALK = f"Hanako：おはよう\nTaro：{SECRET}\nHanako：ね\n"
LINE = f'{{"utterances": []}}\n{{"text": "{SECRET}"\n'
ONE = ["a.txt", "--speaker", "Taro"]
FORMATS = ["table", "line-pc", "line", "realpersonachat", "jsonl", "json", "plain"]
SHAPE = (
    '{"conversation_id": "1", "utterances": [{"speaker": "花子", "text": "こんにちは"}]} の形にしてください。',
    'Give it this shape: {"conversation_id": "1", "utterances": [{"speaker": "Hanako", "text": "..."}]}',
)
EXPORT = (
    "会話をテキスト（.txt）、CSV、JSON のどれかで書き出したファイルを指定してください。",
    "Name a file that the conversation was exported to as text (.txt), CSV or JSON.",
)
UTF8 = (
    "メモ帳などで開き、文字コードを UTF-8 にして保存し直してください。",
    "Open it in a text editor and save it as UTF-8.",
)
JSON_MEND = (
    "その場所の引用符・かっこ・カンマを確かめるか、もとのアプリから書き出し直してください。",
    "Check the quotes, brackets and commas there, or export it anew from the app that it came from.",
)
SKIP = (
    " 壊れた行を飛ばすには --skip_bad_lines を付けてください。",
    " To pass over broken lines add --skip_bad_lines.",
)
MODEL = (
    "seikaku fit で作り直すか、--model を省いて同梱モデルを使ってください。",
    "Make it anew with seikaku fit, or leave --model out to use the embedded model.",
)
FIND = (
    "パスとファイル名（空白があれば引用符で囲む）を確かめてください。",
    "Check its path and name (in quotes where it has spaces).",
)
OPEN = ("ファイルの場所と読み取り権限を確かめてください。", "Check where the file is and who may read it.")
NAME_TALK = ("会話の入ったファイルを指定してください。", "Name a file that holds a conversation.")
CHOOSE = (
    "--speaker 名前 で 1 人を選ぶか、--all-speakers で全員を指定してください。",
    "Choose one with --speaker NAME, or all with --all-speakers.",
)
WRITE = ("書き込めるフォルダを出力先に指定してください。", "Name an output in a folder that can be written.")
NAME_IN_IT = ("ファイルの名前まで指定してください。", "Name a file in it.")


def see(verb=""):
    """The mend of a wrong command line."""
    path = f"seikaku {verb}".strip()
    return f"{path} --help で使い方を確かめてください。", f"{path} --help"


ANALYZE = {
    "missing file": ({}, ["none.txt"],
        ("ファイル none.txt が見つかりません。", "There is no file none.txt."), FIND),
    "name too long": ({}, ["x" * 300],
        (f"ファイル {'x' * 300} を開けません（名前が長すぎます）。",
         f"The file {'x' * 300} cannot be opened (the name is too long)."), OPEN),
    "folder without files": ({"empty/.keep": ""}, ["empty"],
        ("フォルダ empty に会話のファイルがありません。", "There is no conversation file in the folder empty."),
        ("会話のファイルが入ったフォルダを指定してください。", "Name a folder that holds conversation files.")),
    "empty file": ({"a.txt": ""}, ["a.txt"],
        ("a.txt は空です（0 バイト）。", "a.txt is empty (0 bytes)."), NAME_TALK),
    "blank file": ({"a.txt": "\n 　\n"}, ["a.txt"],
        ("a.txt には空白しかありません。", "a.txt holds only white space."), NAME_TALK),
    "picture": ({"a.txt": b"\x89PNG\r\n\x1a\n" + SECRET.encode()}, ["a.txt"],
        ("a.txt はテキストではありません（PNG 画像のファイルです）。",
         "a.txt is no text (it is a PNG picture)."), EXPORT),
    "binary": ({"a.txt": b"\x00\x01\x02\x00\xff\xfe" * 50}, ["a.txt"],
        ("a.txt はテキストではありません（バイナリのデータが入っています）。",
         "a.txt is no text (it holds binary data)."),
        EXPORT),
    "damaged UTF-8": ({"a.txt": TALK.encode() * 2 + b"\xff\n" + TALK.encode()}, ["a.txt"],
        ("a.txt は UTF-8 として壊れています（141 バイト目）。", "a.txt is broken as UTF-8 (at byte 141)."),
        (f"もとのアプリから書き出し直すか、{UTF8[0]}",
         f"Export it anew from the app that it came from. Or: {UTF8[1]}")),
    "unknown encoding": ({"a.txt": ("Hanako: " + "привет всем ").encode("koi8-r") * 5}, ["a.txt"],
        ("a.txt の文字コードを判別できません（UTF-8、UTF-16、Shift_JIS ではありません）。",
         "The encoding of a.txt is not known (it is not UTF-8, UTF-16 or Shift_JIS)."), UTF8),
    "unknown format": ({"a.txt": f"{SECRET}。\nただの日記です。\n"}, ["a.txt"],
        ("a.txt の形式がわかりません。", "The format of a.txt is not recognised."),
        (f"--format で {'、'.join(FORMATS)} のどれかを指定するか、「名前：発話」の行にしてください。",
         f"Name one of {', '.join(FORMATS)} with --format, or make it lines of “name: utterance”.")),
    "unknown --format": ({"a.txt": TALK}, ["a.txt", "--format", "docx"],
        ("形式 docx はありません。", "There is no format docx."),
        (f"--format には {'、'.join(FORMATS)} のどれかを指定してください。",
         f"Give --format one of: {', '.join(FORMATS)}.")),
    "broken JSON": ({"a.json": f'{{"utterances": [{{"speaker": "Hanako", "text": "{SECRET}"'}, ["a.json"],
        ("a.json は JSON として壊れています（1 行 58 列）。",
         "a.json is broken as JSON (line 1, column 58)."), JSON_MEND),
    "broken JSON line": ({"a.jsonl": LINE}, ["a.jsonl"],
        ("a.jsonl は JSON として壊れています（2 行 21 列）。",
         "a.jsonl is broken as JSON (line 2, column 21)."), JSON_MEND),
    "JSON without utterances": ({"a.json": f'{{"messages": ["{SECRET}"]}}'}, ["a.json"],
        ('a.json の 1 番目の会話に "utterances" の配列がありません。',
         'Conversation 1 of a.json has no "utterances" array.'),
        SHAPE),
    "utterance without text": ({"a.json": '{"utterances": [{"speaker": "Hanako", "body": "やあ"}]}'}, ["a.json"],
        ('a.json の 1 番目の会話、1 番目の発話に "text"（文字列）がありません。',
         'Utterance 1 of conversation 1 of a.json has no "text" (a string).'), SHAPE),
    "utterance without speaker": ({"a.json": f'{{"utterances": [{{"text": "{SECRET}"}}]}}'}, ["a.json"],
        ('a.json の 1 番目の会話、1 番目の発話に "speaker"（話者の名前）がありません。',
         'Utterance 1 of conversation 1 of a.json has no "speaker" (the speaker\'s name).'), SHAPE),
    "table without a speaker column": ({"a.csv": f"日時,本文\n2024-01-01,{SECRET}\n"}, ["a.csv"],
        ("a.csv に話者の列がありません（1 行目の 2 列を見出しとしました）。",
         "a.csv has no speaker column (the 2 columns of line 1 were its header)."),
        ("1 行目を見出しにし、"
         "話者の列の名前を「speaker」「話者」「発話者」「発言者」「話者名」のどれかにしてください。",
         "Make line 1 a header, with one of these as the name of the speaker column: "
         "speaker, speakername, speakerid, sender, author.")),
    "broken CSV": ({"a.csv": f'speaker,text\nHanako,"{SECRET}" x\n'}, ["a.csv"],
        ("a.csv は CSV として壊れています（2 行目付近の引用符）。", "a.csv is broken as CSV (a quote near line 2)."),
        ('セルの中の " は "" と書き、セル全体を " で囲んでください（Excel の CSV 保存ではそうなります）。',
         'Write a " inside a cell as "" and put the whole cell in " (saving as CSV in Excel does so).')),
    "only stickers": ({"a.txt": "Hanako：[スタンプ]\nTaro：[スタンプ]\nHanako：[写真]\n"}, ["a.txt", "--all-speakers"],
        ("a.txt に発話がありません（除いたもの: スタンプ 2 件、写真 1 件）。",
         "a.txt holds no utterance (left out: stickers 2, photos 1)."),
        ("話した言葉の入ったファイルを指定してください。形式の判定が違うときは --format で指定してください。",
         "Name a file that holds what people said. If the format was taken for another, name it with --format.")),
    "no choice of speaker": ({"a.txt": TALK}, ["a.txt"],
        ("話者が 2 人います: Hanako（2 発話）、Taro（1 発話）。",
         "There are 2 speakers: Hanako (2 utterances), Taro (1 utterance)."), CHOOSE),
    "no choice of speaker in a folder": ({"t/a.txt": TALK, "t/b.txt": TALK}, ["t"],
        ("t/a.txt: 話者が 2 人います: Hanako（2 発話）、Taro（1 発話）。",
         "t/a.txt: There are 2 speakers: Hanako (2 utterances), Taro (1 utterance)."), CHOOSE),
    "unknown speaker": ({"a.txt": TALK}, ["a.txt", "--speaker", "Hanaka"],
        ("話者「Hanaka」はいません。いるのは Hanako（2 発話）、Taro（1 発話）。",
         "There is no speaker “Hanaka”. There are: Hanako (2 utterances), Taro (1 utterance)."),
        ("--speaker Hanako のように、上の名前のどれかを指定してください。",
         "Give one of these names, such as --speaker Hanako.")),
    "speaker in none of the files": ({"t/a.txt": TALK, "t/b.txt": TALK}, ["t", "--speaker", "Jiro"],
        ("話者「Jiro」は 2 件のファイルのどれにもいません。", "The speaker “Jiro” is in none of the 2 files."),
        ("seikaku import ファイル で話者の名前を確かめてください。",
         "See the speakers' names with seikaku import FILE.")),
    "one speaker and all": ({"a.txt": TALK}, [*ONE, "--all-speakers"],
        ("--speaker Taro と --all-speakers が両方指定されています。",
         "Both --speaker Taro and --all-speakers are given."),
        ("どちらか一方だけを指定してください。", "Give one of the two.")),
    "compared with nobody": ({"a.txt": TALK}, ["a.txt", "--compare", "Taro"],
        ("--compare Taro と並べる話者が指定されていません。", "Whom to put beside --compare Taro is not given."),
        ("--speaker 名前 も指定してください。", "Give --speaker NAME too.")),
    "compared with oneself": ({"a.txt": TALK}, [*ONE, "--compare", "Taro"],
        ("--speaker と --compare がどちらも「Taro」です。", "Both --speaker and --compare are “Taro”."),
        ("--compare には別の話者を指定してください。", "Give --compare another speaker.")),
    "compared and all": ({"a.txt": TALK}, ["a.txt", "--all-speakers", "--compare", "Taro"],
        ("--compare と --all-speakers が両方指定されています。", "Both --compare and --all-speakers are given."),
        ("ふたりを並べるときは --speaker 名前 --compare 名前 と指定してください。",
         "To put two side by side, give --speaker NAME --compare NAME.")),
    "compared with somebody unknown": ({"a.txt": TALK}, [*ONE, "--compare", "Jiro"],
        ("話者「Jiro」はいません。いるのは Taro（1 発話）、Hanako（2 発話）。",
         "There is no speaker “Jiro”. There are: Taro (1 utterance), Hanako (2 utterances)."),
        ("--compare Taro のように、上の名前のどれかを指定してください。",
         "Give one of these names, such as --compare Taro.")),
    "compared across files": ({"t/a.txt": TALK, "t/b.txt": TALK}, ["t", "--speaker", "Taro", "--compare", "Hanako"],
        ("--compare は 1 つのファイルの中のふたりを並べますが、ファイルが 2 件あります。",
         "--compare puts two speakers of one file side by side, but there are 2 files."),
        ("ファイルを 1 つだけ指定してください。", "Name one file.")),
    "radar without a report": ({"a.txt": TALK}, [*ONE, "--radar"],
        ("--radar は HTML レポートの図です。", "--radar is a chart of the HTML report."),
        ("--html ファイル も指定するか、--radar を外してください。", "Give --html FILE too, or leave --radar out.")),
    "trend in a CSV": ({"a.txt": TALK}, [*ONE, "--trend", "--csv", "-"],
        ("CSV は話者ごとに 1 行で、--trend と --compare の結果は入りません。",
         "A CSV has one row a speaker, in which --trend and --compare have no place."),
        ("--json か --html ファイル も指定するか、--trend と --compare を外してください。",
         "Give --json or --html FILE too, or leave --trend and --compare out.")),
    "unknown option": ({"a.txt": TALK}, ["a.txt", "--evidense", "3"],
        ("オプション --evidense はありません（近いもの: --evidence）。",
         "There is no option --evidense (near: --evidence)."), see("analyze")),
    "option without its value": ({"a.txt": TALK}, ["a.txt", "--speaker"],
        ("オプション --speaker に値がありません。", "The option --speaker lacks its value."), see("analyze")),
    "value of a flag": ({"a.txt": TALK}, ["a.txt", "--all-speakers=yes"],
        ("オプション --all-speakers は値を取りません。", "The option --all-speakers takes no value."), see("analyze")),
    "no file": ({}, [], ("'パス...' を指定してください。", "'PATH...' is missing."), see("analyze")),
    "unknown language": ({"a.txt": TALK}, ["a.txt", "--lang", "fr"],
        ("'--lang' の値が正しくありません: fr（ja、en のどれかを指定してください）。",
         "'--lang' has a wrong value: fr (choose from ja, en)."), see("analyze")),
    "evidence is no number": ({"a.txt": TALK}, ["a.txt", "--evidence", "-1"],
        ("'--evidence' の値が正しくありません: -1（0 以上の整数を指定してください）。",
         "'--evidence' has a wrong value: -1 (it must be a whole number, 0 or more)."), see("analyze")),
    "two documents on standard output": ({"a.txt": TALK}, ["a.txt", "--json", "--csv", "-"],
        ("使い方が正しくありません: --json と --csv - は同時に使えません（どちらも標準出力に書きます）。",
         "Wrong usage: --json and --csv - do not go together (both write to standard output)."), see("analyze")),
    "missing model": ({"a.txt": TALK}, [*ONE, "--model", "none"],
        ("モデルのフォルダがありません: none", "There is no model folder: none"), MODEL),
    "model folder without a model": ({"a.txt": TALK, "empty/x": ""}, [*ONE, "--model", "empty"],
        ("モデルのフォルダに model.json、model.safetensors がありません: empty",
         "The model's folder has no model.json, model.safetensors: empty"), MODEL),
    "model of another format": (
        {"a.txt": TALK, "m/model.json": '{"format": "other"}', "m/model.safetensors": ""}, [*ONE, "--model", "m"],
        ("このモデルの形式は扱えません（見つかった形式: other）: m",
         "The format of this model is not known (found: other): m"),
        MODEL),
    "report of another kind": ({"a.txt": TALK}, [*ONE, "--html", "report.pdf"],
        ("出力先 report.pdf の拡張子が .pdf です（ここで書けるのは .html、.htm）。",
         "The output report.pdf ends in .pdf (what can be written here: .html, .htm)."),
        ("report.html のように指定してください。", "Name it report.html, for example.")),
    "CSV of another kind": ({"a.txt": TALK}, [*ONE, "--csv", "table.xlsx"],
        ("出力先 table.xlsx の拡張子が .xlsx です（ここで書けるのは .csv、.txt）。",
         "The output table.xlsx ends in .xlsx (what can be written here: .csv, .txt)."),
        ("table.csv のように指定してください。", "Name it table.csv, for example.")),
    "report on standard output": ({"a.txt": TALK}, [*ONE, "--html", "-"],
        ("ここでは - （標準出力）には書けません。", "Standard output (-) cannot be written to here."),
        ("ファイルの名前を指定してください。", "Name a file.")),
    "output over the input": ({"a.csv": "speaker,text\nHanako,やあ\n"}, ["a.csv", "--csv", "./a.csv"],
        ("出力先 a.csv は、読み込むファイルと同じです。", "The output a.csv is the file that is read."),
        ("別の名前を指定してください。", "Name another file.")),
    "output is a folder": ({"a.txt": TALK, "out/x": ""}, [*ONE, "--html", "out"],
        ("出力先 out はフォルダです。", "The output out is a folder."), NAME_IN_IT),
    "output below a file": ({"a.txt": TALK, "x": ""}, [*ONE, "--csv", "x/out.csv"],
        ("x/out.csv に書けません（途中にフォルダでないものがあります）。",
         "x/out.csv cannot be written (a part of its path is no folder)."), WRITE),
    "output name too long": ({"a.txt": TALK}, [*ONE, "--csv", f"{'x' * 300}.csv"],
        (f"{'x' * 300}.csv に書けません（名前が長すぎます）。",
         f"{'x' * 300}.csv cannot be written (the name is too long)."), WRITE),
}  # fmt: skip

BATCH = {
    "broken line": ({"a.jsonl": LINE}, ["a.jsonl", "--out", "out.csv"],
        ("a.jsonl は JSON として壊れています（2 行 21 列）。", "a.jsonl is broken as JSON (line 2, column 21)."),
        (JSON_MEND[0] + SKIP[0], JSON_MEND[1] + SKIP[1])),
    "line that is not UTF-8": ({"a.jsonl": "やあ\n".encode("cp932")}, ["a.jsonl", "--out", "out.csv"],
        ("a.jsonl の 1 行目は UTF-8 ではありません。", "Line 1 of a.jsonl is not UTF-8."),
        (f"ファイルを UTF-8 で保存し直してください。{SKIP[0]}", f"Save the file as UTF-8.{SKIP[1]}")),
    "line without utterances": ({"a.jsonl": '{"messages": []}\n'}, ["a.jsonl", "--out", "out.csv"],
        ('a.jsonl（1 行目） の 1 番目の会話に "utterances" の配列がありません。',
         'Conversation 1 of a.jsonl (line 1) has no "utterances" array.'),
        (SHAPE[0] + SKIP[0], SHAPE[1] + SKIP[1])),
    "missing file": ({}, ["none.jsonl", "--out", "out.csv"],
        ("ファイル none.jsonl が見つかりません。", "There is no file none.jsonl."), FIND),
    "folder": ({"t/a.jsonl": "{}"}, ["t", "--out", "out.csv"],
        ("t はフォルダです。", "t is a folder."),
        ("JSON Lines のファイルを 1 つ指定してください。", "Name one file of JSON Lines.")),
    "no --out": ({"a.jsonl": "{}"}, ["a.jsonl"], ("'--out' を指定してください。", "'--out' is missing."), see("batch")),
    "output of another kind": ({"a.jsonl": "{}"}, ["a.jsonl", "--out", "a.jsonl"],
        ("出力先 a.jsonl の拡張子が .jsonl です（ここで書けるのは .csv、.txt）。",
         "The output a.jsonl ends in .jsonl (what can be written here: .csv, .txt)."),
        ("a.csv のように指定してください。", "Name it a.csv, for example.")),
    "output is a folder": ({"a.jsonl": "{}", "out/x": ""}, ["a.jsonl", "--out", "out"],
        ("出力先 out はフォルダです。", "The output out is a folder."), NAME_IN_IT),
    "no conversation": ({"a.jsonl": '{"utterances": []}\n'}, ["a.jsonl", "--out", "out.csv"],
        ("a.jsonl に発話のある会話がありません。", "a.jsonl has no conversation with an utterance."),
        ("1 行に 1 会話の JSON を入れてください。", "Put one conversation a line in it, as JSON.")),
}  # fmt: skip

OTHERS = {
    "import: too many files": ({"a.txt": TALK}, ["import", "a.txt", "b.txt"],
        ("余分な引数があります: b.txt。", "There are too many arguments: b.txt."), see("import")),
    "import: folder": ({"t/a.txt": TALK}, ["import", "t"],
        ("t はフォルダです。", "t is a folder."),
        ("フォルダの中の会話ファイルを 1 つ指定してください。", "Name one conversation file in it.")),
    "import: below a file": ({"x": ""}, ["import", "x/a.txt"],
        ("ファイル x/a.txt を開けません（途中にフォルダでないものがあります）。",
         "The file x/a.txt cannot be opened (a part of its path is no folder)."), OPEN),
    "unknown verb": ({}, ["analyse"],
        ("コマンド analyse はありません（近いもの: analyze）。",
         "There is no command analyse (near: analyze)."), see()),
    "no verb": ({}, ["--quiet"], ("コマンドを指定してください。", "The command is missing."), see()),
    "download: no number": ({}, ["download", "--nemotron_limit", "many"],
        ("'--nemotron_limit' の値が正しくありません: many（1 以上の整数を指定してください）。",
         "'--nemotron_limit' has a wrong value: many (it must be a whole number from 1)."), see("download")),
    "preprocess: output is a file": ({"x": ""}, ["preprocess", "--out", "x"],
        ("'--out' の値が正しくありません: x はファイルです（フォルダを指定してください）。",
         "'--out' has a wrong value: x is a file (name a folder)."), see("preprocess")),
    "train: stage out of range": ({}, ["train", "--stage", "3"],
        ("'--stage' の値が正しくありません: 3（1 以上 2 以下の整数を指定してください）。",
         "'--stage' has a wrong value: 3 (it must be a whole number from 1 up to 2)."), see("train")),
    "evaluate: unknown part": ({}, ["evaluate", "--split", "train"],
        ("'--split' の値が正しくありません: train（test、validation のどれかを指定してください）。",
         "'--split' has a wrong value: train (choose from test, validation)."), see("evaluate")),
    "evaluate: list of no numbers": ({}, ["evaluate", "--amounts", "a,b"],
        ("'--amounts' の値が正しくありません: a,b（1,3,10 のように数をコンマで並べてください）。",
         "'--amounts' has a wrong value: a,b (it must be numbers with commas between them, such as 1,3,10)."),
        see("evaluate")),
    "evaluate: unknown model": ({}, ["evaluate", "--model", "nothing"],
        ("モデル nothing はありません。", "There is no model nothing."),
        ("ngram、plain-ngram、constant、frozen、"
         "stage 2 の学習結果のフォルダ、「モジュール:関数」のどれかを指定してください。",
         "Name one of ngram, plain-ngram, constant, frozen, a folder that stage 2 has written, or “module:callable”.")),
    "serve: no number": ({}, ["serve", "--port", "many"],
        ("'--port' の値が正しくありません: many（整数を指定してください）。",
         "'--port' has a wrong value: many (it must be a whole number)."), see("serve")),
    "export: no run": ({}, ["export", "--run", "none"],
        ("学習結果のフォルダがありません: none", "There is no folder of a trained run: none"),
        ("python train.py で学習した結果のフォルダを指定してください。",
         "Name a folder that python train.py has written.")),
}  # fmt: skip

CASES = {f"analyze: {name}": (files, ["analyze", *typed], *lines) for name, (files, typed, *lines) in ANALYZE.items()}
CASES |= {f"batch: {name}": (files, ["batch", *typed], *lines) for name, (files, typed, *lines) in BATCH.items()}
CASES |= OTHERS

JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
LATIN = re.compile(r"[A-Za-z][\w-]+")
# Names that Japanese writes in Latin letters, and keys of our formats.
NAMES = set(
    "JSON Lines CSV HTML PNG UTF-8 UTF-16 Shift_JIS Excel stage python train py seikaku analyze import batch fit "
    "frozen ngram plain-ngram constant conversation_id utterances speaker text test validation txt csv html htm ja en "
    "other model json safetensors".split()
) | {*FORMATS}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Each test stands in a folder of its own, so that messages hold short paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lay(here, files):
    """Write the files of a case."""
    for name, content in files.items():
        path = here / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def test_there_are_many_kinds():
    assert len(CASES) >= 25


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("name", CASES)
def test_two_lines_in_one_language(capsys, monkeypatch, here, lang, name):
    files, arguments, message, mend = CASES[name]
    lay(here, files)
    before = sorted(here.rglob("*"))
    monkeypatch.setenv("SEIKAKU_LANG", lang)
    assert run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    happened, try_this = (("エラー", "対処"), ("Error", "Try"))[lang == "en"]
    chosen = lang == "en"
    assert printed.err == f"{happened}: {message[chosen]}\n{try_this}: {mend[chosen]}\n"
    assert "Traceback" not in printed.err and SECRET not in printed.err
    assert sorted(here.rglob("*")) == before  # nothing was written


@pytest.mark.parametrize("name", CASES)
def test_no_word_of_the_other_language(name):
    files, arguments, message, mend = CASES[name]
    japanese, english = (f"{message[lang]} {mend[lang]}" for lang in (0, 1))
    assert JAPANESE.findall(english) == []
    typed = {part for word in (*files, *arguments, "Hanako", "Taro") for part in LATIN.findall(word)}
    written = re.sub(r"--[\w-]+", "", japanese)
    assert {word for word in LATIN.findall(written)} - typed - NAMES == set()


@pytest.mark.parametrize("verb", ["analyze", "batch"])
def test_a_read_only_folder_is_found_out_before_the_work(capsys, here, monkeypatch, verb):
    monkeypatch.setattr("seikaku.cli.writing.os.access", lambda folder, mode: folder != here)
    flag = "--html" if verb == "analyze" else "--out"
    assert run([verb, "none.jsonl", flag, "new/out"]) == 2
    assert (
        capsys.readouterr().err == f"エラー: new/out に書けません（書き込みの権限がありません）。\n対処: {WRITE[0]}\n"
    )
    assert run([verb, "none.jsonl", flag, "new/out", "--lang", "en"]) == 2
    assert capsys.readouterr().err == f"Error: new/out cannot be written (no permission to write).\nTry: {WRITE[1]}\n"


@pytest.mark.parametrize("verb", ["analyze", "batch"])
def test_an_altered_model(capsys, here, trained_model_folder, verb):
    shutil.copytree(trained_model_folder, here / "model")
    weights = here / "model" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    lay(here, {"a.jsonl": f'{{"utterances": [{{"speaker": "Hanako", "text": "{SECRET}"}}]}}'})
    out = ["--out", "out.csv"] if verb == "batch" else []
    assert run([verb, "a.jsonl", *out, "--model", "model"]) == 2
    assert capsys.readouterr().err == (
        f"エラー: モデルの重みが記録と一致しません（破損または改変）: model/model.safetensors\n対処: {MODEL[0]}\n"
    )
    assert not Path("out.csv").exists()


def test_a_full_disk_leaves_nothing_half_written(capsys, monkeypatch, here, trained_model_folder, messages):
    lay(here, {"a.txt": "\n".join(f"Hanako：{text}" for text in messages(30))})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("seikaku.files.os.fsync", full)
    assert run(["analyze", "a.txt", "--html", "r.html", "--model", str(trained_model_folder)]) == 1
    assert capsys.readouterr().err == (
        "エラー: ディスクの空きが足りず、r.html を書けません。\n対処: 空きを作るか、別の出力先を指定してください。\n"
    )
    assert [path.name for path in here.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    ("lang", "lines"),
    [
        ("ja", "エラー: 中断しました。\n対処: もう一度同じコマンドを実行してください。\n"),
        ("en", "Error: Interrupted.\nTry: Run the same command again.\n"),
    ],
)
def test_an_interruption(capsys, monkeypatch, here, lang, lines):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    lay(here, {"a.txt": TALK})
    monkeypatch.setattr("seikaku.cli.reading.read_conversations", interrupt)
    assert run(["import", "a.txt", "--lang", lang]) == 130
    assert capsys.readouterr().err.lstrip("\n") == lines
