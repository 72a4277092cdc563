"""Changing a signature's unprotected header in a finished file, as an intermediary can."""

from collections.abc import Callable
from pathlib import Path

from provenance.inspection import cbor, extract, jumbf


def staple(path: Path, response: bytes) -> None:
    """Put an OCSP response into the active manifest's signature (`rVals`, C2PA 2.4 section 14.6) in place.

    The unprotected header is not signed and the padding makes room, so no length and no hash changes.
    """
    data = path.read_bytes()
    media_type = {".jpg": "image/jpeg", ".png": "image/png"}.get(path.suffix, "application/octet-stream")
    store = next(extract.candidates(data, media_type))
    active = jumbf.manifests(jumbf.parse(store))[-1]
    contents = [raw for box in active.children if (raw := box.content(b"cbor")) is not None]
    cose = next(raw for raw in contents if isinstance(cbor.decode(raw), list))
    protected, unprotected, payload, signature = cbor.decode(cose)
    kept = {key: value for key, value in unprotected.items() if not str(key).startswith("pad")}
    kept["rVals"] = {"ocspVals": [response]}

    def made(*pads: int) -> bytes:
        padded = kept | {f"pad{i + 1 if i else ''}": bytes(pad) for i, pad in enumerate(pads)}
        return b"\xd2" + encode([protected, padded, payload, signature])

    assert data.count(cose) == 1, "the signature lies in several pieces"
    path.write_bytes(data.replace(cose, _fitting(made, len(cose))))


def encode(value: object) -> bytes:
    """The deterministic CBOR of what `cbor.decode` returns."""
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(encode, value))
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    raise TypeError(type(value))


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    size = next(size for size in (1, 2, 4, 8) if number < 1 << 8 * size)
    return bytes([major << 5 | (24 + size.bit_length() - 1)]) + number.to_bytes(size, "big")


def _fitting(made: Callable[..., bytes], length: int) -> bytes:
    """`made` with the paddings that give it `length` bytes; some lengths need a second one."""
    room = length - len(made(0))
    assert room >= 0, f"the response is {-room} bytes too long for the padding"
    for second in (None, 0, 1, 2, 3):
        for first in range(max(0, room - 24), room + 1):
            pads = (first,) if second is None else (first, second)
            if len(found := made(*pads)) == length:
                return found
    raise AssertionError("no padding fits")
