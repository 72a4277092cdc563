from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import connection

from attest import queries
from attest.flows.append import append
from attest.flows.erase import erase
from attest.flows.fsck import fsck
from attest.flows.revoke import revoke
from attest.flows.seal import seal
from attest.log.keys import LogKey
from attest.log.leaf import Kind, Opening
from attest.log.store import TileStore
from attest.models import LeafDigest, LeafRow
from attest.proofs.verifier import verify
from attest.standing import Registration

ORIGIN = "log.example.org/assay"
KEY = LogKey(ORIGIN, bytes(range(32)))
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def attest(name: str, salt: bytes | None = None) -> LeafRow:
    digests = {role: digest(f"{role} {name}") for role in ("file", "asset", "claim", "binding", "store")}
    opening = Opening(salt, digests) if salt else Opening.fresh(digests)
    return append(Kind.ATTESTATION, key=name, opening=opening, source_type="human", issued=NOW)


@pytest.mark.django_db
def test_erasing_cuts_the_link_and_leaves_the_log(tmp_path: Path) -> None:
    store = TileStore(tmp_path / "log")
    rows = [attest(name) for name in "abc"]
    seal(KEY, store, ORIGIN, NOW)
    before = queries.proof_for(1, KEY.vkey)
    assert erase(1)
    assert not erase(1)
    assert not erase(99)
    assert fsck(store, KEY.vkey) == []
    assert LeafDigest.objects.filter(leaf=rows[1]).count() == 0
    kept = LeafRow.objects.get(index=1)
    assert (bytes(kept.data), kept.salt) == (bytes(rows[1].data), None)
    with pytest.raises(queries.LeafUnknown):
        queries.proof_for(1, KEY.vkey)
    for role in ("file", "asset"):
        assert queries.standing({role: digest(f"{role} b")}).registration is Registration.NONE
    assert queries.standing({"claim": digest("claim b"), "binding": digest("binding b")}).anchors == ()
    assert queries.known_among([digest("file b")]) == []
    assert queries.known_under(digest("file b")[:5]) == []
    assert queries.standing({"file": digest("file a")}).registration is Registration.ATTESTED
    # Who was given a proof can still show it: that is what a proof is for.
    assert verify(before, {"file": digest("file b")}, str(KEY.vkey)).leaf_index == 1


@pytest.mark.django_db
def test_an_erased_leaf_can_be_revoked_and_its_key_is_not_appended_again(tmp_path: Path) -> None:
    store = TileStore(tmp_path / "log")
    attest("a")
    erase(0)
    assert attest("a").index == 0
    revoke(0, "withdrawn", "revocation a", NOW)
    seal(KEY, store, ORIGIN, NOW)
    assert fsck(store, KEY.vkey) == []


@pytest.mark.django_db(transaction=True)
def test_on_sqlite_neither_salt_nor_digest_stays_in_the_files() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL overwrites what was deleted with its next VACUUM")
    salt = sha256(b"a salt that is easy to find").digest()
    attest("somebody", salt)
    database = Path(connection.settings_dict["NAME"])

    def found(what: bytes) -> bool:
        return any(what in path.read_bytes() for path in database.parent.glob(f"{database.name}*"))

    assert found(salt)
    assert found(digest("file somebody").encode())
    erase(0)
    assert not found(salt)
    assert not found(digest("file somebody").encode())
