"""Verifying one file with nothing but the file, its proof and, if wanted, a chain."""

import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from attest.errors import AttestError, ChainMismatch, ChainUnavailable, ProofInvalid
from attest.proofs.bundle import ProofBundle
from attest.proofs.verifier import NOTHING_PINNED, ChainReader, Pins
from attest.proofs.verifier import verify as verify_proof
from attest.standing import Registration, Standing
from detector.similarity import Similarity
from provenance.assets.asset import Asset
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import ProvenanceError
from provenance.inspection.inspection import Credential, Inspection
from provenance.inspection.reader import Inspector
from provenance.inspection.second_opinion import SecondOpinion, second_opinion
from service import policy
from service.cli import proof_file
from service.policy import Action, Outcome
from service.report import Reason, Report, Subject, compose

# What these codes say of a file cannot be said of one that was ever attested: it was damaged since.
_DAMAGED = frozenset({"empty_file", "truncated_file", "malformed_media", "malformed_file"})


@dataclass(frozen=True, slots=True)
class Tools:
    """What checking needs. `log_key` is the verifier key line to pin; `chain` None asks no chain.

    `pins` are block hashes, witnesses and log ids. `revocation` asks the signers' authorities,
    `remote` fetches credentials that a file only names, and `second_opinion` asks another validator.
    """

    inspector: Inspector
    limits: Limits
    log_key: str | None = None
    chain: ChainReader | None = None
    pins: Pins = NOTHING_PINNED
    revocation: bool = False
    remote: bool = False
    second_opinion: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that keeps a file from being verified, beyond what the policy reads from the axes."""

    outcome: Outcome
    reason: Reason


@dataclass(frozen=True, slots=True)
class Answer:
    """One file's outcome with its report; without one, `trouble` says why there is none."""

    outcome: Outcome
    report: Report | None = None
    trouble: Reason | None = None
    second_opinion: SecondOpinion | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """What the credential says, whether it came beside the content, and what another validator says."""

    inspection: Inspection
    detached: bool = False
    second_opinion: SecondOpinion | None = None


def verify_file(path: Path, proof: Path | None, tools: Tools) -> Answer:
    """Check one file against its own credential and its proof, the one given or the one beside it."""
    beside = proof_file.companions(path, proof)
    try:
        asset = from_path(path, tools.limits)
    except ProvenanceError as error:
        damaged = error.code in _DAMAGED and beside.proof is not None
        outcome = Outcome.REFUSED if damaged else Outcome.UNCHECKED
        return Answer(outcome, trouble=Reason(error.code, str(error)))
    bundle, troubles = _bundle(beside.proof)
    read = _inspect(asset, beside.store, bundle, tools, troubles)
    inspection = read.inspection
    standing = Standing(Registration.NONE)
    if bundle is not None:
        standing = _standing(bundle, asset, inspection, tools, troubles)
    if beside.proof is None and inspection.credential is Credential.NONE:
        sentence = "The file carries no content credential and came with no proof: there is nothing to check."
        troubles.append(Trouble(Outcome.UNCHECKED, Reason("nothing_to_check", sentence)))
    subject = Subject(asset.sha256, asset.media_type, asset.name, asset.size, read.detached)
    report = policy.decide(compose(subject, inspection, standing, Similarity()))
    return replace(_answer(report, troubles), second_opinion=read.second_opinion)


def _bundle(path: Path | None) -> tuple[ProofBundle | None, list[Trouble]]:
    if path is None:
        return None, []
    try:
        return proof_file.load(path), []
    except ProofInvalid as error:
        return None, [Trouble(Outcome.REFUSED, Reason(error.code, str(error)))]


def _inspect(
    asset: Asset, store: Path | None, bundle: ProofBundle | None, tools: Tools, troubles: list[Trouble]
) -> _Read:
    """The credential inside the file; where there is none, the one beside it or inside the proof."""
    try:
        inside = _read(asset, None, tools)
        if inside.inspection.credential is not Credential.NONE:
            return inside
        if store is not None:
            return _read(asset, store, tools)
        if bundle is None or bundle.store is None:
            return inside
        with tempfile.NamedTemporaryFile(prefix="assay-", suffix=".c2pa") as file:
            file.write(bundle.store)
            file.flush()
            return _read(asset, Path(file.name), tools)
    except ProvenanceError as error:
        troubles.append(Trouble(Outcome.UNCHECKED, Reason(error.code, str(error))))
        return _Read(Inspection(Credential.UNCHECKED))


def _read(asset: Asset, store: Path | None, tools: Tools) -> _Read:
    inspector = tools.inspector
    found = inspector.inspect(asset, store, revocation=tools.revocation, remote=tools.remote)
    opinion = second_opinion(asset, found, inspector.trust, store) if tools.second_opinion else None
    return _Read(found, store is not None, opinion)


def _standing(
    bundle: ProofBundle, asset: Asset, inspection: Inspection, tools: Tools, troubles: list[Trouble]
) -> Standing:
    digests = {"file": asset.sha256, "asset": asset.sha256}
    intact = inspection.credential in (Credential.TRUSTED, Credential.UNTRUSTED_ISSUER)
    if intact and inspection.claim_sha256 and inspection.binding_sha256:
        digests |= {"claim": inspection.claim_sha256, "binding": inspection.binding_sha256}
    now = datetime.now(UTC)
    try:
        try:
            return verify_proof(bundle, digests, tools.log_key, tools.chain, now, pins=tools.pins)
        except (ChainUnavailable, ChainMismatch) as error:
            # The proof may hold although the chain could not be asked; it was wanted, so it is not verified.
            troubles.append(Trouble(Outcome.UNCHECKED, Reason(error.code, str(error))))
            return verify_proof(bundle, digests, tools.log_key, None, now, pins=tools.pins)
    except AttestError as error:
        outcome = Outcome.REFUSED if error.permanent else Outcome.UNCHECKED
        troubles.append(Trouble(outcome, Reason(error.code, str(error))))
        return Standing(Registration.NONE, problems=((error.code, str(error)),))


def _answer(report: Report, troubles: list[Trouble]) -> Answer:
    """The policy's answer made no better than the troubles allow; their reasons come first."""
    ordered = sorted(troubles, key=lambda trouble: trouble.outcome is not Outcome.REFUSED)
    outcome = policy.outcome(report)
    action = report.action
    for trouble in ordered:
        if outcome is not Outcome.REFUSED:
            outcome = trouble.outcome
        if trouble.outcome is Outcome.REFUSED:
            action = Action.FLAG.value
        elif action == Action.ACCEPT and trouble.reason.code != "nothing_to_check":
            action = Action.REVIEW.value
    reasons = (*(trouble.reason for trouble in ordered), *report.reasons)
    return Answer(outcome, replace(report, action=action, reasons=reasons))
