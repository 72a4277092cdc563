"""The chain that comes along: what it is started with, and that its dumps survive anything."""

import json
import time

import pytest

from attest.errors import ChainUnavailable
from attest.registry import contract, embedded
from attest.registry.client import RegistryClient
from attest.standing import Finality

pytestmark = pytest.mark.network


def test_it_listens_on_loopback_only_funds_no_public_key_and_holds_no_secret(chain, client):
    arguments = embedded.command(8545, chain.state_file)
    assert arguments[arguments.index("--host") + 1] == "127.0.0.1"
    assert "--no-cors" in arguments
    assert not {"--state", "--load-state", "--mnemonic"} & set(arguments)
    assert client.rpc.call("eth_accounts") == []
    anvils_first_public_key = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert client.balance(anvils_first_public_key) == 0
    assert client.trust == "none"


def test_a_dump_is_read_back_with_balances_code_receipts_and_block_hashes(chain, client, send, registry, key):
    receipt = send(registry, contract.register_data("second.example", bytes(range(32))))
    before = client.block(receipt.block_number)
    embedded.dump_state(chain.url, chain.state_file)
    assert [path.name for path in chain.state_file.parent.iterdir()] == ["chain.json"]
    assert chain.state_file.stat().st_mode & 0o777 == 0o600
    chain.kill()
    chain.start()
    client.require_registry(registry)
    assert client.block(receipt.block_number) == before
    assert client.nonce(key.address) == 3
    assert client.balance(key.address) > 10**23


def test_blocks_carry_the_real_time_after_a_restart(chain, client, send, registry, key):
    embedded.dump_state(chain.url, chain.state_file)
    chain.kill()
    time.sleep(2.1)
    chain.start()
    receipt = send(registry, contract.register_data("second.example", bytes(range(32))))
    assert abs(client.block(receipt.block_number).time.timestamp() - time.time()) < 2


def test_a_dump_that_fails_leaves_the_old_one_whole(chain, client):
    embedded.dump_state(chain.url, chain.state_file)
    old = chain.state_file.read_bytes()
    json.loads(old)
    chain.kill()
    with pytest.raises(ChainUnavailable):
        embedded.dump_state(chain.url, chain.state_file)
    assert chain.state_file.read_bytes() == old
    assert [path.name for path in chain.state_file.parent.iterdir()] == ["chain.json"]


def test_settling_makes_the_last_block_final(chain, client, send, registry):
    receipt = send(registry, contract.register_data("second.example", bytes(range(32))))
    assert client.finality(receipt.block_number, receipt.block_hash) is Finality.INCLUDED
    embedded.settle(chain.url)
    assert client.finality(receipt.block_number, receipt.block_hash) is Finality.FINAL
    assert client.finality(receipt.block_number, "0x" + "00" * 32) is Finality.PENDING
    assert client.finality(receipt.block_number + 10_000) is Finality.PENDING


def test_a_chain_that_never_comes_up_is_an_error(chain):
    chain.kill()
    with pytest.raises(ChainUnavailable):
        embedded.wait_ready(chain.url, timeout=0.2)


def test_a_missing_binary_is_named_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("ASSAY_ANVIL", str(tmp_path / "anvil"))
    with pytest.raises(embedded.AnvilMissing, match="npm ci"):
        embedded.binary()


def test_a_client_is_lazy_and_takes_whichever_chain_is_served(chain):
    with RegistryClient(chain.url) as client:
        assert client.chain_id == 31337
