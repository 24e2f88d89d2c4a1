"""Matrices of an ONNX file in 8 bits, a scale for every 32 weights. In: a float32 file. Out: a file. Effect: disk.

Activations stay float32. ONNX Runtime's own dynamic quantisation has one scale for all activations of a layer, and such
encoders have a few very large ones: differences between texts suffer (r .96-.97 to the float32 outputs; here .9999).
"""

from pathlib import Path
from typing import Any

import numpy as np

BLOCK_WIDTH = 32

_ZERO = 128  # MatMulNBits' zero point for 8 bits
_LARGEST = 127
_MICROSOFT = "com.microsoft"


def quantise_int8(source: Path, target: Path) -> None:
    """Write ``source`` with the weights of matrix products and of look-up tables in 8 bits; the rest stays float32."""
    import onnx

    model = onnx.load(source)
    graph = model.graph
    tables = {tensor.name: tensor for tensor in graph.initializer if len(tensor.dims) == 2}
    nodes: list[Any] = []
    made: list[Any] = []
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in tables:
            replacement, tensors = _quantise_product(node, tables[node.input[1]])
        elif node.op_type == "Gather" and node.input[0] in tables:
            replacement, tensors = _quantise_lookup(node, tables[node.input[0]])
        else:
            replacement, tensors = [node], []
        nodes += replacement
        made += tensors
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    names = {tensor.name for tensor in kept}
    for tensor in made:
        if tensor.name not in names:  # two nodes may share a table
            kept.append(tensor)
            names.add(tensor.name)
    # Copies: clearing a list of protobuf's ends the life of what was in it.
    nodes, kept = [_copy(node) for node in nodes], [_copy(tensor) for tensor in kept]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
    model.opset_import.append(onnx.helper.make_opsetid(_MICROSOFT, 1))
    onnx.save(model, target)


def _copy(message: Any) -> Any:
    made = type(message)()
    made.CopyFrom(message)
    return made


def _quantise_product(node: Any, tensor: Any) -> tuple[list[Any], list[Any]]:
    """values @ (n_inputs, n_outputs) as MatMulNBits."""
    from onnx import helper, numpy_helper

    weights = numpy_helper.to_array(tensor).T
    n_outputs, n_inputs = weights.shape
    padded = np.pad(weights, ((0, 0), (0, -n_inputs % BLOCK_WIDTH))).reshape(n_outputs, -1, BLOCK_WIDTH)
    whole, scale = _to_whole(padded)
    tensors = [
        numpy_helper.from_array((whole + _ZERO).astype(np.uint8), f"{tensor.name}.int8"),
        numpy_helper.from_array(scale.reshape(-1), f"{tensor.name}.scale"),
    ]
    product = helper.make_node(
        "MatMulNBits",
        [node.input[0], *(made.name for made in tensors)],
        list(node.output),
        domain=_MICROSOFT,
        K=n_inputs,
        N=n_outputs,
        bits=8,
        block_size=BLOCK_WIDTH,
    )
    return [product], tensors


def _quantise_lookup(node: Any, tensor: Any) -> tuple[list[Any], list[Any]]:
    """Rows of a table in int8, times the rows' scales."""
    from onnx import TensorProto, helper, numpy_helper

    whole, scale = _to_whole(numpy_helper.to_array(tensor))
    tensors = [
        numpy_helper.from_array(whole.astype(np.int8), f"{tensor.name}.int8"),
        numpy_helper.from_array(scale, f"{tensor.name}.scale"),
    ]
    out = node.output[0]
    nodes = [
        helper.make_node("Gather", [tensors[0].name, node.input[1]], [f"{out}.int8"]),
        helper.make_node("Cast", [f"{out}.int8"], [f"{out}.whole"], to=TensorProto.FLOAT),
        helper.make_node("Gather", [tensors[1].name, node.input[1]], [f"{out}.scale"]),
        helper.make_node("Mul", [f"{out}.whole", f"{out}.scale"], [out]),
    ]
    return nodes, tensors


def _to_whole(weights: "np.ndarray[Any, Any]") -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """Weights -> whole numbers of -127..127 and one float32 scale for the last axis, which stays with length 1."""
    scale = np.abs(weights).max(axis=-1, keepdims=True).astype(np.float32) / _LARGEST
    scale[scale == 0] = 1.0
    return np.rint(weights / scale), scale
