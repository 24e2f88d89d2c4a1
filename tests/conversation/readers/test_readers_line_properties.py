"""Properties of LINE's readers, over exports whose truth is known (tests/support/line_exports.py; all talk is made up).

SEIKAKU_LINE_FILES=5000 tries so many files of each family; `python -m tests.fuzz.line_exports` counts them.
"""

import os
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seikaku.conversation.readers import parse_conversations
from tests.support.line_dialects import DIALECTS, PC, PHONE
from tests.support.line_exports import KINDS, outcome, write_export

N_FILES = int(os.environ.get("SEIKAKU_LINE_FILES", "150"))
FILES = settings(deadline=None, max_examples=N_FILES, derandomize=True)
SEEDS = st.randoms(use_true_random=False, note_method_calls=False)


@FILES
@given(SEEDS, st.sampled_from(PHONE))
def test_a_phone_export_is_never_read_wrong_in_silence(rng, dialect):
    export = write_export(rng, dialect)
    assert outcome(export) in ("right", "told"), export.text


@FILES
@given(SEEDS, st.sampled_from(PHONE))
def test_a_phone_export_with_ordinary_quotes_and_names_is_read_right(rng, dialect):
    export = write_export(rng, dialect, ordinary=True)
    expected = ("right", "told") if dialect == "en-day" else ("right",)  # day and month may be undecided
    assert outcome(export) in expected, export.text


@FILES
@given(SEEDS, st.sampled_from(PHONE), st.sampled_from(KINDS))
def test_a_phone_export_with_one_hard_thing_is_read_right(rng, dialect, kind):
    export = write_export(rng, dialect, kind=kind)
    if export.truth and not export.undecidable:
        said = parse_conversations(export.text.encode(), name=export.name).conversations[0].utterances
        assert tuple((one.speaker, one.text, one.timestamp) for one in said) == export.truth, export.text


@FILES
@given(SEEDS, st.sampled_from(PC), st.sampled_from(KINDS))
def test_what_one_hard_thing_leaves_open_on_a_pc_is_told(rng, dialect, kind):
    export = write_export(rng, dialect, kind=kind)
    assert outcome(export) in ("right", "told", "undecidable"), export.text


@FILES
@given(SEEDS, st.sampled_from(PC))
def test_what_a_pc_export_leaves_open_is_told(rng, dialect):
    export = write_export(rng, dialect)
    assert outcome(export) in ("right", "told", "undecidable"), export.text


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_generator_is_hostile_and_sure_of_itself(dialect):
    exports = [write_export(Random(seed), dialect) for seed in range(60)]
    assert sum(export.undecidable for export in exports) < 20
    assert any("\n" in body for export in exports for _, body, _ in export.truth)
    assert [outcome(export) for export in exports].count("right") >= (20 if dialect in PC else 40)
