"""Measure the thresholds anew: `python -m detector.calibrate [--text FILE.tsv] [--images FOLDER]
[--audio] [--video FOLDER]`.

Reads tuning data only: of the texts (a line is LABEL TAB TEXT) those whose SHA-256 is even, which is the
first half of the split by hash; of the pictures the folder given, one sub-folder a category; sound is made
up, and video out of the photographs of the folder given. Writes calibration.json; what is not measured anew
stays as it is.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from detector.calibrate_audio import audio_methods
from detector.calibrate_image import PDQ_FLOOR, PROPOSING, image_methods
from detector.calibrate_text import asked, text_methods, tuning_texts
from detector.calibrate_video import video_methods
from detector.errors import MediaUnreadable
from detector.fingerprints.audio import METHOD as AUDIO_METHOD
from detector.fingerprints.pdq import METHOD as PDQ_METHOD
from detector.fingerprints.pdq import TURNED_METHOD, pdq_prints
from detector.fingerprints.video import METHOD as VIDEO_METHOD
from detector.matching.fusion import METHOD as IMAGE_METHOD
from detector.media.image import canonical_rgb


def pdq_method(folder: Path) -> dict[str, Any]:
    """PDQ's threshold: three quarters of the least distance between pictures of different categories.

    Distances are the least over the eight dihedral views, as they are asked with.
    """
    views, names = [], []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"}):
        try:
            prints = pdq_prints(canonical_rgb(path))
        except MediaUnreadable:
            continue
        if prints[0].quality >= PDQ_FLOOR:
            eight = [entry for entry in prints if entry.method in (PDQ_METHOD, TURNED_METHOD)]
            views.append([np.frombuffer(entry.value, dtype=np.uint8) for entry in eight])
            names.append(path.parent.name)
    bits = np.unpackbits(np.array(views), axis=2).astype(np.float32)
    upright = bits[:, 0]
    ones = upright.sum(axis=1)
    least = np.full((len(names), len(names)), np.inf, dtype=np.float32)
    for view in range(bits.shape[1]):
        turned = bits[:, view]
        least = np.minimum(least, turned.sum(axis=1)[:, None] + ones[None] - 2 * turned @ upright.T)
    category = np.array(names)
    apart = least[(category[:, None] != category[None]) & np.triu(np.ones(least.shape, dtype=bool), 1)]
    nearest_false = int(apart.min())
    threshold = nearest_false * 3 // 4
    set_on = f"{len(names)} pictures, {len(set(names))} categories, of Caltech-101's training part"
    evidence = asked(set_on, len(names)) | {
        "pairs_of_different_categories": len(apart),
        "least_distance_among_them": nearest_false,
        "pairs_at_or_below": {str(r): int((apart <= r).sum()) for r in (31, 48, 56, 64, 72, 80)},
    }
    return {
        PDQ_METHOD: {"metric": "hamming", "width": 32, "threshold": threshold, "floor": PDQ_FLOOR}
        | {"evidence": evidence}
    }


def main(arguments: list[str]) -> None:
    """Measure, and write calibration.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--audio", action="store_true")
    parser.add_argument("--video", type=Path)
    given = parser.parse_args(arguments)
    path = Path(__file__).with_name("calibration.json")
    held: dict[str, Any] = json.loads(path.read_text())["methods"]
    recorded = {AUDIO_METHOD, VIDEO_METHOD}
    seen = {PDQ_METHOD, IMAGE_METHOD, *PROPOSING}
    images = {method: entry for method, entry in held.items() if method in seen}
    recordings = {method: entry for method, entry in held.items() if method in recorded}
    texts = {method: entry for method, entry in held.items() if method not in recorded | seen}
    if given.text:
        texts = text_methods(tuning_texts(given.text))
    if given.images:
        images = pdq_method(given.images) | image_methods(given.images)
    if given.audio:
        recordings |= audio_methods()
    if given.video:
        recordings |= video_methods(given.video)
    path.write_text(json.dumps({"version": 1, "methods": texts | images | recordings}, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
