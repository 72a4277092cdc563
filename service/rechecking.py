"""A kept verdict made again from what was known then, and compared with what was said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from detector.campaign import clusters
from detector.fingerprints.compute import fingerprints
from detector.flows.campaigns import component
from detector.flows.stored import stored_prints
from detector.models import Item
from detector.similarity import CampaignSummary, Similarity
from service import policy, wiring
from service.errors import ServiceError
from service.models import ScreeningRecord, Submission
from service.report import inspection_from, similarity_from
from service.stages import local
from service.verdicts import read_screening, recipe_of, report_of
from service.wishes import wishes_from

_NEAR = 0.001
"""How far apart two machines' distances may lie: another processor adds floats in another order."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was: a dotted name, what it was and what it is."""

    what: str
    then: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Recheck:
    """`differs` is of the verdict (matches, campaign, action, reasons); `made_with` of what it was made
    with."""

    id: str
    kind: str
    differs: tuple[Difference, ...]
    made_with: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        """Whether the verdict is the same."""
        return not self.differs


def recheck(identity: str) -> Recheck:
    """Make the verdict of an attestation or a screening again, and compare.

    Raises ServiceError `not_found`, and `recheck_impossible` where what it was made from is no longer here.
    """
    try:
        uid = UUID(identity)
    except ValueError as error:
        raise ServiceError("not_found", "An attestation or a screening is named by its id.") from error
    submission = Submission.objects.select_related("account", "asset").filter(pk=uid).first()
    if submission is not None:
        return _attestation(submission)
    kept = ScreeningRecord.objects.filter(pk=uid).first()
    if kept is not None:
        return _screening(kept)
    raise ServiceError("not_found", f"No verdict is kept under {uid}.")


def _attestation(submission: Submission) -> Recheck:
    """From the stored content itself: every fingerprint is taken anew."""
    recipe = submission.recipe
    if not recipe:
        raise ServiceError(
            "recheck_impossible", "It was decided before recipes were kept, or is not decided yet."
        )
    with local(submission.asset, submission.name) as asset:
        prints = fingerprints(asset.path, asset.medium, asset.sha256, wiring.embedders())
    tenant = submission.account.tenant
    before = int(recipe["index"]["sequence"]) + 1
    similarity = wiring.live_index().match(prints, tenant_filter=tenant, before=before)
    similarity = replace(similarity, bank=wiring.banks().look_up(prints))
    credential = inspection_from(submission.inspection).credential.value
    accepts_broken = wishes_from(submission.wishes).accept_broken_parent
    verdict = policy.attestable(similarity, tenant, credential, accept_broken_parent=accepts_broken)
    then = similarity_from(submission.similarity)
    differs = [
        *_similar(then, similarity),
        *_verdict(submission.action, submission.reasons, verdict.action.value, map(asdict, verdict.reasons)),
    ]
    made_with = tuple(_recipes(recipe, asdict(recipe_of(prints, similarity))))
    return Recheck(str(submission.pk), "attestation", tuple(differs), made_with)


def _screening(kept: ScreeningRecord) -> Recheck:
    """From the kept fingerprints and facts: the content itself is not kept."""
    item = Item.objects.select_related("campaign").filter(uid=kept.pk).first()
    if item is None:
        raise ServiceError("recheck_impossible", "The screened item was deleted.")
    was = read_screening(bytes(kept.record))
    facts, index = was.facts, was.facts.recipe.index
    prints = stored_prints(item)
    prints = replace(prints, prints=(*prints.prints, *was.asked))
    sequence = index.sequence if index is not None else item.pk
    similarity = wiring.live_index().match(
        prints, tenant_filter=item.tenant, exclude={item.pk}, before=sequence + 1
    )
    similarity = replace(
        similarity, campaign=campaign_then(item, sequence), bank=wiring.banks().look_up(prints)
    )
    recipe = recipe_of(prints, similarity)
    report = report_of(replace(facts, similarity=similarity, recipe=recipe))
    differs = [
        *_similar(facts.similarity, similarity),
        *_verdict(was.action, was.reasons, report.action, map(asdict, report.reasons)),
    ]
    made_with = tuple(_recipes(asdict(facts.recipe), asdict(recipe)))
    return Recheck(str(kept.pk), "screening", tuple(differs), made_with)


def campaign_then(item: Item, sequence: int) -> CampaignSummary | None:
    """The item's campaign as it was when no item above `sequence` had come, under its name of today."""
    last = max(sequence, item.pk)
    _, ties = component([item.pk])
    told = clusters(tie for tie in ties if max(tie.pair) <= last)
    members = next((each for each in told if item.pk in each), None)
    if members is None or item.campaign is None:
        return None
    rows = list(Item.objects.filter(pk__in=members).values_list("time", "source", "author"))
    return CampaignSummary(
        id=str(item.campaign.uid),
        size=len(rows),
        sources=len({source for _, source, _ in rows if source}),
        authors=len({author for _, _, author in rows if author}),
        first_seen=min(time for time, _, _ in rows).isoformat(),
        last_seen=max(time for time, _, _ in rows).isoformat(),
        standing=item.campaign.standing,
    )


def _similar(then: Similarity, now: Similarity) -> Iterator[Difference]:
    was = {match.item: match for match in then.matches}
    found = {match.item: match for match in now.matches}
    for item in [*was, *(item for item in found if item not in was)]:
        old, new = was.get(item), found.get(item)
        if old is None or new is None:
            yield Difference(f"match.{item}", old and old.method, new and new.method)
        elif old.method != new.method or abs(old.distance - new.distance) > _NEAR:
            yield Difference(f"match.{item}", [old.method, old.distance], [new.method, new.distance])
    sizes = [(each.size, each.standing) if each else None for each in (then.campaign, now.campaign)]
    if sizes[0] != sizes[1]:
        yield Difference("campaign", sizes[0], sizes[1])
    entries = [each.bank.entry if each.bank else None for each in (then, now)]
    if entries[0] != entries[1]:
        yield Difference("bank", entries[0], entries[1])


def _verdict(
    action: str, reasons: Sequence[Mapping[str, str]], now: str, found: Iterator[Mapping[str, str]]
) -> Iterator[Difference]:
    if action != now:
        yield Difference("action", action, now)
    codes = [[reason["code"] for reason in each] for each in (reasons, found)]
    if codes[0] != codes[1]:
        yield Difference("reasons", codes[0], codes[1])


def _recipes(then: Mapping[str, Any], now: Mapping[str, Any], name: str = "") -> Iterator[Difference]:
    for key in sorted({*then, *now}):
        old, new = then.get(key), now.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _recipes(old, new, f"{name}{key}.")
        elif old != new:
            yield Difference(f"{name}{key}", old, new)
