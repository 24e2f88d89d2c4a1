import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seikaku.errors import DataError
from seikaku.training.tuning import token_counts


@pytest.fixture(scope="module")
def processed(tmp_path_factory):
    """A processed folder with 20 people and 40 utterances, all fictional; every second text is longer."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from seikaku.training.personas.stream import TEXT_COLUMNS

    folder = tmp_path_factory.mktemp("processed")
    texts = [f"架空の人物{n}は、休みの日に川べりを散歩します。" * (1 + n % 2) for n in range(20)]
    pq.write_table(pa.table({name: texts for name in TEXT_COLUMNS}), folder / "personas.parquet")
    pq.write_table(pa.table({"text": ["きょうは散歩に行きました。"] * 40}), folder / "utterances.parquet")
    (folder / "manifest.json").write_text(json.dumps({"schema_version": 3, "files": {}}), encoding="utf-8")
    return folder


def test_tokens_are_counted_from_the_data(processed):
    (length,) = set(token_counts.count_tokens(["きょうは散歩に行きました。"]))
    talk = token_counts.count_stage2_tokens(processed, 66)
    assert talk.n_tokens == pytest.approx(40 * length * 0.9 * 66 / 64, abs=66)
    people = token_counts.count_stage1_tokens(processed, 256)
    assert people.n_sequences == 18  # a twentieth validates, another tests
    assert people.lengths[0] * 1.5 < people.lengths[-1]  # short texts and long ones stay apart
    assert people.n_tokens == pytest.approx(18 * sum(people.lengths) / len(people.lengths), abs=1)
    assert set(token_counts.count_stage1_tokens(processed, 16).lengths) == {16}  # cut at the window


@given(st.lists(st.integers(1, 256), min_size=1, max_size=500))
def test_the_groups_of_lengths_are_in_order_and_keep_the_mean(lengths):
    groups = token_counts.group_lengths(lengths)
    assert len(groups) == min(20, len(lengths))
    assert list(groups) == sorted(groups)
    assert min(lengths) <= groups[0] and groups[-1] <= max(lengths)
    if len(lengths) % len(groups) == 0:
        assert sum(groups) / len(groups) == pytest.approx(sum(lengths) / len(lengths))


def test_counting_needs_data(tmp_path, processed):
    with pytest.raises(DataError, match="前処理済みのデータがありません"):
        token_counts.count_stage1_tokens(tmp_path, 256)
    (tmp_path / "manifest.json").write_text(json.dumps({"schema_version": 3, "files": {}}), encoding="utf-8")
    with pytest.raises(DataError, match=r"utterances\.parquet がありません") as caught:
        token_counts.count_stage2_tokens(tmp_path, 256)
    assert "preprocess_data.py" in caught.value.mend


def test_counting_loads_neither_torch_nor_transformers(processed):
    script = (
        "import sys; from pathlib import Path; from seikaku.training.tuning import token_counts as t\n"
        f"t.count_stage1_tokens(Path({str(processed)!r}), 256); t.count_stage2_tokens(Path({str(processed)!r}), 256)\n"
        "sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
