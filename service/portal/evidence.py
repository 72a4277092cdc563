"""The evidence behind one attestation, gathered for its page from the proof that anybody can download."""

import mimetypes
import shlex
from dataclasses import dataclass
from pathlib import PurePath

from attest.proofs.bundle import BundleAnchor, ProofBundle, ProofState
from attest.standing import Anchor, Finality, chain_trust
from provenance.assets.label import label
from service import pipeline
from service.models import Submission
from service.portal.axes import Fact, anchor_facts


@dataclass(frozen=True, slots=True)
class DownloadNames:
    """What the downloads are called; they fit the command line that is shown beside them."""

    original: str
    signed: str
    manifest: str
    proof: str


@dataclass(frozen=True, slots=True)
class AnchorCard:
    """One anchor: whether it lends independent trust, and its details."""

    local: bool
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What log and chains hold. `command` verifies the downloads `names` with this service switched off."""

    leaf_index: int
    log_origin: str
    log_key: str
    checkpoint_size: int | None
    anchors: tuple[AnchorCard, ...]
    names: DownloadNames
    command: str


def download_names(submission: Submission) -> DownloadNames:
    """Names for the downloads, made from the title: the stored name may be that of somebody else's upload."""
    name = PurePath(label(submission.title)).name
    extension = mimetypes.guess_extension(submission.asset.media_type) or ""
    known = mimetypes.guess_type(name)[0] is not None
    path = PurePath(name if known else f"{name}{extension}")
    signed = f"{path.stem}.signed{path.suffix}" if submission.embedded else path.name
    return DownloadNames(
        original=path.name, signed=signed, manifest=f"{path.name}.c2pa", proof=f"{path.name}.assay.json"
    )


def command_line(names: DownloadNames) -> str:
    """The exact line that verifies the two downloads offline."""
    return f"./assay verify {_argument(names.signed)} --proof {_argument(names.proof)}"


def _argument(name: str) -> str:
    # A name that begins with a dash would be read as an option.
    return shlex.quote(f"./{name}" if name.startswith("-") else name)


def evidence(submission: Submission) -> Evidence | None:
    """What is known so far, or None while there is no place in the log."""
    if submission.leaf_index is None:
        return None
    bundle = pipeline.proof(submission)
    names = download_names(submission)
    return Evidence(
        leaf_index=bundle.index,
        log_origin=bundle.origin,
        log_key=bundle.vkey,
        checkpoint_size=bundle.size,
        anchors=tuple(_card(anchor, bundle) for anchor in bundle.anchors),
        names=names,
        command=command_line(names),
    )


def _card(anchor: BundleAnchor, bundle: ProofBundle) -> AnchorCard:
    settled = Finality.FINAL if bundle.state is ProofState.FINAL else Finality.INCLUDED
    shown = Anchor(
        chain_id=anchor.chain_id,
        registry=anchor.registry,
        block=anchor.block,
        time=anchor.time,
        finality=settled if anchor.block is not None else Finality.PENDING,
        trust=chain_trust(anchor.chain_id),
        transaction=anchor.transaction,
    )
    return AnchorCard(local=shown.trust == "none", facts=anchor_facts(shown))
