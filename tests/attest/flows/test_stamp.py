from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from attest import queries
from attest.flows.append import append
from attest.flows.fsck import fsck
from attest.flows.seal import seal
from attest.flows.stamp import stamp_newest
from attest.log.keys import LogKey
from attest.log.leaf import Kind, Opening
from attest.log.note import Note
from attest.log.store import TileStore
from attest.models import CheckpointRow, CheckpointTimestamp
from attest.outside import OutsideUnavailable
from attest.proofs.bundle import ProofBundle
from attest.proofs.verifier import verify
from attest.timestamps import calendars, rfc3161
from tests.attest.calendar_server import Calendar
from tests.pki import Authority
from tests.pki_servers import Stamping, TimeStampAuthority

pytestmark = [pytest.mark.network, pytest.mark.django_db]

ORIGIN = "log.example.org/assay"
KEY = LogKey(ORIGIN, bytes(range(32)))
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> TileStore:
    return TileStore(tmp_path / "log")


def grow(store: TileStore, name: str) -> CheckpointRow:
    opening = Opening.fresh({"file": sha256(name.encode()).hexdigest()})
    append(Kind.ATTESTATION, key=name, opening=opening, source_type="human", issued=NOW)
    row = seal(KEY, store, ORIGIN, NOW)
    assert row is not None
    return row


def test_a_checkpoint_is_stamped_once_by_each_and_grows_into_a_block(
    store: TileStore, tmp_path: Path
) -> None:
    authority = Authority.create()
    with TimeStampAuthority(authority, tmp_path) as tsa, Calendar() as calendar:
        row = grow(store, "a")
        assert stamp_newest([tsa.url], (calendar.url,)) == 2
        assert stamp_newest([tsa.url], (calendar.url,)) == 0
        calendar.height = 900_000
        stamp_newest([tsa.url], (calendar.url,))
    first, second = queries.timestamps_of(row)
    digest = sha256(Note.parse(row.note).text.encode()).digest()
    assert (first.type, second.type) == ("rfc3161", "opentimestamps")
    assert rfc3161.check(first.data, digest, [authority.root]) == CheckpointTimestamp.objects.first().time
    assert (calendars.digest_of(second.data), calendars.bitcoin_heights(second.data)) == (digest, (900_000,))
    assert fsck(store, KEY.vkey) == []
    proof = ProofBundle.parse(queries.proof_for(0, KEY.vkey).to_json())
    assert proof.timestamps == (first, second)
    problems = verify(proof, {"file": sha256(b"a").hexdigest()}, str(KEY.vkey)).problems
    assert [code for code, _ in problems].count("timestamp_unchecked") == 2


def test_of_two_authorities_the_second_steps_in_and_no_password_is_kept(
    store: TileStore, tmp_path: Path
) -> None:
    with TimeStampAuthority(Authority.create(), tmp_path) as first:
        first.state = Stamping.DOWN
        with TimeStampAuthority(Authority.create(), tmp_path) as second:
            grow(store, "a")
            url = second.url.replace("//", "//user:secret@") + "?key=secret"
            assert stamp_newest([first.url, url], ()) == 1
    assert "secret" not in CheckpointTimestamp.objects.get().source


def test_what_fails_is_said_after_the_rest_was_done(store: TileStore) -> None:
    with Calendar() as calendar:
        grow(store, "a")
        with pytest.raises(OutsideUnavailable):
            stamp_newest(["http://127.0.0.1:9"], ("http://127.0.0.1:9", calendar.url))
    assert CheckpointTimestamp.objects.get().type == "opentimestamps"


def test_nothing_is_asked_before_the_first_checkpoint() -> None:
    assert stamp_newest(["http://127.0.0.1:9"], ("http://127.0.0.1:9",)) == 0


def test_a_stamp_of_another_checkpoint_is_named(store: TileStore) -> None:
    with Calendar() as calendar:
        grow(store, "a")
        stamp_newest([], (calendar.url,))
    row = grow(store, "b")
    CheckpointTimestamp.objects.update(checkpoint=row)
    assert {each.code for each in fsck(store, KEY.vkey)} == {"timestamp_differs"}
