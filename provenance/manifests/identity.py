"""A named identity on every claim: the CAWG identity assertion 1.1 with an X.509 certificate.

The SDK's Python face knows no identity: its settings have one and drop it in silence as soon as a signer of
our own is given, as a key on a device needs. So the C library is asked directly; this is the only place that
does.
"""

import ctypes
from typing import Any

from provenance import sdk
from provenance.keys.signer import X509Identity

# What the named person or organisation vouches for, beside the hard binding, which is always referenced.
# Labels that a claim lacks are passed over.
_REFERENCED = ("c2pa.actions.v2", "c2pa.thumbnail.claim", "cawg.metadata", "cawg.training-mining")
_ROLE = "cawg.publisher"


def with_identity(claim_signer: Any, identity: X509Identity) -> Any:
    """A c2pa Signer that signs claims as `claim_signer` does and adds `identity` to each.

    `claim_signer`, a c2pa Signer of any kind, is used up. Raises C2paError where the SDK refuses the
    identity's chain or key.
    """
    c2pa = sdk.load()
    named = c2pa.Signer.from_info(
        c2pa.C2paSignerInfo(identity.algorithm.value, identity.chain_pem, identity.private_key_pem, None)
    )
    library = c2pa.c2pa._lib
    create = library.c2pa_identity_signer_create
    pointer, strings = library.c2pa_signer_from_info.restype, ctypes.POINTER(ctypes.c_char_p)
    create.argtypes, create.restype = [pointer, pointer, strings, strings], pointer
    made = create(claim_signer._handle, named._handle, _array(*_REFERENCED), _array(_ROLE))
    # The library owns both from here on, also where it fails.
    callback = claim_signer._callback_cb
    claim_signer._teardown(free_handle=False)
    named._teardown(free_handle=False)
    if not made:
        raise c2pa.C2paError("The identity cannot be added to the signer.")
    signer = c2pa.Signer(made)
    # It is called from native code for as long as the signer lives.
    signer._callback_cb = callback
    return signer


def _array(*names: str) -> Any:
    """A NULL-terminated array of C strings."""
    return (ctypes.c_char_p * (len(names) + 1))(*(name.encode() for name in names), None)
