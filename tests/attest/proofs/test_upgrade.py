"""Bringing a proof further with what its log made public, and handing it to other logs' tools."""

import base64
import dataclasses
import json
from hashlib import sha256

import pytest

from attest.errors import ProofInvalid
from attest.log.checkpoint import open_checkpoint
from attest.log.merkle import leaf_hash, verify_inclusion
from attest.proofs.bundle import ProofBundle
from attest.proofs.tlog_proof import tlog_proof
from attest.proofs.upgrade import public_part, upgraded
from attest.proofs.vectors.honest import PENDING
from attest.proofs.vectors.materials import (
    DIGESTS,
    KEY,
    SALT,
    STRANGER,
    WITNESS,
    anchored,
    cosigned,
    final,
    logged,
)

STATES = [logged(**PENDING), logged(), anchored(), final()]


@pytest.mark.parametrize("later", range(4))
@pytest.mark.parametrize("earlier", range(4))
def test_a_proof_goes_forward_and_never_back(earlier: int, later: int) -> None:
    found = upgraded(STATES[earlier], public_part(STATES[later]))
    assert found == STATES[max(earlier, later)]


def test_the_public_part_says_nothing_of_the_file() -> None:
    text = json.dumps(public_part(final()))
    for secret in (base64.b64encode(SALT).decode(), SALT.hex(), *DIGESTS.values(), "Ein Foto"):
        assert secret not in text


def test_a_proof_of_the_same_state_is_taken_where_it_needs_fewer_people() -> None:
    with_witness = cosigned(logged(), [WITNESS])
    assert upgraded(logged(), public_part(with_witness)) == with_witness
    silent = final(revocation=False)
    assert upgraded(silent, public_part(final())) == final()
    assert upgraded(final(), public_part(silent)) == final()


BAD = {
    "of another leaf": (logged(11, 5), "proof_wrong_leaf"),
    "of another key": (dataclasses.replace(logged(), vkey=str(STRANGER.vkey)), "log_key_mismatch"),
    "with another path": (
        dataclasses.replace(logged(), inclusion=logged(11, 5).inclusion),
        "inclusion_invalid",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_newer_proof_that_does_not_hold_is_refused(what: str) -> None:
    part, code = BAD[what]
    with pytest.raises(ProofInvalid) as refused:
        upgraded(STATES[0], public_part(part))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "part", [None, [], "x", {}, {"salt": "x"}, public_part(logged()) | {"opening": {}}, {"state": 1}]
)
def test_anything_else_than_a_public_part_is_malformed(part: object) -> None:
    with pytest.raises(ProofInvalid) as refused:
        upgraded(STATES[0], part)
    assert refused.value.code == "proof_malformed"


def read_tlog_proof(text: str) -> tuple[bytes, int, list[bytes], str]:
    """As c2sp.org/tlog-proof says: the leaf of `extra`, index, path, checkpoint."""
    head, checkpoint = text.split("\n\n", 1)
    header, extra, index, *path = head.split("\n")
    assert header == "c2sp.org/tlog-proof@v1"
    assert extra.startswith("extra ")
    assert index.startswith("index ")
    decoded = [base64.b64decode(each, validate=True) for each in path]
    return base64.b64decode(extra[6:], validate=True), int(index[6:]), decoded, checkpoint


@pytest.mark.parametrize(("size", "index"), [(1, 0), (2, 1), (11, 4), (256, 255)])
def test_a_tlog_proof_holds_for_whoever_knows_the_log(size: int, index: int) -> None:
    bundle = cosigned(logged(size, index), [WITNESS])
    leaf, at, path, note = read_tlog_proof(tlog_proof(bundle))
    checkpoint = open_checkpoint(note, KEY.vkey)
    assert (at, leaf, note) == (index, bundle.leaf, bundle.checkpoint)
    verify_inclusion(at, checkpoint.size, leaf_hash(leaf), path, checkpoint.root)


def test_a_tlog_proof_is_made_of_logged_proofs_only_and_holds_no_salt() -> None:
    with pytest.raises(ProofInvalid) as refused:
        tlog_proof(ProofBundle.parse(logged(**PENDING).to_json()))
    assert (refused.value.code, refused.value.permanent) == ("proof_pending", False)
    text = tlog_proof(final())
    assert base64.b64encode(SALT).decode() not in text
    assert sha256(b"signed bytes").hexdigest() not in text
