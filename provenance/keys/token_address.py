"""The address of a key in a PKCS #11 token: a URI of RFC 7512, with the certificate chain beside it.

pkcs11:token=assay;object=claim-signer;id=%01?module-path=/usr/lib/softhsm/libsofthsm2.so&chain=/etc/…/chain.pem
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from provenance.errors import KeyMaterialInvalid

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
"""The module where the address names none: Debian's SoftHSM."""

_TEXTS = ("token", "serial", "manufacturer", "model", "object")
_PATH = frozenset({*_TEXTS, "id", "type"})
_QUERY = frozenset({"module-path", "pin-source", "chain"})


@dataclass(frozen=True, slots=True)
class TokenAddress:
    """Which key in which token; an empty string fits everything. `chain` is the certificate chain's path."""

    module_path: str
    chain: str
    pin_source: str
    token: str
    serial: str
    manufacturer: str
    model: str
    object: str
    id: bytes

    def names(self, token: Any) -> bool:
        """Whether this is the token (a pkcs11.Token) that the address names."""
        wanted = (self.token, self.serial, self.manufacturer, self.model)
        found = (token.label, token.serial.decode("ascii", "replace"), token.manufacturer_id, token.model)
        return all(each in ("", other.strip()) for each, other in zip(wanted, found, strict=True))


def parse(address: str) -> TokenAddress:
    """Read a `pkcs11:` address. Raises KeyMaterialInvalid `signer_address_invalid`.

    A PIN inside the address (`pin-value`) is refused: addresses are printed and end up in process lists.
    """
    parts = urlsplit(address)
    if parts.scheme != "pkcs11" or parts.netloc or parts.fragment:
        raise _invalid("A token's address is pkcs11:token=…;object=…?module-path=…&chain=….")
    path, query = _pairs(parts.path, ";"), _pairs(parts.query, "&")
    if "pin-value" in query:
        raise _invalid(
            "A PIN does not belong in SIGNER_URL: put it in a file and name that in SIGNER_PIN_FILE."
        )
    if unknown := (set(path) - _PATH) | (set(query) - _QUERY):
        raise _invalid(f"A token's address does not know {', '.join(sorted(unknown))}.")
    if not path.get("object") and not path.get("id"):
        raise _invalid("A token's address names the key by object (its label) or id.")
    if path.get("type", "private") != "private":
        raise _invalid("A token's address names a private key.")
    return TokenAddress(
        module_path=unquote(query.get("module-path", SOFTHSM)),
        chain=unquote(query.get("chain", "")),
        pin_source=unquote(query.get("pin-source", "")).removeprefix("file:"),
        id=unquote_to_bytes(path.get("id", "")),
        **{name: unquote(path.get(name, "")) for name in _TEXTS},
    )


def _pairs(text: str, separator: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if not equals or name in found:
            raise _invalid("A token's address is made of name=value pairs, each name once.")
        found[name] = value
    return found


def _invalid(sentence: str) -> KeyMaterialInvalid:
    return KeyMaterialInvalid(sentence, code="signer_address_invalid")
