"""The example notebook runs from top to bottom on a clean kernel, without network, and shows what it speaks of."""

import re
import warnings
from pathlib import Path

import nbformat
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NOTEBOOK = EXAMPLES / "quickstart.ipynb"
# Python code of the kernel may open no connection at all; the kernel's own channels are not Python sockets' connects.
NO_NETWORK = """
import socket
def _refuse(*_):
    raise AssertionError("the notebook reached for the network")
socket.socket.connect = socket.socket.connect_ex = _refuse
socket.create_connection = socket.getaddrinfo = _refuse
"""


@pytest.fixture(scope="module")
def committed():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def executed(committed):
    """Cell id -> its outputs, after the whole notebook ran on a kernel of this interpreter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other people's event loops
        from nbclient import NotebookClient

        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(NO_NETWORK), *committed.cells])
        client = NotebookClient(
            book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(EXAMPLES)}}
        )
        client.execute()
    return {cell["id"]: cell["outputs"] for cell in book.cells if cell["cell_type"] == "code"}


def shown(outputs, kind="text/html"):
    (result,) = [output for output in outputs if output["output_type"] == "execute_result"]
    return result["data"][kind]


def test_it_is_committed_without_outputs(committed):
    nbformat.validate(committed)
    code = [cell for cell in committed.cells if cell["cell_type"] == "code"]
    assert code
    assert not [cell["id"] for cell in code if cell["outputs"] or cell["execution_count"]]


def test_it_says_that_the_talk_is_fictional_and_what_it_is_not_for(committed):
    text = "".join(cell["source"] for cell in committed.cells if cell["cell_type"] == "markdown")
    assert "架空" in text
    assert "採用・人事評価、与信、保険" in text
    assert "高いとも低いとも言えません" in text


def test_it_runs_without_an_error_and_without_noise(executed):
    kinds = {output["output_type"] for outputs in executed.values() for output in outputs}
    assert kinds == {"execute_result"}  # no error, and nothing on either stream


def test_the_bars_are_shown_with_their_alternative_text(executed):
    html = shown(executed["estimate"])
    assert len(re.findall(r'<svg class="chart ', html)) == 5
    assert "<title" in html and "80%区間" in html
    assert "<script" not in html
    assert "花子" in shown(executed["estimate"], "text/plain")


def test_the_tables_hold_five_traits_and_both_speakers(executed):
    assert shown(executed["table"]).count("<tr") == 1 + 5
    assert shown(executed["speakers"]).count('<svg class="chart ') == 10
    pivot = shown(executed["speakers-table"])
    assert "花子" in pivot and "太郎" in pivot and "開放性" in pivot


def test_too_little_text_is_withheld_and_more_is_not(executed):
    html = shown(executed["amount"])
    assert "withheld" in html and "low_evidence" in html
    assert "too_little_text" in html
    assert shown(executed["text"]).count("chart-withheld") >= 5


def test_a_mistake_is_answered_in_japanese(executed):
    answer = shown(executed["error"], "text/plain")
    assert "話者が 2 人います" in answer
    assert 'speaker="名前"' in answer


def test_the_exports_are_written_and_nothing_is_left_behind(executed):
    assert shown(executed["export"], "text/plain") == "['estimates.csv', 'estimates.json', 'report.html']"
    assert not list(EXAMPLES.glob("*.html"))
