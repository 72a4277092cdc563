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
from service.portal.axes import anchor_facts
from service.portal.axis import Fact

# Types that Python 3.11 does not know, or knows by an ending that nobody uses.
_EXTENSIONS = {
    "image/avif": ".avif",
    "image/heic": ".heic",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/wav": ".wav",
    "text/plain": ".txt",
    "video/quicktime": ".mov",
}


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
    """Names for the downloads, made from the title: the stored name may be that of somebody else's upload.

    The proof and the manifest are named after the signed file, so that `verify` finds them beside it.
    """
    path = PurePath(_named(label(submission.title), submission.asset.media_type))
    signed = f"{path.stem}.signed{path.suffix}" if submission.embedded else path.name
    return DownloadNames(
        original=path.name, signed=signed, manifest=f"{signed}.c2pa", proof=f"{signed}.assay.json"
    )


def _named(title: str, media_type: str) -> str:
    """The title with an ending that fits the content: no picture is handed out as a program."""
    fitting = mimetypes.guess_all_extensions(media_type, strict=False)
    usual = _EXTENSIONS.get(media_type) or mimetypes.guess_extension(media_type, strict=False) or ".bin"
    return title if PurePath(title).suffix.lower() in {usual, *fitting} else f"{title}{usual}"


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
