"""Several lists side by side, and what a path to an authority needs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection import chain, trust_paths
from provenance.inspection.inspection import Credential
from provenance.inspection.reader import Inspector
from provenance.manifests.manifest import Declaration, Manifest
from provenance.manifests.writer import ManifestWriter
from provenance.trust.lists import ListKind, TrustStore, parse_pem
from tests.pki import Authority, Leaf, Signer, pem

NOW = datetime.now(UTC)


def sent(signer: Signer, *, intermediate: bool = True) -> chain.Chain:
    certificates = [signer.certificate, *([signer.intermediate] if intermediate else [])]
    found = chain.parsed(tuple(one.public_bytes(Encoding.DER) for one in certificates))
    assert found is not None
    return found


def store(*authorities: Authority, kind: ListKind = ListKind.MANIFEST) -> TrustStore:
    return TrustStore(
        tuple(parse_pem(f"list {at}", kind, one.root_pem) for at, one in enumerate(authorities))
    )


def verdicts(
    signer: Signer, trust: TrustStore, at: datetime = NOW, *, intermediate: bool = True
) -> list[str]:
    found = trust_paths.verdicts(sent(signer, intermediate=intermediate), trust, at)
    return [one.verdict for one in found]


def test_a_signer_is_known_to_one_list_and_unknown_to_another() -> None:
    ours, theirs = Authority.create("Ours"), Authority.create("Theirs")
    assert verdicts(ours.issue(), store(ours, theirs)) == ["trusted", "unknown"]
    assert verdicts(theirs.issue(), store(ours, theirs)) == ["unknown", "trusted"]


def test_a_lookalike_with_the_same_names_is_unknown() -> None:
    real, lookalike = Authority.create("Die Zeitung"), Authority.create("Die Zeitung")
    assert verdicts(lookalike.issue(), store(real)) == ["unknown"]


def test_the_certificate_must_be_in_force_at_the_time() -> None:
    authority = Authority.create()
    signer = authority.issue(Leaf(ends=timedelta(days=1)))
    trust = store(authority)
    assert verdicts(signer, trust, NOW + timedelta(days=2)) == ["unknown"]
    assert verdicts(signer, trust, NOW - timedelta(days=2)) == ["unknown"]


def test_a_missing_intermediate_or_a_use_other_than_signing_leads_nowhere() -> None:
    authority = Authority.create()
    assert verdicts(authority.issue(), store(authority), intermediate=False) == ["unknown"]
    server = authority.issue(Leaf(usages=(ExtendedKeyUsageOID.SERVER_AUTH,)))
    assert verdicts(server, store(authority)) == ["unknown"]


def test_a_leaf_that_is_no_authority_vouches_for_nobody() -> None:
    authority = Authority.create()
    middle = authority.issue(Leaf("Not an authority"))
    posing = Authority("x", authority.root, authority.root_key, middle.certificate, middle.key)
    below = posing.issue()
    found = chain.parsed(
        tuple(
            one.public_bytes(Encoding.DER)
            for one in (below.certificate, middle.certificate, authority.intermediate)
        )
    )
    assert [one.verdict for one in trust_paths.verdicts(found, store(authority), NOW)] == ["unknown"]


def test_a_list_that_holds_the_intermediate_is_enough() -> None:
    authority = Authority.create()
    listed = TrustStore((parse_pem("middle", ListKind.MANIFEST, pem(authority.intermediate)),))
    assert verdicts(authority.issue(), listed) == ["trusted"]


def test_a_list_of_clocks_has_no_say_over_signers(jpeg: Path, human: Declaration, tmp_path: Path) -> None:
    authority = Authority.create()
    trust = store(authority, kind=ListKind.TSA)
    signer = authority.issue()
    with Inspector(trust) as inspector:
        made = ManifestWriter(signer.claim_signer(), inspector).sign(
            from_path(jpeg, Limits()), human, tmp_path, "signed"
        )
        for _ in range(3):
            found = inspector.inspect(from_path(made.signed_path, Limits()))
            assert (found.credential, found.trust_list) == (Credential.UNTRUSTED_ISSUER, None)
            assert found.trust_lists == ()


def test_each_list_in_force_says_what_it_knows(signed: Manifest, trust: TrustStore) -> None:
    both = TrustStore((*trust.lists, *store(Authority.create()).lists))
    with Inspector(both) as inspector:
        found = inspector.inspect(from_path(signed.signed_path, Limits()))
    assert [(one.name, one.verdict) for one in found.trust_lists] == [
        ("our root", "trusted"),
        ("list 0", "unknown"),
    ]
    assert found.trust_lists[0].sha256 == trust.lists[0].sha256
    said = next(one for one in found.statements if one.axis == "trust_list")
    assert "unknown to “list 0”" in said.sentence
    assert said.codes == ("signingCredential.trusted",)
