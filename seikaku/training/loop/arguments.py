"""The loop's settings as transformers' own. In: settings. Out: ``TrainingArguments``. No effects."""

import math
from pathlib import Path

import torch
from transformers import TrainingArguments

from seikaku.config import LoopConfig
from seikaku.model.encoder.hardware import choose_precision
from seikaku.training.loop.reporting import n_processes


def training_arguments(
    config: LoopConfig, folder: Path, *, steps_per_epoch: int, label_names: tuple[str, ...], best_metric: str
) -> TrainingArguments:
    """The Trainer's arguments for ``config``; checkpoints go to ``folder``."""
    has_gpu = torch.cuda.is_available()
    precision = choose_precision(config.precision)
    n_steps = min(config.epochs * steps_per_epoch, config.max_steps or math.inf)
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=config.epochs,
        max_steps=config.max_steps if n_steps == config.max_steps else -1,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=config.batch_size,
        gradient_accumulation_steps=config.gradient_accumulation_steps,
        learning_rate=config.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=math.ceil(config.warmup_ratio * n_steps),
        weight_decay=config.weight_decay,
        optim="adamw_torch",
        seed=config.seed,
        use_cpu=not has_gpu and not torch.backends.mps.is_available(),  # unsaid, CPU processes would learn apart
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        eval_strategy="epoch",
        save_strategy="epoch",
        load_best_model_at_end=True,
        metric_for_best_model=best_metric,
        greater_is_better=False,
        logging_steps=max(1, min(50, steps_per_epoch // 5)),
        logging_nan_inf_filter=False,  # a loss that is no number ends the run, see compute_loss
        label_names=list(label_names),
        remove_unused_columns=False,
        dataloader_pin_memory=has_gpu,
        accelerator_config={"dispatch_batches": False},  # every process reads its own share of a stream
        ddp_backend="gloo" if n_processes() > 1 and not has_gpu else None,  # None: the hardware's own
        ddp_find_unused_parameters=False,
        torch_compile=config.compile,
        disable_tqdm=True,
        report_to="none",
    )
