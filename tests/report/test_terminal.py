"""The table fits 80 columns, needs no colour, and lets nothing through that could disturb a terminal."""

import io
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from seikaku.inference.evidence import Evidence
from seikaku.report.terminal.estimates import render_table
from seikaku.report.terminal.wrapping import shorten_cells, wrap_cells
from seikaku.report.words.description import figure_label, figure_value
from seikaku.report.words.facts import say_found, say_reading
from seikaku.report.words.labels import LABELS
from seikaku.report.words.standing import name_wording
from seikaku.report.words.texts import LANGS, format_range
from seikaku.report.words.unlikeness import say_unlikeness
from seikaku.traits import TRAITS


def print_table(estimates, *, lang="ja", width=80, encoding="utf-8", color_system=None, **options):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict", newline="\n")
    console = Console(file=stream, width=width, color_system=color_system, force_terminal=color_system is not None)
    console.print(render_table(estimates, lang=lang, **options))
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("width", [40, 60, 72, 80, 200])
@pytest.mark.parametrize("sample", ["mixed", "described", "all_crossing", "all_withheld"])
def test_fits_every_width_with_every_number_whole(request, sample, width, lang, import_report):
    estimates = request.getfixturevalue(sample)
    output = print_table(estimates, lang=lang, width=width, report=import_report, n_evidence=3)
    lines = output.splitlines()
    assert max(map(cell_len, lines)) <= width
    assert "\x1b" not in output
    heading = LABELS[lang]["evidence"]
    table = lines[: lines.index(heading)] if heading in lines else lines
    for trait in TRAITS:
        assert sum(line.split("  ")[0] == trait.name(lang) for line in table) == 1
        estimate = estimates.traits[trait.key]
        if estimate.t_score is not None:
            low, high = estimate.interval_80.low_t, estimate.interval_80.high_t
            whole = format_range(f"{low:.1f}", f"{high:.1f}", lang)
            for number in (f"{estimate.t_score:.1f}", whole, f"{estimate.accuracy.r:.2f}"):
                assert any(number in line for line in table)  # on one line


@pytest.mark.parametrize("lang", LANGS)
def test_both_layers_and_both_facts_are_there(described, lang):
    output = " ".join(print_table(described, lang=lang, width=200).split())
    for trait in TRAITS:
        estimate = described.traits[trait.key]
        assert say_found(estimate, lang) in output and say_reading(estimate, lang) in output
        assert (name_wording(trait, lang) in output) == (estimate.language is not None)
    assert output.index(LABELS[lang]["traits"]) < output.index(LABELS[lang]["language"])
    for figure in described.description.figures:
        if figure.value is not None:
            assert f"{figure_label(figure.key, lang)} {figure_value(figure, lang)}" in output
    assert " ".join(say_unlikeness(described.unlikeness, lang).split()) in output
    first = (
        "知らない駅 40%・展示 20%・ほかの表現 40%" if lang == "ja" else "知らない駅 40%, 展示 20%, other wording 40%"
    )
    assert first in " ".join(print_table(described, lang=lang, width=200, n_evidence=2).split())


def test_what_is_unread_in_all_traits_is_said_once(all_withheld):
    output = print_table(all_withheld)
    assert output.count("読み取れません") == 1 and "言えることはない" not in output


def test_says_what_it_rests_on(mixed, import_report):
    output = print_table(mixed, report=import_report)
    for words in ("会話 12・発話 178・4,120字", "57.8", "50.6～70.2", "弱く読み取れる", "読み取れない", "ngram-ja-test",
                  "3f9c2a7b", "184人", "スタンプ", "採用", "性格の証拠ではありません"):  # fmt: skip
        assert words in output
    assert "3f9c2a7be" not in output


def test_a_band_is_heavy_only_off_the_mean_and_holds_its_dot(mixed):
    rows = {trait.key: "" for trait in TRAITS}
    for line in print_table(mixed, n_evidence=0).splitlines():
        for trait in TRAITS:
            if line.startswith(f"{trait.name_ja} "):
                rows[trait.key] = line
    assert "╍" in rows["openness"] and rows["openness"].index("╎") < rows["openness"].index("◉")
    assert "╌" in rows["conscientiousness"] and "╍" not in rows["conscientiousness"]
    assert rows["extraversion"].index("◉") < rows["extraversion"].index("╎")
    assert "◉" not in rows["agreeableness"] and "╌" not in rows["agreeableness"]
    # The range before reading shows where the one after does not cover it.
    assert "⋅" in rows["agreeableness"] and "⋅" in rows["openness"]


def test_evidence_of_withheld_traits_is_not_shown(mixed):
    item = Evidence("talk-1", 0, "見せない発話です", 0.5)
    traits = mixed.traits | {"agreeableness": replace(mixed.traits["agreeableness"], evidence=(item,))}
    assert "見せない発話" not in print_table(replace(mixed, traits=traits), n_evidence=5)


def test_number_of_evidence_lines_follows_the_option(mixed):
    def quotes(n_evidence):
        return print_table(mixed, n_evidence=n_evidence).count("「")

    assert (quotes(0), quotes(1), quotes(2)) == (0, 8, 13)


def test_prints_where_the_terminal_is_not_unicode(mixed):
    output = print_table(mixed, encoding="cp932")
    assert "o" in output and "◉" not in output


@given(text=st.text(max_size=120), speaker=st.text(max_size=40))
def test_hostile_names_and_texts_stay_on_their_line(mixed, text, speaker):
    item = Evidence("talk-1", 0, "\x1b[31m[bold]" + text, 0.5)
    traits = mixed.traits | {"openness": replace(mixed.traits["openness"], evidence=(item,))}
    output = print_table(replace(mixed, traits=traits, speaker=speaker + "\x1b]0;x\x07"), encoding="utf-8")
    assert "\x1b" not in output and "\x07" not in output
    assert max(cell_len(line) for line in output.splitlines()) <= 80


def test_is_deterministic(mixed):
    assert print_table(mixed) == print_table(mixed)


def test_colour_changes_no_word(mixed):
    coloured = print_table(mixed, color_system="truecolor")
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == print_table(mixed)


@given(st.text(st.sampled_from("あ漢ア、。（）「」ー・abc 5,%"), max_size=200), st.integers(20, 80))
def test_wrapping_keeps_every_character_and_the_width(text, width):
    lines = wrap_cells(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    unbroken = max((cell_len(part) for part in text.split()), default=0)
    assert max(map(cell_len, lines)) <= max(width, unbroken)


@given(st.integers(10, 60))
def test_wrapping_never_parts_a_range_or_an_equation(width):
    text = "幅は37.2～62.8で、読み取りは（r＝0.07）です。偏差値±12.6～14.0、差は−10.3～+10.3。" * 3
    lines = wrap_cells(text, width)
    for whole in ("37.2～62.8", "r＝0.07", "±12.6～14.0", "−10.3～+10.3"):
        assert sum(line.count(whole) for line in lines) == 3


def test_wrapping_starts_no_line_with_a_closing_mark():
    lines = wrap_cells("これは、（長い）文です。" * 30, 37)
    assert len(lines) > 5
    assert [line for line in lines if line[0] in "、。）"] == []
    assert [line for line in lines if line[-1] == "（"] == []


@given(st.text(st.sampled_from("あabc漢🙂 "), max_size=80), st.integers(2, 40))
def test_shortened_text_fits_and_shows_the_cut(text, width):
    short = shorten_cells(text, width)
    assert cell_len(short) <= width
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
