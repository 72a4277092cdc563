"""Learn the words and the projection of "vlad/1": `python -m detector.train_vocabulary --images FOLDER`.

Reads the pictures of a training folder whose SHA-256 is even: thresholds are set with the others. The same
pictures give the same file (k-means from a fixed seed, on one thread).
"""

import argparse
import hashlib
import io
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.fingerprints.sift import LocalFeatures, sift_prints, unpacked
from detector.fingerprints.vlad import DIMENSIONS, WEIGHTS, WORDS, aggregated
from detector.media.image import canonical_rgb

_Floats = NDArray[np.float32]
_A_PICTURE = 40
"""Descriptors of one picture that words are learnt from."""
_SEED = 20261124


def is_for_thresholds(path: Path) -> bool:
    """Whether a picture of the training folder is kept for setting thresholds."""
    return int(hashlib.sha256(path.read_bytes()).hexdigest(), 16) % 2 == 1


def features(paths: list[Path]) -> list[LocalFeatures]:
    """The stored features of these pictures, where they have any."""
    found = []
    for path in paths:
        prints = sift_prints(canonical_rgb(path))
        held = unpacked(prints[0].value) if prints else None
        if held is not None:
            found.append(held)
    return found


def learnt(held: list[LocalFeatures]) -> dict[str, _Floats]:
    """words, mean and projection, as float16 will keep them."""
    import faiss

    chance = np.random.default_rng(_SEED)
    sample = [each.descriptors[chance.permutation(len(each))[:_A_PICTURE]] for each in held]
    means = faiss.Kmeans(128, WORDS, niter=20, seed=_SEED)
    means.train(np.concatenate(sample))
    words = np.asarray(means.centroids).astype(np.float16).astype(np.float64)
    rows = np.stack([aggregated(each.descriptors, words) for each in held])
    mean = rows.mean(axis=0)
    centred = (rows - mean).astype(np.float64)
    weights, vectors = np.linalg.eigh(centred @ centred.T)
    largest = np.argsort(-weights)[:DIMENSIONS]
    variances = weights[largest] / len(rows)
    projection = (centred.T @ vectors[:, largest]) / np.sqrt(weights[largest]) / variances**0.25
    return {"words": words, "mean": mean, "projection": projection / np.abs(projection).max()}


def main(arguments: list[str]) -> None:
    """Learn, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    folder = parser.parse_args(arguments).images
    paths = [path for path in sorted(folder.rglob("*.jpg")) if not is_for_thresholds(path)]
    made = learnt(features(paths))
    held = io.BytesIO()
    words, mean, projection = (made[name].astype(np.float16) for name in ("words", "mean", "projection"))
    np.savez(held, words=words, mean=mean, projection=projection)
    WEIGHTS.parent.mkdir(exist_ok=True)
    WEIGHTS.write_bytes(held.getvalue())
    digest = hashlib.sha256(held.getvalue()).hexdigest()
    sys.stdout.write(f"{len(paths)} pictures; {WEIGHTS}: sha256 {digest}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
