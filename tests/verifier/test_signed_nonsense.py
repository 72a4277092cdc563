"""What only the holder of a key can make: every signature fits, and still it must not pass."""

import base64
import json
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from attest.log.keys import LogKey
from attest.log.merkle import node_hash
from tests.verifier.conftest import ROOT, Ask, b64

KEY = LogKey("log.example.org/assay", b"\x07" * 32)
WITNESS = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
WITNESS_NAME = "witness.example.org"


def example() -> dict[str, Any]:
    text = (ROOT / "docs" / "formats" / "proof.md").read_text()
    proof: dict[str, Any] = json.loads(text.split("```json\n")[1].split("```")[0])
    proof["log"] = {"origin": KEY.vkey.name, "vkey": str(KEY.vkey)}
    return proof


def text_of(proof: dict[str, Any], **lines: str) -> str:
    """The checkpoint's text with some of its lines changed."""
    origin, size, root = proof["checkpoint"].split("\n")[:3]
    changed = {"origin": origin, "size": size, "root": root} | lines
    return "".join(f"{line}\n" for line in changed.values())


def task(proof: dict[str, Any], **pins: Any) -> dict[str, Any]:
    digests = {"file": proof["opening"]["digests"]["file"]}
    return {"op": "verify", "proof": b64(json.dumps(proof).encode()), "digests": digests, "pins": pins}


def key_line(name: str, algorithm: int, public: bytes) -> tuple[str, bytes]:
    """A verifier key line (C2SP signed-note) and its four-byte hash."""
    typed = bytes([algorithm]) + public
    hashed = sha256(name.encode() + b"\n" + typed).digest()[:4]
    return f"{name}+{hashed.hex()}+{b64(typed)}", hashed


WITNESS_KEY, WITNESS_HASH = key_line(WITNESS_NAME, 0x04, WITNESS.public_key().public_bytes_raw())


def cosigned(text: str, stamp: int, *, said: int | None = None, extra: bytes = b"") -> str:
    """A witness's line (C2SP tlog-cosignature) that says `stamp` and signs `said`."""
    message = f"cosignature/v1\ntime {stamp if said is None else said}\n{text}".encode()
    raw = WITNESS_HASH + stamp.to_bytes(8, "big") + WITNESS.sign(message) + extra
    return f"\u2014 {WITNESS_NAME} {b64(raw)}\n"


def test_the_example_under_this_key_is_verified(ask: Ask) -> None:
    proof = example()
    proof["checkpoint"] = str(KEY.sign(text_of(proof))) + cosigned(text_of(proof), 1_764_000_000)
    answer = ask([task(proof, logKey=str(KEY.vkey), witnesses=[WITNESS_KEY])])[0]["value"]
    assert answer["witnesses"] == [{"name": WITNESS_NAME, "cosignedAt": 1_764_000_000}]
    assert "log_key_not_pinned" not in {each["code"] for each in answer["problems"]}


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ({"origin": "log.example.org/other"}, "log_key_mismatch"),
        ({"size": "4"}, "inclusion_invalid"),
        ({"size": "9999999999999999999"}, "inclusion_invalid"),
        ({"size": "03"}, "checkpoint_malformed"),
        ({"size": "3", "root": b64(bytes(31))}, "checkpoint_malformed"),
        ({"root": b64(bytes(32))}, "inclusion_invalid"),
        ({"extension": ""}, "checkpoint_malformed"),
        ({"extension": "a tab\there"}, "note_malformed"),
    ],
)
def test_a_signed_checkpoint_that_says_something_else_is_refused(
    ask: Ask, lines: dict[str, str], code: str
) -> None:
    proof = example()
    proof["checkpoint"] = str(KEY.sign(text_of(proof, **lines)))
    assert ask([task(proof)])[0].get("refused") == code


def test_a_signed_root_over_an_impossible_path_is_refused(ask: Ask) -> None:
    """A log that signs a root made for the purpose still cannot place a leaf where the tree has none."""
    proof = example()
    leaf = sha256(b"\x00" + base64.b64decode(proof["leaf"])).digest()
    sibling = bytes(32)
    longer, alone = node_hash(sibling, leaf), leaf
    tasks = []
    for index, size, path, root in (
        (0, 1, [sibling], longer),
        (1, 1, [], alone),
        (1, 1, [sibling], longer),
        (2, 2, [sibling], longer),
        (0, 0, [], alone),
        (0, 2, [], alone),
    ):
        text = text_of(proof, size=str(size), root=b64(root))
        changed = proof | {"index": index, "size": size, "inclusion": [b64(each) for each in path]}
        changed |= {"state": "logged", "checkpoint": str(KEY.sign(text))}
        del changed["anchors"]
        tasks.append(task(changed))
    assert [each.get("refused") for each in ask(tasks)] == ["inclusion_invalid"] * len(tasks)


@pytest.mark.parametrize(
    "line",
    [
        lambda text: cosigned(text, 2**63),
        lambda text: cosigned(text, 5, said=6),
        lambda text: cosigned(text, 5, extra=b"\0"),
        lambda text: cosigned(text.replace("3", "4"), 5),
        lambda text: f"\u2014 {WITNESS_NAME} {b64(WITNESS_HASH + WITNESS.sign(text.encode()))}\n",
        lambda text: f"\u2014 {WITNESS_NAME} {b64(WITNESS_HASH + b'1')}\n",
    ],
)
def test_a_pinned_witness_line_that_is_no_cosignature_is_refused(ask: Ask, line: Any) -> None:
    proof = example()
    proof["checkpoint"] = str(KEY.sign(text_of(proof))) + line(text_of(proof))
    pinned, ignored = ask([task(proof, witnesses=[WITNESS_KEY]), task(proof)])
    assert pinned.get("refused") == "witness_signature_invalid"
    assert ignored["value"]["result"] == "verified"


ID = "0x" + "cd" * 32


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["log.example.org/assay", "assay.registrations/1", ID], None),
        (["log.example.org/assay", "assay.registrations/1", "0x" + "ab" * 32], "log_id_unbound"),
        (["log.example.org/other", "assay.registrations/1", ID], "refused"),
        (["log.example.org/assay", "assay.registrations/2", ID], "refused"),
        (["log.example.org/assay", "assay.registrations/1"], "refused"),
        (["log.example.org/assay", "assay.registrations/1", ID, ID], "refused"),
        (["log.example.org/assay", "assay.registrations/1", ID.upper()], "refused"),
        (["log.example.org/assay", "assay.registrations/1", *(f"0x{n:064x}" for n in range(65))], "refused"),
    ],
)
def test_registrations_bind_the_logs_ids_or_are_refused(
    ask: Ask, lines: list[str], problem: str | None
) -> None:
    proof = example()
    proof["checkpoint"] = str(KEY.sign(text_of(proof)))
    proof["log"]["registrations"] = str(KEY.sign("".join(f"{line}\n" for line in lines)))
    answer = ask([task(proof)])[0]
    if problem == "refused":
        assert answer.get("refused") == "registrations_invalid"
        return
    codes = {each["code"] for each in answer["value"]["problems"]}
    assert ("log_id_unbound" in codes) == (problem == "log_id_unbound")


def test_a_pending_proof_has_nothing_of_a_logged_one(ask: Ask) -> None:
    pending = {
        name: value
        for name, value in example().items()
        if name not in {"size", "inclusion", "checkpoint", "anchors"}
    }
    pending["state"] = "pending"
    stamps = [{"type": "rfc3161", "token": "AAAA"}]
    tasks = [
        task(pending),
        *(task(pending | more) for more in ({"size": 3}, {"inclusion": []}, {"timestamps": stamps})),
    ]
    answers = ask(tasks)
    assert answers[0] == {"refused": "proof_pending", "permanent": False}
    assert [each.get("refused") for each in answers[1:]] == ["proof_malformed"] * 3


def test_malformed_pins_are_refused_each_by_its_code(ask: Ask) -> None:
    pins = [
        ({"logKey": WITNESS_KEY}, "log_key_malformed"),
        ({"witnesses": [str(KEY.vkey)]}, "witness_key_malformed"),
        ({"blockHashes": ["0x" + "ab" * 32]}, "block_hash_malformed"),
        ({"blockHashes": ["01:0x" + "ab" * 32]}, "block_hash_malformed"),
        ({"logIds": ["0x" + "ab" * 31]}, "log_id_malformed"),
    ]
    answers = ask([task(example(), **each) for each, _ in pins])
    assert [each.get("refused") for each in answers] == [code for _, code in pins]
