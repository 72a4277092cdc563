"""Revocations on their way to the chain: all of them, in the log's order, whatever the clock says."""

from datetime import timedelta

import pytest
from django.utils import timezone

from attest.flows import anchor, revocation_bits
from attest.models import LeafRow, OutboxTransaction
from tests.attest.registry.rounds import seal

pytestmark = [pytest.mark.network, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def deployment(ensure, advance, make_log):
    made, log = ensure(), make_log(2000)
    anchor.enqueue(seal(log), made)
    advance(log)
    return made


def revoke(index, position, when):
    """The attestation at `index`, revoked by the leaf at `position` at that time of our clock."""
    leaf = {"data": b"", "leaf_hash": bytes(32), "created_at": when}
    by = LeafRow.objects.create(index=position, key=f"revocation {index}", kind="revocation", **leaf)
    LeafRow.objects.create(
        index=index, key=f"leaf {index}", kind="attestation", revoked_by=by, revoked_at=when, **leaf
    )


@pytest.fixture
def revoked(client, deployment):
    def found(*indexes):
        return [i for i in indexes if client.is_revoked(deployment.address, deployment.log_id, i)]

    return found


def push(client, key, deployment):
    row = revocation_bits.push_revocations(client, key, deployment)
    anchor.confirm(client)
    return row


def test_a_clock_that_was_set_back_by_a_day_hides_no_revocation(client, key, deployment, revoked):
    now = timezone.now()
    revoke(3, 1000, now)
    push(client, key, deployment)
    revoke(700, 1001, now - timedelta(days=1))
    push(client, key, deployment)
    assert revoked(3, 700) == [3, 700]
    assert push(client, key, deployment) is None


def test_more_than_one_transaction_takes_are_all_carried_however_long_they_waited(
    client, key, deployment, revoked, monkeypatch
):
    monkeypatch.setattr(revocation_bits, "MOST_WORDS", 2)
    long_ago = timezone.now() - timedelta(days=3)
    indexes = (900, 10, 300, 901, 600, 11)  # four words, in the order of their revocation
    for position, index in enumerate(indexes, 1500):
        revoke(index, position, long_ago)
    assert push(client, key, deployment) is not None
    assert revoked(*indexes) == [900, 10]
    assert push(client, key, deployment) is not None
    assert revoked(*indexes) == [900, 10, 300, 901]
    assert push(client, key, deployment) is not None
    assert revoked(*indexes) == list(indexes)
    assert push(client, key, deployment) is None
    assert OutboxTransaction.objects.filter(purpose="revoke").count() == 3


def test_many_words_are_read_in_several_round_trips(client, deployment):
    log = bytes.fromhex(deployment.log_id[2:])
    answers = client.read_many(deployment.address, [("revokedWord", (log, word)) for word in range(250)])
    assert answers == [(0,)] * 250
