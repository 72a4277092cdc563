"""Writing C2PA into a text itself (C2PA 2.4 appendix A.8): opt-in, because it makes a text 15 KB longer,
and 55 KB with a time stamp.

The SDK writes no text, and its Python face does not bind what a caller needs who places the store himself:
`c2pa_builder_placeholder`, which tells a store's size before it is signed, and
`c2pa_builder_sign_embeddable`, which signs over a hash that the caller brings. So the C library is asked
directly, here and nowhere else.

The hash leaves out the wrapper, so the wrapper's length in bytes is signed before its content is known: it is
padded to the longest that a store of this size can need, four bytes for each of its own. Validators hold the
exclusion to just that length.
"""

import ctypes
import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import c2pa_text

from provenance import sdk
from provenance.errors import SigningRefused
from provenance.inspection import in_text
from provenance.manifests.signing import Signing

_RAW = b"application/c2pa"
# The longest of each width that a wrapper's length has as CBOR: the width adds to the store's own size.
_LONGEST = (0xFFFF, 0xFFFFFFFF)

Prepare = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class EmbeddedText:
    """The signed text, wrapper at its end, and the manifest store in it."""

    text: bytes
    store: bytes


def embed(
    text: bytes, definition: Mapping[str, Any], signing: Signing, prepare: Prepare | None = None
) -> EmbeddedText:
    """`text` as it is, followed by the invisible wrapper of a manifest of `definition` (JSON) that binds it.

    `prepare` is called with each c2pa Builder before it signs, to add an intent and ingredients.
    Raises SigningRefused: `text_not_utf8`; `text_not_normalised` where the text is not in Unicode normal form
    C (the binding is over that form, and nothing is changed silently); `text_already_signed`;
    `unsignable_media` for a manifest that is too large. SignerUnavailable as Signing.run does; C2paError for
    a definition that the SDK refuses.
    """
    _refuse(text)
    return signing.run(lambda context: _embedded(text, definition, context, prepare))


def _refuse(text: bytes) -> None:
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        raise SigningRefused(
            "Only a text in UTF-8 can carry its credential.", code="text_not_utf8"
        ) from error
    if not unicodedata.is_normalized("NFC", decoded):
        raise SigningRefused(
            "The text is not in Unicode normal form C: normalise it first, or keep its credential beside it.",
            code="text_not_normalised",
        )
    try:
        carried = in_text.find(text) is not None
    except in_text.MalformedWrapper:
        carried = True
    if carried:
        raise SigningRefused(
            "The text already carries credentials: a text holds one set only.", code="text_already_signed"
        )


def _embedded(
    text: bytes, definition: Mapping[str, Any], context: Any, prepare: Prepare | None
) -> EmbeddedText:
    length = _wrapper_bytes(text, definition, context, prepare)
    store = _made("c2pa_builder_sign_embeddable", _bound(definition, text, length), context, prepare)
    if c2pa_text.worst_case_wrapper_byte_length(len(store)) != length:
        raise SigningRefused("The credential does not fit into the text.", code="unsignable_media")
    wrapper = c2pa_text.encode_wrapper_padded(store, length).encode()
    return EmbeddedText(text + wrapper, store)


def _wrapper_bytes(text: bytes, definition: Mapping[str, Any], context: Any, prepare: Prepare | None) -> int:
    for longest in _LONGEST:
        bound = _bound(definition, text, longest)
        size = len(_made("c2pa_builder_placeholder", bound, context, prepare))
        length: int = c2pa_text.worst_case_wrapper_byte_length(size)
        if length <= longest:
            return length
    raise SigningRefused("The credential is too large for a text.", code="unsignable_media")


def _bound(definition: Mapping[str, Any], text: bytes, length: int) -> str:
    """The definition with its hard binding (C2PA 2.4 section 18.5)."""
    binding = {
        "label": "c2pa.hash.data",
        "created": True,
        "data": {
            "name": "jumbf manifest",
            "alg": "sha256",
            "hash": list(hashlib.sha256(text).digest()),
            "pad": [],
            "exclusions": [{"start": len(text), "length": length}],
        },
    }
    return json.dumps({**definition, "assertions": [*definition.get("assertions", ()), binding]})


def _made(function: str, definition: str, context: Any, prepare: Prepare | None) -> bytes:
    """What one of the two unbound functions makes of a fresh builder. Raises C2paError."""
    c2pa = sdk.load()
    library = c2pa.c2pa._lib
    call = getattr(library, function)
    out = ctypes.POINTER(ctypes.c_ubyte)()
    call.argtypes = [
        library.c2pa_builder_sign_context.argtypes[0],
        ctypes.c_char_p,
        ctypes.POINTER(type(out)),
    ]
    call.restype = ctypes.c_int64
    with c2pa.Builder(definition, context=context) as builder:
        if prepare is not None:
            prepare(builder)
        length = c2pa.c2pa._check_ffi_operation_result(
            call(builder._handle, _RAW, ctypes.byref(out)), "The store cannot be made.", check=lambda n: n < 0
        )
    try:
        return ctypes.string_at(out, length)
    finally:
        library.c2pa_free(out)
