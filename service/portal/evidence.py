"""The evidence behind one attestation, gathered for its page."""

import shlex
from dataclasses import dataclass
from pathlib import PurePath

from attest.standing import Anchor
from service import pipeline
from service.models import Submission
from service.portal.axes import Fact, anchor_facts
from service.report import RegistryAxis


@dataclass(frozen=True, slots=True)
class AnchorCard:
    """One anchor: whether it lends independent trust, and its details."""

    local: bool
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What log and chains hold. `names` are the download names; `command` verifies with this service off."""

    leaf_index: int
    log_origin: str | None
    log_key: str | None
    attested_at: str | None
    checkpoint_size: int | None
    anchors: tuple[AnchorCard, ...]
    names: "DownloadNames"
    command: str


@dataclass(frozen=True, slots=True)
class DownloadNames:
    """What the three downloads are called; they fit the command line that is shown beside them."""

    signed: str
    manifest: str
    proof: str


def download_names(submission: Submission) -> DownloadNames:
    """Names for the downloads, made from the file's own harmless label."""
    name = PurePath(submission.asset.name or "content").name or "content"
    stem, suffix = (name.rpartition(".")[0], "." + name.rpartition(".")[2]) if "." in name[1:] else (name, "")
    signed = f"{stem}.signed{suffix}" if submission.embedded else name
    return DownloadNames(signed=signed, manifest=f"{name}.c2pa", proof=f"{name}.assay.json")


def command_line(names: DownloadNames) -> str:
    """The exact line that verifies the two downloads offline."""
    file, proof = _argument(names.signed), _argument(names.proof)
    return f"./assay verify {file} --proof {proof}"


def _argument(name: str) -> str:
    # A name that begins with a dash would be read as an option.
    return shlex.quote(f"./{name}" if name.startswith("-") else name)


def evidence(submission: Submission) -> Evidence | None:
    """What is known so far, or None while there is no place in the log."""
    if submission.leaf_index is None or submission.signed is None:
        return None
    report = pipeline.lookup(submission.signed.sha256)
    # The same unsigned bytes may have been attested twice; another leaf's facts are not this one's.
    same = report.registry.leaf_index == submission.leaf_index
    registry: RegistryAxis | None = report.registry if same else None
    anchors: tuple[Anchor, ...] = report.anchor if same else ()
    names = download_names(submission)
    return Evidence(
        leaf_index=submission.leaf_index,
        log_origin=registry.log_origin if registry else None,
        log_key=registry.log_key if registry else None,
        attested_at=registry.attested_at if registry else None,
        checkpoint_size=registry.checkpoint_size if registry else None,
        anchors=tuple(AnchorCard(anchor.trust == "none", anchor_facts(anchor)) for anchor in anchors),
        names=names,
        command=command_line(names),
    )
