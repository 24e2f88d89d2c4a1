"""What the documents say runs: commands and flags exist, files exist, generated parts and figures are fresh."""

import json
import re
import shlex
import subprocess
import sys

import click
import pytest

from seikaku.cli.main import cli
from seikaku.cli.publish import READMES, fill_readme
from seikaku.cli.rooms import UNSAID, fill_rooms, read_sentences

SCRIPT_VERBS = {
    "download_datasets.py": ["download"],
    "preprocess_data.py": ["preprocess"],
    "train.py": ["train"],
    "run_sagemaker.py": ["cloud", "train"],
}
REFERENCES = ("docs/cli.md", "docs/cli.en.md")
FENCE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)|<img[^>]*src=\"([^\"]+)\"")


@pytest.fixture(scope="module")
def documents(tracked_texts):
    """Every Markdown page outside the package, by its path; the generated references apart."""
    return {
        name: text
        for name, text in tracked_texts.items()
        if name.endswith(".md") and not name.startswith("seikaku/") and name not in REFERENCES
    }


def command_lines(text):
    """The shell lines of a page: lines of code blocks, and inline code."""
    blocks = "\n".join(FENCE.findall(text)).replace("\\\n", " ")
    for line in [*blocks.splitlines(), *INLINE.findall(FENCE.sub("", text))]:
        line = line.strip().removeprefix("$ ")
        if line.startswith(("seikaku ", "python ", "make ")):
            yield line


def parse_seikaku(arguments):
    """Raise click.UsageError where click would not accept these flags. Values and files are not looked at."""
    if arguments and arguments[0] == "--debug":
        arguments = arguments[1:]
    if not arguments or arguments[0].startswith("-"):
        return
    with click.Context(cli, info_name="seikaku", **cli.context_settings) as root:
        parse_verb(cli, root, arguments)


def parse_verb(group, parent, arguments):
    """Parse one verb's flags; a group's verb in turn."""
    verb, *rest = arguments or [""]
    command = group.get_command(parent, verb)
    if command is None:
        raise click.UsageError(f"no verb {verb}")
    with click.Context(command, parent, info_name=verb, **command.context_settings) as context:
        if isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            parse_verb(command, context, rest)
        else:
            command.make_parser(context).parse_args(list(rest))


def test_every_command_line_is_one_that_runs(documents, repository):
    targets = set(re.findall(r"^([a-z-]+):", (repository / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    wrong = []
    n_lines = 0
    for name, text in documents.items():
        for line in command_lines(text):
            n_lines += 1
            program, *arguments = shlex.split(line, comments=True)
            try:
                if program == "make":
                    unknown = {word for word in arguments if "=" not in word and not word.startswith("-")} - targets
                    if unknown:
                        raise click.UsageError(f"no target {unknown}")
                elif program == "seikaku":
                    parse_seikaku(arguments)
                elif arguments[0] in SCRIPT_VERBS:
                    parse_seikaku([*SCRIPT_VERBS[arguments[0]], *arguments[1:]])
                elif arguments[0].endswith(".py") and not (repository / arguments[0]).is_file():
                    raise click.UsageError(f"no file {arguments[0]}")
            except click.UsageError as error:
                wrong.append(f"{name}: {line}: {error.message}")
    assert not wrong
    assert n_lines > 10


def test_every_example_and_link_exists(documents, repository):
    missing = []
    for name, text in documents.items():
        folder = (repository / name).parent
        links = [first or second for first, second in LINK.findall(FENCE.sub("", text))]
        files = [folder / link for link in links if not re.match(r"[a-z]+:", link)]
        files += [repository / found for found in re.findall(r"\bexamples/[\w.]+\.\w+", text)]
        missing += [f"{name}: {path.relative_to(repository)}" for path in files if not path.exists()]
    assert not missing


def test_the_reference_is_fresh_in_both_languages(repository, tmp_path):
    # As a process of its own: a command keeps the name of its help flag from whoever looked at it first.
    subprocess.run([sys.executable, "-m", "seikaku.cli.reference", str(tmp_path / "cli.md")], check=True)
    for name in REFERENCES:
        made = (tmp_path / name.removeprefix("docs/")).read_text(encoding="utf-8")
        assert (repository / name).read_text(encoding="utf-8") == made, "run: make docs"
    assert {f"docs/{path.name}" for path in tmp_path.iterdir()} == {*REFERENCES}


@pytest.mark.parametrize("name", READMES)
def test_a_readme_names_the_commands_and_the_measured_figures(documents, name):
    text = documents[name]
    assert "make demo" in text
    assert "make test" in text
    assert all(f"<!-- {table}:begin -->" in text for table in ("accuracy", "amount", "models"))
    assert text == fill_readme(name), "figures come from `seikaku evaluate` only; run: make docs"


def test_a_readme_names_the_norm_group_of_the_model(documents, repository):
    settings = json.loads((repository / "seikaku" / "assets" / "ngram" / "model.json").read_text(encoding="utf-8"))
    n_speakers = settings["calibration"]["norm"]["n_speakers"]
    assert f"話者 {n_speakers} 人" in documents["README.md"]
    assert f"{n_speakers} speakers" in documents["README.en.md"]


def test_python_of_the_readmes_runs(documents, repository):
    (blocks,) = {tuple(PYTHON_BLOCK.findall(documents[name])) for name in READMES}  # the same in both
    assert blocks
    for block in blocks:
        command = [sys.executable, "-X", "utf8", "-c", block]
        result = subprocess.run(command, cwd=repository, capture_output=True, text=True, encoding="utf-8")
        assert result.returncode == 0, result.stderr


def test_the_tree_is_that_of_the_package(documents, modules):
    page = documents["docs/architecture.md"]
    assert page == fill_rooms(page), "run: make docs"
    sentences = read_sentences(page)
    assert {f"seikaku/{module.folder}".rstrip("/") for module in modules.values()} <= set(sentences)
    assert not [room for room, sentence in sentences.items() if not re.search("[ぁ-んァ-ヶ一-龠]", sentence)]
    assert UNSAID not in page, "say in the tree what the new room is"


def test_the_tree_keeps_what_was_written_and_asks_for_what_was_not(tmp_path):
    tree = "house/  家\n    old\n  attic/  屋根裏\n  gone/  もうない"
    page = f"頭\n<!-- rooms:begin -->\n```\n{tree}\n```\n<!-- rooms:end -->\n尾\n"
    for name in ("house/door.py", "house/__init__.py", "house/attic/box.py", "house/attic/bed/x.css"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "house" / "left" / "__pycache__").mkdir(parents=True)
    (tmp_path / "house" / "left" / "__pycache__" / "was.pyc").touch()
    filled = fill_rooms(page, tmp_path / "house")
    assert [line.split() for line in filled.splitlines()] == [
        ["頭"], ["<!--", "rooms:begin", "-->"], ["```"],
        ["house/", "家"], ["door"],
        ["attic/", "屋根裏"], ["box"],
        ["bed/", UNSAID],
        ["```"], ["<!--", "rooms:end", "-->"], ["尾"],
    ]  # fmt: skip
    assert fill_rooms(filled, tmp_path / "house") == filled


def test_every_file_of_the_code_that_a_page_names_exists(documents, repository):
    """By its path in the repository or in the package; capitals stand for a name that the reader chooses."""
    missing = [
        f"{name}: {path}"
        for name, text in documents.items()
        if name != "CHANGELOG.md"  # tells of files as they were
        for path in re.findall(r"`((?:[\w.-]+/)+[\w-]+\.(?:py|j2|yaml))`", text)
        if not re.search("[A-Z]{4}", path)
        and not any((folder / path).exists() for folder in (repository, repository / "seikaku"))
    ]
    assert not missing


def test_no_word_that_promises_too_much(documents):
    promises = re.compile(r"(?<!「)高精度(?!」)|\bhigh[- ]precision\b|\b9\d ?% ?(?:の精度|accura)", re.IGNORECASE)
    texts = {name: text for name, text in documents.items() if name != "CHANGELOG.md"}  # it says what was taken back
    assert not [f"{name}: {match}" for name, text in texts.items() for match in promises.findall(text)]
