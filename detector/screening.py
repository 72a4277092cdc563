"""Screening without a service: items in, near-duplicates and campaigns out, all in memory."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from detector.campaign import Clusters
from detector.errors import DetectorError, MediaUnreadable
from detector.fingerprints.compute import Embedders, fingerprints, text_fingerprints
from detector.fingerprints.exact import digest_print
from detector.fingerprints.fingerprint import Fingerprints
from detector.index.build import faiss_index
from detector.match import Matcher
from detector.matching.finding import RawMatch
from detector.matching.vectors import MakeIndex
from detector.media.text import read_text
from detector.similarity import CampaignSummary, Match, Similarity
from detector.sources import ScreenItem
from provenance.assets.asset import Medium
from provenance.assets.sniff import HEAD_BYTES, sniff

_BATCH = 512


@dataclass(frozen=True, slots=True)
class ScreenResult:
    """One item and what it resembles, best first, at most fifty.

    `campaign` names the cluster it is in, the same name for every member, or is None. `error` is set where
    the content could not be read as what it claims to be; it was then compared by its digest alone.
    """

    item: str
    matches: tuple[Match, ...]
    campaign: str | None
    cluster: CampaignSummary | None = None
    error: DetectorError | None = None

    @property
    def similarity(self) -> Similarity:
        """The same as the match stage's value, for the policy."""
        return Similarity(matches=self.matches, campaign=self.cluster)


@dataclass(frozen=True, slots=True)
class _Printed:
    item: ScreenItem
    prints: Fingerprints
    error: DetectorError | None = None


def screen(
    items: Iterable[ScreenItem],
    against: Iterable[ScreenItem] | None,
    embedders: Embedders,
    make_index: MakeIndex = faiss_index,
) -> Iterator[ScreenResult]:
    """Screen items against one another, or against references; one result an item, in order.

    Without `against` each item sees all others, earlier and later, and those that resemble one another,
    directly or in a chain, form a campaign. With it, items are matched to the references alone.
    Raises ModelUnavailable when a model cannot be loaded, and what reading the items raises.
    """
    asked = list(_printed(items, embedders))
    held = asked if against is None else list(_printed(against, embedders))
    matcher = Matcher(make_index)
    matcher.add_many([(number, known.prints.prints) for number, known in enumerate(held)])
    found = []
    clusters = Clusters()
    for number, entry in enumerate(asked):
        matches = matcher.match(entry.prints, exclude={number} if against is None else ())
        found.append(matches)
        if against is None:
            clusters.join(number, [match.item_no for match in matches if match.telling])
    named: dict[int, CampaignSummary] = {}
    for members in clusters.members().values():
        cluster = _cluster([asked[number] for number in members])
        named.update(dict.fromkeys(members, cluster))
    for number, entry in enumerate(asked):
        own = named.get(number)
        matches_out = tuple(_as_match(match, held[match.item_no]) for match in found[number])
        yield ScreenResult(entry.item.id, matches_out, own.id if own else None, own, entry.error)


def _cluster(members: Sequence[_Printed]) -> CampaignSummary:
    """The cluster's figures; it is named after its first member, so a stream read again names it the same."""
    first = members[0]
    name = hashlib.sha256(f"{first.item.id}\0{first.prints.sha256}".encode("utf-8", "surrogatepass"))
    times = sorted(member.item.time for member in members if member.item.time)
    return CampaignSummary(
        id="c-" + name.hexdigest()[:12],
        size=len(members),
        sources=len({member.item.source for member in members if member.item.source}),
        authors=len({member.item.author for member in members if member.item.author}),
        first_seen=times[0] if times else "",
        last_seen=times[-1] if times else "",
    )


def _as_match(raw: RawMatch, known: _Printed) -> Match:
    return Match(
        item=known.item.id,
        score=raw.score,
        distance=raw.distance,
        method=raw.method,
        threshold=raw.threshold,
        why=raw.why,
        region=raw.region,
        sha256=known.prints.sha256,
        seen_at=known.item.time or None,
    )


def _printed(items: Iterable[ScreenItem], embedders: Embedders) -> Iterator[_Printed]:
    """Fingerprints of all items, texts embedded in batches."""
    stream = iter(items)
    while batch := list(islice(stream, _BATCH)):
        yield from _printed_batch(batch, embedders)


def _printed_batch(batch: Sequence[ScreenItem], embedders: Embedders) -> list[_Printed]:
    done: dict[int, _Printed] = {}
    texts: list[tuple[int, str, str]] = []
    for number, item in enumerate(batch):
        if item.path is None:
            text = item.text or ""
            texts.append((number, text, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()))
            continue
        with item.path.open("rb") as stream:
            _, medium = sniff(stream.read(HEAD_BYTES), item.path.name)
            stream.seek(0)
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        if medium is Medium.TEXT:
            texts.append((number, read_text(item.path, embedders.text_bytes), sha256))
        else:
            done[number] = _printed_file(item, medium, sha256, embedders)
    digests = [digest for _, _, digest in texts]
    prints = text_fingerprints([text for _, text, _ in texts], embedders, digests)
    done.update({n: _Printed(batch[n], known) for (n, _, _), known in zip(texts, prints, strict=True)})
    return [done[number] for number in range(len(batch))]


def _printed_file(item: ScreenItem, medium: Medium, sha256: str, embedders: Embedders) -> _Printed:
    if item.path is None:
        raise ValueError("A file item has a path.")
    try:
        return _Printed(item, fingerprints(item.path, medium, sha256, embedders))
    except MediaUnreadable as error:
        # One damaged picture in a folder of thousands is reported, not a reason to stop.
        return _Printed(item, Fingerprints(sha256, medium, (digest_print(sha256),)), error)
