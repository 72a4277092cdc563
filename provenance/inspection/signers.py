"""Everybody who signed something in the chain of ingredients, and whether their certificates were revoked."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from cryptography import x509

from provenance.inspection import chain as chains
from provenance.inspection import revocation, times, trust_paths
from provenance.inspection.chain import Chain
from provenance.inspection.inspection import Revocation
from provenance.inspection.revocation import Fetch, Reading
from provenance.inspection.signature_facts import SignatureFacts
from provenance.inspection.statuses import Status, status
from provenance.inspection.times import Stamp
from provenance.trust.lists import TrustStore

REVOKED_LATER = "assay.revokedLater"
STAPLED, FETCHED = "stapled", "fetched"

_MAX_FETCHED = 10


@dataclass(frozen=True, slots=True)
class Signer:
    """One manifest's signer. `depth` 0 signed the file itself.

    `issuer` is who issued its certificate, by signature; `is_anchored` says that a list of claim signers'
    authorities vouches for it. `stamp` is what a time stamp says, `stamp_trusted` whether it counts.
    """

    label: str
    depth: int
    chain: Chain | None
    issuer: x509.Certificate | None
    is_anchored: bool
    stamp: Stamp | None
    stamp_trusted: bool
    answers: tuple[bytes, ...]

    @property
    def trusted_time(self) -> datetime.datetime | None:
        """When it signed, if a trusted authority says so."""
        return self.stamp.at if self.stamp and self.stamp_trusted else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The worst over all signers. `statuses` say it of each, `source` is `stapled` or `fetched`."""

    status: Revocation
    revoked_at: datetime.datetime | None = None
    source: str | None = None
    statuses: tuple[Status, ...] = ()


def signers(
    facts: Iterable[SignatureFacts],
    levels: Mapping[str, int],
    trust: TrustStore,
    stamped: AbstractSet[str],
) -> list[Signer]:
    """Who signed, the file's own signer first.

    `levels` is the depth of each manifest by its label, `stamped` the labels whose time stamp the SDK trusts.
    """
    found = [_signer(one, levels[one.label], trust, stamped) for one in facts if one.label in levels]
    return sorted(found, key=lambda signer: signer.depth)


def check(found: Sequence[Signer], now: datetime.datetime, fetch: Fetch | None) -> Outcome:
    """Whether any of these signers was revoked: by what is stapled, and where `fetch` is given, by asking.

    Asked is only about signers that a list vouches for, ten at most: a stranger's certificate names an
    address of the stranger's choosing. An answer may be stapled anywhere in the store.
    """
    answers = [(answer, signer) for signer in found for answer in signer.answers]
    used: set[bytes] = set()
    outcomes: list[Outcome] = []
    asked = 0
    for signer in found:
        may_ask = fetch is not None and signer.is_anchored and asked < _MAX_FETCHED
        asked += may_ask
        outcomes.append(_one(signer, [one for one, _ in answers], used, now, fetch if may_ask else None))
    strangers = tuple(
        status(revocation.FOREIGN, holder.label, holder.depth)
        for answer, holder in answers
        if answer not in used
    )
    worst = max(outcomes, key=_weight, default=Outcome(Revocation.UNKNOWN))
    said = tuple(one for outcome in outcomes for one in outcome.statuses)
    return Outcome(worst.status, worst.revoked_at, worst.source, said + strangers)


def _signer(facts: SignatureFacts, depth: int, trust: TrustStore, stamped: AbstractSet[str]) -> Signer:
    chain = chains.parsed(facts.chain)
    path = trust_paths.anchored(chain, trust) if chain else None
    issuer = None
    if chain:
        above = [*(path or ())[1:2], *chain.certificates[1:]]
        issuer = next((one for one in above if chains.issued_by(chain.leaf, one)), None)
    stamps = [found for token in facts.tokens if (found := times.stamp(token)) is not None]
    return Signer(
        facts.label,
        depth,
        chain,
        issuer,
        path is not None,
        min(stamps, key=lambda one: one.at, default=None),
        facts.label in stamped and not facts.legacy_token,
        facts.answers,
    )


def _one(
    signer: Signer, answers: list[bytes], used: set[bytes], now: datetime.datetime, fetch: Fetch | None
) -> Outcome:
    if signer.chain is None or signer.issuer is None:
        return Outcome(Revocation.UNKNOWN)
    leaf, issuer, stamped_at = signer.chain.leaf, signer.issuer, signer.trusted_time
    readings: list[Reading] = []
    for answer in answers:
        reading = revocation.read(answer, leaf, issuer, now, stamped_at)
        if reading.code != revocation.FOREIGN:
            used.add(answer)
            readings.append(reading)
    source = STAPLED if readings else None
    codes = {reading.code for reading in readings if reading.status is Revocation.UNKNOWN}
    if fetch is not None:
        fetched = revocation.fetched(leaf, issuer, fetch)
        if fetched is None:
            codes.add(revocation.INACCESSIBLE)
        else:
            fresh = revocation.read(fetched, leaf, issuer, now)
            readings, source = [*readings, fresh], FETCHED
            codes |= {fresh.code} if fresh.status is Revocation.UNKNOWN else set()
    decided = revocation.worst(readings)
    if decided is None or decided.status is Revocation.UNKNOWN:
        said = tuple(status(code, signer.label, signer.depth) for code in sorted(codes))
        return Outcome(Revocation.UNKNOWN, None, source, said)
    code = decided.code
    if decided.status is Revocation.REVOKED and _signed_before(decided, stamped_at):
        code = REVOKED_LATER
    return Outcome(decided.status, decided.revoked_at, source, (status(code, signer.label, signer.depth),))


def _signed_before(reading: Reading, stamped_at: datetime.datetime | None) -> bool:
    """C2PA 2.4 section 15.9: what a trusted time stamp dates before the revocation still holds. Not where the
    key was compromised: then nobody knows since when."""
    return (
        reading.excuses_earlier
        and stamped_at is not None
        and reading.revoked_at is not None
        and stamped_at < reading.revoked_at
    )


def _weight(outcome: Outcome) -> int:
    if outcome.status is Revocation.REVOKED:
        later = any(one.code == REVOKED_LATER for one in outcome.statuses)
        return 2 if later else 3
    return 1 if outcome.status is Revocation.UNKNOWN else 0
