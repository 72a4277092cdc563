"""What the contract stores lies where `eth_getProof` is asked for it, under a code hash that is known."""

import pytest

from attest.proofs.layout import KNOWN, anchored_slot, revoked_slot
from attest.proofs.trie import keccak256
from attest.registry import contract

pytestmark = pytest.mark.network


@pytest.fixture
def log_id(key, origin):
    return contract.log_id(key.address, origin)


@pytest.fixture
def layout():
    return KNOWN[keccak256(contract.runtime_code())]


@pytest.fixture
def proven(client, registry):
    """The chain's proof of the account and of these storage keys, at the newest block."""

    def asked(*slots):
        answer = client.rpc.call("eth_getProof", registry, ["0x" + slot.hex() for slot in slots], "latest")
        return answer, [int(each["value"], 16) for each in answer["storageProof"]]

    return asked


def test_the_proven_slot_of_a_checkpoint_holds_its_time_and_block(
    client, registry, log_id, send, make_log, proven, layout
):
    log = make_log(5)
    anchored = send(registry, contract.checkpoint_data(log_id, 3, log.root(3), []))
    send(registry, contract.checkpoint_data(log_id, 5, log.root(5), log.consistency(3, 5)))
    _, (first, never) = proven(
        *(anchored_slot(layout, contract.as_bytes32(log_id), size, log.root(size)) for size in (3, 4))
    )
    stamp = client.anchored_at(registry, log_id, 3, log.root(3))
    assert first == int(stamp.time.timestamp()) | stamp.block << 64
    assert stamp.block == anchored.block_number
    assert never == 0


def test_the_proven_slot_of_a_revocation_word_holds_its_bits(registry, log_id, send, proven, layout):
    assert send(registry, contract.revoke_data(log_id, [256, 511, 3])).succeeded
    _, words = proven(*(revoked_slot(layout, contract.as_bytes32(log_id), 256 * word) for word in range(3)))
    assert words == [1 << 3, 1 | 1 << 255, 0]


def test_the_proven_code_hash_is_one_that_is_known(proven, registry, client):
    account, _ = proven()
    assert bytes.fromhex(account["codeHash"].removeprefix("0x")) in KNOWN
    code = bytes.fromhex(client.rpc.call("eth_getCode", registry, "latest")[2:])
    assert contract.is_registry_code(code)
    assert not contract.is_registry_code(code[:-1] + bytes([code[-1] ^ 1]))
