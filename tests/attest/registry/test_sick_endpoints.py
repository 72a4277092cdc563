"""Anchoring through endpoints that are sick: alone they cost time, beside two well ones not even that."""

import time
from functools import partial

import pytest

from attest.errors import ChainMismatch, ChainUnavailable
from attest.flows import anchor
from attest.models import CheckpointAnchor, OutboxTransaction
from attest.registry import embedded, rpc
from attest.registry.client import RegistryClient
from tests.attest.registry.hostile import Hostile, Raw, lagging, lying
from tests.attest.registry.rounds import checkpoint_events, seal

pytestmark = [pytest.mark.network, pytest.mark.django_db(transaction=True)]


def raw(body: bytes, status: int = 200):
    def spoil(method, params, honest):
        raise Raw(body, status)

    return spoil


def slow(method, params, honest):
    time.sleep(2.5)
    return honest(*params)


SICK = {
    "wrong chain id": lying("eth_chainId", "0x1"),
    "slow": slow,
    "html": raw(b"<html>please log in</html>"),
    "too many requests": raw(b"", 429),
    "oversize": raw(b" " * (rpc.MAX_ANSWER_BYTES + 1)),
}
LIARS = {
    "knows every transaction": lying("eth_getTransactionByHash", {"hash": "0x1"}),
    "refuses every transaction": lying("eth_sendRawTransaction", None),
    "no receipts": lying("eth_getTransactionReceipt", None),
    "no nonce": lying("eth_getTransactionCount", "0x0"),
    "a nonce far ahead": lying("eth_getTransactionCount", "0xffff"),
    "an empty registry": lying("eth_call", "0x" + "00" * 64),
    "no code": lying("eth_getCode", "0x"),
    "absurd gas": lying("eth_estimateGas", hex(10**15)),
    "absurd tip": lying("eth_maxPriorityFeePerGas", hex(10**15)),
    "blocks of another chain": lying(
        "eth_getBlockByNumber", lambda block: block | {"hash": "0x" + "aa" * 32}
    ),
    "a head that stands still": lagging(30),
}


@pytest.fixture
def endpoint(chain):
    made = Hostile(chain.url)
    yield made
    made.close()


@pytest.fixture
def queued(ensure, make_log, chain, client):
    """A log whose checkpoint waits, on a chain of some age."""
    deployment, log = ensure(), make_log(3)
    client.rpc.call("anvil_mine", hex(40), hex(12))
    anchor.enqueue(seal(log), deployment)
    return deployment, log


@pytest.mark.parametrize("spoil", SICK.values(), ids=SICK)
def test_a_sick_endpoint_alone_changes_nothing_and_once_it_is_well_the_anchor_is_made_once(
    endpoint, queued, client, key, spoil, chain
):
    deployment, log = queued
    before = list(OutboxTransaction.objects.values()), list(CheckpointAnchor.objects.values())
    with RegistryClient(endpoint.url, embedded.CHAIN_ID, timeout=2.0) as through:
        endpoint.spoil = spoil
        for _ in range(2):
            with pytest.raises((ChainUnavailable, ChainMismatch)) as caught:
                anchor.advance(through, key, log.consistency)
            assert "secret" not in str(caught.value)
        after = list(OutboxTransaction.objects.values()), list(CheckpointAnchor.objects.values())
        assert after == before
        endpoint.spoil = None
        (done,) = anchor.advance(through, key, log.consistency, settle=partial(embedded.settle, chain.url))
    assert done.state == CheckpointAnchor.State.FINAL
    assert checkpoint_events(client, deployment) == 1


@pytest.mark.parametrize("spoil", [*SICK.values(), *LIARS.values()], ids=[*SICK, *LIARS])
def test_beside_two_well_ones_a_sick_or_lying_endpoint_changes_nothing_at_all(
    endpoint, queued, client, key, spoil, chain
):
    deployment, log = queued
    endpoint.spoil = spoil
    urls = [endpoint.url, chain.url, f"{chain.url}/?second"]
    with RegistryClient(urls, embedded.CHAIN_ID, timeout=2.0) as through:
        rounds = [
            anchor.advance(
                through,
                key,
                log.consistency,
                settle=partial(embedded.settle, chain.url),
                spend_ceiling=10**16,
            )
            for _ in range(2)
        ]
    done = CheckpointAnchor.objects.get()
    assert rounds[0] == [done]
    assert done.state == CheckpointAnchor.State.FINAL
    assert done.transaction.nonce == 2
    assert done.block_hash == client.block(done.block_number).hash
    assert OutboxTransaction.objects.filter(purpose="checkpoint").count() == 1
    assert checkpoint_events(client, deployment) == 1
