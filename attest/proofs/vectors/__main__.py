"""`python -m attest.proofs.vectors`: write the vectors anew, the same bytes each time."""

import json
import sys
from pathlib import Path

from attest.proofs.vectors import honest, hostile

HERE = Path(__file__).parent
FILES = {"honest.json": honest.vectors, "hostile.json": hostile.vectors}


def rendered() -> dict[str, str]:
    """Each file's text by its name. Raises ValueError where two vectors have one name."""
    texts, names = {}, list[str]()
    for name, vectors in FILES.items():
        found = [vector.as_json() for vector in vectors()]
        names += [each["name"] for each in found]
        # One a line: differences stay readable.
        lines = ",\n".join(json.dumps(each) for each in found)
        texts[name] = f"[\n{lines}\n]\n"
    if len(set(names)) != len(names):
        raise ValueError("two vectors have one name")
    return texts


def main() -> int:
    """Write the files beside this one."""
    for name, text in rendered().items():
        (HERE / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
