"""What the layers that do not learn make of stage 2's windows: computed once, kept in a file, read every epoch.

In: an encoder whose top layers learn, and bags. Out: bags that hold it. Effects: writes one file, reports.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seikaku.model.encoder.batches import batch_by_length, pad
from seikaku.training.loop.reporting import n_processes
from seikaku.training.speakers.bags import BagDataset

if TYPE_CHECKING:
    from seikaku.model.encoder.lora import Encoder

FILE_NAME = "lower_layers.f16"
_SPARE = 1.2  # of the disk: the checkpoints need some too
_LARGEST = 60_000  # of 16 bits

HalfArray = NDArray[np.float16]


def keep_lower(encoder: "Encoder", datasets: Sequence[BagDataset], folder: Path, report: Callable[[str], None]) -> None:
    """Give every one of ``datasets`` the lower layers' output of its windows, in a file in ``folder``.

    Where that is not possible, the reason is reported and nothing changes: the layers are then computed every time.
    """
    windows = [ids for dataset in datasets for ids in dataset.windows]
    if encoder.split is None or not windows:
        return
    n_bytes = sum(map(len, windows)) * encoder.width * 2
    folder.mkdir(parents=True, exist_ok=True)
    reason, kept = "16 ビットに収まらない値があります", None
    if n_processes() > 1:
        reason = "複数のプロセスでは使えません"
    elif shutil.disk_usage(folder).free < _SPARE * n_bytes:
        reason = f"ディスクの空きが足りません（{n_bytes / 1e9:.1f} GB 必要）"
    elif not _is_exact(encoder, windows):
        reason = "この土台の層は、途中からの計算が同じ値になりません"
    else:
        report(f"学習しない下の {encoder.split.n_lower} 層の出力を保存します（{n_bytes / 1e9:.2f} GB）: {folder}")
        kept = _compute(encoder, windows, folder / FILE_NAME)
    if kept is None:
        report(f"下の層の出力は保存せず、毎回計算します: {reason}。")
        return
    bounds = np.concatenate([[0], np.cumsum([len(ids) for ids in windows])])
    first = 0
    for dataset in datasets:
        dataset.lower = [kept[bounds[i] : bounds[i + 1]] for i in range(first, first + len(dataset.windows))]
        first += len(dataset.windows)


def _is_exact(encoder: "Encoder", windows: Sequence[NDArray[np.int32]]) -> bool:
    import torch

    assert encoder.split is not None
    ids, mask = pad([windows[0], windows[-1][: len(windows[-1]) // 2 + 1]], encoder.special.pad)
    device = next(encoder.parameters()).device
    return encoder.split.is_exact(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))


def _compute(encoder: "Encoder", windows: Sequence[NDArray[np.int32]], path: Path) -> HalfArray | None:
    """(n_tokens, width) of all windows, one after another; None where a value is too large."""
    import torch

    assert encoder.split is not None
    lengths = [len(ids) for ids in windows]
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    kept: HalfArray = np.memmap(path, np.float16, "w+", shape=(int(bounds[-1]), encoder.width))
    device = next(encoder.parameters()).device
    for batch in batch_by_length(lengths):
        ids, mask = pad([windows[index] for index in batch], encoder.special.pad)
        found = encoder.split.lower(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
        for row, index in enumerate(batch):
            values = found[row, : lengths[index]].float().cpu().numpy()
            if np.abs(values).max() > _LARGEST:
                return None
            kept[bounds[index] : bounds[index + 1]] = values
    return kept
