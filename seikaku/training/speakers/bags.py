"""Stage 2's examples: bags of one speaker's windows with that speaker's labels, and their batches. No effects.

A bag is the training example because a window alone says next to nothing about a trait: its vector is the mean over
the bag's windows, and the loss is on that.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seikaku.corpora.realpersonachat import OTHER_SCALES
from seikaku.corpora.store import SpeakerCorpus
from seikaku.model.encoder.batches import pad
from seikaku.training.speakers.windows import IntArray, TokenArray, WindowSet

FloatArray = NDArray[np.float64]
GENDERS = ("Male", "Female")
_AGE_OF_BAND = {"-19": 18.0, "20-29": 24.5, "30-39": 34.5, "40-49": 44.5, "50-59": 54.5, "60-69": 64.5}
EXTRA_TARGETS = (*OTHER_SCALES, "is_female", "age")


class BagDataset:
    """Bags of up to ``windows_per_bag`` windows of one speaker, as a list; every window once an epoch.

    ``labels`` (n_speakers, n_targets) on their own scales, NaN where missing. With ``shuffle`` each epoch draws other
    bags from (seed, epoch); how many there are, and of whom, stays. ``equal_speakers`` weighs bags so that each
    speaker counts alike in the loss however many windows they have; otherwise every bag has weight 1.
    """

    def __init__(
        self,
        windows: WindowSet,
        labels: FloatArray,
        *,
        windows_per_bag: int,
        seed: int = 0,
        shuffle: bool = True,
        equal_speakers: bool = False,
    ) -> None:
        self._windows = windows
        self._labels = labels.astype(np.float32)
        self._windows_per_bag = windows_per_bag
        self._seed = seed
        self._shuffle = shuffle
        self.bags: list[IntArray] = []
        self.lower: list[NDArray[np.float16]] | None = None  # of each window, (seq_len, width), where it is kept
        self.set_epoch(0)
        n_bags = np.bincount(self.speaker, minlength=len(labels))
        shares = 1 / n_bags[self.speaker] if equal_speakers else np.ones(len(self.bags))
        self._weights = (shares / shares.mean()).astype(np.float32) if len(shares) else shares

    def set_epoch(self, epoch: int) -> None:
        """Draw the bags of an epoch, counted from 0; ``bags[b]`` then holds the windows of bag b."""
        draw = np.random.default_rng([self._seed, epoch])
        self.bags = []
        for speaker in np.unique(self._windows.speaker):
            own = np.flatnonzero(self._windows.speaker == speaker)
            own = draw.permutation(own) if self._shuffle else own
            self.bags += np.array_split(own, -(-len(own) // self._windows_per_bag))

    @property
    def windows(self) -> tuple[TokenArray, ...]:
        """Token ids of each window that the bags are drawn from."""
        return self._windows.input_ids

    @property
    def speaker(self) -> IntArray:
        """Whose bag it is, (n_bags,)."""
        return self._windows.speaker[[bag[0] for bag in self.bags]] if self.bags else np.zeros(0, np.int64)

    @property
    def lengths(self) -> IntArray:
        """Tokens of each bag's longest window, (n_bags,): what a batch is padded to."""
        of_window = np.array([len(ids) for ids in self._windows.input_ids], np.int64)
        return np.array([of_window[bag].max() for bag in self.bags], np.int64)

    def __len__(self) -> int:
        return len(self.bags)

    def __getitem__(self, index: int) -> dict[str, Any]:
        bag = self.bags[index]
        item = {
            "windows": [self._windows.input_ids[window] for window in bag],
            "labels": self._labels[self._windows.speaker[bag[0]]],
            "weight": self._weights[index],
        }
        return item if self.lower is None else item | {"lower": [self.lower[window] for window in bag]}


class BagCollator:
    """Bags -> one batch of tensors, padded to its longest window."""

    def __init__(self, pad_id: int) -> None:
        self._pad_id = pad_id

    def __call__(self, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """``labels`` (n_bags, n_targets), ``weight`` (n_bags,), then ``input_ids`` and ``attention_mask``
        (n_windows, seq_len) and each window's ``bag`` (n_windows,); ``lower`` (n_windows, seq_len, width) where the
        lower layers' output is kept.

        The labels come first: transformers' Trainer takes the first tensor's length for the number of examples.
        """
        import torch

        windows = [ids for item in items for ids in item["windows"]]
        input_ids, attention_mask = pad(windows, self._pad_id)
        batch = {
            "labels": torch.from_numpy(np.stack([item["labels"] for item in items])),
            "weight": torch.tensor([item["weight"] for item in items], dtype=torch.float32),
            "input_ids": torch.from_numpy(input_ids),
            "attention_mask": torch.from_numpy(attention_mask),
            "bag": torch.from_numpy(np.repeat(np.arange(len(items)), [len(item["windows"]) for item in items])),
        }
        if "lower" in items[0]:
            kept = [values for item in items for values in item["lower"]]
            lower = np.zeros((*input_ids.shape, kept[0].shape[1]), np.float32)
            for row, values in enumerate(kept):
                lower[row, : len(values)] = values
            batch["lower"] = torch.from_numpy(lower)
        return batch


def build_labels(corpus: SpeakerCorpus, extra: Sequence[str] = ()) -> FloatArray:
    """The five scores, then the named ``EXTRA_TARGETS``: (n_speakers, n_traits + n_extra), NaN where missing."""
    demographics = {
        "is_female": [GENDERS.index(value) if value in GENDERS else np.nan for value in corpus.gender],
        "age": [_AGE_OF_BAND.get(value or "", np.nan) for value in corpus.age_band],
    }
    columns = [demographics[name] if name in demographics else corpus.other_scales[name] for name in extra]
    return np.column_stack([corpus.scores, *columns]).astype(np.float64)


def label_scale(labels: FloatArray, speakers: IntArray) -> tuple[FloatArray, FloatArray]:
    """Mean and SD of each target over the training ``speakers``, (n_targets,) each; SD 1 where nothing varies.

    A target that no training speaker has gets mean 0: it adds nothing to the loss.
    """
    known = ~np.isnan(labels[speakers])
    values = np.where(known, labels[speakers], 0.0)
    n_known = np.maximum(known.sum(axis=0), 1)
    mean = values.sum(axis=0) / n_known
    sd = np.sqrt((np.where(known, values - mean, 0.0) ** 2).sum(axis=0) / n_known)
    return mean, np.where(sd > 0, sd, 1.0)


def mean_by_speaker(estimates: FloatArray, dataset: BagDataset) -> tuple[IntArray, FloatArray]:
    """Estimates of bags (n_bags, n_targets) -> (speakers, their mean weighted by windows (n, n_targets)).

    The head is linear, so this equals its estimate of the mean over all the speaker's windows.
    """
    speakers, place = np.unique(dataset.speaker, return_inverse=True)
    n_windows = np.array([len(bag) for bag in dataset.bags], np.float64)
    sums = np.zeros((len(speakers), estimates.shape[1]))
    np.add.at(sums, place, estimates * n_windows[:, None])
    return speakers, sums / np.bincount(place, weights=n_windows)[:, None]
