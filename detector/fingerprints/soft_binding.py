"""Fingerprints as soft bindings (C2PA 2.4 section 18.10): by them a manifest is found that was stripped.

The names are those of the C2PA soft-binding algorithm list, and reverse-DNS ones of our own for what is not
in it.
"""

from detector.fingerprints.fingerprint import Fingerprints
from detector.fingerprints.pdq import METHOD as PDQ

ISCC_ALGORITHM = "io.iscc.v0"
PDQ_ALGORITHM = "io.github.assay-provenance.pdq.v1"
PDQ_FLOOR = 50
"""Below this quality (PDQ's own, 0 to 100) a picture is too flat for its hash to tell it from another."""


def soft_bindings(prints: Fingerprints) -> tuple[tuple[str, str], ...]:
    """(algorithm, value) of each fingerprint that is published: the ISCC string, and PDQ as 64 hex digits."""
    found = [(ISCC_ALGORITHM, prints.iscc)] if prints.iscc else []
    for each in prints.prints:
        if each.method == PDQ and each.quality >= PDQ_FLOOR:
            found.append((PDQ_ALGORITHM, each.value.hex()))
    return tuple(found)
