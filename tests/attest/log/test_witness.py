from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.errors import ProofInvalid
from attest.log.add_checkpoint import AddCheckpoint
from attest.log.checkpoint import Checkpoint
from attest.log.cosignature import CosignerKey, cosigned_at
from attest.log.keys import LogKey
from attest.log.memory import MemoryTree
from attest.log.merkle import EMPTY_ROOT, consistency_proof, leaf_hash
from attest.log.note import Note, Signature, parse_signature
from attest.log.witness import SIZE_TYPE, Answer, Witness, WitnessStateDamaged

ORIGIN = "log.example.org/assay"
LOG = LogKey(ORIGIN, bytes(range(32)))
KEY = CosignerKey("witness.example.org/w1", bytes(32))
TREE = MemoryTree(leaf_hash(str(each).encode()) for each in range(100))
FORK = MemoryTree(leaf_hash(f"fork {each}".encode()) for each in range(100))


def root(size: int, tree: MemoryTree = TREE) -> bytes:
    from attest.log.merkle import range_at

    return range_at(size, tree).root()


def note(size: int, tree: MemoryTree = TREE, key: LogKey = LOG) -> str:
    return Checkpoint(key.vkey.name, size, root(size, tree)).signed(key)


def body(old: int, size: int, tree: MemoryTree = TREE) -> bytes:
    proof = consistency_proof(old, size, tree) if 0 < old <= size else []
    return AddCheckpoint(old, tuple(proof), note(size, tree)).encode()


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def witness(tmp_path: Path, clock: Clock):
    made = Witness(KEY, [LOG.vkey], tmp_path / "witness", clock)
    yield made
    made.close()


def line(answer: Answer) -> Signature:
    assert answer.status == 200, answer
    return parse_signature(answer.body.removesuffix("\n"))


def test_a_log_that_grows_is_cosigned_from_size_to_size(witness: Witness, clock: Clock) -> None:
    for old, size in ((0, 1), (1, 2), (2, 64), (64, 64), (64, 100)):
        clock.now += 1
        signature = line(witness.add_checkpoint(body(old, size)))
        assert KEY.vkey.verify(Note.parse(note(size)).text, signature.value)
        assert cosigned_at(signature) == int(clock.now)
        assert witness.size_of(ORIGIN) == size


def test_an_old_size_that_is_not_the_last_is_answered_with_the_last(witness: Witness) -> None:
    witness.add_checkpoint(body(0, 10))
    for old in (0, 5, 11):
        assert witness.add_checkpoint(body(old, 20)) == Answer(409, "10\n", SIZE_TYPE)
    assert witness.size_of(ORIGIN) == 10


def test_a_smaller_tree_is_never_cosigned_again(witness: Witness) -> None:
    witness.add_checkpoint(body(0, 10))
    assert witness.add_checkpoint(body(0, 5)) == Answer(409, "10\n", SIZE_TYPE)
    assert witness.add_checkpoint(body(5, 5)) == Answer(409, "10\n", SIZE_TYPE)
    assert witness.add_checkpoint(AddCheckpoint(10, (), note(5)).encode()).status == 400


def test_a_fork_is_refused_and_one_of_equal_size_is_kept_as_evidence(
    witness: Witness, tmp_path: Path
) -> None:
    witness.add_checkpoint(body(0, 10))
    assert witness.add_checkpoint(body(10, 20, FORK)).status == 422
    assert list((tmp_path / "witness").glob("evidence/*")) == []
    for _ in range(2):
        assert witness.add_checkpoint(body(10, 10, FORK)).status == 409
        assert witness.add_checkpoint(body(0, 10, FORK)).status == 409
    (kept,) = (tmp_path / "witness").glob("evidence/*")
    assert note(10, FORK) in kept.read_text()
    assert Note.parse(note(10)).text in kept.read_text()
    assert witness.size_of(ORIGIN) == 10
    assert line(witness.add_checkpoint(body(10, 20)))


@pytest.mark.parametrize(
    ("request_body", "status"),
    [
        (b"", 400),
        (b"old 1\n", 400),
        (b"old 01\n\n" + note(2).encode(), 400),
        (b"old -1\n\n" + note(2).encode(), 400),
        (b"old 0\r\n\r\n" + note(2).encode(), 400),
        (b"old 0\n\n" + note(2).encode().replace(b"\n", b"\r\n"), 400),
        (b"old 0\nAAAA\n\n" + note(2).encode(), 400),
        (b"old 0\n" + b"A" * 43 + b"=\n" * 64 + b"\n" + note(2).encode(), 400),
        (b"old 0\n\n" + b"\xff" * 20, 400),
        (b"old 0\n\n" + note(2).encode() + b"x" * 70_000, 400),
        (b"old 3\n\n" + note(2).encode(), 400),
        (b"old 0\n\n" + note(2, key=LogKey("other.example.org", bytes(32))).encode(), 404),
        (b"old 0\n\n" + note(2, key=LogKey(ORIGIN, bytes(32))).encode(), 403),
        (AddCheckpoint(0, (bytes(32),), note(2)).encode(), 422),
        (AddCheckpoint(0, (), Checkpoint(ORIGIN, 0, bytes(32)).signed(LOG)).encode(), 409),
        (AddCheckpoint(0, (), Checkpoint(ORIGIN, 0, EMPTY_ROOT).signed(LOG)).encode(), 200),
    ],
)
def test_each_fault_has_the_status_of_the_specification(
    witness: Witness, request_body: bytes, status: int
) -> None:
    assert witness.add_checkpoint(request_body).status == status


def test_a_broken_line_of_a_known_key_is_forbidden_and_strangers_lines_are_ignored(witness: Witness) -> None:
    good = Note.parse(note(2))
    broken = Note(good.text, (Signature(ORIGIN, LOG.vkey.hash, bytes(64)),))
    assert witness.add_checkpoint(AddCheckpoint(0, (), str(broken)).encode()).status == 403
    more = Note(good.text, (*good.signatures, Signature("stranger", b"\1\2\3\4", bytes(64))))
    assert witness.add_checkpoint(AddCheckpoint(0, (), str(more)).encode()).status == 200
    assert "stranger" not in (witness.latest(ORIGIN) or "")


def test_a_clock_that_goes_back_dates_no_larger_tree_before_a_smaller(witness: Witness, clock: Clock) -> None:
    first = cosigned_at(line(witness.add_checkpoint(body(0, 10))))
    clock.now -= 86_400
    assert cosigned_at(line(witness.add_checkpoint(body(10, 20)))) == first


def test_a_restart_remembers(tmp_path: Path, clock: Clock) -> None:
    first = Witness(KEY, [LOG.vkey], tmp_path, clock)
    line(first.add_checkpoint(body(0, 10)))
    with pytest.raises(WitnessStateDamaged, match="Another witness"):
        Witness(KEY, [LOG.vkey], tmp_path, clock)
    first.close()
    again = Witness(KEY, [LOG.vkey], tmp_path, clock)
    assert again.size_of(ORIGIN) == 10
    assert again.add_checkpoint(body(0, 10, FORK)).status == 409
    again.close()


@pytest.mark.parametrize("damage", [b"", b"x", b"\xff", None])
def test_a_memory_that_does_not_read_back_stops_the_witness(
    tmp_path: Path, clock: Clock, damage: bytes | None
) -> None:
    first = Witness(KEY, [LOG.vkey], tmp_path, clock)
    line(first.add_checkpoint(body(0, 10)))
    first.close()
    (state,) = (tmp_path / "logs").iterdir()
    # None: well formed, and not what this witness cosigned.
    state.write_bytes(note(5).encode() if damage is None else damage)
    with pytest.raises(WitnessStateDamaged):
        Witness(KEY, [LOG.vkey], tmp_path, clock)


def test_what_cannot_be_stored_is_not_cosigned(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("attest.log.witness.replace", full)
        with pytest.raises(OSError, match="No space"):
            witness.add_checkpoint(body(0, 10))
    assert witness.size_of(ORIGIN) == 0


@given(st.integers(0, 2**63), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_a_request_reads_back(old: int, proof: list[bytes]) -> None:
    request = AddCheckpoint(old, tuple(proof), note(3))
    if old < 10**19:
        assert AddCheckpoint.parse(request.encode()) == request


def test_a_proof_of_more_than_63_hashes_is_not_sent() -> None:
    with pytest.raises(ValueError, match="63"):
        AddCheckpoint(1, (bytes(32),) * 64, note(3)).encode()


@given(st.binary(max_size=300))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(ProofInvalid):
        AddCheckpoint.parse(noise)
