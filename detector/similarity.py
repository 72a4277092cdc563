"""The match stage's value: what this item resembles, how closely, and why we say so."""

from dataclasses import dataclass

from detector.fingerprints.fingerprint import Unread

Outline = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Region:
    """Which part of a picture was found in which part of the other, and how it was turned.

    `transform` is "affine"; `matrix` (a, b, c, d, e, f) puts the asked picture's point (x, y), as shares of
    its width and height and mirrored first where `mirrored`, at (ax + by + c, dx + ey + f) of the matched
    one. `rotation` is in degrees counter-clockwise and `scale` how many times as large the matched part is
    in the asked picture, its longer side counting as one. `inliers` of `pairs` alike points agree. `asked`
    and `matched` are the outlines of those points in either picture, corners as shares of width and height;
    the ratios are each picture's width by its height.
    """

    transform: str
    matrix: tuple[float, ...]
    rotation: float
    scale: float
    mirrored: bool
    inverted: bool
    inliers: int
    pairs: int
    asked: Outline
    matched: Outline
    asked_ratio: float
    matched_ratio: float


@dataclass(frozen=True, slots=True)
class Match:
    """One near-duplicate.

    `item` is the matched item's id; `score` is 0 to 1; `distance` and `threshold` are in the method's own
    unit (Hamming bits for codes, 1 - cosine for vectors); `why` is a sentence. `subject` is the attestation
    that put the item there, or None for screened items; `tenant` is the account it belongs to.
    """

    item: str
    score: float
    distance: float
    method: str
    threshold: float
    why: str
    subject: str | None = None
    tenant: str | None = None
    sha256: str | None = None
    seen_at: str | None = None
    region: Region | None = None


@dataclass(frozen=True, slots=True)
class CampaignSummary:
    """A cluster of near-duplicates over time. Times are RFC 3339.

    `standing` is `active`, `benign` (what very many people say or show: quarantined), or a moderator's word:
    `confirmed`, `dismissed`.
    """

    id: str
    size: int
    sources: int
    authors: int
    first_seen: str
    last_seen: str
    standing: str = "active"


@dataclass(frozen=True, slots=True)
class Banked:
    """What an operator's bank says of this content: `deny` (known bad) or `allow` (known good).

    `entry` is the id of the bank's entry that it resembles and `label` its name; the rest as in Match.
    """

    bank: str
    entry: str
    label: str
    score: float
    distance: float
    method: str
    threshold: float
    why: str


@dataclass(frozen=True, slots=True)
class Calibrated:
    """How a method's threshold was set: by `queries` of an index of `index_size` items, none related, of
    which `false_matches` met anything within it; `rate` is what that shows, at most, of all queries, with 95
    % confidence. None where nobody has measured it.
    """

    method: str
    threshold: float
    rate: float | None
    queries: int | None
    false_matches: int | None
    index_size: int | None
    set_on: str


@dataclass(frozen=True, slots=True)
class Similarity:
    """Matches, best first, at most fifty. `degraded` says that an index is being rebuilt, `unread` why the
    item was compared by its digest alone.

    `calibration` is the SHA-256 of the thresholds in force, and `calibrated` says of each method that was
    asked how its own was set. `sequence` is the highest item number that counted. `plain` says that the
    content is too short or plain for likeness to mean anything.
    """

    matches: tuple[Match, ...] = ()
    campaign: CampaignSummary | None = None
    degraded: bool = False
    methods: tuple[str, ...] = ()
    unread: Unread | None = None
    bank: Banked | None = None
    calibration: str = ""
    calibrated: tuple[Calibrated, ...] = ()
    plain: bool = False
    sequence: int = 0
