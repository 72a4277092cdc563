"""`python -m detector.training`: train the copy-detection embedding."""

import argparse
import logging
from pathlib import Path

from detector.training.pictures import read
from detector.training.run import Recipe, train


def main() -> None:
    """Train to the end of the recipe."""
    parser = argparse.ArgumentParser(prog="python -m detector.training", description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="folder with eval/images/train")
    parser.add_argument("--out", type=Path, required=True, help="folder for the checkpoint")
    parser.add_argument("--steps", type=int, default=Recipe().steps)
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    recipe = Recipe(steps=options.steps, seed=options.seed)
    train(read(options.shared), recipe, options.out, options.threads)


if __name__ == "__main__":
    main()
