"""The credential's answer: who signed it, who knows them, since when and what came before, line by line."""

from provenance.inspection.inspection import Statement
from provenance.queries import DEVELOPMENT_LIST
from service.policy import revoked_afterwards
from service.portal.axis import Axis, Fact, Line, Sheet, kept
from service.report import CredentialAxis, Report

_ANSWERS = {
    "trusted": ("Signed, issuer known", "good", "The signature is intact and a trust list knows its issuer."),
    "untrusted_issuer": (
        "Signed, issuer unknown",
        "warn",
        "The signature is intact, but no trust list in use knows its issuer: the name in it proves nothing.",
    ),
    "invalid": (
        "Broken",
        "bad",
        "The credential does not match this content, or its history was altered.",
    ),
    "none": ("None attached", "neutral", "It carries no content credential. Most content does not."),
    "unchecked": (
        "Not checked",
        "warn",
        "The credential could not be read this time. Trying again can help.",
    ),
}
_LABELS = {
    "signer": "Signer",
    "trust_list": "Trust lists",
    "revocation": "Revocation",
    "time": "Time",
    "history": "History",
    "pad": "Hidden bytes",
    "identity": "Identity",
}
_TONES = {
    ("trust_list", "none"): "warn",
    ("revocation", "good"): "good",
    ("revocation", "revoked"): "bad",
    ("time", "timestamped"): "good",
    ("history", "tampered_ingredient"): "bad",
    ("history", "erased"): "warn",
    ("pad", "filled"): "warn",
    ("identity", "trusted"): "good",
    ("identity", "untrusted"): "warn",
    ("identity", "invalid"): "warn",
}
_KINDS = {
    "timestamped": "Time stamp",
    "claimed": "Claimed",
    "logged": "Log",
    "anchored": "Chain",
}
_WORTH = {
    "trusted": "confirmed by a trusted authority",
    "untrusted": "by an authority on no trust list",
    "claim": "the signer’s own word",
    "operator": "the log operator’s own clock",
    "public": "confirmed by a public chain",
    "unchecked": "the chain was not asked",
    "none": "local chain: no independent trust",
}
_MOST = 20
_DUMP_BYTES = 1024


def credential_axis(report: Report) -> Axis:
    """Everything about the credential that a person should see."""
    axis = report.credential
    said = next((each for each in axis.statements if each.axis == "credential"), None)
    word, tone, sentence = _answer(axis, said)
    there = axis.status not in ("none", "unchecked")
    return Axis(
        key="credential",
        question="Who signed it?",
        word=word,
        tone=tone,
        sentence=sentence,
        codes=said.codes if said else (),
        meaning="A content credential (C2PA) is a signed note inside or beside a file that says who made or "
        "changed it. We read it ourselves and report the worst finding of its whole history.",
        lines=(*_lines(axis), *(_contradictions(report) if there else ())),
        sheets=tuple(sheet for sheet in (_lists(axis), _times(report)) if sheet.rows) if there else (),
        facts=_facts(axis) if there else (),
        notes=tuple(
            (finding.code, _found(finding.sentence, finding.depth, finding.title))
            for finding in axis.findings
        ),
        dump=hex_dump(bytes.fromhex(axis.padding_hex)),
    )


def _answer(axis: CredentialAxis, said: Statement | None) -> tuple[str, str, str]:
    word, tone, sentence = _ANSWERS.get(axis.status, (axis.status, "neutral", ""))
    if axis.status in ("trusted", "untrusted_issuer", "invalid") and said is not None:
        sentence = said.sentence
    codes = {finding.code for finding in axis.findings}
    if axis.status == "unchecked" and axis.findings:
        sentence = axis.findings[0].sentence
    if axis.status == "none" and codes & {"assay.remoteManifest", "assay.remoteManifestUnavailable"}:
        word, sentence = "Kept elsewhere", "The file only names an address where its credential is kept."
    if axis.status == "untrusted_issuer" and any(one.verdict == "trusted" for one in axis.trust_lists):
        word = "Signed, not trusted"
    if axis.status == "untrusted_issuer" and any(
        not found.depth and found.code == "signingCredential.expired" for found in axis.findings
    ):
        word = "Signed, certificate expired"
    if axis.status == "trusted" and axis.trust_list == DEVELOPMENT_LIST:
        word, tone = "Signed, development certificate", "warn"
        sentence = "The signature is intact; its issuer is this installation itself and known nowhere else."
    if axis.revocation == "revoked" and not revoked_afterwards(axis):
        word, tone, sentence = "Signed, certificate revoked", "bad", "The signing certificate was revoked."
    elif axis.revocation == "revoked":
        word, tone = "Signed, certificate revoked later", "warn"
    return word, tone, sentence


def _lines(axis: CredentialAxis) -> tuple[Line, ...]:
    """Every side but the answer itself; empty padding is not worth a line."""
    told = [each for each in axis.statements if each.axis != "credential" and each.value != "clean"]
    return tuple(
        Line(
            _LABELS.get(each.axis, each.axis),
            each.sentence,
            each.codes,
            _TONES.get((each.axis, each.value), "neutral"),
        )
        for each in told[:_MOST]
    )


def _contradictions(report: Report) -> tuple[Line, ...]:
    return tuple(Line("Contradiction", said.sentence, (said.code,), "warn") for said in report.contradictions)


def _lists(axis: CredentialAxis) -> Sheet:
    rows = tuple(
        (
            Fact("List", each.name),
            Fact("Says", "knows the signer" if each.verdict == "trusted" else "does not know the signer"),
            Fact("Version", each.version or "–"),
            Fact("Digest (SHA-256)", each.sha256, "code"),
        )
        for each in axis.trust_lists[:_MOST]
    )
    return Sheet("Trust lists, side by side", rows)


def _times(report: Report) -> Sheet:
    rows = tuple(
        (
            Fact("Given by", _KINDS.get(each.kind, each.kind)),
            Fact("Time", each.time, "moment"),
            Fact("Name", each.by or "–"),
            Fact("What it is worth", _WORTH.get(each.trust, each.trust)),
        )
        for each in report.times[:_MOST]
    )
    return Sheet("Times, side by side", rows)


def _facts(axis: CredentialAxis) -> tuple[Fact, ...]:
    product = axis.product
    listed = f"{product.name} of {product.organisation}, {product.status}" if product else None
    return kept(
        (
            Fact("Name printed in the certificate", axis.signer),
            Fact("Certificate valid from", axis.valid_from, "moment"),
            Fact("Certificate valid to", axis.valid_to, "moment"),
            Fact("Revoked", axis.revoked_at, "moment"),
            Fact("Conforming product", listed),
            Fact("Product’s record", product.record_id if product else None, "code"),
            Fact("Made with", axis.generator),
            Fact("Credential’s label", axis.manifest_label, "code"),
            Fact("Claim (SHA-256)", axis.claim_sha256, "code"),
            Fact("Binding to the content (SHA-256)", axis.binding_sha256, "code"),
            *(
                Fact("Identity", f"{each.name} ({each.kind}): {each.status}")
                for each in axis.identities[:_MOST]
            ),
            Fact("Bytes hidden in unused space", axis.padding_bytes or None),
        )
    )


def _found(sentence: str, depth: int, title: str) -> str:
    if not depth:
        return sentence
    steps = "1 step" if depth == 1 else f"{depth} steps"
    return f"{sentence} In the ingredient “{title}”, {steps} back." if title else f"{sentence} {steps} back."


def hex_dump(hidden: bytes) -> str:
    """At most 1,024 bytes, sixteen a row: place, text with dots for what is not printable, hex."""
    rows = []
    for place in range(0, min(len(hidden), _DUMP_BYTES), 16):
        row = hidden[place : place + 16]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        rows.append(f"{place:04x}  {text:<16}  {row.hex(' ')}")
    return "\n".join(rows)
