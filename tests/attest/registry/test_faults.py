"""What a chain and its endpoints do to those who anchor: reorganise, lie about nonces, triple the price."""

from datetime import timedelta
from functools import partial

import pytest

from attest.errors import ChainUnavailable
from attest.flows import anchor, heal, outbox
from attest.flows.heal import Healing
from attest.models import CheckpointAnchor, Deployment, OutboxTransaction
from attest.registry import contract, embedded
from attest.registry.client import RegistryClient
from attest.registry.signing import SpendCeilingReached
from tests.attest.registry.hostile import Hostile, Refusal, lagging, lying
from tests.attest.registry.rounds import checkpoint_events, seal

pytestmark = [pytest.mark.network, pytest.mark.django_db(transaction=True)]
State = OutboxTransaction.State
NOW = timedelta(0)


@pytest.fixture
def deployment(ensure) -> Deployment:
    return ensure()


@pytest.fixture
def log(make_log):
    return make_log(3)


def live_nonces():
    rows = OutboxTransaction.objects.exclude(state=State.REPLACED)
    return list(rows.order_by("nonce").values_list("nonce", flat=True))


# ------------------------------------------------------------------ reorganisations


def test_a_reorganisation_of_five_blocks_puts_the_anchor_back_to_pending_and_then_anew_on_the_chain(
    deployment, advance, client, key, log
):
    anchor.enqueue(seal(log), deployment)
    anchor.push(client, key, log.consistency)
    (before,) = anchor.confirm(client)
    assert before.state == CheckpointAnchor.State.INCLUDED
    old_hash = before.block_hash
    client.rpc.call("anvil_mine", "0x4")
    client.rpc.call("anvil_reorg", 5, [])
    assert client.anchored_at(deployment.address, deployment.log_id, 3, log.root()) is None
    (meanwhile,) = anchor.confirm(client)
    assert (meanwhile.state, meanwhile.block_number, meanwhile.block_hash) == ("pending", None, "")
    advance(log)
    advance(log)
    after = CheckpointAnchor.objects.get()
    assert after.state == CheckpointAnchor.State.FINAL
    assert after.block_hash != old_hash
    assert after.transaction_id == before.transaction_id, "the stored bytes were still good"
    assert checkpoint_events(client, deployment) == 1


def test_an_anchor_that_comes_back_in_another_block_tells_of_that_block(
    deployment, advance, client, key, log
):
    anchor.enqueue(seal(log), deployment)
    snapshot = client.rpc.call("evm_snapshot")
    (first,) = advance(log)
    assert first.state == CheckpointAnchor.State.FINAL
    client.rpc.call("evm_revert", snapshot)
    client.rpc.call("anvil_mine", "0x2")
    client.send(bytes(first.transaction.raw))
    embedded.settle(client.rpc.name)
    assert heal.heal(client, key) is Healing.RESCANNED
    again = CheckpointAnchor.objects.get()
    assert again.state == CheckpointAnchor.State.FINAL
    assert again.block_hash == client.block(again.block_number).hash != first.block_hash


def test_a_chain_without_a_finalized_tag_anchors_and_promises_no_finality(deployment, chain, key, log):
    def none(method, params, honest):
        if params[:1] == ["finalized"]:
            raise Refusal({"code": -39001, "message": "unknown block"})
        return honest(*params)

    endpoint = Hostile(chain.url, none)
    with RegistryClient(endpoint.url) as client:
        anchor.enqueue(seal(log), deployment)
        (done,) = anchor.advance(client, key, log.consistency, settle=partial(embedded.settle, chain.url))
    endpoint.close()
    assert done.state == CheckpointAnchor.State.INCLUDED


# ------------------------------------------------------------------ endpoints that lie to us alone


def test_a_stale_endpoint_costs_time_and_doubles_nothing(deployment, advance, chain, client, key, log):
    anchor.enqueue(seal(log), deployment)
    advance(log)
    log.grow(2)
    anchor.enqueue(seal(log), deployment)
    advance(log)
    stale = Hostile(chain.url, lagging(4))
    with RegistryClient(stale.url) as behind:
        assert behind.last(deployment.address, deployment.log_id).size == 3
        anchor.advance(behind, key, log.consistency)
    stale.close()
    assert CheckpointAnchor.objects.filter(state="pending").exists(), "what it does not show is not claimed"
    advance(log)
    assert set(CheckpointAnchor.objects.values_list("state", flat=True)) == {"final"}
    assert checkpoint_events(client, deployment) == 2
    assert OutboxTransaction.objects.filter(purpose="checkpoint").count() == 2


@pytest.mark.parametrize("told", [0, 10**6])
def test_an_endpoint_that_makes_up_our_nonce_leads_to_one_anchor_once_another_is_asked(
    deployment, advance, chain, client, key, log, told
):
    anchor.enqueue(seal(log), deployment)
    liar = Hostile(chain.url, lying("eth_getTransactionCount", hex(told)))
    with RegistryClient(liar.url) as lied_to:
        anchor.push(lied_to, key, log.consistency)
    liar.close()
    row = OutboxTransaction.objects.get(purpose="checkpoint")
    assert row.nonce == (2 if told == 0 else told), "our own rows bound it from below only"
    advance(log)
    advance(log)
    done = CheckpointAnchor.objects.get()
    assert done.state == CheckpointAnchor.State.FINAL
    assert live_nonces() == [0, 1, 2]
    assert checkpoint_events(client, deployment) == 1


# ------------------------------------------------------------------ nonce gaps


def test_what_waits_behind_a_missing_nonce_is_signed_anew_from_the_chains_next_one(
    deployment, advance, client, key, log
):
    anchor.enqueue(seal(log), deployment)
    client.rpc.call("evm_setAutomine", False)
    anchor.push(client, key, log.consistency)
    (row,) = OutboxTransaction.objects.filter(purpose="checkpoint")
    outbox.resign(key, row, 7)  # as after a database that lost the rows before it
    client.rpc.call("anvil_dropTransaction", row.hash)
    OutboxTransaction.objects.filter(nonce=2).delete()
    client.rpc.call("evm_setAutomine", True)
    outbox.broadcast_all(client, key)
    assert client.nonce(key.address) == 2, "the node keeps it, and waits for those before it"
    assert heal.heal(client, key) is Healing.CLOSED
    assert live_nonces() == [0, 1, 2]
    (done,) = advance(log)
    assert done.state == CheckpointAnchor.State.FINAL
    assert done.transaction.nonce == 2
    assert heal.heal(client, key) is Healing.INTACT


def test_a_transaction_that_waits_for_one_of_ours_is_no_gap(deployment, client, key, log):
    client.rpc.call("evm_setAutomine", False)
    anchor.enqueue(seal(log), deployment)
    anchor.push(client, key, log.consistency)
    intent = outbox.Intent("revoke", "x", deployment.address, contract.revoke_data(deployment.log_id, [1]))
    outbox.store(client, key, intent, outbox.quote(client, key.address, intent, None))
    assert live_nonces() == [0, 1, 2, 3]
    assert heal.heal(client, key) is Healing.INTACT
    assert live_nonces() == [0, 1, 2, 3]


def test_a_nonce_that_the_key_spent_elsewhere_makes_room_for_the_next(
    deployment, advance, client, key, send, log
):
    anchor.enqueue(seal(log), deployment)
    client.rpc.call("evm_setAutomine", False)
    (row,) = anchor.push(client, key, log.consistency)
    client.rpc.call("anvil_dropTransaction", row.hash)
    client.rpc.call("evm_setAutomine", True)
    send(key.address, b"")
    advance(log)
    row.refresh_from_db()
    assert (row.state, row.error) == (State.FAILED, "Another transaction of the same key took its nonce.")
    # Its next transaction may be mined only after the round that sent it.
    advance(log)
    done = CheckpointAnchor.objects.get()
    assert done.state == CheckpointAnchor.State.FINAL
    assert done.transaction.nonce == row.nonce + 1
    assert checkpoint_events(client, deployment) == 1


# ------------------------------------------------------------------ the price of gas


@pytest.fixture
def price(client):
    """Sets the base fee that the chain asks from now on, mining only blocks of that price."""

    def ask(wei: int, *, mine: bool = True) -> None:
        client.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(wei))
        if mine:
            client.rpc.call("anvil_mine", "0x1")

    ask(20 * 10**9)  # dear enough that the tip hardly counts
    return ask


def spent(client, row) -> int:
    """Wei that the transaction cost."""
    receipt = client.rpc.call("eth_getTransactionReceipt", row.hash)
    return int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)


def test_when_gas_triples_the_offer_is_raised_within_the_ceiling_and_mined(
    deployment, advance, client, key, log, price
):
    anchor.enqueue(seal(log), deployment)
    client.rpc.call("evm_setAutomine", False)
    (stuck,) = anchor.push(client, key, log.consistency)
    base_fee, _ = client.base_fee_and_tip()
    price(3 * base_fee)
    assert client.receipt(stuck.hash) is None, "it offered twice the base fee"
    # Less than what would be offered freely, and more than the chain asks.
    ceiling = stuck.gas * 4 * base_fee + stuck.gas * stuck.max_priority_fee
    anchor.push(client, key, log.consistency, stale_after=NOW, spend_ceiling=ceiling)
    newer = OutboxTransaction.objects.get(nonce=stuck.nonce, state=State.SENT)
    assert newer.pk != stuck.pk
    assert newer.gas * newer.max_fee <= ceiling
    price(3 * base_fee)
    client.rpc.call("evm_setAutomine", True)
    (done,) = advance(log)
    assert (done.transaction, done.state) == (newer, CheckpointAnchor.State.FINAL)
    assert spent(client, newer) <= ceiling


def test_a_deployment_that_gas_became_too_dear_for_is_offered_more(ensure, client, key, price):
    client.rpc.call("evm_setAutomine", False)
    with pytest.raises(ChainUnavailable) as caught:
        ensure(wait=0.1)
    assert caught.value.code == "transaction_pending"
    (stuck,) = OutboxTransaction.objects.all()
    price(3 * client.base_fee_and_tip()[0])
    OutboxTransaction.objects.update(created_at=stuck.created_at - timedelta(hours=1))
    with pytest.raises(SpendCeilingReached):
        ensure(wait=0.1, spend_ceiling=stuck.gas * stuck.max_fee)
    with pytest.raises(ChainUnavailable):
        ensure(wait=0.1)
    stuck.refresh_from_db()
    assert stuck.state == State.REPLACED
    client.rpc.call("evm_setAutomine", True)
    client.rpc.call("anvil_mine", "0x1")
    assert ensure().address == contract.deterministic_address()
    assert live_nonces() == [0, 1]


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_was_set_by_a_day_keeps_no_offer_from_being_raised(
    deployment, client, key, log, price, days
):
    anchor.enqueue(seal(log), deployment)
    client.rpc.call("evm_setAutomine", False)
    (stuck,) = anchor.push(client, key, log.consistency)
    client.rpc.call("anvil_dropTransaction", stuck.hash)
    price(client.base_fee_and_tip()[0] * 3 // 2)
    anchor.push(client, key, log.consistency)
    assert client.knows(stuck.hash)
    assert not OutboxTransaction.objects.filter(state=State.REPLACED).exists(), "it has just been signed"
    signed = stuck.created_at - timedelta(days=days)
    OutboxTransaction.objects.filter(pk=stuck.pk).update(created_at=signed)
    anchor.push(client, key, log.consistency)
    assert OutboxTransaction.objects.get(state=State.REPLACED) == stuck


def test_above_the_ceiling_it_waits_says_so_and_recovers_when_gas_is_cheaper(
    deployment, advance, client, key, log, price
):
    anchor.enqueue(seal(log), deployment)
    client.rpc.call("evm_setAutomine", False)
    (stuck,) = anchor.push(client, key, log.consistency)
    base_fee, _ = client.base_fee_and_tip()
    ceiling = stuck.gas * stuck.max_fee
    for factor in (3, 9):
        price(factor * base_fee)
        with pytest.raises(SpendCeilingReached) as caught:
            anchor.push(client, key, log.consistency, stale_after=NOW, spend_ceiling=ceiling)
        assert caught.value.code == "spend_ceiling_reached"
    assert OutboxTransaction.objects.filter(nonce=stuck.nonce).get() == stuck, "nothing dearer was signed"
    price(base_fee)
    client.rpc.call("evm_setAutomine", True)
    (done,) = advance(log)
    assert (done.transaction, done.state) == (stuck, CheckpointAnchor.State.FINAL)
    assert spent(client, stuck) <= ceiling


def test_while_gas_is_too_dear_to_anchor_more_what_was_anchored_still_becomes_final(
    deployment, client, key, log, chain, price
):
    anchor.enqueue(seal(log), deployment)
    anchor.push(client, key, log.consistency)
    anchor.confirm(client)
    log.grow(2)
    anchor.enqueue(seal(log), deployment)
    with pytest.raises(SpendCeilingReached):
        anchor.advance(
            client, key, log.consistency, settle=partial(embedded.settle, chain.url), spend_ceiling=1
        )
    states = CheckpointAnchor.objects.order_by("checkpoint__size").values_list("state", flat=True)
    assert list(states) == ["final", "pending"]
    (done,) = anchor.advance(client, key, log.consistency, settle=partial(embedded.settle, chain.url))
    assert done.checkpoint.size == 5


def test_whatever_replaces_what_one_nonce_costs_at_most_the_ceiling(deployment, client, key, log, price):
    anchor.enqueue(seal(log), deployment)
    client.rpc.call("evm_setAutomine", False)
    (first,) = anchor.push(client, key, log.consistency)
    base_fee, _ = client.base_fee_and_tip()
    ceiling = first.gas * first.max_fee * 10
    for factor in (3, 9):
        price(factor * base_fee)
        anchor.push(client, key, log.consistency, stale_after=NOW, spend_ceiling=ceiling)
    price(27 * base_fee)
    with pytest.raises(SpendCeilingReached):
        anchor.push(client, key, log.consistency, stale_after=NOW, spend_ceiling=ceiling)
    rows = OutboxTransaction.objects.filter(nonce=first.nonce)
    assert rows.count() == 3
    assert max(row.gas * row.max_fee + row.value for row in rows) <= ceiling


def test_a_ceiling_of_nothing_lets_the_key_spend_nothing(ensure, client, key):
    before = client.balance(key.address)
    with pytest.raises(SpendCeilingReached):
        ensure(spend_ceiling=0)
    assert client.balance(key.address) == before
    assert OutboxTransaction.objects.count() == 0


def test_a_chain_that_answers_nothing_raises_and_changes_nothing(
    deployment, advance, client, key, log, chain
):
    anchor.enqueue(seal(log), deployment)
    advance(log)
    before = list(OutboxTransaction.objects.values())
    anchors = list(CheckpointAnchor.objects.values())
    chain.kill()
    with pytest.raises(ChainUnavailable):
        advance(log)
    assert list(OutboxTransaction.objects.values()) == before
    assert list(CheckpointAnchor.objects.values()) == anchors


# ------------------------------------------------------------------ receipts that come late


def test_a_registration_whose_receipt_comes_late_is_known_to_be_in_its_block(client, ensure, monkeypatch):
    asked: set[str] = set()
    receipt = client.receipt

    def late(transaction_hash):
        first = transaction_hash not in asked
        asked.add(transaction_hash)
        return None if first else receipt(transaction_hash)

    monkeypatch.setattr(client, "receipt", late)
    deployment = ensure()
    assert not OutboxTransaction.objects.filter(state__in=[State.SIGNED, State.SENT]).exists()
    assert deployment.from_block > 0, "a chain's history would be read from its first block on"
