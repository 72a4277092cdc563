import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from attest import queries
from attest.flows.append import append
from attest.flows.cosign import cosign_newest
from attest.flows.fsck import fsck
from attest.flows.seal import seal
from attest.log.checkpoint import Checkpoint, open_checkpoint
from attest.log.cosignature import WitnessKey
from attest.log.keys import LogKey
from attest.log.leaf import Kind, Opening
from attest.log.memory import MemoryTree
from attest.log.merkle import consistency_proof, leaf_hash, range_at
from attest.log.note import Note
from attest.log.store import TileStore
from attest.models import CheckpointRow, Cosignature, LeafRow, LogHead, SubtreeRow
from attest.outside import OutsideUnavailable
from attest.proofs.verifier import verify
from attest.witness_client import WitnessAddress, WitnessConflict, WitnessRefused, cosign
from tests.attest.witnesses import WitnessProcess
from tests.pki_servers import LoopbackServer

pytestmark = pytest.mark.network

ORIGIN = "log.example.org/assay"
KEY = LogKey(ORIGIN, bytes(range(32)))
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def attest(name: str) -> LeafRow:
    opening = Opening.fresh({"file": digest(name)})
    return append(Kind.ATTESTATION, key=name, opening=opening, source_type="human", issued=NOW)


@pytest.fixture
def store(tmp_path: Path) -> TileStore:
    return TileStore(tmp_path / "log")


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[WitnessProcess]:
    made = WitnessProcess(tmp_path / "witness-data", str(KEY.vkey)).start()
    yield made
    made.stop()


def grow(store: TileStore, *names: str) -> CheckpointRow:
    for name in names:
        attest(name)
    row = seal(KEY, store, ORIGIN, NOW)
    assert row is not None
    return row


def forget_the_log() -> None:
    """What is left of a log whose database was lost: nothing."""
    Cosignature.objects.all().delete()
    CheckpointRow.objects.all().delete()
    SubtreeRow.objects.all().delete()
    for row in LeafRow.objects.all():
        row.digests.all().delete()
    LeafRow.objects.all().delete()
    LogHead.objects.all().delete()


@pytest.mark.django_db
def test_two_witnesses_cosign_and_their_lines_are_published_and_in_proofs(
    store: TileStore, witness: WitnessProcess, tmp_path: Path
) -> None:
    second = WitnessProcess(tmp_path / "second", str(KEY.vkey)).start()
    try:
        witnesses = [witness.address, second.address]
        grow(store, "a", "b")
        assert cosign_newest(witnesses, store) == 2
        assert cosign_newest(witnesses, store) == 0
        grow(store, "c")
        assert cosign_newest(witnesses, store) == 2
    finally:
        assert second.stop() == 0
    note = Note.parse(store.read_checkpoint() or "")
    assert len(note.signatures) == 3
    assert all(each.key.line_of(note) for each in witnesses)
    assert open_checkpoint(str(note), KEY.vkey).size == 3
    bundle = queries.proof_for(2, KEY.vkey)
    assert bundle.checkpoint == str(note)
    assert verify(bundle, {"file": digest("c")}, str(KEY.vkey)).checkpoint_size == 3
    assert fsck(store, KEY.vkey) == []


@pytest.mark.django_db
def test_a_seal_after_a_cosignature_publishes_the_new_note_without_old_lines(
    store: TileStore, witness: WitnessProcess
) -> None:
    grow(store, "a")
    cosign_newest([witness.address], store)
    row = grow(store, "b")
    assert store.read_checkpoint() == row.note
    assert seal(KEY, store, ORIGIN, NOW) is None
    assert fsck(store, KEY.vkey) == []


@pytest.mark.django_db
def test_a_witness_that_is_killed_forgets_nothing(store: TileStore, witness: WitnessProcess) -> None:
    for at in range(3):
        grow(store, str(at))
        assert cosign_newest([witness.address], store) == 1
        witness.kill()
        witness.start()
    forked = Checkpoint(ORIGIN, 3, bytes(32)).signed(KEY)
    with pytest.raises(WitnessConflict):
        cosign(witness.address, Note.parse(forked), 3, lambda *_: [])


def test_a_witness_that_is_killed_in_the_middle_knows_at_least_what_it_answered(
    witness: WitnessProcess,
) -> None:
    tree = MemoryTree(leaf_hash(str(each).encode()) for each in range(20_000))
    proof = partial(consistency_proof, get_hash=tree)
    rng, size, known = random.Random(9), 0, 0
    for _ in range(3):
        killer = threading.Timer(rng.uniform(0.05, 0.4), witness.kill)
        killer.start()
        with suppress(OutsideUnavailable):
            while True:
                size += rng.randint(1, 9)
                text = Checkpoint(ORIGIN, size, range_at(size, tree).root()).signed(KEY)
                cosign(witness.address, Note.parse(text), known, proof)
                known = size
        killer.join()
        witness.start()
        said = httpx.get(witness.url, trust_env=False).text.splitlines()[1]
        # The last request may have been stored and not answered; it was not forgotten half.
        assert said.split()[1] in {str(known), str(size)}
        size = int(said.split()[1])
    assert known > 0


@pytest.mark.django_db
def test_a_rolled_back_log_and_a_fork_of_it_get_no_cosignature(
    store: TileStore, witness: WitnessProcess
) -> None:
    grow(store, "a", "b", "c")
    cosign_newest([witness.address], store)
    forget_the_log()
    other = TileStore(store.root.with_name("other"))
    grow(other, "x", "y")
    with pytest.raises(WitnessConflict, match="backup restored"):
        cosign_newest([witness.address], other)
    grow(other, "z")
    with pytest.raises(WitnessConflict):
        cosign_newest([witness.address], other)
    grow(other, "and more")
    with pytest.raises(WitnessRefused):
        cosign_newest([witness.address], other)
    assert Cosignature.objects.count() == 0


@pytest.mark.django_db
def test_rows_that_lost_their_cosignatures_are_told_the_size_by_the_witness(
    store: TileStore, witness: WitnessProcess
) -> None:
    grow(store, "a", "b", "c")
    cosign_newest([witness.address], store)
    Cosignature.objects.all().delete()
    grow(store, "d", "e")
    assert cosign_newest([witness.address], store) == 1


@pytest.mark.django_db
def test_one_witness_that_is_away_or_refuses_does_not_stop_another(
    store: TileStore, witness: WitnessProcess, tmp_path: Path
) -> None:
    stranger = WitnessProcess(tmp_path / "stranger", str(LogKey("other", bytes(32)).vkey)).start()
    away = WitnessAddress(
        WitnessKey("away.example.org", witness.address.key.public_key), "http://127.0.0.1:9"
    )
    try:
        grow(store, "a")
        with pytest.raises(WitnessRefused):
            cosign_newest([away, witness.address, stranger.address], store)
    finally:
        stranger.stop()
    assert Cosignature.objects.get().witness == witness.key
    with pytest.raises(OutsideUnavailable):
        cosign_newest([away, witness.address], store)


class Says(LoopbackServer):
    """Answers the same to everything."""

    def __init__(self, status: int, content: bytes) -> None:
        super().__init__()
        self.said = (status, "text/plain", content)

    def reply(self, body: bytes) -> tuple[int, str, bytes] | None:
        return self.said


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (200, b"", OutsideUnavailable),
        (200, b"<html>", OutsideUnavailable),
        (200, b"x" * 20_000, OutsideUnavailable),
        (200, b"\xff\n", OutsideUnavailable),
        (302, b"", OutsideUnavailable),
        (500, b"", OutsideUnavailable),
        (429, b"", OutsideUnavailable),
        (403, b"", WitnessRefused),
        (404, b"", WitnessRefused),
        (422, b"", WitnessRefused),
        (409, b"", WitnessConflict),
        (409, b"1\n", WitnessConflict),
        (409, b"2\n", WitnessConflict),
        (409, b"99999999999999999999999\n", WitnessConflict),
    ],
)
def test_whatever_a_witness_answers_nothing_is_kept(
    store: TileStore, status: int, content: bytes, error: type[Exception]
) -> None:
    row = grow(store, "a")
    with Says(status, content) as server:
        key = WitnessKey("w.example.org", KEY.vkey.public_key)
        with pytest.raises(error):
            cosign_newest([WitnessAddress(key, server.url)], store)
        assert len(server.asked) <= 2
    assert Cosignature.objects.count() == 0
    assert store.read_checkpoint() == row.note


@pytest.mark.django_db
def test_a_stored_line_that_does_not_fit_is_named(store: TileStore, witness: WitnessProcess) -> None:
    grow(store, "a")
    cosign_newest([witness.address], store)
    line = Cosignature.objects.get()
    grow(store, "b")
    Cosignature.objects.create(
        checkpoint=CheckpointRow.objects.get(size=2),
        witness=line.witness,
        line=line.line,
        cosigned_at=line.cosigned_at,
    )
    assert {each.code for each in fsck(store, KEY.vkey)} == {"cosignature_differs"}
