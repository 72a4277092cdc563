from collections.abc import Iterator
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentimestamps.core.notary import PendingAttestation
from opentimestamps.core.timestamp import Timestamp

from attest.outside import OutsideUnavailable
from attest.timestamps.calendars import bitcoin_heights, digest_of, stamp, upgrade
from attest.timestamps.imprint import stamped_digest
from attest.timestamps.rfc3161 import TimestampInvalid
from tests.attest.calendar_server import Calendar, serialized

pytestmark = pytest.mark.network

DIGEST = sha256(b"a checkpoint").digest()


@pytest.fixture
def calendar() -> Iterator[Calendar]:
    with Calendar() as made:
        yield made


def test_a_stamp_is_pending_until_its_calendar_is_in_a_block(calendar: Calendar) -> None:
    proof = stamp(calendar.url, DIGEST)
    assert digest_of(proof) == stamped_digest("opentimestamps", proof) == DIGEST
    assert bitcoin_heights(proof) == ()
    assert upgrade(proof, (calendar.url,)) == proof
    calendar.height = 900_000
    grown = upgrade(proof, (f"{calendar.url}/",))
    assert bitcoin_heights(grown) == (900_000,)
    assert digest_of(grown) == DIGEST


def test_a_calendar_learns_nothing_of_the_digest(calendar: Calendar) -> None:
    first, second = stamp(calendar.url, DIGEST), stamp(calendar.url, DIGEST)
    assert first != second
    upgrade(first, (calendar.url,))
    assert DIGEST.hex() not in calendar.asked[-1]


def test_a_proof_that_names_a_strange_address_is_not_followed_there(calendar: Calendar) -> None:
    with Calendar() as elsewhere:
        calendar.answer = None
        proof = stamp(calendar.url, DIGEST)
        assert upgrade(proof, (elsewhere.url,)) == proof
        assert len(calendar.asked) == 1
        assert elsewhere.asked == []


def test_what_is_no_timestamp_is_refused(calendar: Calendar) -> None:
    empty = Timestamp(b"x" * 32)
    empty.attestations.add(PendingAttestation(calendar.url))
    for answer in (b"", b"<html>", b"\xf0" * 9000, serialized(empty) + b"more"):
        calendar.answer = answer or b"\xff"
        with pytest.raises(TimestampInvalid):
            stamp(calendar.url, DIGEST)
    calendar.answer = bytes(20_000)
    with pytest.raises(OutsideUnavailable):
        stamp(calendar.url, DIGEST)


def test_a_calendar_that_is_away_is_said() -> None:
    with pytest.raises(OutsideUnavailable):
        stamp("http://127.0.0.1:9", DIGEST)


@pytest.mark.filterwarnings("ignore:OpReverse")
@given(st.binary(max_size=400))
def test_noise_is_no_proof(noise: bytes) -> None:
    magic = bytes.fromhex("004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e89294")
    for data in (noise, magic + b"\x01\x08" + bytes(32) + noise):
        try:
            digest_of(data)
        except TimestampInvalid:
            continue
