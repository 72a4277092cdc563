"""all-MiniLM-L6-v2's network as an ONNX graph without its weights: these stay where its package has them.

BERT (Devlin et al. 2019) of six layers, mean pooling and vectors of length one, in ONNX Runtime's fused
operators.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from detector.fingerprints.text_graph import WEIGHTS_FILE, header

_LAYERS, _HEADS, _WIDTH, _EPSILON = 6, 12, 384, 1e-12
_RUNTIME = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""


def text_graph(folder: Path) -> bytes:
    """The graph of the model in `folder`; the same bytes every time.

    Inputs "ids": int64 (n, tokens), padded with zeros on the right; "lengths": int32 (n). Output "vectors":
    float32 (n, 384). Weights are named by their places in the folder's file. Raises OSError and KeyError for
    a folder that holds another model.
    """
    return _Graph(folder / WEIGHTS_FILE).bert()


class _Graph:
    """Nodes and weights, in the order they are added."""

    def __init__(self, weights: Path) -> None:
        held = header(weights)
        self._begin, self._tensors = len(held), json.loads(held[8:])
        self._nodes: list[Any] = []
        self._held: dict[str, Any] = {}

    def bert(self) -> bytes:
        """The whole network, serialised."""
        flat = self._constant("flat", np.array([-1, _WIDTH], np.int64))
        shape = self._node("Shape", "ids")
        deep = self._node("Concat", shape, self._constant("width", np.array([_WIDTH], np.int64)), axis=0)
        first, one = self._constant("first", np.int64(0)), self._constant("one", np.int64(1))
        tokens = self._node("Gather", shape, one)
        places = self._node("Range", first, tokens, one)
        x = self._node("Reshape", self._embeddings(places, first), flat)
        for number in range(_LAYERS):
            x = self._layer(f"encoder.layer.{number}.", x, deep, flat)
        # Mean pooling: a row of ones over the text's own tokens, zeros over the padding. The sum's direction
        # is the mean's, and its length goes.
        axis = self._constant("axis", np.array([1], np.int64))
        column = self._node("Unsqueeze", "lengths", axis)
        own = self._node("Less", self._node("Cast", places, to=TensorProto.INT32), column)
        row = self._node("Unsqueeze", self._node("Cast", own, to=TensorProto.FLOAT), axis)
        pooled = self._node("Squeeze", self._node("MatMul", row, self._node("Reshape", x, deep)), axis)
        self._nodes.append(helper.make_node("LpNormalization", [pooled], ["vectors"], axis=-1, p=2))
        return self._serialised()

    def _embeddings(self, places: str, first: str) -> str:
        """Word, place and segment, normalised: (n, tokens, _WIDTH)."""
        word = self._node("Gather", self._weight("embeddings.word_embeddings.weight"), "ids")
        place = self._node("Gather", self._weight("embeddings.position_embeddings.weight"), places)
        segment = self._node("Gather", self._weight("embeddings.token_type_embeddings.weight"), first)
        summed = self._node("Add", word, self._node("Add", place, segment))
        scale, shift = self._pair("embeddings.LayerNorm")
        return self._node("LayerNormalization", summed, scale, shift, axis=-1, epsilon=_EPSILON)

    def _layer(self, name: str, x: str, deep: str, flat: str) -> str:
        """Attention and the two dense layers, each added to what went in and normalised."""
        asked = [
            self._node("Reshape", self._dense(f"{name}attention.self.{part}", x), deep)
            for part in ("query", "key", "value")
        ]
        seen = self._node("MultiHeadAttention", *asked, "", "lengths", domain=_RUNTIME, num_heads=_HEADS)
        mixed = self._dense(f"{name}attention.output.dense", self._node("Reshape", seen, flat))
        x = self._added(mixed, x, f"{name}attention.output.LayerNorm")
        wide = self._node("Gelu", self._dense(f"{name}intermediate.dense", x), domain=_RUNTIME)
        return self._added(self._dense(f"{name}output.dense", wide), x, f"{name}output.LayerNorm")

    def _dense(self, name: str, x: str) -> str:
        return self._node("Gemm", x, *self._pair(name), transB=1)

    def _added(self, new: str, old: str, name: str) -> str:
        return self._node(
            "SkipLayerNormalization", new, old, *self._pair(name), domain=_RUNTIME, epsilon=_EPSILON
        )

    def _pair(self, name: str) -> tuple[str, str]:
        return self._weight(f"{name}.weight"), self._weight(f"{name}.bias")

    def _node(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        output = f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def _constant(self, name: str, value: Any) -> str:
        self._held[name] = numpy_helper.from_array(np.asarray(value), name)
        return name

    def _weight(self, name: str) -> str:
        """A tensor of the file, by its place in it."""
        if name not in self._held:
            begin, end = self._tensors[name]["data_offsets"]
            tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=self._tensors[name]["shape"])
            tensor.data_location = TensorProto.EXTERNAL
            places = {"location": WEIGHTS_FILE, "offset": self._begin + begin, "length": end - begin}
            for key, value in places.items():
                tensor.external_data.add(key=key, value=str(value))
            self._held[name] = tensor
        return name

    def _serialised(self) -> bytes:
        graph = helper.make_graph(
            self._nodes,
            "all-MiniLM-L6-v2",
            [
                helper.make_tensor_value_info("ids", TensorProto.INT64, ["n", "tokens"]),
                helper.make_tensor_value_info("lengths", TensorProto.INT32, ["n"]),
            ],
            [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", _WIDTH])],
            list(self._held.values()),
        )
        operators = [helper.make_opsetid("", 17), helper.make_opsetid(_RUNTIME, 1)]
        model = helper.make_model(graph, opset_imports=operators, ir_version=8, producer_name="assay")
        return bytes(onnx.ModelProto.SerializeToString(model, deterministic=True))
