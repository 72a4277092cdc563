"""A report for people: one line an axis, never one green tick."""

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from attest.standing import Anchor
from detector.similarity import Similarity
from provenance.inspection.inspection import Finding, ListVerdict, Statement
from provenance.inspection.second_opinion import Agreement, SecondOpinion
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
from service.times import Moment

_OUTCOMES = {
    Outcome.VERIFIED: ("VERIFIED", "bold green"),
    Outcome.REFUSED: ("REFUSED", "bold red"),
    Outcome.UNCHECKED: ("NOT CHECKED", "bold yellow"),
}
_MOST_FINDINGS = _MOST_STATEMENTS = 12
_SHOWN_PADDING = 200
_WORTH = {
    "trusted": "a trusted authority",
    "untrusted": "an authority on no trust list",
    "claim": "the signer's own word",
    "operator": "the log's own clock",
    "public": "a public chain",
    "unchecked": "the chain was not asked",
    "none": "a local chain: proves nothing to strangers",
}


def heading(name: str, outcome: Outcome) -> Text:
    """The file and, in words first and colour second, what came out."""
    word, style = _OUTCOMES[outcome]
    return Text.assemble((word, style), "  ", (safe(name), "bold"))


def show(
    console: Console, name: str, report: Report, outcome: Outcome, opinion: SecondOpinion | None = None
) -> None:
    """Print the axes and the reasons of one report, and what a second validator makes of the file."""
    console.print(Group(heading(name, outcome), _table(_rows(report, opinion))))


def _table(rows: Iterator[tuple[str, str]]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, words in rows:
        table.add_row(f"  {name}" if name else "", Text(words))
    return table


def _rows(report: Report, opinion: SecondOpinion | None) -> Iterator[tuple[str, str]]:
    """The table's lines: a name, empty where the line goes on with the one before, and the words."""
    credential = report.credential
    yield "credential", _joined(credential_words(credential))
    yield from (("", statement_words(said)) for said in credential.statements[:_MOST_STATEMENTS])
    yield from _named("lists", [list_words(verdict) for verdict in credential.trust_lists])
    if credential.product:
        product = credential.product
        words = f"{safe(product.name)} of {safe(product.organisation)}, {safe(product.status)}"
        yield "product", f"{words} ({safe(product.record_id)})"
    if credential.padding_bytes:
        yield "padding", padding_words(credential)
    yield from _named("times", [time_words(moment) for moment in report.times])
    yield "registry", _joined(registry_words(report.registry))
    yield "anchor", "\n".join(anchor_words(anchor) for anchor in report.anchor) or _no_anchor(report)
    yield "origin", origin_words(report)
    yield "similarity", similarity_words(report.similarity)
    yield "action", report.action
    yield from _named("mind", [_coded(said.sentence, said.code) for said in report.registry.problems])
    yield from _named("found", [finding_words(found) for found in credential.findings[:_MOST_FINDINGS]])
    if opinion is not None:
        yield from _named("second", list(opinion_words(opinion)))
    yield from _named("because", [_coded(said.sentence, said.code) for said in report.reasons])


def _named(name: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    yield from ((name if number == 0 else "", words) for number, words in enumerate(lines))


def _coded(sentence: str, code: str) -> str:
    return f"{safe(sentence)} ({safe(code)})"


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


def statement_words(said: Statement) -> str:
    """One side of the credential: its sentence, and the C2PA codes that it rests on."""
    codes = f" ({safe(', '.join(said.codes))})" if said.codes else ""
    return f"{said.axis.replace('_', ' ')}: {safe(said.sentence)}{codes}"


def list_words(verdict: ListVerdict) -> str:
    """What one trust list says, with enough of its digest to tell which edition was asked."""
    version = f", version {safe(verdict.version)}" if verdict.version else ""
    return f"{safe(verdict.name)}: {verdict.verdict}{version}, sha256 {verdict.sha256[:16]}"


def padding_words(credential: CredentialAxis) -> str:
    """The hidden bytes: how many, and the first of them as printable text."""
    hidden = bytes.fromhex(credential.padding_hex)[:_SHOWN_PADDING]
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in hidden)
    more = " …" if credential.padding_bytes > len(hidden) else ""
    return f"{credential.padding_bytes} bytes hidden: {text}{more}"


def time_words(moment: Moment) -> str:
    """One time, who gives it and what that is worth."""
    by = f" by {safe(moment.by)}" if moment.by else ""
    return f"{moment.kind} {safe(moment.time)}{by} ({_WORTH.get(moment.trust, moment.trust)})"


def finding_words(found: Finding) -> str:
    """One finding, and in which ingredient it was found."""
    where = f", in ingredient “{safe(found.title)}” at depth {found.depth}" if found.depth else ""
    return _coded(found.sentence, found.code) + where


def opinion_words(opinion: SecondOpinion) -> Iterator[str]:
    """What the second validator says, in one line and one for each difference."""
    tool = f"{opinion.tool} {safe(opinion.version)}" if opinion.version else opinion.tool
    if opinion.status is Agreement.AGREES:
        yield f"{tool} agrees"
    elif opinion.status is Agreement.DIFFERS:
        yield f"{tool} differs"
        yield from map(safe, opinion.differences)
    else:
        yield f"no second opinion of {tool}: {safe(opinion.reason)}"


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
