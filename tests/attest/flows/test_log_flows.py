import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import DatabaseError, connection

from attest import queries
from attest.errors import AttestError, LogInconsistent, ProofInvalid
from attest.flows import seal as seal_module
from attest.flows.append import Entry, KeyReused, append, append_many
from attest.flows.fsck import fsck
from attest.flows.head import compact_range_of
from attest.flows.publish import publish
from attest.flows.revoke import NotRevocable, revoke
from attest.flows.seal import seal
from attest.log.checkpoint import open_checkpoint
from attest.log.keys import LogKey
from attest.log.leaf import Kind, Leaf, Opening
from attest.log.merkle import root_of, verify_consistency
from attest.log.store import TileStore
from attest.models import CheckpointRow, LeafDigest, LeafRow, LogHead, SubtreeRow
from attest.proofs.bundle import ProofState
from attest.proofs.verifier import verify
from attest.standing import Registration

ORIGIN = "log.example.org/assay"
KEY = LogKey(ORIGIN, bytes(range(32)))
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def opening(name: str) -> Opening:
    roles = ("file", "asset", "claim", "binding", "store")
    return Opening.fresh({role: digest(f"{role} {name}") for role in roles})


def attest(name: str, key: str | None = None) -> LeafRow:
    return append(Kind.ATTESTATION, key=key or name, opening=opening(name), source_type="human", issued=NOW)


def fill(count: int, prefix: str = "n") -> None:
    entries = []
    for each in range(count):
        opened = opening(f"{prefix}{each}")
        leaf = Leaf(Kind.ATTESTATION, NOW, source_type="human", commitments=opened.commitments())
        entries.append(Entry(f"{prefix}{each}", leaf, opened))
    append_many(entries)


def codes(store: TileStore) -> set[str]:
    return {each.code for each in fsck(store, KEY.vkey)}


@pytest.fixture
def store(tmp_path: Path) -> TileStore:
    return TileStore(tmp_path / "log")


@pytest.mark.django_db
def test_appending_gives_consecutive_indexes_and_a_key_is_appended_once() -> None:
    first, again, second = attest("a"), attest("a"), attest("b")
    assert (first.index, again.index, second.index) == (0, 0, 1)
    assert again.pk == first.pk
    assert queries.log_size() == 2
    assert queries.leaf_by_key("b") == second
    assert queries.leaf_by_key("c") is None
    assert queries.leaf_counts() == {"attestation": 2}


@pytest.mark.django_db
def test_a_key_that_comes_back_with_another_file_is_refused() -> None:
    attest("a")
    with pytest.raises(KeyReused) as refused:
        attest("b", key="a")
    assert refused.value.code == "append_key_reused"
    assert queries.log_size() == 1


@pytest.mark.django_db
def test_a_batch_appends_each_key_once_and_nothing_when_it_contradicts_itself() -> None:
    fill(3)
    opened = opening("x")
    leaf = Leaf(Kind.ATTESTATION, NOW, source_type="human", commitments=opened.commitments())
    rows = append_many([Entry("x", leaf, opened), Entry("x", leaf, opened), Entry("y", leaf, opened)])
    assert [row.index for row in rows] == [3, 3, 4]
    other = Leaf(Kind.MODEL, NOW, name="minilm", document=digest("m"))
    with pytest.raises(KeyReused):
        append_many([Entry("new", leaf, opened), Entry("x", other)])
    assert queries.log_size() == 5
    assert queries.leaf_by_key("new") is None


@pytest.mark.django_db
def test_policies_models_and_trust_lists_have_leaves_of_their_own(store: TileStore) -> None:
    for kind in (Kind.POLICY, Kind.MODEL, Kind.TRUST_LIST):
        row = append(kind, key=f"{kind}", name="current", document=digest(kind))
        assert Leaf.parse(bytes(row.data)).document == digest(kind)
    seal(KEY, store, ORIGIN, NOW)
    assert fsck(store, KEY.vkey) == []


@pytest.mark.django_db
def test_the_head_agrees_with_the_definition_at_every_size() -> None:
    for each in range(20):
        attest(str(each))
        hashes = [bytes(row.leaf_hash) for row in LeafRow.objects.all()]
        assert compact_range_of(LogHead.objects.get()).root() == root_of(hashes)


@pytest.mark.django_db(transaction=True)
def test_threads_that_append_the_same_keys_at_once_append_each_once(store: TileStore) -> None:
    failures: list[BaseException] = []

    def work(worker: int) -> None:
        try:
            for each in range(12):
                attest(f"shared {(each * (worker + 1)) % 12}")
                attest(f"own {worker} {each}")
        except (AttestError, DatabaseError, AssertionError) as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(LeafRow.objects.values_list("index", flat=True)) == list(range(12 + 6 * 12))
    seal(KEY, store, ORIGIN, NOW)
    assert fsck(store, KEY.vkey) == []


@pytest.mark.django_db(transaction=True)
def test_sealers_and_appenders_at_once_leave_a_clean_log(store: TileStore) -> None:
    failures: list[BaseException] = []

    def work(worker: int) -> None:
        try:
            for each in range(8):
                attest(f"{worker} {each}")
                seal(KEY, store, ORIGIN, NOW)
        except (AttestError, DatabaseError, AssertionError) as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    seal(KEY, store, ORIGIN, NOW)
    assert queries.latest_checkpoint().size == 32
    assert fsck(store, KEY.vkey) == []


@pytest.mark.django_db
def test_sealing_covers_all_leaves_and_says_none_when_nothing_is_new(store: TileStore) -> None:
    assert seal(KEY, store, ORIGIN, NOW) is None
    assert store.read_checkpoint() is None
    fill(5)
    row = seal(KEY, store, ORIGIN, NOW)
    assert row is not None
    checkpoint = open_checkpoint(store.read_checkpoint() or "", KEY.vkey)
    assert (checkpoint.size, checkpoint.root) == (5, bytes(row.root))
    assert seal(KEY, store, ORIGIN, NOW) is None
    assert CheckpointRow.objects.count() == 1
    assert fsck(store, KEY.vkey) == []


@pytest.mark.django_db
def test_each_checkpoint_extends_the_one_before_across_tile_borders(store: TileStore) -> None:
    for at, count in enumerate((1, 254, 1, 1, 255, 3)):
        fill(count, f"{at} ")
        seal(KEY, store, ORIGIN, NOW)
        assert codes(store) == set()
    rows = list(CheckpointRow.objects.all())
    assert [row.size for row in rows] == [1, 255, 256, 257, 512, 515]
    for before, after in pairwise(rows):
        proof = queries.proof_between(before.size, after.size)
        verify_consistency(before.size, after.size, bytes(before.root), bytes(after.root), proof)
    assert SubtreeRow.objects.count() == 2
    assert not (store.root / "tile/0/000.p").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["publish", "_check_extends", "_publish_checkpoint"])
@pytest.mark.parametrize("more", [0, 1, 300])
def test_a_seal_that_died_anywhere_is_finished_by_the_next(
    store: TileStore, monkeypatch: pytest.MonkeyPatch, step: str, more: int
) -> None:
    fill(3, "before ")
    seal(KEY, store, ORIGIN, NOW)
    fill(2)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(seal_module, step, die)
        with pytest.raises(KeyboardInterrupt):
            seal(KEY, store, ORIGIN, NOW)
    published = open_checkpoint(store.read_checkpoint() or "", KEY.vkey)
    assert published.size == 3
    fill(more, "more ")
    seal(KEY, store, ORIGIN, NOW)
    assert open_checkpoint(store.read_checkpoint() or "", KEY.vkey).size == 5 + more
    assert fsck(store, KEY.vkey) == []


@pytest.mark.django_db
def test_a_seal_that_died_among_its_tiles_is_finished_by_the_next(
    store: TileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(600)
    written = 0
    real = TileStore.write

    def write(self: TileStore, path: str, data: bytes, *, repair: bool = False) -> bool:
        nonlocal written
        written += 1
        if written == 4:
            raise OSError(28, "No space left on device")
        return real(self, path, data, repair=repair)

    with monkeypatch.context() as patched:
        patched.setattr(TileStore, "write", write)
        with pytest.raises(OSError, match="No space"):
            seal(KEY, store, ORIGIN, NOW)
    assert CheckpointRow.objects.count() == 0
    assert seal(KEY, store, ORIGIN, NOW) is not None
    assert fsck(store, KEY.vkey) == []


@pytest.mark.django_db
def test_a_clock_that_goes_back_changes_no_order_and_raises_an_alarm(
    store: TileStore, caplog: pytest.LogCaptureFixture
) -> None:
    attest("a")
    first = seal(KEY, store, ORIGIN, NOW)
    with caplog.at_level(logging.WARNING):
        append(
            Kind.ATTESTATION,
            key="b",
            opening=opening("b"),
            source_type="human",
            issued=NOW - timedelta(days=1),
        )
        second = seal(KEY, store, ORIGIN, NOW - timedelta(days=1))
    assert first is not None
    assert second is not None
    assert second.created_at >= first.created_at
    assert caplog.text.count("clock_went_back") == 2
    assert fsck(store, KEY.vkey) == []


@pytest.mark.django_db
def test_nothing_is_signed_over_a_damaged_log(store: TileStore) -> None:
    fill(3)
    seal(KEY, store, ORIGIN, NOW)
    fill(3, "more ")
    LeafRow.objects.filter(index=4).update(data=b"{}")
    with pytest.raises(LogInconsistent) as refused:
        seal(KEY, store, ORIGIN, NOW)
    assert refused.value.code == "leaf_hash_differs"
    assert CheckpointRow.objects.count() == 1


@pytest.mark.django_db
def test_nothing_is_signed_when_the_last_checkpoint_is_not_extended(store: TileStore) -> None:
    fill(3)
    seal(KEY, store, ORIGIN, NOW)
    fill(1, "more ")
    CheckpointRow.objects.update(root=bytes(32))
    with pytest.raises(LogInconsistent):
        seal(KEY, store, ORIGIN, NOW)
    assert CheckpointRow.objects.count() == 1


@pytest.mark.django_db
def test_a_restored_backup_is_noticed_before_anything_is_signed(store: TileStore) -> None:
    fill(3)
    seal(KEY, store, ORIGIN, NOW)
    fill(1, "more ")
    seal(KEY, store, ORIGIN, NOW)
    CheckpointRow.objects.filter(size=4).delete()
    with pytest.raises(LogInconsistent) as refused:
        seal(KEY, store, ORIGIN, NOW)
    assert refused.value.code == "log_rolled_back"


@pytest.mark.django_db
def test_a_log_keeps_its_name_and_its_key(store: TileStore) -> None:
    fill(1)
    seal(KEY, store, ORIGIN, NOW)
    with pytest.raises(LogInconsistent) as refused:
        seal(LogKey("other.example.org", bytes(32)), store, "other.example.org", NOW)
    assert refused.value.code == "checkpoint_file_differs"


@pytest.fixture
def sealed(store: TileStore) -> Iterator[TileStore]:
    fill(300)
    revoke(7, "withdrawn", "revocation 7", NOW)
    seal(KEY, store, ORIGIN, NOW)
    assert fsck(store, KEY.vkey) == []
    return store


def _damage_tile(store: TileStore, path: str) -> None:
    file = store.root / path
    raw = bytearray(file.read_bytes())
    raw[5] ^= 1
    file.write_bytes(bytes(raw))


DAMAGES = {
    "leaf_hash_differs": lambda _: LeafRow.objects.filter(index=9).update(leaf_hash=bytes(32)),
    "leaf_malformed": lambda _: LeafRow.objects.filter(index=9).update(data=b"{}"),
    "leaf_missing": lambda _: (
        LeafDigest.objects.filter(leaf__index=9).delete(),
        LeafRow.objects.filter(index=9).delete(),
    ),
    "opening_differs": lambda _: LeafDigest.objects.filter(leaf__index=9, role="file").update(
        digest="0" * 64
    ),
    "leaf_row_differs": lambda _: LeafRow.objects.filter(index=9).update(kind="policy"),
    "leaf_beyond_head": lambda _: LeafRow.objects.create(
        index=999, key="z", data=b"", leaf_hash=bytes(32), kind="policy", created_at=NOW
    ),
    "head_differs": lambda _: LogHead.objects.update(compact_range=["00" * 32] * 4),
    "subtree_differs": lambda _: SubtreeRow.objects.update(hash=bytes(32)),
    "revocation_not_marked": lambda _: LeafRow.objects.filter(index=7).update(revoked_by=None),
    "revocation_not_logged": lambda _: LeafRow.objects.filter(index=8).update(
        revoked_by=LeafRow.objects.get(index=300)
    ),
    "checkpoint_root_differs": lambda _: CheckpointRow.objects.update(root=bytes(32)),
    "note_malformed": lambda _: CheckpointRow.objects.update(note="x"),
    "log_rolled_back": lambda _: (
        LogHead.objects.update(size=300),
        LeafRow.objects.filter(index=7).update(revoked_by=None),
        LeafRow.objects.filter(index=300).delete(),
    ),
    "tile_differs": lambda store: _damage_tile(store, "tile/0/000"),
    "tile_missing": lambda store: (store.root / "tile/entries/001.p/45").unlink(),
    "checkpoint_file_missing": lambda store: (store.root / "checkpoint").unlink(),
    "checkpoint_file_differs": lambda store: (store.root / "checkpoint").write_text("x"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("code", DAMAGES)
def test_fsck_names_what_differs(sealed: TileStore, code: str) -> None:
    DAMAGES[code](sealed)
    assert code in codes(sealed)


@pytest.mark.django_db
def test_missing_and_damaged_tiles_come_back_from_the_rows(sealed: TileStore) -> None:
    _damage_tile(sealed, "tile/0/000")
    (sealed.root / "tile/1/000.p/1").unlink()
    assert codes(sealed) == {"tile_differs", "tile_missing"}
    with pytest.raises(LogInconsistent):
        publish(sealed, 301)
    assert publish(sealed, 301, repair=True) == 2
    assert codes(sealed) == set()


@pytest.mark.django_db
def test_an_erased_leaf_is_clean_and_has_no_proof_any_more(sealed: TileStore) -> None:
    row = LeafRow.objects.get(index=3)
    row.digests.all().delete()
    LeafRow.objects.filter(index=3).update(salt=None)
    assert codes(sealed) == set()
    with pytest.raises(queries.LeafUnknown):
        queries.proof_for(3, KEY.vkey)
    assert attest("n3").index == 3


@pytest.mark.django_db
def test_a_revocation_is_logged_once_and_marks_its_target() -> None:
    attest("a")
    first = revoke(0, "withdrawn", "r", NOW)
    assert revoke(0, "another reason", "r2", NOW).pk == first.pk
    assert queries.log_size() == 2
    found = queries.standing({"file": digest("file a")})
    assert found.registration is Registration.REVOKED
    assert found.revoked_at == "2026-11-23T08:00:00Z"
    for index in (1, 2):
        with pytest.raises(NotRevocable):
            revoke(index, "withdrawn", "r3")


@pytest.mark.django_db
def test_a_reason_with_control_characters_is_refused() -> None:
    attest("a")
    for reason in ("", "a\nb", "\u202e", "x" * 201):
        with pytest.raises(ValueError, match="reason"):
            revoke(0, reason, "r")


@pytest.mark.django_db
def test_standing_prefers_the_file_then_the_upload_then_the_variant() -> None:
    attest("a")
    attest("b")
    cases = {
        "file": {"file": digest("file b")},
        "asset": {"file": digest("asset b"), "asset": digest("asset b")},
        "claim": {"file": "0" * 64, "claim": digest("claim b"), "binding": digest("binding b")},
    }
    for matched, digests in cases.items():
        found = queries.standing(digests, KEY.vkey)
        assert (found.leaf_index, found.matched) == (1, matched)
        assert found.log_key == str(KEY.vkey)
    assert found.registration is Registration.ATTESTED_VARIANT
    mixed = {"file": "0" * 64, "claim": digest("claim b"), "binding": digest("binding a")}
    assert queries.standing(mixed).registration is Registration.NONE
    assert queries.standing({"file": "0" * 64}).registration is Registration.NONE
    with pytest.raises(ValueError, match="digest"):
        queries.standing({"file": "nonsense"})


@pytest.mark.django_db
def test_one_attestation_that_stands_outweighs_a_revoked_one_of_the_same_file() -> None:
    attest("a", key="1")
    attest("a", key="2")
    revoke(0, "withdrawn", "r")
    assert queries.standing({"file": digest("file a")}).leaf_index == 1
    revoke(1, "withdrawn", "r2")
    assert queries.standing({"file": digest("file a")}).registration is Registration.REVOKED


@pytest.mark.django_db
def test_the_range_look_up_returns_every_digest_of_its_prefix() -> None:
    fill(50)
    known = {digest(f"{role} n{each}") for role in ("file", "asset") for each in range(50)}
    for prefix in {each[:5] for each in known}:
        found = [one.digest for one in queries.known_under(prefix)]
        assert found == sorted(each for each in known if each[:5] == prefix)
    assert queries.known_under("fffff") == []
    for bad in ("", "abcd", "ABCDE", "abcdef", "zzzzz"):
        with pytest.raises(ValueError, match="prefix"):
            queries.known_under(bad)


@pytest.mark.django_db
def test_a_proof_grows_from_pending_to_logged_and_verifies(store: TileStore) -> None:
    row = attest("a")
    digests = {"file": digest("file a")}
    pending = queries.proof_for(row.index, KEY.vkey)
    assert pending.state is ProofState.PENDING
    with pytest.raises(ProofInvalid) as refused:
        verify(pending, digests)
    assert refused.value.code == "proof_pending"
    fill(700)
    seal(KEY, store, ORIGIN, NOW)
    fill(20, "later ")
    seal(KEY, store, ORIGIN, NOW)
    logged = queries.proof_for(
        row.index, KEY.vkey, media_type="image/jpeg", title="A\u202e title", store=b"store a"
    )
    assert logged.size == 701
    assert logged.content.title == "A title"
    assert logged.content.detached
    with pytest.raises(ValueError, match="store"):
        queries.proof_for(row.index, KEY.vkey, store=b"another")
    found = verify(logged, digests, str(KEY.vkey))
    assert found.registration is Registration.ATTESTED
    assert found.checkpoint_size == 701
    for index in (1, 255, 256, 511, 700, 720):
        verify(queries.proof_for(index, KEY.vkey), queries.proof_for(index, KEY.vkey).opening.digests)


@pytest.mark.django_db
def test_a_damaged_subtree_does_not_stop_proofs(store: TileStore) -> None:
    fill(300)
    seal(KEY, store, ORIGIN, NOW)
    SubtreeRow.objects.update(hash=bytes(32))
    bundle = queries.proof_for(299, KEY.vkey)
    verify(bundle, bundle.opening.digests)


@pytest.mark.django_db
def test_a_proof_costs_a_bounded_number_of_queries(store: TileStore, django_assert_max_num_queries) -> None:
    fill(1000)
    seal(KEY, store, ORIGIN, NOW)
    with django_assert_max_num_queries(24):
        queries.proof_for(137, KEY.vkey)
