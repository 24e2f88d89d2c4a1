"""The embedded encoder's ONNX graph, whose weights stay in the safetensors file. In: sizes, the file. Out: bytes.

An initializer of the graph is "these bytes of model.safetensors": one stored copy serves transformers and ONNX Runtime.
4-bit matrices are multiplied by ONNX Runtime's MatMulNBits, whose layout the stored one is.
"""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seikaku.model.encoder.embedded import (
    BLOCK_WIDTH,
    PACKED_SUFFIX,
    SCALE_SUFFIX,
    WORD_EMBEDDINGS,
    ZERO_NIBBLE,
)

_OPSET = 20  # the first with Gelu
_IR_VERSION = 9
_MASKED = -1e9


def build_graph(config: Mapping[str, Any], weights: Path) -> bytes:
    """The graph: ``input_ids``, ``attention_mask`` (n_texts, seq_len) int64 -> ``pooled`` (n_texts, width) float32."""
    import onnx
    from onnx import TensorProto, helper

    graph = _Graph(config, weights)
    graph.embed()
    for layer in range(config["num_hidden_layers"]):
        graph.attend(f"encoder.layer.{layer}")
        graph.feed_forward(f"encoder.layer.{layer}")
    graph.pool()
    shape = ["n_texts", "seq_len"]
    proto = helper.make_graph(
        graph.nodes,
        "encoder",
        [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["n_texts", config["hidden_size"]])],
        graph.initializers,
    )
    model = helper.make_model(
        proto,
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid("com.microsoft", 1)],
        ir_version=_IR_VERSION,
        producer_name="seikaku",
    )
    assert isinstance(model, onnx.ModelProto)
    return bytes(model.SerializeToString())


class _Graph:
    """Grows node by node; ``hidden`` is the name of the current (n_texts, seq_len, width) values."""

    def __init__(self, config: Mapping[str, Any], weights: Path) -> None:
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.hidden = ""
        self._config = config
        self._file_name = weights.name
        self._stored, self._start = _read_header(weights)

    def embed(self) -> None:
        ids = "input_ids"
        packed = self.node("Gather", self.weight(WORD_EMBEDDINGS + PACKED_SUFFIX), ids)
        scale = self.cast(self.node("Gather", self.weight(WORD_EMBEDDINGS + SCALE_SUFFIX), ids), np.float32)
        low = self.node("BitwiseAnd", packed, self.constant(np.array(15, np.uint8)))
        high = self.node("BitShift", packed, self.constant(np.array(4, np.uint8)), direction="RIGHT")
        ends = [self.node("Unsqueeze", part, self.constant(np.array([-1]))) for part in (low, high)]
        nibbles = self.cast(self.node("Concat", *ends, axis=-1), np.float32)
        n_blocks = self._config["hidden_size"] // BLOCK_WIDTH
        blocks = self.reshape(nibbles, [0, 0, n_blocks, BLOCK_WIDTH])
        centred = self.node("Sub", blocks, self.constant(np.array(ZERO_NIBBLE, np.float32)))
        words = self.node("Mul", centred, self.node("Unsqueeze", scale, self.constant(np.array([-1]))))
        words = self.reshape(words, [0, 0, self._config["hidden_size"]])
        one = self.constant(np.array([1]))
        zero = self.constant(np.array([0]))
        seq_len = self.node("Shape", ids, start=1, end=2)
        positions = self.node("Slice", self.weight("embeddings.position_embeddings.weight"), zero, seq_len, zero, one)
        kind = self.node("Gather", self.weight("embeddings.token_type_embeddings.weight"), self.constant(np.array(0)))
        total = self.node("Add", self.node("Add", words, positions), kind)
        self.hidden = self.normalise(total, "embeddings.LayerNorm")
        mask = self.cast("attention_mask", np.float32)
        self._mask = self.node("Unsqueeze", mask, self.constant(np.array([-1])))
        absent = self.node("Sub", self.constant(np.array(1, np.float32)), mask)
        absent = self.node("Mul", absent, self.constant(np.array(_MASKED, np.float32)))
        self._bias = self.node("Unsqueeze", absent, self.constant(np.array([1, 2])))  # (n_texts, 1, 1, seq_len)

    def attend(self, layer: str) -> None:
        n_heads = self._config["num_attention_heads"]
        head_width = self._config["hidden_size"] // n_heads
        parts = {}
        for name, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
            projected = self.linear(self.hidden, f"{layer}.attention.self.{name}")
            heads = self.reshape(projected, [0, 0, n_heads, head_width])
            parts[name] = self.node("Transpose", heads, perm=order)
        scores = self.node("MatMul", parts["query"], parts["key"])
        scores = self.node("Mul", scores, self.constant(np.array(head_width**-0.5, np.float32)))
        shares = self.node("Softmax", self.node("Add", scores, self._bias), axis=-1)
        mixed = self.node("Transpose", self.node("MatMul", shares, parts["value"]), perm=[0, 2, 1, 3])
        mixed = self.reshape(mixed, [0, 0, self._config["hidden_size"]])
        out = self.linear(mixed, f"{layer}.attention.output.dense")
        self.hidden = self.normalise(self.node("Add", out, self.hidden), f"{layer}.attention.output.LayerNorm")

    def feed_forward(self, layer: str) -> None:
        inner = self.node("Gelu", self.linear(self.hidden, f"{layer}.intermediate.dense"))
        out = self.linear(inner, f"{layer}.output.dense")
        self.hidden = self.normalise(self.node("Add", out, self.hidden), f"{layer}.output.LayerNorm")

    def pool(self) -> None:
        axis = self.constant(np.array([1]))
        total = self.node("ReduceSum", self.node("Mul", self.hidden, self._mask), axis, keepdims=0)
        n_tokens = self.node("ReduceSum", self._mask, axis, keepdims=0)
        n_tokens = self.node("Max", n_tokens, self.constant(np.array(1, np.float32)))
        self.node("Div", total, n_tokens, output="pooled")

    def linear(self, values: str, name: str) -> str:
        n_outputs, n_bytes = self._stored[f"{name}.weight{PACKED_SUFFIX}"]["shape"]
        n_inputs = 2 * n_bytes
        packed = self.weight(f"{name}.weight{PACKED_SUFFIX}", [n_outputs, n_inputs // BLOCK_WIDTH, BLOCK_WIDTH // 2])
        scale = self.cast(self.weight(f"{name}.weight{SCALE_SUFFIX}"), np.float32)
        product = self.node(
            "MatMulNBits",
            values,
            packed,
            scale,
            domain="com.microsoft",
            K=n_inputs,
            N=n_outputs,
            bits=4,
            block_size=BLOCK_WIDTH,
        )
        return self.node("Add", product, self.weight(f"{name}.bias"))

    def normalise(self, values: str, name: str) -> str:
        weight, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.node("LayerNormalization", values, weight, bias, epsilon=self._config["layer_norm_eps"])

    def reshape(self, values: str, shape: list[int]) -> str:
        return self.node("Reshape", values, self.constant(np.array(shape)))

    def cast(self, values: str, dtype: type[np.generic]) -> str:
        from onnx import helper

        return self.node("Cast", values, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def node(
        self, kind: str, *inputs: str, output: str | None = None, domain: str | None = None, **settings: Any
    ) -> str:
        from onnx import helper

        output = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], domain=domain, **settings))
        return output

    def constant(self, values: "np.ndarray[Any, Any]") -> str:
        from onnx import numpy_helper

        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(values, name))
        return name

    def weight(self, name: str, shape: list[int] | None = None) -> str:
        """An initializer that is a tensor's bytes in the safetensors file."""
        from onnx import TensorProto

        kinds = {"U8": TensorProto.UINT8, "F16": TensorProto.FLOAT16, "F32": TensorProto.FLOAT}
        entry = self._stored[name]
        begin, end = entry["data_offsets"]
        tensor = TensorProto(name=name, data_type=kinds[entry["dtype"]], dims=shape or entry["shape"])
        tensor.data_location = TensorProto.EXTERNAL
        place = {"location": self._file_name, "offset": self._start + begin, "length": end - begin}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        self.initializers.append(tensor)
        return name


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    """Tensor name -> entry of a safetensors file, and where its data begins."""
    with path.open("rb") as stream:
        (n_bytes,) = struct.unpack("<Q", stream.read(8))
        return json.loads(stream.read(n_bytes)), 8 + n_bytes
