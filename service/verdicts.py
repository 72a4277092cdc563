"""A verdict from its facts, what it was made with, and how it is kept to be made again."""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from attest.standing import Standing
from detector import queries
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.index.snapshot import LAYOUT_VERSION
from detector.matching.admission import QUERY_ONLY
from detector.similarity import Similarity
from provenance.inspection.inspection import Inspection
from service import policy, wiring
from service.models import ScreeningRecord, Submission
from service.recipe import IndexVersion, Recipe, policy_digest
from service.report import Original, Report, Subject, attested_original, compose

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MAX_ASKED_BYTES = 64 * 1024
"""Of fingerprints that are asked with and never stored; with more a screening is not kept to be rechecked."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a report is composed from."""

    subject: Subject
    inspection: Inspection
    standing: Standing
    similarity: Similarity
    recipe: Recipe


def recipe_of(prints: Fingerprints, similarity: Similarity) -> Recipe:
    """What a verdict about this similarity is made with, now. Raises ModelUnavailable."""
    return Recipe(
        weights=wiring.embedders().weights({entry.method for entry in prints.prints}),
        calibration=similarity.calibration,
        policy=policy_digest(),
        index=IndexVersion(wiring.live_index().kind, LAYOUT_VERSION, similarity.sequence),
        banks=wiring.banks().version(),
        decisions=queries.decisions_version(),
    )


def report_of(facts: Facts) -> Report:
    """The report with its action, reasons and recipe."""
    original = _original(facts.similarity)
    report = compose(facts.subject, facts.inspection, facts.standing, facts.similarity, original)
    return replace(policy.decide(report), recipe=facts.recipe)


def _original(similarity: Similarity) -> Original | None:
    match = attested_original(similarity)
    if match is None or match.subject is None:
        return None
    try:
        row = Submission.objects.filter(pk=UUID(match.subject)).first()
    except ValueError:
        return None
    if row is None:
        return None
    return Original(match.subject, row.leaf_index, row.source_type, row.claim_sha256)


def keep_screening(tenant: str, report: Report, facts: Facts, prints: Fingerprints) -> None:
    """Keep a screening's facts and verdict under its report's id; a repeated one replaces the earlier."""
    asked = [entry for entry in prints.prints if entry.method in QUERY_ONLY]
    if report.id is None or sum(len(entry.value) for entry in asked) > MAX_ASKED_BYTES:
        return
    held = {
        "facts": asdict(facts),
        "action": report.action,
        "reasons": [asdict(reason) for reason in report.reasons],
        "asked": [[e.method, base64.b64encode(e.value).decode("ascii"), e.quality] for e in asked],
    }
    record = zlib.compress(json.dumps(held).encode())
    ScreeningRecord.objects.update_or_create(id=report.id, defaults={"tenant": tenant, "record": record})


@dataclass(frozen=True, slots=True)
class Kept:
    """A screening as it was kept. `asked` are the fingerprints that no row holds."""

    facts: Facts
    action: str
    reasons: tuple[Mapping[str, str], ...]
    asked: tuple[Fingerprint, ...]


def read_screening(record: bytes) -> Kept:
    """The reverse of what keep_screening() writes."""
    held: dict[str, Any] = json.loads(zlib.decompress(record))
    return Kept(
        facts=_facts().validate_python(held["facts"]),
        action=str(held["action"]),
        reasons=tuple(held["reasons"]),
        asked=tuple(Fingerprint(m, base64.b64decode(value), quality) for m, value, quality in held["asked"]),
    )


@cache
def _facts() -> "TypeAdapter[Facts]":
    from pydantic import TypeAdapter

    return TypeAdapter(Facts)
