"""The report for a person: each axis with a word, a tone told by shape as well as colour, and one sentence.

The axes stay apart on purpose: a known signer says nothing of the time, a log entry nothing of the truth.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from attest.standing import Anchor, Finality
from detector.similarity import Calibrated, Match
from service.policy import Outcome, outcome
from service.portal.axis import Axis, Fact, kept
from service.portal.credential import credential_axis
from service.portal.likeness import difference, drawing
from service.portal.side import NOTHING, Side
from service.portal.words import method
from service.report import Registry, Report, only_broken_credential_says

MOST_DRAWN = 5
"""Matches that are shown as pictures or word by word."""
_CAPTIONS = ("This picture", "The one seen before")
LOCAL_CHAIN = "local chain: no independent trust"


@dataclass(frozen=True, slots=True)
class Summary:
    """The headline over the axes: one sentence, never a tick."""

    word: str
    tone: str
    sentence: str


_SUMMARIES = {
    Outcome.VERIFIED: Summary(
        "Somebody vouches for this content",
        "good",
        "Read below who, since when, and what they declared. It says who stands behind the content, "
        "not whether what it shows is true.",
    ),
    Outcome.REFUSED: Summary(
        "Do not rely on what this content says of itself",
        "bad",
        "At least one check failed. Read below which one.",
    ),
    Outcome.UNCHECKED: Summary(
        "Nobody we know vouches for this content",
        "neutral",
        "That does not make it fake: most content carries no proof of its origin.",
    ),
}


def summary(report: Report) -> Summary:
    """The headline for a report."""
    return _SUMMARIES[outcome(report)]


def axes(report: Report, asked: Side = NOTHING, known: Mapping[str, Side] | None = None) -> tuple[Axis, ...]:
    """The five axes in the order a person asks.

    `asked` is what may be shown of the content itself, `known` of the attestations that it resembles, by id.
    """
    return (
        credential_axis(report),
        _registry(report),
        _anchor(report.anchor),
        _origin(report),
        _similarity(report, asked, known or {}),
    )


_REGISTRY = {
    Registry.ATTESTED: ("Attested", "good", "Somebody attested exactly these bytes in this log."),
    Registry.ATTESTED_VARIANT: (
        "Attested, other bytes",
        "good",
        "The same signed claim is in this log; the file differs only where the claim does not reach.",
    ),
    Registry.ATTESTED_COPY: (
        "Copy of attested content",
        "warn",
        "It closely resembles content attested here, but carries no credential of its own.",
    ),
    Registry.REVOKED: (
        "Attestation revoked",
        "bad",
        "It was attested; its attester withdrew that later.",
    ),
    Registry.NONE: ("Not in the log", "neutral", "This log knows nothing of it."),
}


def _registry(report: Report) -> Axis:
    axis = report.registry
    word, tone, sentence = _REGISTRY[axis.status]
    return Axis(
        key="registry",
        question="Was it attested here?",
        word=word,
        tone=tone,
        sentence=sentence,
        meaning="The log is a public list that can only grow. An entry shows that somebody attested this "
        "content before a certain time; it does not show that they made it.",
        facts=kept(
            (
                Fact("Entry number", axis.leaf_index),
                Fact("Log", axis.log_origin, "code"),
                Fact("Attested (the log’s own clock)", axis.attested_at, "moment"),
                Fact("Revoked", axis.revoked_at, "moment"),
                Fact("Sealed in a log of", _entries(axis.checkpoint_size)),
                Fact("Log’s key", axis.log_key, "code"),
                Fact("Original attestation", axis.original, "code"),
            )
        ),
        notes=tuple((problem.code, problem.sentence) for problem in axis.problems),
    )


def _entries(count: int | None) -> str | None:
    return f"{count} entries" if count and count > 1 else "1 entry" if count else None


_FINALITY = {
    Finality.PENDING: "sent, not yet in a block",
    Finality.INCLUDED: "in a block, not yet final",
    Finality.FINAL: "final",
    Finality.UNCHECKED: "recorded, not checked now",
}


def _chain(anchor: Anchor) -> str:
    return f"{anchor.chain_id} ({LOCAL_CHAIN})" if anchor.trust == "none" else str(anchor.chain_id)


def anchor_facts(anchor: Anchor) -> tuple[Fact, ...]:
    """One anchor's details."""
    return kept(
        (
            Fact(
                "Chain", f"{anchor.chain_id} ({LOCAL_CHAIN})" if anchor.trust == "none" else anchor.chain_id
            ),
            Fact("Block", anchor.block),
            Fact("Block’s time", anchor.time, "moment"),
            Fact("How settled", _FINALITY.get(anchor.finality, anchor.finality)),
            Fact("Contract", anchor.registry, "code"),
            Fact("Transaction", anchor.transaction, "code"),
        )
    )


def _anchor(anchors: tuple[Anchor, ...]) -> Axis:
    settled = [a for a in anchors if a.block is not None]
    public = [a for a in settled if a.trust != "none"]
    if public:
        word, tone = "Anchored on a public chain", "good"
        sentence = "The log entry existed before the block below; the operator cannot backdate it."
    elif settled:
        word, tone = "Anchored, local chain only", "warn"
        sentence = "Local chain: no independent trust. Its time is only this machine’s word."
    elif anchors:
        word, tone, sentence = (
            "Anchor on its way",
            "neutral",
            "Sent to a chain, not in a block yet.",
        )
    else:
        word, tone, sentence = "No anchor", "neutral", "No chain confirms a time for it."
    return Axis(
        key="anchor",
        question="Since when, at the latest?",
        word=word,
        tone=tone,
        sentence=sentence,
        meaning="From time to time the log’s state is written to a blockchain. “Existed before this block” "
        "is all that an anchor says; it never says who made something.",
        facts=tuple(fact for anchor in anchors for fact in anchor_facts(anchor)),
    )


_ORIGIN = {
    "ai_generated": ("Declared: generated by AI", "Whoever signed or attested it says that a model made it."),
    "ai_edited": (
        "Declared: edited with AI",
        "Whoever signed or attested it says that a model changed it.",
    ),
    "human": (
        "Declared: made by a person",
        "Whoever signed or attested it says that a person made it.",
    ),
    "composite": (
        "Declared: several sources",
        "Whoever signed or attested it combined several.",
    ),
    "unknown": ("Not declared", "Nobody has said how it was made, and we do not guess."),
}


def _origin(report: Report) -> Axis:
    axis = report.origin
    word, sentence = _ORIGIN.get(axis.status, (str(axis.status), ""))
    if only_broken_credential_says(report):
        sentence = "Only the broken credential says so: nobody is shown to have declared it of this content."
    return Axis(
        key="origin",
        question="How was it made?",
        word=word,
        tone="neutral",
        sentence=sentence,
        meaning="This is a declaration, worth as much as whoever made it. Assay does not try to detect AI.",
        facts=kept((Fact("Declared by", axis.by), Fact("Term used", axis.digital_source_type, "code"))),
    )


def _match(number: int, match: Match) -> Fact:
    distance = f"{match.distance:.3g} of at most {match.threshold:.3g}"
    return Fact(f"Match {number}", f"{match.why} Distance {distance}; {method(match.method)}.")


_QUIET = {
    "benign": "Very many people say or show this, once each: it is no campaign.",
    "dismissed": "Many items resemble it; a moderator said that they are no campaign.",
}


def _calibrated(one: Calibrated) -> Fact:
    rate = (
        "nobody has measured how often it errs"
        if one.rate is None
        else (
            f"at most {one.rate:.2%} of questions meet something unrelated, as {one.queries} questions "
            f"of {one.index_size} items showed"
        )
    )
    return Fact(f"Threshold {one.threshold:.3g}", f"{method(one.method)}: {rate}.")


def _similarity(report: Report, asked: Side, known: Mapping[str, Side]) -> Axis:
    axis = report.similarity
    shown = [
        (f"Match {number}: {match.why}", match, known.get(match.subject or "", NOTHING))
        for number, match in enumerate(axis.matches[:MOST_DRAWN], start=1)
    ]
    campaign = axis.campaign
    count = len(axis.matches)
    if axis.bank is not None:
        bad = axis.bank.bank == "deny"
        word, tone = ("Known bad", "bad") if bad else ("Known good", "neutral")
        sentence = (
            f"This installation’s {axis.bank.bank} bank knows it as “{axis.bank.label}”. {axis.bank.why}"
        )
    elif campaign is not None and campaign.standing in _QUIET:
        word, tone, sentence = "Seen often", "neutral", _QUIET[campaign.standing]
    elif campaign is not None and campaign.size >= 3:
        word, tone = "One of many near-duplicates", "warn"
        sentence = f"It is one of {campaign.size} near-identical items, seen from {campaign.sources} sources."
    elif count:
        word, tone = ("One match" if count == 1 else f"{count} matches"), "neutral"
        sentence = "We have seen the same or nearly the same content before; details say how close."
    else:
        word, tone, sentence = "No match", "neutral", "Nothing that we have seen resembles it."
    if axis.unread is not None:
        if not count:
            word = "Not compared"
            sentence = "We have not seen these very bytes before."
        sentence += f" {axis.unread.sentence} It was compared by its digest alone."
    if axis.degraded:
        tone = "warn"
        sentence += " An index is being rebuilt, so matches may be missing."
    return Axis(
        key="similarity",
        question="Have we seen it before?",
        word=word,
        tone=tone,
        sentence=sentence,
        meaning="Fingerprints survive resizing, recompression and rewording. A match names the method, "
        "the distance, and the largest distance that still counts.",
        facts=(
            *(_match(number, match) for number, match in enumerate(axis.matches[:10], start=1)),
            *map(_calibrated, axis.calibrated),
        ),
        drawings=tuple(
            drawn
            for label, match, side in shown
            if (drawn := drawing(label, match, asked, side, captions=_CAPTIONS)) is not None
        ),
        differences=tuple(
            found for label, _, side in shown if (found := difference(label, side, asked)) is not None
        ),
    )
