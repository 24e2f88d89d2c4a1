"""How many tokens an epoch of each stage reads, for a plan of time and cost. In: data/processed. Effect: reads it.

All characters are counted; tokens are counted on a sample, with the embedded encoder's tokenizer (XLM-R's, cut down to
Japanese), so the result is an approximation for other tokenizers. Loads neither torch nor transformers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from seikaku.corpora.store import PERSONAS_NAME, UTTERANCES_NAME, load_manifest
from seikaku.errors import DataError, both
from seikaku.places import ASSETS

_TOKENIZER = ASSETS / "encoder" / "tokenizer.json"
_SAMPLE_TEXTS = 5_000
_SPECIAL_TOKENS = 2
_TRAIN_SHARE = {1: 0.9, 2: 0.9}  # the rest validates and, in stage 1, tests
_N_LENGTHS = 20


@dataclass(frozen=True, slots=True)
class TokenCount:
    """What one epoch reads, special tokens included.

    ``lengths`` are the mean tokens of equally many sequences each, from short to long: how long a batch takes depends
    on its own length, not on the mean.
    """

    n_sequences: int
    lengths: tuple[float, ...]

    @property
    def n_tokens(self) -> int:
        """Tokens of an epoch."""
        return round(self.n_sequences * sum(self.lengths) / len(self.lengths))


def count_stage1_tokens(processed: Path, max_tokens: int) -> TokenCount:
    """An epoch of stage 1: one text of each person. Raises DataError where no personas are processed."""
    import pyarrow.parquet as pq

    from seikaku.training.personas.stream import TEXT_COLUMNS

    path = _existing(processed, PERSONAS_NAME)
    texts: list[str] = []
    with pq.ParquetFile(path) as file:
        n_persons = file.metadata.num_rows
        for batch in file.iter_batches(batch_size=500, columns=list(TEXT_COLUMNS)):
            texts += [text for column in batch.to_pydict().values() for text in column if text]
            if len(texts) >= _SAMPLE_TEXTS:
                break
    if not texts:
        raise DataError(
            both(f"ペルソナの文章がありません: {path}", f"There is no text of personas: {path}"),
            both("python preprocess_data.py --force を実行してください。", "Run python preprocess_data.py --force."),
        )
    lengths = [min(n + _SPECIAL_TOKENS, max_tokens) for n in count_tokens(texts)]
    return TokenCount(round(n_persons * _TRAIN_SHARE[1]), group_lengths(lengths))


def count_stage2_tokens(processed: Path, max_tokens: int) -> TokenCount:
    """An epoch of stage 2: every window of the speakers' own talk. Raises DataError where no talk is processed."""
    path = _existing(processed, UTTERANCES_NAME)
    n_chars = 0
    sample: list[str] = []
    for number, texts in enumerate(_utterances(path)):
        n_chars += sum(map(len, texts))
        if number % 8 == 0 and len(sample) < _SAMPLE_TEXTS:  # from all over the file, speakers differ
            sample += texts[:500]
    if not n_chars:
        raise DataError(
            both(f"発話がありません: {path}", f"There are no utterances: {path}"),
            both("python preprocess_data.py --force を実行してください。", "Run python preprocess_data.py --force."),
        )
    tokens_per_char = sum(count_tokens(sample)) / sum(map(len, sample))
    room = max_tokens - _SPECIAL_TOKENS
    n_sequences = round(n_chars * tokens_per_char * _TRAIN_SHARE[2] / room) or 1
    return TokenCount(n_sequences, (float(max_tokens),))


def group_lengths(lengths: list[int]) -> tuple[float, ...]:
    """The mean of each twentieth of the lengths, from short to long; of each length where there are fewer."""
    ordered, n_groups = sorted(lengths), min(_N_LENGTHS, len(lengths))
    bounds = [round(group * len(ordered) / n_groups) for group in range(n_groups + 1)]
    return tuple(sum(ordered[a:b]) / (b - a) for a, b in pairwise(bounds))


def count_tokens(texts: list[str]) -> list[int]:
    """Tokens of each text, without special tokens, by the embedded tokenizer."""
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_file(str(_TOKENIZER))
    return [len(encoding.ids) for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]


def _existing(processed: Path, name: str) -> Path:
    load_manifest(processed)
    path = processed / name
    if not path.is_file():
        raise DataError(
            both(
                f"前処理済みのデータに {name} がありません: {processed}", f"The processed data lack {name}: {processed}"
            ),
            both("python preprocess_data.py を実行してください。", "Run python preprocess_data.py."),
        )
    return path


def _utterances(path: Path) -> Iterator[list[str]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=5_000, columns=["text"]):
            yield [text for text in batch.column(0).to_pylist() if text]
