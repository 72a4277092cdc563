"""The verifier's look at a chain."""

import secrets

import pytest

from attest.errors import ChainDisagreement, ChainMismatch
from attest.proofs.verifier import ChainReader
from attest.registry import contract, embedded
from attest.registry.reader import RegistryReader, open_reader
from attest.standing import Finality
from tests.attest.registry.hostile import Hostile, lying

pytestmark = pytest.mark.network


@pytest.fixture
def reader(client) -> ChainReader:
    return RegistryReader(client)


def test_an_anchor_is_read_with_its_block_time_and_finality(
    reader, send, registry, key, origin, make_log, chain
):
    log, log_id = make_log(4), contract.log_id(key.address, origin)
    assert reader.anchored(31337, registry, log_id, 4, log.root()) is None
    receipt = send(registry, contract.checkpoint_data(log_id, 4, log.root(), []))
    reading = reader.anchored(31337, registry, log_id, 4, log.root())
    assert reading.block == receipt.block_number
    assert reading.finality is Finality.INCLUDED
    assert reading.time == send.client.block(receipt.block_number).time
    embedded.settle(chain.url)
    assert reader.anchored(31337, registry, log_id, 4, log.root()).finality is Finality.FINAL
    assert reader.anchored(31337, registry, log_id, 3, log.root()) is None


def test_a_revocation_is_read_from_the_chain(reader, send, registry, key, origin):
    log_id = contract.log_id(key.address, origin)
    assert not reader.revoked(31337, registry, log_id, 300)
    send(registry, contract.revoke_data(log_id, [300]))
    assert reader.revoked(31337, registry, log_id, 300)


def test_an_anchor_on_another_chain_is_a_mismatch(reader, registry):
    with pytest.raises(ChainMismatch, match="chain 1, "):
        reader.anchored(1, registry, "0x" + "00" * 32, 1, bytes(32))


def test_a_contract_that_says_yes_to_everything_is_not_believed(reader, send, client):
    # Answers every call with two ones: PUSH1 1, PUSH0, MSTORE, PUSH1 1, PUSH1 32, MSTORE, RETURN 64 bytes.
    yes = bytes.fromhex("60015f52600160205260405ff3")
    creation = bytes.fromhex("6c") + yes + bytes.fromhex("5f52600d6013f3")
    receipt = send(None, creation)
    log_id = "0x" + secrets.token_hex(32)
    assert client.anchored_at(receipt.contract, log_id, 9, bytes(32)).block == 1, "it does say yes"
    with pytest.raises(ChainMismatch, match="not an Assay registry"):
        reader.anchored(31337, receipt.contract, log_id, 9, bytes(32))
    with pytest.raises(ChainMismatch):
        reader.revoked(31337, receipt.contract, log_id, 9)


def test_a_verifier_may_ask_several_endpoints_of_which_two_must_agree(
    chain, send, registry, key, origin, make_log
):
    log, log_id = make_log(4), contract.log_id(key.address, origin)
    send(registry, contract.checkpoint_data(log_id, 4, log.root(), []))
    liar = Hostile(chain.url, lying("eth_call", "0x" + "00" * 64))
    asked = (31337, registry, log_id, 4, log.root())
    assert open_reader(liar.url).anchored(*asked) is None, "alone it is believed"
    with pytest.raises(ChainDisagreement):
        open_reader(f"{liar.url}|{chain.url}").anchored(*asked)
    assert open_reader(f"{liar.url}|{chain.url}|{chain.url}/?2").anchored(*asked) is not None
    liar.close()
