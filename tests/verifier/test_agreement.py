"""Both verifiers on the same damaged proofs: whatever one refuses, the other refuses under the same code."""

import base64
import copy
import json
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from attest.errors import ProofInvalid
from attest.log.checkpoint import Checkpoint
from attest.log.keys import LogKey
from attest.log.leaf import Kind, Leaf, Opening, parse_time
from attest.log.merkle import inclusion_proof, leaf_hash, root_of
from attest.proofs.bundle import ProofBundle
from attest.proofs.verifier import verify
from tests.verifier.conftest import ROOT, Ask, b64

try:
    from attest.proofs.pins import Pins
except ModuleNotFoundError:
    Pins = None

RANDOM = random.Random(4711)
DAMAGED = 3000
Json = dict[str, Any]


def example() -> tuple[Json, str]:
    """The proof of docs/formats/proof.md and the digest of its file."""
    text = (ROOT / "docs" / "formats" / "proof.md").read_text()
    proof = json.loads(text.split("```json\n")[1].split("```")[0])
    return proof, proof["opening"]["digests"]["file"]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, the value itself first."""
    found = [path]
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inside:
        found += places(each, (*path, name))
    return found


STRANGERS = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2**53,
    1.5,
    "",
    "0",
    [],
    {},
    [1],
    {"a": 1},
    "\u202e",
    "A" * 70_000,
    "AA==",
]


def other(value: Any) -> Any:
    """Something near the value, or quite another one."""
    if RANDOM.random() < 0.35:
        return copy.deepcopy(RANDOM.choice(STRANGERS))
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float):
        return max(0, value + RANDOM.choice([-1, 1, 2, 256]))
    if isinstance(value, str):
        return other_text(value)
    if isinstance(value, list):
        return RANDOM.choice([value[1:], value[:-1], value + value[-1:], value[::-1], value * 30])
    names = list(value)
    return {name: value[name] for name in names if name != RANDOM.choice(names)}


def other_text(text: str) -> str:
    at = RANDOM.randrange(len(text) or 1)
    near = RANDOM.choice("A0a+/= \n\u2014\u00e9\ud83d")
    return RANDOM.choice(
        [
            text[:at] + near + text[at + 1 :],
            text[:at] + near + text[at:],
            text[:at],
            text.upper(),
            text + text,
            flipped(text),
        ]
    )


def flipped(text: str) -> str:
    """One bit of base64 content, or the same text where it is none."""
    try:
        raw = bytearray(base64.b64decode(text, validate=True))
    except ValueError:
        return text
    if raw:
        raw[RANDOM.randrange(len(raw))] ^= 1 << RANDOM.randrange(8)
    return b64(bytes(raw))


def damaged(proof: Json) -> Json:
    changed = copy.deepcopy(proof)
    for _ in range(RANDOM.choice([1, 1, 1, 2])):
        path = RANDOM.choice(places(changed)[1:])
        holder = changed
        for name in path[:-1]:
            holder = holder[name]
        way = RANDOM.random() if isinstance(holder, dict) else 1
        if way < 0.15:
            del holder[path[-1]]
        elif way < 0.25:
            holder[RANDOM.choice(["other", "version", "reason", "evidence", "__proto__"])] = RANDOM.choice(
                ["x", 1]
            )
        else:
            holder[path[-1]] = other(holder[path[-1]])
    return changed


def python_says(raw: bytes, digests: dict[str, str], key: str | None, block_hashes: Sequence[str]) -> str:
    try:
        pins = {"pins": Pins.parse(block_hashes)} if block_hashes else {}
        return str(verify(ProofBundle.parse(raw), digests, key, **pins).registration)
    except ProofInvalid as error:
        return error.code


def javascript_says(answer: Json) -> str:
    return str(answer.get("refused") or answer["value"]["registration"])


def disagreements(
    ask: Ask, raws: list[bytes], digest: str, key: str | None = None, block_hashes: Sequence[str] = ()
) -> tuple[list[Any], Counter[str]]:
    """Where the two differ (Python's word, JavaScript's, the proof), and how often what happened."""
    digests = {"file": digest, "asset": digest}
    pins = {"logKey": key, "blockHashes": list(block_hashes)}
    tasks = [{"op": "verify", "proof": b64(raw), "digests": digests, "pins": pins} for raw in raws]
    expected = [python_says(raw, digests, key, block_hashes) for raw in raws]
    found = [javascript_says(answer) for answer in ask(tasks)]
    wrong = [
        (python, javascript, raw[:2000])
        for python, javascript, raw in zip(expected, found, raws, strict=True)
        if python != javascript
    ]
    return wrong, Counter(expected)


def test_damaged_fields_end_the_same_in_both(ask: Ask) -> None:
    proof, digest = example()
    raws = [json.dumps(damaged(proof)).encode() for _ in range(DAMAGED)]
    wrong, ends = disagreements(ask, raws, digest)
    assert wrong == []
    # Not all of it at the first door.
    assert len(ends) >= 10, ends


def evidence_vectors() -> list[Json]:
    """The published proofs that carry evidence and are not refused."""
    folder = ROOT / "attest" / "proofs" / "vectors"
    found = [each for path in sorted(folder.glob("*.json")) for each in json.loads(path.read_text())]
    return [
        each
        for each in found
        if each["expect"]["result"] != "refused"
        and any("evidence" in anchor for anchor in each["bundle"].get("anchors", []))
    ]


@pytest.mark.skipif(Pins is None, reason="this checkout's verifier in Python reads no evidence")
def test_damaged_evidence_ends_the_same_in_both(ask: Ask) -> None:
    vectors = evidence_vectors()
    if not vectors:
        pytest.skip("attest/proofs/vectors holds no vectors in this checkout")
    ends = Counter[str]()
    for vector in vectors:
        raws = []
        for _ in range(DAMAGED // len(vectors)):
            changed = copy.deepcopy(vector["bundle"])
            anchors = changed["anchors"]
            anchors[RANDOM.randrange(len(anchors))] = damaged(RANDOM.choice(anchors))
            raws.append(json.dumps(changed).encode())
        digest = vector["digests"]["file"]
        wrong, found = disagreements(ask, raws, digest, vector["log_key"], vector["block_hashes"])
        assert wrong == []
        ends += found
    assert {"evidence_invalid", "attested", "revoked", "proof_malformed"} <= set(ends), ends


def test_damaged_bytes_end_the_same_in_both(ask: Ask) -> None:
    proof, digest = example()
    whole = json.dumps(proof, ensure_ascii=False).encode()
    raws = []
    for _ in range(DAMAGED):
        changed = bytearray(whole)
        for _ in range(RANDOM.randint(1, 2)):
            changed[RANDOM.randrange(len(changed))] = RANDOM.randrange(256)
        raws.append(bytes(changed))
    wrong, ends = disagreements(ask, raws, digest)
    assert wrong == []
    assert len(ends) >= 8, ends


def leaf_texts() -> list[str]:
    """Leaves of every kind, true and damaged, each canonical or nearly so."""
    true = [
        {
            "version": 1,
            "kind": "revocation",
            "issued": "2026-11-23T07:30:00Z",
            "reason": 'caf\u00e9 "\\ \U0001f600',
            "target": {"hash": "ab" * 32, "index": 7},
        },
        {
            "version": 1,
            "kind": "policy",
            "issued": "2026-11-23T07:30:00Z",
            "name": "screening",
            "document": "cd" * 32,
        },
        {
            "version": 1,
            "kind": "attestation",
            "issued": "2026-11-23T07:30:00Z",
            "source_type": "human",
            "commitments": {"file": "ef" * 32},
        },
    ]

    def spelled(body: Json) -> str:
        return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=RANDOM.random() < 0.1)

    return [spelled(each) for each in true] + [spelled(damaged(RANDOM.choice(true))) for _ in range(DAMAGED)]


def test_leaves_are_taken_and_refused_by_both_alike(ask: Ask) -> None:
    texts = leaf_texts()
    raws = [text.encode("utf-8", "surrogatepass") for text in texts]

    def python(raw: bytes) -> str:
        try:
            return str(Leaf.parse(raw).kind)
        except ProofInvalid as error:
            return error.code

    answers = ask([{"op": "leaf", "data": b64(raw)} for raw in raws])
    found = [each.get("refused") or each["value"] for each in answers]
    expected = [python(raw) for raw in raws]
    assert [each for each in zip(expected, found, texts, strict=True) if each[0] != each[1]] == []
    assert len(set(found[:3])) == 3


def test_a_real_proof_of_a_large_log_is_verified_by_both(ask: Ask) -> None:
    """Sizes around powers of two: what the example, with its three leaves, cannot show."""
    digest, raws = "11" * 32, []
    key = LogKey.generate("log.example.org/large")
    opening = Opening(bytes(range(32)), {"file": digest})
    mine = Leaf(
        kind=Kind.ATTESTATION,
        issued=parse_time("2026-11-23T07:30:00Z"),
        source_type="human",
        commitments=opening.commitments(),
    )
    for size in (1, 2, 3, 255, 256, 257, 1000):
        for index in {0, size // 2, size - 1}:
            hashes = [leaf_hash(bytes([number % 251])) for number in range(size)]
            hashes[index] = mine.hash()

            def at(level: int, place: int, hashes: list[bytes] = hashes) -> bytes:
                return root_of(hashes[place << level : (place + 1) << level])

            bundle = json.loads(json.dumps(example()[0]))
            bundle |= {"state": "logged", "index": index, "size": size, "leaf": b64(mine.encode())}
            bundle["inclusion"] = [b64(each) for each in inclusion_proof(index, size, at)]
            bundle["checkpoint"] = Checkpoint(key.vkey.name, size, root_of(hashes)).signed(key)
            bundle["log"] = {"origin": key.vkey.name, "vkey": str(key.vkey)}
            bundle["opening"] = {"salt": b64(opening.salt), "digests": dict(opening.digests)}
            del bundle["anchors"]
            raws.append(json.dumps(bundle).encode())
    wrong, ends = disagreements(ask, raws, digest, str(key.vkey))
    assert wrong == []
    assert set(ends) == {"attested"}
