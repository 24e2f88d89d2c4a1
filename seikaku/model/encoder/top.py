"""The layers that learn, and those below that do not: what the lower ones make of a text can be kept, and read again.

In: an encoder whose LoRA is on its top layers. Out: the lower layers' output, and vectors from it. Effects: lower
layers step aside while a text is read from their output.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from seikaku.config import ALL_LINEAR
from seikaku.errors import UserError, both
from seikaku.model.encoder.families import missing_targets

_TOLERANCE = 1e-4


def find_layers(transformer: Any) -> torch.nn.ModuleList:
    """The transformer's layers, lowest first. Raises UserError where no list of modules is as long as they are many."""
    n_layers = transformer.config.get_text_config().num_hidden_layers
    for module in transformer.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == n_layers and len(set(map(type, module))) == 1:
            return module
    raise UserError(
        both(
            "この土台では、層の並びが見つからないので、上の層だけを学習できません。",
            "The layers of this backbone cannot be told apart, so the topmost alone cannot be trained.",
        ),
        both(
            "--lora_layers を省いて、すべての層に LoRA を付けてください。",
            "Leave --lora_layers out: LoRA is then on all layers.",
        ),
    )


def name_targets(transformer: Any, targets: tuple[str, ...], linear_names: list[str], n_top: int) -> str | list[str]:
    """LoRA's target modules for PEFT: ``targets`` themselves, or the full names of those in the topmost layers."""
    if not n_top:
        return ALL_LINEAR if ALL_LINEAR in targets else list(targets)
    layers = find_layers(transformer)
    if n_top > len(layers):
        raise UserError(
            both(
                f"--lora_layers {n_top} は、この土台の層の数 {len(layers)} を超えています。",
                f"--lora_layers {n_top} is more than the {len(layers)} layers of this backbone.",
            ),
            both(
                f"--lora_layers を {len(layers)} 以下にするか、省いてください（0: すべての層）。",
                f"Make --lora_layers {len(layers)} or less, or leave it out (0: all layers).",
            ),
        )
    tops = {id(layer) for layer in layers[-n_top:]}
    inside = tuple(f"{name}." for name, module in transformer.named_modules() if id(module) in tops)
    own = [name for name in linear_names if name.startswith(inside)]
    return (
        own if ALL_LINEAR in targets else [name for name in own if len(missing_targets(targets, [name])) < len(targets)]
    )


class LayerSplit:
    """An encoder's transformer below and from layer ``n_lower`` on."""

    def __init__(self, transformer: Any, n_lower: int) -> None:
        self._transformer = transformer
        self._layers = find_layers(transformer)
        self.n_lower = n_lower
        self._rest: tuple[Any, ...] | None = None

    @torch.no_grad()
    def lower(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """(n_texts, seq_len) ids and mask -> what the lower layers give, (n_texts, seq_len, width); dropout is off."""
        was_training = self._transformer.training
        self._transformer.eval()
        handle = self._layers[self.n_lower - 1].register_forward_hook(_stop)
        try:
            self._transformer(input_ids=input_ids, attention_mask=attention_mask)
        except _LowerOutput as found:
            self._rest = found.rest
            return found.hidden
        finally:
            handle.remove()
            self._transformer.train(was_training)
        raise AssertionError("a transformer calls its layers")

    @contextmanager
    def skipping(self, hidden: torch.Tensor) -> Iterator[None]:
        """Within the block the transformer's lower layers give ``hidden``, whatever they are asked."""
        own = list(self._layers[: self.n_lower])
        try:
            for place, layer in enumerate(own):
                self._layers[place] = _PassThrough(layer, hidden, self._rest)
            yield
        finally:
            for place, layer in enumerate(own):
                self._layers[place] = layer

    @torch.no_grad()
    def is_exact(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> bool:
        """Whether reading from the lower layers' output gives what reading the text does: not in every architecture."""
        was_training = self._transformer.training
        self._transformer.eval()
        arguments = {"input_ids": input_ids, "attention_mask": attention_mask}
        try:
            expected = self._transformer(**arguments).last_hidden_state
            self.lower(input_ids, attention_mask)
            if any(isinstance(value, torch.Tensor) for value in self._rest or ()):
                return False  # T5's layers hand on what belongs to this very text
            with self.skipping(self.lower(input_ids, attention_mask)):
                found = self._transformer(**arguments).last_hidden_state
        except Exception:  # whatever an architecture that hands more from layer to layer raises
            return False
        finally:
            self._transformer.train(was_training)
        kept = attention_mask.bool()
        return bool(torch.allclose(found[kept], expected[kept], atol=_TOLERANCE))


class _LowerOutput(Exception):  # noqa: N818  # no error: it ends a reading half-way
    def __init__(self, hidden: torch.Tensor, rest: tuple[Any, ...] | None) -> None:
        self.hidden = hidden
        self.rest = rest


def _stop(_layer: Any, _arguments: Any, output: Any) -> None:
    if isinstance(output, tuple):
        raise _LowerOutput(output[0], output[1:])
    raise _LowerOutput(output, None)


class _PassThrough(torch.nn.Module):
    """In a layer's place: gives ``hidden`` in the form that the layer's callers expect (``rest``: of a tuple)."""

    def __init__(self, layer: torch.nn.Module, hidden: torch.Tensor, rest: tuple[Any, ...] | None) -> None:
        super().__init__()
        self.__dict__["_layer"] = layer  # not as a child: its weights would be this one's
        self.output = hidden if rest is None else (hidden, *rest)

    def __getattr__(self, name: str) -> Any:
        """What callers ask a layer besides (its kind of attention)."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.__dict__["_layer"], name)

    def forward(self, *_arguments: Any, **_more: Any) -> Any:
        """The kept output."""
        return self.output
