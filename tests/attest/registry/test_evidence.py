"""Evidence from a real chain: captured by eth_getProof, checked with nothing but a block hash."""

import dataclasses

import pytest

from attest.errors import ChainUnavailable, ProofInvalid
from attest.proofs.evidence import Claim, Evidence, check
from attest.proofs.layout import KNOWN, log_id_of
from attest.proofs.trie import keccak256
from attest.registry import contract, embedded
from attest.registry.evidence import capture, encode_header

pytestmark = pytest.mark.network


@pytest.fixture
def log_id(key, origin):
    return contract.log_id(key.address, origin)


@pytest.fixture
def anchored(client, chain, send, registry, log_id, make_log):
    """A log of 300 leaves, anchored and final, with leaf 260 revoked."""
    log = make_log(300)
    assert send(registry, contract.checkpoint_data(log_id, 300, log.root(), ())).succeeded
    assert send(registry, contract.revoke_data(log_id, [260])).succeeded
    embedded.settle(chain.url)
    stamp = client.anchored_at(registry, log_id, 300, log.root())
    return Claim(registry, log_id, 300, log.root(), stamp.block, stamp.time.strftime("%Y-%m-%dT%H:%M:%SZ"))


def evidence_of(found, word):
    return Evidence(found.block, found.header, found.account, found.storage, found.revocation[word])


def test_a_real_chain_gives_evidence_that_adds_up(client, anchored):
    found = capture(client, anchored.registry, anchored.log_id, 300, anchored.root, words=[0, 1])
    block = client.block(found.block)
    for index, revoked in ((4, False), (259, False), (260, True)):
        shown = check(evidence_of(found, index >> 8), anchored, index)
        assert (shown.block_hash, shown.revoked) == (block.hash, revoked)


def test_evidence_of_one_checkpoint_shows_no_other(client, anchored):
    found = capture(client, anchored.registry, anchored.log_id, 300, anchored.root, words=[0])
    for other in (
        dataclasses.replace(anchored, size=299),
        dataclasses.replace(anchored, root=bytes(32)),
        dataclasses.replace(anchored, log_id="0x" + "11" * 32),
        dataclasses.replace(anchored, block=anchored.block - 1),
        dataclasses.replace(anchored, registry="0x" + "11" * 20),
    ):
        with pytest.raises(ProofInvalid):
            check(evidence_of(found, 0), other, 4)


def test_a_contract_that_is_no_registry_gives_none(client, anchored, send):
    with pytest.raises(ChainUnavailable) as refused:
        capture(client, "0x" + "11" * 20, anchored.log_id, 300, anchored.root)
    assert refused.value.code == "evidence_unavailable"


def test_a_header_that_does_not_have_its_hash_is_not_kept(client, anchored):
    block = client.rpc.call("eth_getBlockByNumber", "latest", False)
    assert keccak256(encode_header(block)).hex() == block["hash"][2:]
    for changed in (
        {"timestamp": "0x1"},
        {"hash": "0x" + "00" * 32},
        {"stateRoot": None},
        {"number": "latest"},
        {"hash": None},
    ):
        with pytest.raises(ChainUnavailable) as refused:
            encode_header(block | changed)
        assert refused.value.code == "evidence_unavailable"
    with pytest.raises(ChainUnavailable):
        encode_header(None)


def test_the_known_registries_include_the_committed_one():
    assert keccak256(contract.runtime_code()) in KNOWN
    artifact = contract._artifact()
    if "storage" in artifact:
        layout = KNOWN[bytes.fromhex(artifact["runtimeKeccak256"].removeprefix("0x"))]
        assert artifact["storage"] == {"anchored": layout.anchored, "revokedWord": layout.revoked_word}


def test_a_log_id_is_computed_as_the_contract_does(key, origin):
    for name in (origin, "", "x" * 32, "y" * 33):
        ours = "0x" + log_id_of(bytes.fromhex(key.address[2:]), name).hex()
        assert ours == contract.log_id(key.address, name)
