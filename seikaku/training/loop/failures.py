"""What goes wrong while training, as errors that say what to do. No effects; torch is never imported here."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seikaku.errors import SeikakuError, TrainingError, both, in_lang

# torch, its allocators and drivers say it in these ways; there is no common class.
_OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "failed to allocate")
# safetensors and torch.save wrap the system's error in their own classes and keep only its text.
_DISK_FULL = ("no space left", "disk quota exceeded", "pytorchstreamwriter failed", "os error 28")


@contextmanager
def explain_failures(folder: Path, batch_size: int, gradient_accumulation_steps: int) -> Iterator[None]:
    """Turn out of memory and a full disk into two clear lines; everything else passes unchanged."""
    try:
        yield
    except SeikakuError:
        raise
    except Exception as error:
        if _is_out_of_memory(error):
            raise _out_of_memory(batch_size, gradient_accumulation_steps) from error
        if _is_disk_full(error):
            raise TrainingError(
                both(
                    f"ディスクの空きが足りず、途中保存を書けませんでした: {folder}",
                    f"The disk is too full to write a checkpoint: {folder}",
                ),
                both(
                    "空きを作って、同じコマンドに --resume を付けて実行してください（最後に書けた保存から続きます）。",
                    "Make room, and run the same command with --resume (it goes on from the last one written).",
                ),
            ) from error
        raise


def not_finite(what: str, step: int, checkpoint: Path | None) -> TrainingError:
    """The error for a loss or weight that is no number; ``checkpoint`` is the last good one."""
    kept = (
        both(f"最後の正常な途中保存は残っています: {checkpoint}", f"The last sound checkpoint is kept: {checkpoint}")
        if checkpoint
        else both("途中保存はまだありません", "There is no checkpoint yet")
    )
    return TrainingError(
        both(
            f"{step} 回目の更新のあと、{what}が数値でなくなりました（NaN または無限大）。{kept}。",
            f"NaN or infinity after update {step}: {in_lang(what, 'en')}. {kept.english}.",
        ),
        both(
            "--learning_rate を半分以下にするか、--warmup_ratio を増やして学習し直してください。",
            "Train anew with half the --learning_rate or less, or a larger --warmup_ratio.",
        ),
    )


def _is_out_of_memory(error: BaseException) -> bool:
    text = str(error).lower()
    is_torch = isinstance(error, RuntimeError) and any(words in text for words in _OUT_OF_MEMORY)
    return is_torch or isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"


def _is_disk_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return any(words in str(error).lower() for words in _DISK_FULL)


def _out_of_memory(batch_size: int, gradient_accumulation_steps: int) -> TrainingError:
    half = max(1, batch_size // 2)
    more = gradient_accumulation_steps * batch_size // half
    smaller = f"--batch_size {half} --gradient_accumulation_steps {more}"
    mend = both(
        f"{smaller} にすると、1 回の更新に使う量は同じで、必要なメモリが減ります。"
        "足りなければ --gradient_checkpointing も付けてください。",
        f"{smaller} uses the same amount for an update, and less memory. "
        "If that is not enough, add --gradient_checkpointing.",
    )
    if batch_size == 1:
        mend = both(
            "--batch_size はもう減らせません。--max_tokens を減らすか、--gradient_checkpointing を付けてください。",
            "--batch_size cannot be smaller. Give a smaller --max_tokens, or --gradient_checkpointing.",
        )
    return TrainingError(
        both(
            f"メモリが足りません（--batch_size {batch_size}、"
            f"--gradient_accumulation_steps {gradient_accumulation_steps}）。",
            f"Out of memory (--batch_size {batch_size}, --gradient_accumulation_steps {gradient_accumulation_steps}).",
        ),
        mend,
    )
