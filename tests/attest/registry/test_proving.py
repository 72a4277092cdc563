"""From a leaf to a proof that needs no node: the flows over a real chain and a real database."""

from datetime import UTC, datetime
from functools import partial
from hashlib import sha256

import pytest

from attest import queries
from attest.errors import ChainUnavailable
from attest.flows import anchor
from attest.flows.append import append
from attest.flows.evidence import capture_evidence
from attest.flows.revoke import revoke
from attest.flows.seal import seal
from attest.log.keys import LogKey
from attest.log.leaf import Kind, Opening
from attest.log.store import TileStore
from attest.models import AnchorEvidence, CheckpointAnchor, Deployment
from attest.proofs.bundle import ProofBundle, ProofState
from attest.proofs.pins import Pins
from attest.proofs.verifier import verify
from attest.registry import embedded
from attest.registry.reader import RegistryReader
from attest.standing import Finality, Registration

pytestmark = [pytest.mark.network, pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def vkey(origin, log_key):
    return LogKey(origin, log_key)


@pytest.fixture
def advance(client, key, chain, origin, vkey):
    anchor.ensure_registry(
        client,
        key,
        origin=origin,
        log_key=vkey.vkey.public_key,
        fund=partial(embedded.fund, chain.url),
    )
    settle = partial(embedded.settle, chain.url)
    return lambda: anchor.advance(client, key, queries.proof_between, settle=settle)


@pytest.fixture
def attested(vkey, tmp_path):
    """Three attestations, sealed and queued for the chain."""

    def make(names):
        for name in names:
            digests = {"file": sha256(name.encode()).hexdigest()}
            append(
                Kind.ATTESTATION, key=name, opening=Opening.fresh(digests), source_type="human", issued=NOW
            )
        row = seal(vkey, TileStore(tmp_path / "log"), vkey.vkey.name, NOW)
        for deployment in Deployment.objects.all():
            anchor.enqueue(row, deployment)

    return make


def proof(index, vkey):
    made = queries.proof_for(index, vkey.vkey, registrations=queries.registrations_of(vkey))
    return ProofBundle.parse(made.to_json())


def digests(name):
    return {"file": sha256(name.encode()).hexdigest()}


def test_a_final_proof_verifies_with_one_block_hash_and_the_chain_gone(
    advance, attested, vkey, client, chain
):
    attested(["a", "b", "c"])
    advance()
    found = proof(1, vkey)
    assert found.state is ProofState.FINAL
    evidence = found.anchors[0].evidence
    block_hash = client.block(evidence.block).hash
    chain.kill()
    nothing = verify(found, digests("b"), str(vkey.vkey))
    assert {code for code, _ in nothing.problems} == {"block_not_pinned"}
    pins = Pins.parse([f"{embedded.CHAIN_ID}:{block_hash}"])
    standing = verify(found, digests("b"), str(vkey.vkey), pins=pins)
    assert standing.anchors[0].finality is Finality.FINAL
    assert {code for code, _ in standing.problems} == {"local_chain"}


def test_a_later_revocation_is_seen_by_whoever_asks_the_chain(advance, attested, vkey, client):
    attested(["a", "b", "c"])
    advance()
    before = proof(1, vkey)
    revoke(1, "a mistake", "revoke:1")
    advance()
    reader = RegistryReader(client)
    assert verify(before, digests("b"), str(vkey.vkey)).registration is Registration.ATTESTED
    assert verify(before, digests("b"), str(vkey.vkey), reader).registration is Registration.REVOKED
    # A proof made after the revocation shows it to whoever asks nobody.
    after = proof(1, vkey)
    pins = Pins.parse([f"{embedded.CHAIN_ID}:{after.anchors[0].evidence.block_hash}"])
    assert verify(after, digests("b"), str(vkey.vkey), pins=pins).registration is Registration.REVOKED
    assert capture_evidence(client) == 0
    kept = verify(proof(2, vkey), digests("c"), str(vkey.vkey), reader)
    assert kept.registration is Registration.ATTESTED
    assert {code for code, _ in kept.problems} == {"local_chain"}


def test_a_node_that_gives_no_proofs_keeps_nothing_from_being_anchored(
    advance, attested, vkey, client, monkeypatch
):
    call = client.rpc.call

    def refuse(method, *params):
        if method == "eth_getProof":
            raise ChainUnavailable("no proofs here")
        return call(method, *params)

    monkeypatch.setattr(client.rpc, "call", refuse)
    attested(["a"])
    advance()
    found = proof(0, vkey)
    assert (found.state, found.anchors[0].evidence) == (ProofState.FINAL, None)
    monkeypatch.undo()
    assert capture_evidence(client) == 1
    assert capture_evidence(client) == 0
    assert proof(0, vkey).anchors[0].evidence is not None


def test_evidence_of_an_anchor_that_a_reorganisation_took_back_is_let_go(advance, attested, vkey, client):
    attested(["a"])
    advance()
    row = CheckpointAnchor.objects.get()
    CheckpointAnchor.objects.update(block_number=row.block_number + 1)
    assert proof(0, vkey).anchors[0].evidence is None
    CheckpointAnchor.objects.update(state=CheckpointAnchor.State.PENDING)
    capture_evidence(client)
    assert not AnchorEvidence.objects.exists()
