"""The contract itself, on a real chain: what it anchors, what it refuses, and what both cost."""

import base64
import hashlib
import json
import secrets
import time

import pytest

from attest.errors import RegistryRefused
from attest.log import merkle
from attest.registry import contract, embedded
from attest.registry.keys import AnchorKey
from attest.registry.signing import sign_checkpoint
from attest.standing import chain_trust

pytestmark = pytest.mark.network


@pytest.fixture
def log_id(key, origin):
    return contract.log_id(key.address, origin)


@pytest.fixture
def anchor(send, registry, log_id):
    """Anchor a checkpoint from the registry's last one, with the log's own proof."""

    def anchored(log, size, proof=None):
        head = send.client.last(registry, log_id)
        nodes = log.consistency(head.size, size) if proof is None and head.size else proof or []
        receipt = send(registry, contract.checkpoint_data(log_id, size, log.root(size), nodes))
        assert receipt.succeeded
        return receipt

    return anchored


def refusal(client, key, registry, data):
    with pytest.raises(RegistryRefused) as caught:
        client.estimate_gas(key.address, registry, data)
    return caught.value.code


def test_the_registry_deploys_to_its_deterministic_address_and_describes_itself(client, registry):
    client.require_registry(registry)
    assert registry == contract.deterministic_address()
    assert client.has_code(contract.DEPLOYER)


def test_a_log_id_is_the_same_in_python_and_in_the_contract(client, registry, key, origin):
    (answer,) = client.read_many(registry, [("logIdOf", (key.address, origin))])
    assert "0x" + answer[0].hex() == contract.log_id(key.address, origin)


def test_checkpoints_that_extend_one_another_are_anchored_with_block_and_time(
    client, registry, log_id, anchor, make_log
):
    log = make_log(7)
    before = int(time.time())
    anchor(log, 3)
    receipt = anchor(log, 7)
    stamp = client.anchored_at(registry, log_id, 7, log.root(7))
    assert stamp.block == receipt.block_number
    assert before - 1 <= stamp.time.timestamp() <= time.time() + 2
    assert client.last(registry, log_id).size == 7
    assert client.anchored_at(registry, log_id, 3, log.root(3)) is not None
    assert client.anchored_at(registry, log_id, 7, log.root(3)) is None


def test_anchoring_the_last_checkpoint_again_changes_nothing_and_succeeds(
    client, registry, log_id, anchor, send, make_log
):
    log = make_log(5)
    anchor(log, 5)
    stamp = client.anchored_at(registry, log_id, 5, log.root())
    assert send(registry, contract.checkpoint_data(log_id, 5, log.root(), [])).succeeded
    assert client.anchored_at(registry, log_id, 5, log.root()) == stamp


def test_shrinking_equivocation_forks_and_strangers_are_refused_by_name(
    client, registry, log_id, anchor, key, make_log
):
    log, fork = make_log(6), make_log(4)
    fork.grow(6, b"forged")
    anchor(log, 6)

    def asked(size, root, proof, by=key):
        return refusal(client, by, registry, contract.checkpoint_data(log_id, size, root, proof))

    assert asked(5, log.root(5), []) == "registry_shrinking"
    assert asked(6, fork.root(6), []) == "registry_equivocation"
    assert asked(10, fork.root(10), fork.consistency(6, 10)) == "registry_inconsistent"
    assert asked(0, bytes(32), []) == "registry_empty_checkpoint"
    log.grow(4)
    assert asked(10, log.root(10), []) == "registry_inconsistent"
    assert asked(10, log.root(10), log.consistency(6, 10), AnchorKey(bytes(31) + b"\1")) == (
        "registry_not_submitter"
    )
    unknown = contract.log_id(key.address, "nobody.example")
    data = contract.checkpoint_data(unknown, 1, bytes(32), [])
    assert refusal(client, key, registry, data) == "registry_log_unknown"


def test_a_log_is_registered_once_and_a_retired_key_never_returns(
    client, registry, log_id, key, send, origin, log_key
):
    assert refusal(client, key, registry, contract.register_data(origin, log_key)) == "registry_log_exists"
    assert refusal(client, key, registry, contract.register_data("x", bytes(32))) == "registry_empty_key"
    new = secrets.token_bytes(32)
    log = contract.as_bytes32(log_id)
    assert send(registry, contract.call_data("rotateKey", log, new)).succeeded
    assert client.registered_key(registry, log_id) == new
    back = contract.call_data("rotateKey", log, log_key)
    assert refusal(client, key, registry, back) == "registry_key_used_before"
    ((since, until),) = client.read_many(registry, [("keyPeriod", (log, log_key))])
    assert 0 < since <= until


def test_a_log_is_handed_over_only_to_someone_who_accepts(client, chain, registry, log_id, key, send):
    heir = AnchorKey(secrets.token_bytes(32))
    embedded.fund(chain.url, heir.address)
    log = contract.as_bytes32(log_id)
    assert refusal(client, heir, registry, contract.call_data("acceptHandover", log)) == (
        "registry_not_controller"
    )
    assert send(registry, contract.call_data("proposeHandover", log, heir.address)).succeeded
    assert send(registry, contract.call_data("acceptHandover", log), heir).succeeded
    assert refusal(client, key, registry, contract.call_data("setEndpoint", log, "https://a")) == (
        "registry_not_controller"
    )


def test_a_relayer_without_rights_carries_a_signed_checkpoint(
    client, chain, registry, log_id, key, send, make_log
):
    relayer = AnchorKey(secrets.token_bytes(32))
    embedded.fund(chain.url, relayer.address)
    log = make_log(9)

    def relayed(signer, size, deadline, root=None):
        v, r, s = sign_checkpoint(
            signer,
            chain_id=client.chain_id,
            registry=registry,
            log=log_id,
            size=size,
            root=log.root(size),
            deadline=deadline,
        )
        return contract.call_data(
            "checkpointBySig",
            contract.as_bytes32(log_id),
            size,
            root or log.root(size),
            log.consistency(4, size) if size > 4 else [],
            deadline,
            v,
            r,
            s,
        )

    later = int(time.time()) + 600
    assert send(registry, relayed(key, 4, later), relayer).succeeded
    assert refusal(client, relayer, registry, relayed(relayer, 9, later)) == "registry_not_submitter"
    assert refusal(client, relayer, registry, relayed(key, 9, 1)) == "registry_signature_expired"
    # Another root under the same signature recovers another signer.
    assert refusal(client, relayer, registry, relayed(key, 9, later, bytes(32))) == "registry_not_submitter"
    assert send(registry, relayed(key, 9, later), relayer).succeeded
    assert refusal(client, relayer, registry, relayed(key, 4, later)) == "registry_shrinking"
    assert client.last(registry, log_id).size == 9


def test_a_named_submitter_may_anchor_until_it_is_struck_off(
    client, chain, registry, log_id, key, send, make_log
):
    other = AnchorKey(secrets.token_bytes(32))
    embedded.fund(chain.url, other.address)
    log = make_log(2)
    named = contract.as_bytes32(log_id)
    assert send(registry, contract.call_data("setSubmitter", named, other.address, True)).succeeded
    assert send(registry, contract.checkpoint_data(log_id, 1, log.root(1), []), other).succeeded
    assert send(registry, contract.call_data("setSubmitter", named, other.address, False)).succeeded
    data = contract.checkpoint_data(log_id, 2, log.root(2), log.consistency(1, 2))
    assert refusal(client, other, registry, data) == "registry_not_submitter"


def test_the_contract_verifies_a_leaf_and_knows_when_it_is_revoked(
    client, registry, log_id, anchor, send, make_log
):
    log = make_log(300)
    anchor(log, 300)

    def asked(index, leaf, root=None, size=300):
        return client.verify(
            registry,
            log_id,
            leaf_hash=leaf,
            index=index,
            size=size,
            root=root or log.root(size),
            proof=log.inclusion(index, size),
        )

    sound = asked(257, log.leaves[257])
    assert sound.included
    assert not sound.revoked
    assert sound.stamp.block > 0
    assert not asked(257, log.leaves[256]).included
    assert not asked(3, log.leaves[3], size=200).included, "that size was never anchored"
    assert send(registry, contract.revoke_data(log_id, [257, 0, 299, 255])).succeeded
    assert [index for index in range(300) if client.is_revoked(registry, log_id, index)] == [0, 255, 257, 299]
    assert asked(257, log.leaves[257]).revoked


def test_a_checkpoint_with_a_proof_of_twenty_nodes_stays_below_85_000_gas(
    client, registry, log_id, send, key, record_property
):
    # From 2^19 - 1 to 2^19 all but one node is hashed into both roots, the dearest shape there is; the nodes
    # are made up, which changes none of the contract's work.
    size = (1 << 19) - 1
    path = [secrets.token_bytes(32) for _ in range(20)]
    old, new = path[0], merkle.node_hash(path[0], path[1])
    for node in path[2:]:
        old, new = merkle.node_hash(node, old), merkle.node_hash(node, new)
    merkle.verify_consistency(size, size + 1, old, new, path)
    first = send(registry, contract.checkpoint_data(log_id, size, old, []))
    second = send(registry, contract.checkpoint_data(log_id, size + 1, new, path))
    assert first.succeeded
    assert second.succeeded
    record_property("gas_first_checkpoint", first.gas_used)
    record_property("gas_checkpoint_20_nodes", second.gas_used)
    assert second.gas_used <= 85_000


def test_all_public_rfc6962_vectors_have_the_wanted_verdict_in_the_contract(client, registry, shared):
    folder = shared / "vectors" / "rfc6962" / "testdata"
    vectors = [json.loads(path.read_text()) for path in sorted(folder.rglob("*.json"))]
    assert len(vectors) > 190
    calls = []
    for vector in vectors:
        proof = [_bytes32(node) for node in vector["proof"] or []]
        if "size1" in vector:
            sizes = (vector["size1"], _bytes32(vector["root1"]), vector["size2"], _bytes32(vector["root2"]))
            calls.append(("verifyConsistency", (*sizes, proof)))
        else:
            leaf = (_bytes32(vector["leafHash"]), vector["leafIdx"], vector["treeSize"])
            calls.append(("verifyInclusion", (*leaf, _bytes32(vector["root"]), proof)))
    answers = client.read_many(registry, calls)
    assert [answer[0] for answer in answers] == [not vector["wantErr"] for vector in vectors]


def _bytes32(text):
    """A vector's hash; one that is longer or shorter, which the contract cannot hold, by its hash."""
    value = base64.b64decode(text or "")
    if len(value) == 32:
        return value
    return hashlib.sha256(b"of another length" + value).digest() if value else secrets.token_bytes(32)


def test_only_development_chains_are_called_local():
    assert [chain_trust(number) for number in (31337, 1337, 1, 11155111)] == [
        "none",
        "none",
        "public",
        "public",
    ]
