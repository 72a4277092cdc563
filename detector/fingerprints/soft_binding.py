"""Fingerprints as soft bindings (C2PA 2.4 section 18.10): by them a manifest is found that was stripped.

The names are those of the C2PA soft-binding algorithm list, and reverse-DNS ones of our own for what is not
in it. The value of `io.iscc.v0` is what IEP-0020 says: an ISCC-SEQ, the bytes of one or more 256-bit units
one after another. Ours holds the content code alone: the Instance-Code of an upload would let anybody test
guesses at the private metadata that its published copy no longer holds (docs/adr/0027).
"""

import base64
import binascii
from dataclasses import replace

from detector.errors import BindingUnreadable
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.fingerprints.pdq import METHOD as PDQ
from provenance.assets.asset import Medium

ISCC_ALGORITHM = "io.iscc.v0"
PDQ_ALGORITHM = "io.github.assay-provenance.pdq.v1"
PDQ_FLOOR = 50
"""Below this quality (PDQ's own, 0 to 100) a picture is too flat for its hash to tell it from another."""
MAX_VALUE = 4_096
"""Characters of a value that is read."""

ISCC_METHODS = {
    Medium.TEXT: "iscc-text/1",
    Medium.IMAGE: "iscc-image/1",
    Medium.AUDIO: "iscc-audio/1",
    Medium.VIDEO: "iscc-video/1",
}
ASKED = "?"
"""Ends the method of a code that is asked for: it is nobody's fingerprint."""
_CODE_BYTES = 32


def soft_bindings(prints: Fingerprints) -> tuple[tuple[str, str], ...]:
    """(algorithm, value) of each fingerprint that is published: ISCC in base64, and PDQ as 64 hex digits."""
    found = [(ISCC_ALGORITHM, iscc_value(prints.iscc))] if prints.iscc else []
    for each in prints.prints:
        if each.method == PDQ and each.quality >= PDQ_FLOOR:
            found.append((PDQ_ALGORITHM, each.value.hex()))
    return tuple(found)


def iscc_value(*units: str) -> str:
    """The ISCC-SEQ of 256-bit units ("ISCC:…") in base64, as a look-up by soft binding takes it."""
    import iscc_core

    return base64.b64encode(iscc_core.encode_seq(list(units))).decode("ascii")


def with_code(prints: Fingerprints, code: str | None) -> Fingerprints:
    """The fingerprints with an ISCC content code (None: there is none), and the one to be looked up by.

    A picture too flat for its PDQ hash to tell it from another goes without: so is its code.
    """
    import iscc_core

    flat = any(each.method == PDQ and each.quality < PDQ_FLOOR for each in prints.prints)
    if code is None or flat:
        return prints
    raw = iscc_core.decode_base32(code.removeprefix("ISCC:"))
    # By what the code is of, not by the file's type: a WebM file may hold sound alone.
    asked = Fingerprint(_methods()[iscc_core.decode_header(raw)[1]], raw[-_CODE_BYTES:])
    return replace(prints, iscc=code, prints=(*prints.prints, asked))


def asked_for(algorithm: str, value: str) -> tuple[Fingerprint, ...]:
    """The fingerprints that a soft binding's value asks for.

    Of an ISCC value the 256-bit content codes of text, image, audio and video; as base64 of an ISCC-SEQ, or
    as one such code in its own writing ("ISCC:…"). Raises BindingUnreadable: `binding_unknown` for an
    algorithm that is not published here, `binding_malformed` for a value that is none of its.
    """
    if len(value) > MAX_VALUE:
        raise BindingUnreadable("The value is longer than any soft binding's.", code="binding_malformed")
    if algorithm == PDQ_ALGORITHM:
        return (Fingerprint(PDQ, _pdq_bytes(value)),)
    if algorithm == ISCC_ALGORITHM:
        found = _content_codes(value)
        if not found:
            raise BindingUnreadable(
                "The value holds no 256-bit content code of a text, picture, sound or video.",
                code="binding_malformed",
            )
        return found
    raise BindingUnreadable(f"Nothing is kept by the algorithm {algorithm!r}.", code="binding_unknown")


def _pdq_bytes(value: str) -> bytes:
    try:
        found = bytes.fromhex(value)
    except ValueError:
        found = b""
    if len(found) != _CODE_BYTES:
        raise BindingUnreadable("A PDQ hash is 64 hex digits.", code="binding_malformed")
    return found


def _methods() -> dict[int, str]:
    """The method of a content code, by the kind that its header tells."""
    import iscc_core

    return {
        iscc_core.ST_CC.TEXT: ISCC_METHODS[Medium.TEXT],
        iscc_core.ST_CC.IMAGE: ISCC_METHODS[Medium.IMAGE],
        iscc_core.ST_CC.AUDIO: ISCC_METHODS[Medium.AUDIO],
        iscc_core.ST_CC.VIDEO: ISCC_METHODS[Medium.VIDEO],
    }


def _content_codes(value: str) -> tuple[Fingerprint, ...]:
    import iscc_core

    methods = _methods()
    try:
        if value.startswith("ISCC:"):
            units = iscc_core.decode_seq(iscc_core.decode_base32(value.removeprefix("ISCC:")))
        else:
            units = iscc_core.decode_seq(base64.b64decode(value, validate=True))
        parts = [
            iscc_core.decode_header(iscc_core.decode_base32(unit.removeprefix("ISCC:"))) for unit in units
        ]
    except (ValueError, IndexError, binascii.Error) as error:
        raise BindingUnreadable(
            "The value is no sequence of ISCC units.", code="binding_malformed"
        ) from error
    found: dict[Fingerprint, None] = {}
    for main, sub, version, _, body in parts:
        if main == iscc_core.MT.CONTENT and version == 0 and sub in methods and len(body) == _CODE_BYTES:
            found[Fingerprint(methods[sub] + ASKED, bytes(body))] = None
    if len(found) > len(methods):
        raise BindingUnreadable(
            "The value holds more content codes than one content has.", code="binding_malformed"
        )
    return tuple(found)
