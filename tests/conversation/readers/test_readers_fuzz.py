"""A small part of ``python -m tests.fuzz.readers``, and that what it looks for would be found."""

from dataclasses import replace
from datetime import datetime
from random import Random

import pytest

from seikaku.errors import InputFileError, both
from tests.fuzz import checks
from tests.fuzz.checks import Input, check
from tests.fuzz.inputs import make_input
from tests.fuzz.line_exports import compare
from tests.fuzz.readers import try_seeds
from tests.fuzz.talks import write_case
from tests.fuzz.writers import KINDS

N_INPUTS = 1000
MORNING = datetime(2026, 1, 9, 9)


def test_no_input_does_harm():
    tally = try_seeds(0, N_INPUTS)
    assert not tally.n_faults, {fault: tally.faults[fault] for fault in tally.n_faults}
    assert min(tally.taken[how] for how in ("read", "warned", "refused")) > N_INPUTS / 10


def test_an_input_is_made_from_its_seed_alone():
    assert [make_input(seed).data for seed in range(40)] == [make_input(seed).data for seed in range(40)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_ordinary_file_is_read_as_what_it_is(kind):
    cases = (write_case(Random(seed), hostile=False) for seed in range(10_000))
    case = next(case for case in cases if case.kind == kind and len(case.said) > 6)
    outcome = check(Input(case.text.encode(), case.name, case=case))
    assert (outcome.reader, outcome.faults, outcome.notes) == (case.format, [], [])


def _case():
    return next(case for seed in range(1000) if (case := write_case(Random(seed), hostile=False)).kind == "json")


def test_a_wrong_speaker_is_found():
    case = _case()
    swapped = replace(case, names=(case.names[1], case.names[0], *case.names[2:]))
    assert ("wrong speaker", "json") in check(Input(case.text.encode(), case.name, case=swapped)).faults


def test_a_lost_message_is_found():
    case = _case()
    longer = replace(case, said=(*case.said, replace(case.said[0], lines=("合言葉0の99番0だ",))))
    faults = check(Input(case.text.encode(), case.name, case=longer)).faults
    assert faults == [("a message is lost and not counted", "json")]


def test_a_message_that_is_kept_twice_is_found():
    case = _case()
    shorter = replace(case, said=case.said[:-1])
    assert check(Input(case.text.encode(), case.name, case=shorter)).faults == [("talk is kept twice", "json")]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (KeyError("x"), "raises KeyError"),
        (InputFileError(both("合言葉だ", "a"), both("あ", "b")), "the message holds talk"),
        (InputFileError(both("あ", "a"), "日本語だけ"), "the mend is not in both languages"),
        (InputFileError(both("あ\nい", "a"), both("あ", "b")), "the message has several lines"),
    ],
)
def test_what_must_not_be_raised_is_found(monkeypatch, error, kind):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(checks, "parse_conversations", fail)
    assert [fault for fault, _ in check(Input(b"x", "x.txt")).faults] == [kind]


def test_an_input_that_takes_too_long_is_stopped_and_found(monkeypatch):
    def spin(*_, **__):
        while True:
            pass

    monkeypatch.setattr(checks, "parse_conversations", spin)
    monkeypatch.setattr(checks, "_ABORT_SECONDS", 0.05)
    monkeypatch.setattr(checks, "MAX_SECONDS", 0.01)
    assert len(check(Input(b"x", "x.txt")).faults) == 2


def test_what_became_of_a_message_is_told_apart():
    truth = [("花子", "おはよう", MORNING), ("太郎", "うん", MORNING), ("花子", "寒いね", MORNING)]
    assert compare(truth, truth) == {"right": 3}
    assert compare(truth, truth[:2]) == {"right": 2, "lost": 1}
    assert compare(truth, [truth[0], ("花子", "うん", MORNING), truth[2]]) == {"right": 2, "wrong speaker": 1}
    assert compare(truth, [*truth[:2], ("花子", "寒いね", None)]) == {"right": 2, "wrong time": 1}
    assert compare(truth, [*truth, ("次郎", "はい", MORNING)]) == {"right": 3, "invented": 1}
