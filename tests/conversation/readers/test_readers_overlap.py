"""Exports of one talk that overlap, in one file or in several: each message counts once."""

import pytest

from seikaku.conversation.readers import parse_conversations
from seikaku.conversation.readers.line.overlap import count_once

LINE = ("line", "line-pc")
HEAD = "[LINE] 花子とのトーク履歴\n保存日時：2026/01/12 21:00\n\n2026/01/09(金)\n"
FIRST = ["13:47\t花子\tおはよう", "13:47\t花子\tおはよう", "13:48\t太郎\tおは"]
LATER = ["13:50\t花子\tおはよう", "13:51\t太郎\tまた言った"]


def export(lines, name="talk.txt"):
    return parse_conversations((HEAD + "\n".join(lines) + "\n").encode(), name=name)


def said(files):
    return [
        (utterance.speaker, utterance.text, utterance.timestamp.minute)
        for file in files
        for one in file.conversations
        for utterance in one.utterances
    ]


def test_a_longer_export_after_a_shorter_one_adds_what_is_new():
    once = count_once([export(FIRST), export(FIRST + LATER)], LINE)
    assert said(once) == said([export(FIRST + LATER)])
    assert once[1].report.n_utterances == 2 and once[1].report.dropped == {"repeated": 3}
    assert once[1].report.speakers == {"花子": 1, "太郎": 1}
    assert "重なった 3 件は 1 回だけ" in once[1].report.warnings[-1]


def test_the_same_words_twice_in_a_minute_of_one_export_are_two_messages():
    assert len(said(count_once([export(FIRST)], LINE))) == 3
    assert len(said(count_once([export(FIRST[1:]), export(FIRST)], LINE))) == 3


def test_an_export_that_holds_nothing_new_stays_with_its_report():
    first, nothing = count_once([export(FIRST + LATER), export(LATER, name="later.txt")], LINE)
    assert first == export(FIRST + LATER)
    assert nothing.conversations == () and nothing.report.speakers == {} and nothing.report.n_utterances == 0


def test_other_talks_and_other_formats_are_left_as_they_are():
    table = "話者,本文,日時\n花子,おはよう,2026-01-09T13:47\n"
    files = [export(FIRST), export(LATER), parse_conversations(table.encode(), name="table.csv")]
    assert count_once(files, LINE) == files


@pytest.mark.parametrize("n_files", [2, 3, 4])
def test_any_number_of_copies_counts_as_one(n_files):
    files = [export([*FIRST, *LATER[:number]]) for number in range(n_files)]
    assert said(count_once(files, LINE)) == said([files[-1]])
