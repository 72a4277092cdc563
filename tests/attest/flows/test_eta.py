"""What somebody who waits for an anchor is told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from attest.flows.eta import ASSUMED_FINALITY, ASSUMED_INCLUSION, eta, pace
from attest.models import CheckpointAnchor, CheckpointRow, Deployment, OutboxTransaction

pytestmark = pytest.mark.django_db
PUBLIC, LOCAL = 1, 31337
State = OutboxTransaction.State


def registry_on(chain_id):
    return Deployment.objects.create(chain_id=chain_id, address="0x" + "1" * 40, log_id="0x" + "2" * 64)


def seal(size):
    return CheckpointRow.objects.create(size=size, root=bytes(32), note="", created_at=timezone.now())


def send(chain_id, nonce, *, state=State.SENT, included=None, final=None, error=""):
    """A checkpoint's transaction signed now; `included` and `final` seconds later."""
    row = OutboxTransaction.objects.create(
        chain_id=chain_id,
        sender="0x" + "3" * 40,
        nonce=nonce,
        purpose="checkpoint",
        data=b"",
        gas=1,
        max_fee=1,
        max_priority_fee=1,
        raw=b"",
        hash=f"0x{chain_id}-{nonce}",
        state=state,
        error=error,
    )
    if included is not None:
        row.block_time = row.created_at + timedelta(seconds=included)
        row.save()
    if final is not None:
        # Past auto_now, which would say this moment.
        OutboxTransaction.objects.filter(pk=row.pk).update(
            state=State.FINAL, updated_at=row.created_at + timedelta(seconds=final)
        )
    row.refresh_from_db()
    return row


def expect(leaf_index, **options):
    return eta(leaf_index, seal_seconds=2.0, anchor_seconds=10.0, **options)


def test_what_is_not_sealed_waits_for_the_next_seal_and_the_next_round():
    registry_on(PUBLIC)
    expected = expect(None)
    (chain,) = expected.chains
    assert expected.logged == 2.0
    assert chain.anchored == 2.0 + 10.0 + ASSUMED_INCLUSION
    assert chain.final == chain.anchored + ASSUMED_FINALITY
    assert not chain.measured


def test_what_is_sealed_waits_for_the_next_round_only():
    registry_on(PUBLIC)
    seal(5)
    assert expect(4).logged == 0.0
    assert expect(4).anchored == 10.0 + ASSUMED_INCLUSION
    assert expect(5).logged == 2.0, "a checkpoint of five leaves does not cover the sixth"


def test_a_chain_is_judged_by_what_its_latest_anchors_took():
    registry_on(PUBLIC)
    for nonce, (included, final) in enumerate([(3, 60), (5, 70), (4, 300)]):
        send(PUBLIC, nonce, included=included, final=final)
    found = pace(PUBLIC)
    assert (found.inclusion, found.finality, found.measured) == (4.0, 66.0, True)
    assert expect(None).final == 2.0 + 10.0 + 4.0 + 66.0
    assert not pace(2).measured, "another chain's anchors say nothing"


@pytest.mark.parametrize("skew", [86_400, -86_400])
def test_a_block_time_of_a_clock_that_is_a_day_off_cannot_stretch_the_wait(skew):
    send(PUBLIC, 0, included=skew, final=30)
    found = pace(PUBLIC)
    assert 0 <= found.inclusion <= 30
    assert found.inclusion + found.finality == 30


def test_a_transaction_under_way_shortens_the_wait_and_one_for_less_lengthens_it():
    deployment, first, second = registry_on(PUBLIC), seal(5), seal(9)
    row = send(PUBLIC, 0)
    CheckpointAnchor.objects.create(checkpoint=first, deployment=deployment, transaction=row)
    assert expect(4, now=row.created_at + timedelta(seconds=1)).anchored == ASSUMED_INCLUSION - 1
    assert expect(4, now=row.created_at + timedelta(seconds=99)).anchored == 10.0, "the next look"
    CheckpointAnchor.objects.create(checkpoint=second, deployment=deployment)
    assert expect(8).anchored == 10.0 + 2 * ASSUMED_INCLUSION


def test_an_included_anchor_waits_for_finality_alone_and_a_final_one_for_nothing():
    deployment = registry_on(PUBLIC)
    anchor = CheckpointAnchor.objects.create(checkpoint=seal(5), deployment=deployment)
    anchor.state, anchor.block_time = "included", timezone.now()
    anchor.save()
    expected = expect(4, now=anchor.block_time + timedelta(seconds=60))
    assert (expected.anchored, expected.final) == (0.0, ASSUMED_FINALITY - 60)
    CheckpointAnchor.objects.update(state="final")
    assert (expect(4).anchored, expect(4).final) == (0.0, 0.0)


def test_a_chain_in_trouble_promises_nothing_and_names_it_while_another_goes_on():
    registry_on(PUBLIC)
    registry_on(LOCAL)
    expected = expect(None, waiting={PUBLIC: "spend_ceiling_reached"})
    public, local = expected.chains
    assert (public.anchored, public.final, public.waits_for) == (None, None, "spend_ceiling_reached")
    assert (local.trust, local.waits_for) == ("none", None)
    assert expected.anchored == local.anchored


def test_a_transaction_that_the_node_refuses_is_what_a_chain_waits_for():
    registry_on(PUBLIC)
    send(PUBLIC, 0, error="insufficient funds")
    assert expect(None).chains[0].waits_for == "transaction_refused"


def test_without_a_registry_no_anchor_is_expected():
    assert expect(None).chains == ()
    assert (expect(None).anchored, expect(None).final) == (None, None)
    registry_on(PUBLIC)
    assert expect(None, chain_ids=[2]).chains == ()
