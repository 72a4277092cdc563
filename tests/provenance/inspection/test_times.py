"""Stamped, claimed and certified times, and where they contradict each other."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection import times
from provenance.inspection.inspection import SigningTime
from provenance.inspection.reader import Inspector
from provenance.manifests.manifest import Declaration
from provenance.manifests.writer import ManifestWriter
from provenance.trust.lists import ListKind, TrustStore, parse_pem
from tests.pki import Authority
from tests.pki_servers import TimeStampAuthority

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_claim_after_the_stamp_or_in_the_future_or_before_the_certificate_is_told() -> None:
    def told(claimed: datetime | None, stamped: datetime | None = NOW) -> tuple[str, ...]:
        return times.contradictions(claimed, stamped, NOW - DAY, NOW)

    assert told(NOW - timedelta(hours=1)) == ()
    assert told(None) == ()
    assert told(NOW + timedelta(minutes=4)) == ()
    assert told(NOW - timedelta(minutes=1), NOW - timedelta(hours=1)) == ("assay.claimedAfterStamped",)
    assert told(NOW + DAY) == ("assay.claimedAfterStamped", "assay.claimedInFuture")
    assert told(NOW - 2 * DAY, None) == ("assay.claimedBeforeCertificate",)


def test_a_claim_is_compared_with_an_anchor_only_where_both_are_known() -> None:
    early, late = "2026-11-01T00:00:00Z", "2026-11-02T00:00:00+01:00"
    assert times.claimed_after(late, early)
    assert not times.claimed_after(early, late)
    assert not times.claimed_after(None, late)
    assert not times.claimed_after("yesterday", early)
    assert not times.claimed_after("2026-11-01T00:03:00Z", early)


@given(st.one_of(st.text(), st.none(), st.integers(), st.datetimes().map(str)))
def test_whatever_a_signer_writes_as_a_time_is_a_moment_or_nothing(text: object) -> None:
    found = times.moment(text)
    assert found is None or found.utcoffset() == timedelta(0)


@given(st.binary(max_size=300))
def test_random_bytes_are_no_time_stamp(token: bytes) -> None:
    assert times.stamp(token) is None


def test_the_inception_action_tells_when() -> None:
    actions = [{"action": "c2pa.edited", "when": "2020-01-01T00:00:00Z"}]
    actions.append({"action": "c2pa.created", "when": "2021-01-01T00:00:00Z"})
    manifest = {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}]}
    assert times.claimed(manifest) == datetime(2021, 1, 1, tzinfo=UTC)
    for broken in ({}, {"assertions": [{"label": "c2pa.actions", "data": "x"}]}):
        assert times.claimed(broken) is None


@pytest.mark.network
def test_a_stamp_is_told_with_its_maker_and_counts_only_if_a_list_vouches_for_it(
    jpeg: Path, human: Declaration, tmp_path: Path
) -> None:
    newsroom, clock = Authority.create("Die Zeitung"), Authority.create("Uhrwerk")
    signers = parse_pem("newsrooms", ListKind.MANIFEST, newsroom.root_pem)
    clocks = parse_pem("clocks", ListKind.TSA, clock.root_pem)
    signer = newsroom.issue()
    with (
        TimeStampAuthority(clock, tmp_path) as tsa,
        Inspector(TrustStore((signers, clocks))) as trusting,
        Inspector(TrustStore((signers,))) as doubting,
    ):
        writer = ManifestWriter(signer.claim_signer(tsa.url), trusting)
        made = writer.sign(from_path(jpeg, Limits()), human, tmp_path, "signed")
        asset = from_path(made.signed_path, Limits())
        found, doubted = trusting.inspect(asset), doubting.inspect(asset)
    for one in (found, doubted):
        assert one.stamped_by == "Time stamping"
        at = times.moment(one.stamped_at)
        assert at is not None
        assert abs(at - datetime.now(UTC)) < timedelta(minutes=1)
        assert None not in (one.valid_from, one.valid_to)
    assert (found.time, found.signed_at) == (SigningTime.TIMESTAMPED, found.stamped_at)
    assert doubted.time is not SigningTime.TIMESTAMPED
    said = {one.axis: one.sentence for one in found.statements}
    assert "“Time stamping”" in said["time"]
    said = {one.axis: one.sentence for one in doubted.statements}
    assert "no authority trusted here" in said["time"]
