import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from attest.errors import ProofInvalid
from attest.log.leaf import Kind, Leaf, Opening, commitment

ISSUED = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
A, B = "a" * 64, "b" * 64
OPENING = Opening(bytes(32), {"file": A, "claim": B})

digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
times = st.integers(0, 2**37).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@st.composite
def any_leaf(draw) -> Leaf:
    kind = draw(st.sampled_from(Kind))
    issued = draw(times)
    if kind is Kind.ATTESTATION:
        roles = draw(
            st.dictionaries(st.sampled_from(["file", "asset", "claim", "store"]), digests, min_size=1)
        )
        return Leaf(kind, issued, source_type="human", commitments=roles)
    if kind is Kind.REVOCATION:
        reason = draw(st.text(min_size=1, max_size=200).filter(str.isprintable))
        index = draw(st.integers(0, 2**53 - 1))
        return Leaf(kind, issued, target_index=index, target_hash=draw(digests), reason=reason)
    return Leaf(kind, issued, name="policy_1", document=draw(digests))


@given(any_leaf())
def test_a_leaf_survives_encoding_and_parsing(leaf: Leaf) -> None:
    assert Leaf.parse(leaf.encode()) == leaf


@given(any_leaf())
def test_the_encoding_is_what_an_implementation_of_rfc_8785_makes(leaf: Leaf) -> None:
    assert leaf.encode() == rfc8785.dumps(json.loads(leaf.encode()))


@given(any_leaf(), st.data())
def test_a_changed_byte_gives_another_leaf_or_a_refusal(leaf: Leaf, data) -> None:
    raw = bytearray(leaf.encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(ProofInvalid):
        other = Leaf.parse(bytes(raw))
        assert other != leaf
        assert other.encode() == bytes(raw)


def test_the_encoding_is_the_documented_one() -> None:
    leaf = Leaf(Kind.ATTESTATION, ISSUED, source_type="human", commitments={"file": A})
    assert leaf.encode() == (
        b'{"commitments":{"file":"' + A.encode() + b'"},"issued":"2026-11-23T07:30:00Z",'
        b'"kind":"attestation","source_type":"human","version":1}'
    )


def test_the_time_is_utc_with_whole_seconds() -> None:
    local = datetime(2026, 11, 23, 8, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    assert Leaf(Kind.ATTESTATION, local, source_type="human", commitments={"file": A}).issued == ISSUED


GOOD = json.loads(Leaf(Kind.ATTESTATION, ISSUED, source_type="human", commitments={"file": A}).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"1",
        b'"text"',
        b"null",
        b"[" * 4000,
        b"\xff",
        b"{" + b" " * 5000 + b"}",
        {**GOOD, "version": 2},
        {**GOOD, "version": True},
        {**GOOD, "extra": 1},
        {**GOOD, "kind": "vote"},
        {**GOOD, "kind": []},
        {**GOOD, "issued": "2026-11-23 07:30:00Z"},
        {**GOOD, "issued": "2026-02-30T07:30:00Z"},
        {**GOOD, "issued": 1},
        {**GOOD, "commitments": {}},
        {**GOOD, "commitments": {"file": A.upper()}},
        {**GOOD, "commitments": {"other": A}},
        {**GOOD, "commitments": {"file": None}},
        {**GOOD, "commitments": [1]},
        {**GOOD, "source_type": "<b>"},
        {**GOOD, "source_type": None},
        {**GOOD, "target": {"index": 1, "hash": A}},
        {**GOOD, "target": "x"},
        {
            "version": 1,
            "kind": "revocation",
            "issued": GOOD["issued"],
            "reason": [],
            "target": {"index": 1, "hash": A},
        },
        {
            "version": 1,
            "kind": "revocation",
            "issued": GOOD["issued"],
            "reason": "r",
            "target": {"index": True, "hash": A},
        },
        {
            "version": 1,
            "kind": "revocation",
            "issued": GOOD["issued"],
            "reason": "r",
            "target_index": 1,
            "target_hash": A,
        },
    ],
)
def test_a_malformed_leaf_is_refused_with_its_code(body: object) -> None:
    raw = (
        body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
    )
    with pytest.raises(ProofInvalid) as refused:
        Leaf.parse(raw)
    assert refused.value.code == "leaf_malformed"


def test_a_leaf_that_is_not_canonical_is_refused() -> None:
    with pytest.raises(ProofInvalid, match="canonical"):
        Leaf.parse(json.dumps(GOOD).encode())


def test_an_opening_opens_its_own_leaf_only() -> None:
    leaf = Leaf(Kind.ATTESTATION, ISSUED, source_type="human", commitments=OPENING.commitments())
    leaf.opened_by(OPENING)
    leaf.opened_by(Opening(bytes(32), {"file": A}))
    for bad in (
        Opening(b"\x01" + bytes(31), {"file": A}),
        Opening(bytes(32), {"file": B}),
        Opening(bytes(32), {"asset": A}),
        Opening(bytes(32), {"file": A, "store": B}),
    ):
        with pytest.raises(ProofInvalid) as refused:
            leaf.opened_by(bad)
        assert refused.value.code == "leaf_not_opened"


def test_commitments_differ_by_role_and_by_salt() -> None:
    values = {
        commitment(bytes(32), "file", A),
        commitment(bytes(32), "asset", A),
        commitment(bytes(31) + b"\x01", "file", A),
        commitment(bytes(32), "file", B),
    }
    assert len(values) == 4


def test_an_opening_never_prints_its_salt() -> None:
    opening = Opening.fresh({"file": A})
    assert opening.salt.hex() not in repr(opening)
    assert str(opening.salt) not in repr(opening)


@pytest.mark.parametrize("digests", [{}, {"other": A}, {"file": "xyz"}, {"file": A.upper()}, {"file": 1}])
def test_a_malformed_opening_is_refused(digests: dict) -> None:
    with pytest.raises(ValueError, match=r"role|digest"):
        Opening(bytes(32), digests)
