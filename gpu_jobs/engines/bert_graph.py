"""BERT as an ONNX graph from plain tensors, pooling and unit length included: [batch, tokens] in, vectors out.

Written with ONNX's own messages, one node at a time; opset 20 for Gelu and LayerNormalization, IR version 10.
"""

from typing import Any, Literal

import numpy as np
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto

from .weights import Architecture, Tensors

GRAPH_VERSION = "1"
"""Moves when the same weights give another graph."""
_TYPES = {np.dtype("float32"): TensorProto.FLOAT, np.dtype("int64"): TensorProto.INT64}
_ATTRIBUTES = {float: ("f", AttributeProto.FLOAT), int: ("i", AttributeProto.INT), str: ("s", AttributeProto.STRING)}


class _Graph:
    """Collects constants and nodes. An operator gives the name of its output."""

    def __init__(self) -> None:
        self.proto = GraphProto(name="bert")

    def const(self, name: str, value: Any) -> str:
        array = np.asarray(value, order="C")  # ascontiguousarray makes a scalar a list of one
        self.proto.initializer.append(
            TensorProto(name=name, dims=array.shape, data_type=_TYPES[array.dtype], raw_data=array.tobytes())
        )
        return name

    def op(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        output = output or f"{kind}_{len(self.proto.node)}"
        node = NodeProto(op_type=kind, name=output, input=inputs, output=[output])
        for name, value in attributes.items():
            if isinstance(value, list):
                node.attribute.add(name=name, type=AttributeProto.INTS, ints=value)
            else:
                field, code = _ATTRIBUTES[type(value)]
                told = value.encode() if isinstance(value, str) else value
                node.attribute.add(name=name, type=code, **{field: told})
        self.proto.node.append(node)
        return output


def graph(of: Architecture, tensors: Tensors, pooling: Literal["mean", "cls"]) -> ModelProto:
    """input_ids and attention_mask, int64 [batch, tokens], to embedding, float32 [batch, hidden] of unit length."""
    g = _Graph()
    head = of.hidden // of.heads

    def norm(x: str, name: str) -> str:
        scale, shift = (g.const(f"{name}.{part}", tensors[f"{name}.{part}"]) for part in ("weight", "bias"))
        return g.op("LayerNormalization", x, scale, shift, axis=-1, epsilon=of.epsilon)

    def linear(x: str, name: str) -> str:
        product = g.op("MatMul", x, g.const(f"{name}.weight", tensors[f"{name}.weight"].T))
        return g.op("Add", product, g.const(f"{name}.bias", tensors[f"{name}.bias"]))

    embeddings = "embeddings.{}_embeddings.weight".format
    length = g.op("Gather", g.op("Shape", "input_ids"), g.const("axis_tokens", 1))
    positions = g.op("Range", g.const("zero", 0), length, g.const("one", 1))
    words = g.op("Gather", g.const("words", tensors[embeddings("word")]), "input_ids")
    places = g.op("Gather", g.const("places", tensors[embeddings("position")]), positions)
    kind = g.const("first_token_type", tensors[embeddings("token_type")][0])
    x = norm(g.op("Add", g.op("Add", words, places), kind), "embeddings.LayerNorm")

    mask = g.op("Cast", "attention_mask", to=int(TensorProto.FLOAT))
    blocked = g.op("Sub", g.const("one_f", np.float32(1)), g.op("Unsqueeze", mask, g.const("axes_1_2", [1, 2])))
    bias = g.op("Mul", blocked, g.const("minus_large", np.float32(-1e9)))
    apart, together = g.const("apart", [0, 0, of.heads, head]), g.const("together", [0, 0, of.hidden])
    scale = g.const("scale", np.float32(head**-0.5))
    for layer in range(of.layers):
        inside = f"encoder.layer.{layer}"
        query, key, value = (
            g.op("Reshape", linear(x, f"{inside}.attention.self.{part}"), apart) for part in ("query", "key", "value")
        )
        query, value = (g.op("Transpose", part, perm=[0, 2, 1, 3]) for part in (query, value))
        key = g.op("Transpose", key, perm=[0, 2, 3, 1])
        scores = g.op("Add", g.op("Mul", g.op("MatMul", query, key), scale), bias)
        context = g.op("MatMul", g.op("Softmax", scores, axis=-1), value)
        context = g.op("Reshape", g.op("Transpose", context, perm=[0, 2, 1, 3]), together)
        attended = g.op("Add", linear(context, f"{inside}.attention.output.dense"), x)
        x = norm(attended, f"{inside}.attention.output.LayerNorm")
        wide = g.op("Gelu", linear(x, f"{inside}.intermediate.dense"), approximate="none")
        x = norm(g.op("Add", linear(wide, f"{inside}.output.dense"), x), f"{inside}.output.LayerNorm")

    if pooling == "mean":
        masked = g.op("Mul", x, g.op("Unsqueeze", mask, g.const("axis_2", [2])))
        total = g.op("ReduceSum", masked, g.const("axis_1", [1]), keepdims=0)
        x = g.op("Div", total, g.op("ReduceSum", mask, "axis_1", keepdims=1))
    else:
        x = g.op("Gather", x, "zero", axis=1)
    g.op("LpNormalization", x, output="embedding", axis=-1, p=2)
    g.proto.input.extend(_value(name, TensorProto.INT64, "batch", "tokens") for name in ("input_ids", "attention_mask"))
    g.proto.output.append(_value("embedding", TensorProto.FLOAT, "batch", of.hidden))
    opset = OperatorSetIdProto(domain="", version=20)
    return ModelProto(ir_version=10, producer_name="gpu_jobs", graph=g.proto, opset_import=[opset])


def _value(name: str, kind: int, *shape: str | int) -> ValueInfoProto:
    info = ValueInfoProto(name=name)
    info.type.tensor_type.elem_type = kind
    for size in shape:
        dimension = info.type.tensor_type.shape.dim.add()
        if isinstance(size, int):
            dimension.dim_value = size
        else:
            dimension.dim_param = size
    return info
