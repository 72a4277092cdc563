"""The trained network as ONNX, and the proof that it gives the same vectors."""

import hashlib
import warnings
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from detector.fingerprints.copydet import ImageEmbedder
from detector.training.network import Network, vectors

OPSET = 18
LEAST_COSINE = 0.9999


def export(network: Network, path: Path, side: int) -> str:
    """Write `path`, fp32 with the normalisation inside; returns its SHA-256 in hex.

    Input "pixels": uint8 (n, side, side, 3); output "vectors": float32 (n, 192), each of length one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    example = (torch.zeros(2, side, side, 3, dtype=torch.uint8),)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own deprecations
        torch.onnx.export(
            network.eval(),
            example,
            str(path),
            input_names=["pixels"],
            output_names=["vectors"],
            opset_version=OPSET,
            dynamic_shapes={"pixels": {0: torch.export.Dim("n", min=1, max=4096)}},
            dynamo=True,
            external_data=False,
            optimize=True,
            verbose=False,
        )
    _strip(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _strip(path: Path) -> None:
    """Leave out what the exporter noted about this machine (paths, stack traces); the graph stays."""
    import onnx

    model = onnx.load(path)
    for noted in (model, model.graph, *model.graph.node, *model.graph.input, *model.graph.output):
        del noted.metadata_props[:]
    for noted in (*model.graph.value_info, *model.graph.initializer):
        del noted.metadata_props[:]
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))


def least_cosine(network: Network, path: Path, squares: NDArray[np.uint8]) -> float:
    """The least cosine between torch's and ONNX Runtime's vectors of `squares` (n, side, side, 3)."""
    expected = vectors(network.eval(), squares)
    found = ImageEmbedder(weights=path).embed(list(squares))
    return float(np.einsum("ij,ij->i", expected, found).min())
