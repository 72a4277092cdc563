"""Named identities: told apart from the claim's signer, trusted only for a reason, deciding nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection.identities import named
from provenance.inspection.inspection import Credential, NamedIdentity
from provenance.inspection.reader import Inspector
from provenance.inspection.statuses import statuses
from provenance.keys.signer import ClaimSigner, X509Identity
from provenance.manifests.manifest import Declaration
from provenance.manifests.writer import ManifestWriter
from provenance.trust.lists import TrustStore
from tests.pki import Authority, Leaf

PLACE = "self#jumbf=/c2pa/urn:x/c2pa.assertions/cawg.identity"
ASSERTION = {
    "label": "cawg.identity",
    "data": {
        "signer_payload": {"sig_type": "cawg.x509.cose"},
        "signature_info": {"common_name": "Ada\u202e <b>", "issuer": "Die Zeitung"},
    },
}


def told(failures: list[str], successes: list[str], url: str = PLACE) -> NamedIdentity:
    listed: Any = {
        kind: [{"code": code, "url": url} for code in found]
        for kind, found in (("failure", failures), ("success", successes))
    }
    report = {"active_manifest": "urn:x", "validation_results": {"activeManifest": listed}}
    (found,) = named({"assertions": [ASSERTION]}, statuses(report), listed["success"])
    return found


@pytest.mark.parametrize(
    ("failures", "successes", "status"),
    [
        ([], ["cawg.x509.credential.trusted", "cawg.x509.signature.validated"], "trusted"),
        ([], ["signingCredential.trusted"], "trusted"),
        ([], ["cawg.x509.signature.validated"], "untrusted"),
        (["signingCredential.untrusted"], [], "untrusted"),
        (["cawg.x509.credential.untrusted"], ["cawg.x509.signature.validated"], "untrusted"),
        (["cawg.x509.signature.mismatch"], ["cawg.x509.credential.trusted"], "invalid"),
        (["cawg.identity.hard_binding_missing"], [], "invalid"),
        (["cawg.something.new"], ["cawg.x509.credential.trusted"], "invalid"),
    ],
)
def test_an_identity_is_trusted_only_if_a_list_vouches_and_nothing_is_wrong(
    failures: list[str], successes: list[str], status: str
) -> None:
    assert told(failures, successes).status == status


def test_a_success_of_the_claim_does_not_make_its_identity_trusted() -> None:
    signature = "self#jumbf=/c2pa/urn:x/c2pa.signature"
    assert told([], ["signingCredential.trusted"], signature).status == "untrusted"


def test_the_name_is_shown_without_characters_that_deceive() -> None:
    name = told([], []).name
    assert "\u202e" not in name
    assert name.endswith("<b>, Die Zeitung")


def test_an_identity_that_nobody_vouches_for_leaves_the_credential_trusted_and_is_said(
    signer: ClaimSigner, trust: TrustStore, jpeg: Path, human: Declaration, tmp_path: Path
) -> None:
    other = Authority.create("A newsroom").issue(Leaf("Ada")).claim_signer()
    identity = X509Identity(other.chain_pem, other.private_key_pem or b"", other.algorithm)
    with Inspector(trust) as inspector:
        writer = ManifestWriter(replace(signer, identity=identity), inspector)
        made = writer.sign(from_path(jpeg, Limits()), human, tmp_path, "out")
        for _ in range(2):
            found = inspector.inspect(from_path(made.signed_path, Limits()))
            assert found.credential is Credential.TRUSTED
            assert found.identities == (NamedIdentity("Ada, A newsroom", "cawg.x509.cose", "untrusted"),)
            said = next(one for one in found.statements if one.axis == "identity")
            assert (said.value, "“Ada, A newsroom”" in said.sentence) == ("untrusted", True)


def test_an_identity_of_the_claim_signers_own_authority_still_leaves_the_signer_named(
    trust: TrustStore, jpeg: Path, human: Declaration, tmp_path: Path
) -> None:
    stranger, other = Authority.create("Nobody").issue().claim_signer(), Authority.create("Else").issue()
    known = other.claim_signer()
    identity = X509Identity(known.chain_pem, known.private_key_pem or b"", known.algorithm)
    from provenance.trust.lists import ListKind, parse_pem
    from tests.pki import pem

    lists = TrustStore((parse_pem("else", ListKind.MANIFEST, pem(other.root)),))
    with Inspector(lists) as inspector:
        writer = ManifestWriter(replace(stranger, identity=identity), inspector)
        made = writer.sign(from_path(jpeg, Limits()), human, tmp_path, "out")
        found = inspector.inspect(from_path(made.signed_path, Limits()))
    # The identity's authority is on the list, the claim signer's is not: that lends the signer nothing.
    assert found.credential is Credential.UNTRUSTED_ISSUER
    assert (found.signer, found.trust_list) == ("Claim signer, Nobody", None)
