"""A stage 2 configuration as the evaluation protocol sees it: every fit trains LoRA and head anew.

In: dialogue sides. Out: estimates by models that never saw the speaker. Effects: reads stage 1's run, writes
checkpoints into a temporary folder, reports lines.

A part of each fold's training speakers validates: it chooses the epoch and calibrates, and is not trained on.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from transformers import set_seed

from seikaku.config import Stage2Config
from seikaku.corpora.realpersonachat import NORM_NAMES
from seikaku.corpora.splits import NOBODY, TRAIN, VALIDATION, hold_out
from seikaku.model.calibration import Calibration
from seikaku.model.regressor import FloatArray, IntArray, Side
from seikaku.model.run.folder import RunFolder
from seikaku.settings import from_json, to_json
from seikaku.training.loop import loop
from seikaku.training.lora.inheritance import inherit_from_stage1
from seikaku.training.lora.start import build_encoder, load_stage1_adapter
from seikaku.training.speakers import fit
from seikaku.training.speakers.fit import TraitData
from seikaku.training.speakers.pooling import Float32Array, PooledRows
from seikaku.training.speakers.windows import EncodedRows, encode_rows, split_speakers

_VALIDATION_SHARE = 0.1
_LEAST_VALIDATION = 12  # speakers: fewer would choose an epoch by chance
# Minutes or hours a fold: fewer folds, and nothing that would need hundreds of refits.
_PROTOCOL = MappingProxyType(
    {"n_folds": 5, "n_repeats": 1, "equal_amounts": (), "n_permutations": 0, "skip_refits": True}
)


@dataclass(frozen=True)
class LoraRegressor:
    """``config``: complete, or with gaps that stage 1 fills; ``report`` gets the loop's lines."""

    config: Stage2Config
    name: str = "lora"
    report: Callable[[str], None] = field(default=lambda line: None, compare=False)
    protocol: ClassVar[Mapping[str, Any]] = _PROTOCOL

    def encode(self, sides: Sequence[Side]) -> EncodedRows:
        """Token ids of every side, once for all folds."""
        encoder, config = self._build_encoder(lambda line: None)
        return encode_rows(sides, encoder.tokenizer, encoder.special, with_partner=config.with_partner)

    def fit(
        self, rows: EncodedRows, bags: Sequence[IntArray], scores: FloatArray, *, groups: IntArray, seed: int
    ) -> "FittedLora":
        """Train on one bag a speaker; ``scores`` (n_speakers, n_traits). Raises as ``train_stage2`` does.

        Whole ``groups`` of speakers choose the epoch.
        """
        set_seed(seed)
        encoder, config = self._build_encoder(self.report)
        data = _build_data(rows, bags, scores, groups, config, seed)
        task = fit.build_task(encoder, data, config)
        with tempfile.TemporaryDirectory(prefix="seikaku-fold-") as folder:
            out = Path(folder) / "run"
            loop.train(task.loop_task, config, out, settings=to_json(config), resume=False, report=self.report)
        calibration = fit.calibrate_fit(task.model, data, config, NORM_NAMES)
        return FittedLora(task.model, config, calibration)

    def _build_encoder(self, report: Callable[[str], None]) -> tuple[Any, Stage2Config]:
        config, stage1 = inherit_from_stage1(self.config, lambda line: None)
        encoder, config = build_encoder(config, report)
        if stage1 is not None:
            load_stage1_adapter(encoder, stage1, report)
        return encoder, config


@dataclass
class FittedLora:
    """A trained model and its calibration; each dialogue is encoded once, whatever bags ask for it."""

    model: Any
    config: Stage2Config
    calibration: Calibration
    _sums: dict[int, Float32Array] = field(default_factory=dict)
    _n_tokens: dict[int, int] = field(default_factory=dict)

    def estimate(self, rows: EncodedRows, bags: Sequence[IntArray]) -> FloatArray:
        """Estimates on 1-7, shape (n_bags, n_traits)."""
        pooled, places = self._pool(rows, bags)
        raw = fit.score_vectors(self.model.head, pooled.mean_of(places))
        tokens = pooled.tokens_of(places)
        return self.calibration.shrink(self.calibration.apply(raw, tokens), tokens)

    def half_width(self, rows: EncodedRows, bags: Sequence[IntArray]) -> FloatArray:
        """Half-widths of the 80 % intervals, shape (n_bags, n_traits)."""
        pooled, places = self._pool(rows, bags)
        return self.calibration.half_widths.at(pooled.tokens_of(places))

    def _pool(self, rows: EncodedRows, bags: Sequence[IntArray]) -> tuple[PooledRows, list[IntArray]]:
        """The vectors of all rows of ``bags``, and each bag as places among them."""
        asked = np.unique(np.concatenate(bags))
        new = np.array([row for row in asked.tolist() if row not in self._sums], np.int64)
        if len(new):
            pooled = fit.pool(self.model.encoder, rows, new, self.config)
            self._sums |= dict(zip(new.tolist(), pooled.sums, strict=True))
            self._n_tokens |= dict(zip(new.tolist(), pooled.n_tokens.tolist(), strict=True))
        sums = np.stack([self._sums[row] for row in asked.tolist()])
        n_tokens = np.array([self._n_tokens[row] for row in asked.tolist()])
        return PooledRows(sums, n_tokens), [np.searchsorted(asked, bag) for bag in bags]


def _build_data(
    rows: EncodedRows, bags: Sequence[IntArray], scores: FloatArray, groups: IntArray, config: Stage2Config, seed: int
) -> TraitData:
    """The fold's training rows, divided once more by whole groups of speakers, pair-safe."""
    n_speakers = int(rows.speaker.max()) + 1
    labels = np.full((n_speakers, scores.shape[1]), np.nan)
    speakers = [rows.speaker[bag[0]] for bag in bags]
    labels[speakers] = scores
    own = np.sort(np.concatenate(bags))
    share = max(_VALIDATION_SHARE, _LEAST_VALIDATION / len(bags))
    part = np.full(n_speakers, NOBODY, "<U10")
    part[speakers] = np.where(hold_out(groups, scores, min(share, 0.5), seed), VALIDATION, TRAIN)
    return TraitData(rows, labels, split_speakers(rows, own, part, config.max_dialogues))


def regressor_of_run(run: RunFolder, report: Callable[[str], None]) -> LoraRegressor:
    """The protocol's regressor with the settings of a stage 2 run, further targets left out."""
    config = Stage2Config(**from_json(run.load_config()["config"]) | {"extra_targets": False})
    return LoraRegressor(config, name=run.path.name, report=report)
