"""Of several keys the newest valid one signs, and the development certificate renews itself."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as some

from provenance.errors import KeyMaterialInvalid
from provenance.keys import devpki
from provenance.keys.keyring import Keyring
from provenance.keys.profile import examine
from provenance.keys.signer import ClaimSigner, SigningAlgorithm, raw_signature
from provenance.keys.store import load_file_signer
from tests.pki import Authority, KeyKind, Leaf, new_key

from .conftest import DAY, NOW, certify

PUBLIC = new_key(KeyKind.P256).public_key()
AUTHORITY = Authority.create("Rotation")


def signer(begins: timedelta, ends: timedelta) -> ClaimSigner:
    chain = certify(AUTHORITY, PUBLIC, begins=NOW + begins, ends=NOW + ends)
    return ClaimSigner(chain, SigningAlgorithm.ES256, private_key_pem=b"never used here")


def test_the_newer_key_takes_over_when_its_certificate_begins() -> None:
    old, new = signer(-300 * DAY, 65 * DAY), signer(10 * DAY, 375 * DAY)
    for ring in (Keyring([old, new]), Keyring([new, old])):
        assert ring.current(NOW) == old
        assert ring.current(NOW + 11 * DAY) == new
        assert ring.current(NOW + 100 * DAY) == new


def test_the_newer_certificate_signs_even_where_the_older_ends_later() -> None:
    old, new = signer(-300 * DAY, 900 * DAY), signer(-10 * DAY, 90 * DAY)
    assert Keyring([old, new]).current(NOW) == new
    assert Keyring([old, new]).current(NOW + 100 * DAY) == old


def test_a_ring_without_a_valid_key_says_what_its_latest_lacks() -> None:
    for ring, code in (
        ([signer(-300 * DAY, -2 * DAY), signer(-200 * DAY, -DAY)], "signer_profile_expired"),
        ([signer(-300 * DAY, -2 * DAY), signer(DAY, 300 * DAY)], "signer_profile_not_yet_valid"),
    ):
        with pytest.raises(KeyMaterialInvalid) as caught:
            Keyring(ring).current(NOW)
        assert caught.value.code == code
    with pytest.raises(KeyMaterialInvalid):
        Keyring([])


# Some of the older outlive the newer.
SIGNERS = [
    signer(begins * DAY, (begins + length) * DAY)
    for begins, length in ((-900, 1200), (-350, 200), (-150, 400), (-50, 60), (50, 200))
]


@given(some.sets(some.sampled_from(range(len(SIGNERS))), min_size=1), some.integers(-1000, 400))
def test_whatever_signs_is_valid_and_nothing_valid_is_newer(chosen: set[int], day: int) -> None:
    ring, now = Keyring([SIGNERS[index] for index in chosen]), NOW + day * DAY
    valid = [key for key in ring.keys if key.profile.not_before <= now < key.profile.not_after]
    if not valid:
        with pytest.raises(KeyMaterialInvalid):
            ring.current(now)
        return
    found = ring.chosen(now)
    assert found in valid
    assert all(key.profile.not_before <= found.profile.not_before for key in valid)


def test_a_key_in_memory_is_not_asked_and_an_expired_ring_fails_its_probe() -> None:
    Keyring([signer(-DAY, DAY)]).probe()
    with pytest.raises(KeyMaterialInvalid):
        Keyring([signer(-2 * DAY, -DAY)]).probe()


def test_a_probe_notices_a_store_that_signs_with_another_key() -> None:
    stranger = new_key(KeyKind.P256)
    leaf = AUTHORITY.issue(Leaf())
    ring = Keyring(
        [ClaimSigner(leaf.chain_pem, leaf.algorithm, sign=lambda data: raw_signature(stranger, data))]
    )
    with pytest.raises(KeyMaterialInvalid) as caught:
        ring.probe()
    assert caught.value.code == "signer_key_mismatch"


def test_the_development_certificate_is_renewed_in_its_last_month_and_kept(tmp_path: Path) -> None:
    devpki.create(tmp_path)
    before = (tmp_path / devpki.CHAIN_FILE).read_bytes()
    first = examine(before)
    assert not devpki.renew(tmp_path)
    assert not devpki.renew(tmp_path, first.not_after - 31 * DAY)
    late = first.not_after - 29 * DAY
    assert devpki.renew(tmp_path, late)
    renewed = examine((tmp_path / devpki.CHAIN_FILE).read_bytes())
    assert renewed.not_after - late > 300 * DAY
    assert (tmp_path / devpki.RETIRED_FOLDER / f"{first.serial}.pem").read_bytes() == before
    assert not devpki.renew(tmp_path, late)
    load_file_signer(tmp_path)  # the key still fits
    root = x509.load_pem_x509_certificate((tmp_path / devpki.ROOT_FILE).read_bytes())
    chain = x509.load_pem_x509_certificates((tmp_path / devpki.CHAIN_FILE).read_bytes())
    chain[0].verify_directly_issued_by(chain[1])
    chain[1].verify_directly_issued_by(root)


def test_an_ageing_development_authority_is_renewed_with_it(tmp_path: Path) -> None:
    devpki.create(tmp_path)
    late = NOW + 1700 * DAY  # the intermediate ends after 1825 days
    assert devpki.renew(tmp_path, late)
    assert examine((tmp_path / devpki.CHAIN_FILE).read_bytes()).not_after - late > 300 * DAY
    root = x509.load_pem_x509_certificate((tmp_path / devpki.ROOT_FILE).read_bytes())
    x509.load_pem_x509_certificates((tmp_path / devpki.CHAIN_FILE).read_bytes())[1].verify_directly_issued_by(
        root
    )
