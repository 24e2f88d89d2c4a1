"""Help text in a terminal's cells: nothing is lost, nothing is too wide, no line begins with a closing mark."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.cli.cells import count_cells, wrap, wrap_paragraphs
from seikaku.cli.main import run

WIDTH = 30
WORDS = st.lists(
    st.sampled_from(["会話", "から", "、", "推定する。", "seikaku", " ", "（既定: 1）", "40", "%"]), max_size=30
)


def test_japanese_takes_two_cells():
    assert (count_cells("abc"), count_cells("会話"), count_cells("ｱｲ"), count_cells("（a）")) == (3, 4, 2, 5)


@given(WORDS.map("".join))
def test_wrapping_keeps_the_text_and_the_width(text):
    lines = wrap(text, WIDTH)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    for line in lines:
        assert not re.match("[、。）]", line) or line == lines[0]
        is_one_unit = len(wrap(line, 1)) == 1  # marks may follow each other without an end
        assert count_cells(line) <= WIDTH or is_one_unit


def test_paragraphs_stay_apart_and_lines_under_the_sign_stay_as_they_are():
    text = "一行目は\nここまで。\nabc\ndef\n\n\b\n例: a\n    b\n\n終わり"
    assert list(wrap_paragraphs(text, 80)) == ["一行目はここまで。 abc def", "", "例: a", "    b", "", "終わり"]


@pytest.mark.parametrize("columns", ["60", "80"])
@pytest.mark.parametrize("verb", ["analyze", "batch", "evaluate", "serve"])
def test_help_fits_the_terminal_and_its_columns_are_straight(capsys, monkeypatch, verb, columns):
    monkeypatch.setenv("COLUMNS", columns)
    assert run([verb, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    options = lines[lines.index("オプション:") + 1 :]
    assert max(map(count_cells, options)) <= int(columns)
    starts = {
        count_cells(found[0])
        for line in options
        if (found := re.match(r"  -\S+(?:, --\S+)?(?: \S+)? {2,}(?=\S)", line))
    }
    assert len(starts) == 1
