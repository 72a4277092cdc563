"""A text with its credentials inside, read through the sandbox: bound, changed, doubled, damaged."""

from pathlib import Path

import pytest

from provenance.assets.asset import Medium
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection.in_text import MAGIC, selectors
from provenance.inspection.inspection import Credential, Inspection
from provenance.inspection.reader import Inspector
from provenance.keys.signer import ClaimSigner
from provenance.manifests.definition import definition
from provenance.manifests.in_text import embed
from provenance.manifests.manifest import Declaration, SourceType
from provenance.manifests.signing import Signing

TEXT = "Ein Satz, geschrieben von einem Menschen. 文字 é\n".encode()


@pytest.fixture(scope="module")
def embedded(signer: ClaimSigner) -> bytes:
    stated = definition(Declaration(SourceType.HUMAN, "A note"), Medium.TEXT, "text/plain", edits=False)
    return embed(TEXT, stated, Signing(signer)).text


def inspect(inspector: Inspector, text: bytes, folder: Path) -> Inspection:
    path = folder / "note.txt"
    path.write_bytes(text)
    return inspector.inspect(from_path(path, Limits()))


def codes(found: Inspection) -> set[str]:
    return {finding.code for finding in found.findings}


def test_a_text_with_its_credentials_inside_is_trusted(
    inspector: Inspector, embedded: bytes, tmp_path: Path
) -> None:
    for _ in range(2):  # the second time, the signer's trust is remembered
        found = inspect(inspector, embedded, tmp_path)
        assert (found.credential, found.findings) == (Credential.TRUSTED, ())
        assert found.trust_list == "our root"
        assert found.claim_sha256 is not None


def test_one_changed_letter_of_the_text_is_invalid(
    inspector: Inspector, embedded: bytes, tmp_path: Path
) -> None:
    for changed in (embedded.replace(b"Satz", b"Witz"), embedded + b"!"):
        found = inspect(inspector, changed, tmp_path)
        assert found.credential is Credential.INVALID
        assert codes(found) == {"assertion.dataHash.mismatch"}


def test_two_sets_of_credentials_or_a_damaged_one_are_invalid_and_said(
    inspector: Inspector, embedded: bytes, tmp_path: Path
) -> None:
    mark = "\ufeff".encode() + selectors(MAGIC)
    at = embedded.find(mark)
    for changed, code in (
        (embedded + embedded[at:], "manifest.text.multipleWrappers"),
        (embedded[: at + len(mark) + 40].decode(errors="ignore").encode(), "manifest.text.corruptedWrapper"),
    ):
        found = inspect(inspector, changed, tmp_path)
        assert (found.credential, codes(found)) == (Credential.INVALID, {code})


def test_a_plain_text_starts_no_worker(inspector: Inspector, tmp_path: Path) -> None:
    with Inspector(inspector.trust) as fresh:
        assert inspect(fresh, TEXT + "\ufeff☺️".encode(), tmp_path).credential is Credential.NONE
        assert fresh._sandbox.worker_pid is None
