"""Checkpoints on their way to a real chain: once each, whatever is killed, wiped or done at once."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from attest.errors import ChainMismatch, ChainUnavailable, RegistryRefused
from attest.flows import anchor, heal, outbox
from attest.flows.heal import Healing
from attest.models import CheckpointAnchor, CheckpointRow, Deployment, LeafRow, OutboxTransaction
from attest.registry import contract, embedded
from attest.registry.client import RegistryClient
from attest.registry.signing import SpendCeilingReached
from tests.attest.registry.rounds import checkpoint_events, seal

pytestmark = [pytest.mark.network, pytest.mark.django_db(transaction=True)]
State = OutboxTransaction.State


def test_the_registry_is_deployed_and_the_log_registered_once(ensure, client, log_key):
    first = ensure()
    assert ensure() == first
    assert Deployment.objects.count() == 1
    assert OutboxTransaction.objects.count() == 2
    assert client.registered_key(first.address, first.log_id) == log_key
    assert first.address == contract.deterministic_address()
    assert first.from_block > 0


def test_another_key_for_a_registered_log_is_refused(ensure):
    ensure()
    with pytest.raises(ChainMismatch) as caught:
        ensure(log_key=bytes(range(1, 33)))
    assert caught.value.code == "log_key_mismatch"


def test_an_address_without_a_registry_is_refused(ensure, key):
    with pytest.raises(ChainMismatch):
        ensure(address=key.address)


def test_checkpoints_become_final_with_block_time_and_gas(ensure, advance, client, make_log):
    deployment, log = ensure(), make_log(3)
    for count in (4, 9):
        anchor.enqueue(seal(log), deployment)
        (done,) = advance(log)
        assert done.state == CheckpointAnchor.State.FINAL
        assert abs((done.block_time - timezone.now()).total_seconds()) < 30
        stamp = client.anchored_at(deployment.address, deployment.log_id, len(log.leaves), log.root())
        assert (stamp.block, stamp.time) == (done.block_number, done.block_time)
        log.grow(count)
    spent = anchor.gas_spent(client.chain_id)
    assert spent.transactions == 2
    assert 110_000 < spent.gas < 160_000
    assert advance(log) == []


def test_only_the_newest_unsent_checkpoint_takes_a_transaction(ensure, advance, client, make_log):
    deployment, log = ensure(), make_log(2)
    for _ in range(3):
        anchor.enqueue(seal(log), deployment)
        log.grow(2)
    newest = CheckpointRow.objects.last()
    anchor.enqueue(newest, deployment)
    anchor.enqueue(CheckpointRow.objects.first(), deployment)
    assert [each.checkpoint for each in CheckpointAnchor.objects.all()] == [newest]
    (done,) = advance(log)
    assert done.checkpoint == newest
    assert checkpoint_events(client, deployment) == 1


def test_a_crash_between_storing_and_sending_leads_to_one_anchor(
    ensure, advance, client, key, make_log, monkeypatch
):
    deployment, log = ensure(), make_log(5)
    anchor.enqueue(seal(log), deployment)

    class PowerCut(BaseException):
        pass

    def cut(*_):
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "broadcast", cut)
        with pytest.raises(PowerCut):
            anchor.push(client, key, log.consistency)
    row = OutboxTransaction.objects.get(purpose="checkpoint")
    assert row.state == State.SIGNED
    assert not client.knows(row.hash)
    (done,) = advance(log)
    assert done.transaction == row
    assert checkpoint_events(client, deployment) == 1


def test_a_crash_between_sending_and_noting_it_leads_to_one_anchor(ensure, advance, client, key, make_log):
    deployment, log = ensure(), make_log(5)
    anchor.enqueue(seal(log), deployment)
    (row,) = anchor.push(client, key, log.consistency)
    OutboxTransaction.objects.filter(pk=row.pk).update(state=State.SIGNED)  # the note never reached the disk
    (done,) = advance(log)
    assert done.transaction_id == row.pk
    assert checkpoint_events(client, deployment) == 1


def test_four_threads_at_once_send_one_transaction_a_checkpoint(
    ensure, chain, key, advance, client, make_log
):
    deployment, log = ensure(), make_log(1)
    failures = []

    def work():
        try:
            with RegistryClient(chain.url) as own:
                for _ in range(5):
                    anchor.push(own, key, log.consistency)
                    anchor.confirm(own)
        except Exception as error:  # noqa: BLE001  # a thread's failure is the test's
            failures.append(error)
        finally:
            connection.close()

    for _ in range(4):
        log.grow(3)
        anchor.enqueue(seal(log), deployment)
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    advance(log)
    assert failures == []
    rows = OutboxTransaction.objects.filter(purpose="checkpoint")
    assert rows.count() == 4
    assert set(rows.values_list("state", flat=True)) == {State.FINAL}
    assert checkpoint_events(client, deployment) == 4


def test_four_threads_deploying_at_once_deploy_once(chain, key, origin, log_key):
    found, failures = [], []

    def work():
        try:
            with RegistryClient(chain.url) as own:
                found.append(anchor.ensure_registry(own, key, origin=origin, log_key=log_key).address)
        except Exception as error:  # noqa: BLE001  # a thread's failure is the test's
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert found == [contract.deterministic_address()] * 4
    assert OutboxTransaction.objects.count() == 2


def test_a_wiped_chain_is_rebuilt_from_the_stored_transactions(ensure, advance, chain, client, key, make_log):
    deployment, log = ensure(), make_log(3)
    for _ in range(3):
        anchor.enqueue(seal(log), deployment)
        advance(log)
        log.grow(5)
    hashes = list(OutboxTransaction.objects.order_by("pk").values_list("hash", flat=True))
    chain.wipe()
    assert heal.heal(client, key, partial(embedded.fund, chain.url)) is Healing.REPLAYED
    changed = advance(log)
    assert [each.state for each in changed] == ["final"] * 3
    assert list(OutboxTransaction.objects.order_by("pk").values_list("hash", flat=True)) == hashes
    for checkpoint in CheckpointRow.objects.all():
        root = bytes(checkpoint.root)
        assert client.anchored_at(deployment.address, deployment.log_id, checkpoint.size, root)
    assert heal.heal(client, key) is Healing.INTACT
    assert ensure() == deployment


def test_a_chain_set_back_to_an_older_dump_gets_what_it_lost(ensure, advance, chain, client, key, make_log):
    deployment, log = ensure(), make_log(3)
    anchor.enqueue(seal(log), deployment)
    advance(log)
    embedded.dump_state(chain.url, chain.state_file)
    log.grow(4)
    anchor.enqueue(seal(log), deployment)
    advance(log)
    chain.kill()
    chain.start()
    assert client.last(deployment.address, deployment.log_id).size == 3
    (done,) = advance(log)
    assert done.checkpoint.size == 7
    assert client.last(deployment.address, deployment.log_id).size == 7


def test_a_wiped_chain_whose_transactions_are_gone_is_deployed_and_anchored_anew(
    ensure, advance, chain, client, make_log
):
    deployment, log = ensure(), make_log(3)
    for _ in range(2):
        anchor.enqueue(seal(log), deployment)
        advance(log)
        log.grow(1)
    OutboxTransaction.objects.filter(nonce=0).delete()
    chain.wipe()
    assert ensure() == deployment
    (done,) = advance(log)
    assert done.state == CheckpointAnchor.State.FINAL
    assert client.last(deployment.address, deployment.log_id).size == 4


def test_a_block_that_was_reorganised_away_is_noticed_and_anchored_again(
    ensure, advance, client, key, chain, make_log
):
    deployment, log = ensure(), make_log(3)
    snapshot = client.rpc.call("evm_snapshot")
    anchor.enqueue(seal(log), deployment)
    anchor.push(client, key, log.consistency)
    (before,) = anchor.confirm(client)
    assert before.state == CheckpointAnchor.State.INCLUDED
    client.rpc.call("evm_revert", snapshot)
    client.rpc.call("anvil_mine", "0x2")
    advance(log)
    after = CheckpointAnchor.objects.get()
    assert after.state == CheckpointAnchor.State.FINAL
    assert after.transaction_id == before.transaction_id
    assert after.block_hash != before.block_hash


def test_stuck_fees_are_raised_at_the_same_nonce_within_the_ceiling(ensure, advance, client, key, make_log):
    deployment, log = ensure(), make_log(3)
    anchor.enqueue(seal(log), deployment)
    client.rpc.call("evm_setAutomine", False)
    (stuck,) = anchor.push(client, key, log.consistency)
    soon = timedelta(0)
    anchor.push(client, key, log.consistency, stale_after=soon)
    stuck.refresh_from_db()
    assert stuck.state == State.SENT, "a price that is not too low is not raised"
    client.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(stuck.max_fee + 1))
    client.rpc.call("anvil_mine", "0x1")
    with pytest.raises(SpendCeilingReached):
        anchor.push(client, key, log.consistency, stale_after=soon, spend_ceiling=1)
    anchor.push(client, key, log.consistency, stale_after=soon)
    newer = OutboxTransaction.objects.get(nonce=stuck.nonce, state=State.SENT)
    assert newer.pk != stuck.pk
    assert newer.max_fee * 8 >= stuck.max_fee * 9
    assert newer.max_priority_fee * 8 >= stuck.max_priority_fee * 9
    client.rpc.call("evm_setAutomine", True)
    client.rpc.call("anvil_mine", "0x1")
    (done,) = advance(log)
    assert done.transaction == newer
    assert OutboxTransaction.objects.filter(state=State.REPLACED).get() == stuck
    assert checkpoint_events(client, deployment) == 1


def test_the_replaced_transaction_counts_if_it_is_the_one_that_was_mined(ensure, client, key, make_log):
    deployment, log = ensure(), make_log(3)
    anchor.enqueue(seal(log), deployment)
    (mined,) = anchor.push(client, key, log.consistency)
    while client.receipt(mined.hash) is None:
        pass
    mined.refresh_from_db()
    newer = outbox.replace(client, key, mined, None)
    assert newer.pk != mined.pk
    (done,) = anchor.confirm(client)
    assert done.transaction_id == mined.pk
    newer.refresh_from_db()
    assert newer.state == State.REPLACED


def test_a_database_older_than_the_registry_is_told_so(ensure, advance, client, key, make_log):
    deployment, log = ensure(), make_log(3)
    old = seal(log)
    log.grow(2)
    anchor.enqueue(seal(log), deployment)
    advance(log)
    CheckpointAnchor.objects.all().delete()
    OutboxTransaction.objects.all().delete()
    anchor.enqueue(old, deployment)
    with pytest.raises(RegistryRefused) as caught:
        anchor.push(client, key, log.consistency)
    assert caught.value.code == "registry_ahead"
    newest = CheckpointRow.objects.get(size=5)
    anchor.enqueue(newest, deployment)
    (done,) = advance(log)
    assert done.checkpoint == newest
    assert done.transaction is None, "what the registry already holds is adopted, not paid for again"
    assert done.state == CheckpointAnchor.State.FINAL


def test_revocations_reach_the_chain_once_and_again_after_a_wipe(ensure, advance, client, chain, make_log):
    deployment, log = ensure(), make_log(600)
    anchor.enqueue(seal(log), deployment)
    for index in (3, 255, 256, 599):
        LeafRow.objects.create(
            index=index,
            key=f"leaf {index}",
            data=b"",
            leaf_hash=log.leaves[index],
            kind="attestation",
            created_at=timezone.now(),
            revoked_at=timezone.now() if index != 255 else None,
        )

    def revoked():
        return [i for i in range(600) if client.is_revoked(deployment.address, deployment.log_id, i)]

    advance(log)
    advance(log)
    assert revoked() == [3, 256, 599]
    LeafRow.objects.filter(index=255).update(revoked_at=timezone.now())
    advance(log)
    advance(log)
    assert revoked() == [3, 255, 256, 599]
    rows = OutboxTransaction.objects.filter(purpose="revoke")
    assert [row.state for row in rows] == [State.FINAL] * 2
    chain.wipe()
    advance(log)
    assert revoked() == [3, 255, 256, 599]
    assert rows.count() == 2


def test_a_key_without_ether_waits_and_says_so(ensure, advance, client, key, make_log):
    deployment, log = ensure(), make_log(3)
    anchor.enqueue(seal(log), deployment)
    client.rpc.call("anvil_setBalance", key.address, "0x1")
    for _ in range(2):
        with pytest.raises(ChainUnavailable) as caught:
            anchor.advance(client, key, log.consistency)
        assert caught.value.code == "transaction_refused"
    (row,) = OutboxTransaction.objects.filter(purpose="checkpoint")
    assert row.error
    embedded.fund(client.rpc.name, key.address)
    (done,) = advance(log)
    assert done.transaction == row
    row.refresh_from_db()
    assert (row.state, row.error) == (State.FINAL, "")


def test_a_registry_that_cannot_be_paid_for_is_told_at_once_and_deployed_when_it_can(ensure, client, key):
    client.rpc.call("anvil_setBalance", key.address, "0x1")
    for _ in range(2):
        with pytest.raises(ChainUnavailable) as caught:
            ensure(fund=None, wait=30.0)
        assert caught.value.code == "transaction_refused"
    (row,) = OutboxTransaction.objects.all()
    embedded.fund(client.rpc.name, key.address)
    assert ensure(fund=None).address == row.reference


def test_a_chain_that_is_down_loses_nothing(ensure, advance, chain, make_log):
    deployment, log = ensure(), make_log(3)
    embedded.dump_state(chain.url, chain.state_file)
    anchor.enqueue(seal(log), deployment)
    chain.kill()
    with pytest.raises(ChainUnavailable):
        advance(log)
    chain.start()
    (done,) = advance(log)
    assert done.state == CheckpointAnchor.State.FINAL
