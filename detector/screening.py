"""Screening without a service: items in, near-duplicates and campaigns out, all in memory."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from detector.campaign import Tie, chosen, clusters
from detector.fingerprints.compute import Embedders
from detector.fingerprints.fingerprint import Fingerprints, Unread
from detector.fingerprints.pdq import METHOD as PDQ_METHOD
from detector.flood import Crowd, is_benign
from detector.index.build import faiss_index
from detector.match import Matcher
from detector.matching.admission import is_telling
from detector.matching.finding import RawMatch
from detector.matching.vectors import MakeIndex
from detector.printed import Printed, printed
from detector.similarity import CampaignSummary, Match, Similarity
from detector.sources import ScreenItem
from detector.threads import cores


@dataclass(frozen=True, slots=True)
class ScreenResult:
    """One item and what it resembles, best first, at most fifty.

    `campaign` names the cluster it is in, the same name for every member, or is None. `unread` is set where
    the content could not be read as what it claims to be; it was then compared by its digest alone.
    `found_from` is set where the item found nothing itself (in a campaign: none of its members), but was
    found by another: the other as `item`, and the rest as that one's match says it, seen from there.
    """

    item: str
    matches: tuple[Match, ...]
    campaign: str | None
    cluster: CampaignSummary | None = None
    unread: Unread | None = None
    plain: bool = False
    found_from: Match | None = None

    @property
    def similarity(self) -> Similarity:
        """The same as the match stage's value, for the policy."""
        return Similarity(matches=self.matches, campaign=self.cluster, unread=self.unread, plain=self.plain)


def screen(
    items: Iterable[ScreenItem],
    against: Iterable[ScreenItem] | None,
    embedders: Embedders,
    make_index: MakeIndex = faiss_index,
    done: Callable[[ScreenItem], None] | None = None,
) -> Iterator[ScreenResult]:
    """Screen items against one another, or against references; one result an item, in order.

    Without `against` each item sees all others, earlier and later, and those that resemble one another form
    campaigns, as campaign.clusters() says. With it, items are matched to the references alone. `done` is
    told of each item that has been read. Results are the same however many workers `embedders` has.
    Raises ModelUnavailable when a model cannot be loaded, DecoderUnavailable when no worker can be started,
    and what reading the items raises.
    """
    asked = list(printed(items, embedders, done))
    held = asked if against is None else list(printed(against, embedders, done))
    matcher = Matcher(make_index)
    matcher.add_many([(number, known.prints.prints) for number, known in enumerate(held)])

    def matches_of(number: int) -> list[RawMatch]:
        return matcher.match(asked[number].prints, exclude={number} if against is None else ())

    with ThreadPoolExecutor(cores()) as threads:  # indexes and comparisons leave the interpreter to others
        found = list(threads.map(matches_of, range(len(asked))))
    ties: list[Tie] = []
    if against is None:
        ties = [Tie(number, other) for number, matches in enumerate(found) for other in chosen(matches)]
    named: dict[int, CampaignSummary] = {}
    for members in clusters(ties):
        cluster = _cluster([asked[number] for number in members])
        named.update(dict.fromkeys(members, cluster))
    finders = {} if against is not None else _finders(found, {n: own.id for n, own in named.items()})
    for number, entry in enumerate(asked):
        own = named.get(number)
        finder = finders.get(number)
        yield ScreenResult(
            entry.item.id,
            matches=tuple(_as_match(match, held[match.item_no]) for match in found[number]),
            campaign=own.id if own else None,
            cluster=own,
            unread=entry.prints.unread,
            plain=not is_telling(entry.prints),
            found_from=None if finder is None else _as_match(finder[1], asked[finder[0]]),
        )


def _finders(
    found: Sequence[Sequence[RawMatch]], campaigns: Mapping[int, str]
) -> dict[int, tuple[int, RawMatch]]:
    """Of each item that found no fellow and was found by one: which one, and its best match with the item.

    A picture pasted into another is found in it, and need not find it in turn. Fellows are the members of the
    item's campaign; of an item in none, all.
    """

    def counts(item: int, other: int) -> bool:
        return campaigns.get(item) in (None, campaigns.get(other))

    pairs = [(number, match) for number, matches in enumerate(found) for match in matches]
    satisfied = {number for number, match in pairs if counts(number, match.item_no)}
    best: dict[int, tuple[int, RawMatch]] = {}
    for number, match in sorted(pairs, key=lambda pair: (-pair[1].score, pair[0])):
        if match.item_no not in satisfied and counts(match.item_no, number):
            best.setdefault(match.item_no, (number, match))
    return best


def _cluster(members: Sequence[Printed]) -> CampaignSummary:
    """The cluster's figures; it is named after its first member, so a stream read again names it the same."""
    first = members[0]
    name = hashlib.sha256(f"{first.item.id}\0{first.prints.sha256}".encode("utf-8", "surrogatepass"))
    authors = len({member.item.author for member in members if member.item.author})
    sources = len({member.item.source for member in members if member.item.source})
    benign = Crowd(len(members), sources, authors).is_large and all(_is_benign(m.prints) for m in members)
    times = sorted(member.item.time for member in members if member.item.time)
    return CampaignSummary(
        id="c-" + name.hexdigest()[:12],
        size=len(members),
        sources=sources,
        authors=authors,
        first_seen=times[0] if times else "",
        last_seen=times[-1] if times else "",
        standing="benign" if benign else "active",
    )


def _is_benign(prints: Fingerprints) -> bool:
    quality = next((entry.quality for entry in prints.prints if entry.method == PDQ_METHOD), 100)
    return is_benign(prints.medium, prints.excerpt, quality)


def _as_match(raw: RawMatch, known: Printed) -> Match:
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
