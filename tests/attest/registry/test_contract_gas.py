"""What each transaction costs is committed: a change of it is seen, and meant."""

import json

import pytest

from attest.registry import embedded
from benchmarks import gas_snapshot

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def taken():
    try:
        embedded.binary()
    except embedded.AnvilMissing as missing:
        pytest.skip(str(missing))
    return gas_snapshot.taken()


def test_every_transaction_costs_what_the_committed_snapshot_says(taken):
    committed = json.loads(gas_snapshot.SNAPSHOT.read_text())
    assert taken == committed, "if that is meant: python -m benchmarks.gas_snapshot"


def test_a_checkpoint_of_a_thousand_or_ten_thousand_stays_within_its_target(taken):
    assert taken["checkpoint +1,000"] / 1_000 <= 85
    assert taken["checkpoint +10,000"] / 10_000 <= 10
    assert taken["checkpoint, the dearest of 20 nodes"] / 1_000 <= 85


def test_a_word_of_revocations_costs_what_one_revocation_does(taken):
    assert taken["revoke, 256 of a word"] < 1.02 * taken["revoke, first of a word"]
