"""A token's address is a URI of RFC 7512, and holds no PIN."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as some

from provenance.errors import KeyMaterialInvalid
from provenance.keys.token_address import SOFTHSM, parse


def test_an_address_names_token_key_module_and_chain() -> None:
    found = parse(
        "pkcs11:token=News%20room;object=signer;id=%01%ff;type=private"
        "?module-path=/opt/hsm.so&pin-source=file:/run/pin&chain=/etc/chain.pem"
    )
    assert (found.token, found.object, found.id) == ("News room", "signer", b"\x01\xff")
    assert (found.module_path, found.pin_source, found.chain) == ("/opt/hsm.so", "/run/pin", "/etc/chain.pem")
    assert parse("pkcs11:object=a").module_path == SOFTHSM


@given(some.text(min_size=1), some.binary())
def test_any_label_and_id_come_through_percent_encoding(label: str, identity: bytes) -> None:
    found = parse(f"pkcs11:object={quote(label, safe='')};id={quote(identity, safe='')}")
    assert (found.object, found.id) == (label, identity)


@pytest.mark.parametrize(
    "address",
    [
        "pkcs11:object=a?pin-value=1234",
        "pkcs11:token=a",
        "pkcs11:object=a;object=b",
        "pkcs11:object",
        "pkcs11:object=a;slot-id=0",
        "pkcs11:object=a;type=public",
        "pkcs11://host/object=a",
        "pkcs11:object=a?module-name=softhsm",
        "file:/etc/assay",
    ],
)
def test_an_address_that_is_wrong_or_holds_a_pin_is_refused(address: str) -> None:
    with pytest.raises(KeyMaterialInvalid) as caught:
        parse(address)
    assert caught.value.code == "signer_address_invalid"
    assert "1234" not in str(caught.value)
