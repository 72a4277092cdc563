"""A report for people: one line an axis, never one green tick."""

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from attest.standing import Anchor
from detector.similarity import Similarity
from service.cli.safe import safe
from service.policy import Outcome
from service.report import (
    CredentialAxis,
    Reason,
    RegistryAxis,
    Report,
    SimilarityAxis,
    only_broken_credential_says,
)

_OUTCOMES = {
    Outcome.VERIFIED: ("VERIFIED", "bold green"),
    Outcome.REFUSED: ("REFUSED", "bold red"),
    Outcome.UNCHECKED: ("NOT CHECKED", "bold yellow"),
}
_MOST_FINDINGS = 12


def heading(name: str, outcome: Outcome) -> Text:
    """The file and, in words first and colour second, what came out."""
    word, style = _OUTCOMES[outcome]
    return Text.assemble((word, style), "  ", (safe(name), "bold"))


def show(console: Console, name: str, report: Report, outcome: Outcome) -> None:
    """Print the axes and the reasons of one report."""
    console.print(Group(heading(name, outcome), _axes(report)))


def _axes(report: Report) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    rows = {
        "credential": _joined(credential_words(report.credential)),
        "registry": _joined(registry_words(report.registry)),
        "anchor": "\n".join(anchor_words(anchor) for anchor in report.anchor) or _no_anchor(report),
        "origin": origin_words(report),
        "similarity": similarity_words(report.similarity),
        "action": report.action,
    }
    for name, words in rows.items():
        table.add_row(f"  {name}", Text(words))
    for number, problem in enumerate(report.registry.problems):
        words = f"{safe(problem.sentence)} ({safe(problem.code)})"
        table.add_row("  mind" if number == 0 else "", Text(words))
    for number, finding in enumerate(report.credential.findings[:_MOST_FINDINGS]):
        words = f"{safe(finding.sentence)} ({safe(finding.code)})"
        where = f", in ingredient “{safe(finding.title)}”" if finding.depth else ""
        table.add_row("  found" if number == 0 else "", Text(words + where))
    for number, reason in enumerate(report.reasons):
        table.add_row("  because" if number == 0 else "", Text(f"{safe(reason.sentence)} ({reason.code})"))
    return table


def _joined(parts: Iterator[str]) -> str:
    return " · ".join(parts)


def credential_words(credential: CredentialAxis) -> Iterator[str]:
    """The credential axis in words."""
    yield credential.status.replace("_", " ")
    if credential.status in ("none", "unchecked"):
        return
    if credential.signer:
        yield f"signer “{safe(credential.signer)}”"
    if credential.trust_list:
        yield f"trust list {safe(credential.trust_list)}"
    yield f"revocation {credential.revocation}"
    yield f"time {credential.time}" + (f" {safe(credential.signed_at)}" if credential.signed_at else "")
    yield f"history {credential.history.replace('_', ' ')}"
    if credential.padding_bytes:
        yield f"{credential.padding_bytes} bytes hidden in its padding"


def registry_words(registry: RegistryAxis) -> Iterator[str]:
    """The registry axis in words."""
    yield registry.status.value.replace("_", " ")
    if registry.leaf_index is not None:
        yield f"leaf {registry.leaf_index} of {safe(registry.log_origin or 'the log')}"
    if registry.checkpoint_size is not None:
        yield f"checkpoint of {registry.checkpoint_size}"
    if registry.attested_at:
        yield f"attested {safe(registry.attested_at)}"
    if registry.revoked_at:
        yield f"revoked {safe(registry.revoked_at)}"
    if registry.original:
        yield f"copy of {safe(registry.original)}"


def anchor_words(anchor: Anchor) -> str:
    """One anchor in words; a local chain says itself that it proves nothing to strangers."""
    parts = [f"chain {anchor.chain_id}, registry {safe(anchor.registry)}"]
    if anchor.block is not None:
        parts.append(f"block {anchor.block}")
    if anchor.time:
        parts.append(safe(anchor.time))
    parts.append(anchor.finality.value)
    if anchor.trust == "none":
        parts.append("a local chain: proves nothing to strangers")
    return " · ".join(parts)


def _no_anchor(report: Report) -> str:
    return "none" if report.registry.leaf_index is None else "none in the proof"


def origin_words(report: Report) -> str:
    """The origin axis in words."""
    words = report.origin.status.value.replace("_", " ")
    if report.origin.by:
        return f"{words}, declared by {safe(report.origin.by)}"
    return f"{words}, says the broken credential alone" if only_broken_credential_says(report) else words


def similarity_words(similarity: SimilarityAxis | Similarity) -> str:
    """The similarity axis in words."""
    if similarity.campaign is not None:
        return f"one of {similarity.campaign.size} near-duplicates (campaign {safe(similarity.campaign.id)})"
    if similarity.matches:
        return safe(similarity.matches[0].why)
    return "nothing alike found" if similarity.methods else "not asked: no index here"


def show_trouble(console: Console, name: str, trouble: Reason, outcome: Outcome) -> None:
    """Print why there is no report of a file."""
    console.print(heading(name, outcome))
    console.print(Text(f"  because  {safe(trouble.sentence)} ({trouble.code})"))
