"""What is tried to make a credential say more than it may, and the report that each attempt gets."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from provenance import sdk
from provenance.assets.asset import Asset
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import SigningRefused
from provenance.fetching.client import fetch_bytes
from provenance.inspection import jumbf
from provenance.inspection.extract import candidates
from provenance.inspection.inspection import Credential, History, Inspection, Revocation, SigningTime
from provenance.inspection.reader import Inspector
from provenance.manifests.manifest import Declaration, Manifest, SourceType
from provenance.manifests.writer import ManifestWriter
from provenance.trust.lists import ListKind, TrustStore, parse_pem
from tests.pki import Answer, Authority, Leaf, Signer, ocsp_response, ocsp_signer
from tests.pki_servers import LoopbackServer, OcspResponder, TimeStampAuthority
from tests.stapling import staple

NEWSROOM = "Die Zeitung"
LEAF = Leaf("Picture desk")
PRINTED = "Picture desk, Die Zeitung"
HUMAN = Declaration(SourceType.HUMAN, "A photograph")


@pytest.fixture(scope="module")
def newsroom() -> Authority:
    return Authority.create(NEWSROOM)


@pytest.fixture(scope="module")
def clock() -> Authority:
    return Authority.create("Time stamping service")


@pytest.fixture(scope="module")
def reader(newsroom: Authority, clock: Authority) -> Iterator[Inspector]:
    lists = (
        parse_pem("newsrooms", ListKind.MANIFEST, newsroom.root_pem),
        parse_pem("clocks", ListKind.TSA, clock.root_pem),
    )
    loopback = partial(fetch_bytes, allowed=lambda address: address.is_loopback)
    with Inspector(TrustStore(lists), fetch=loopback) as inspector:
        yield inspector


@pytest.fixture(scope="module")
def desk(newsroom: Authority) -> Signer:
    return newsroom.issue(LEAF)


@pytest.fixture
def genuine(desk: Signer, reader: Inspector, jpeg: Path, tmp_path: Path) -> Manifest:
    """A picture that the newsroom signed."""
    return ManifestWriter(desk.claim_signer(), reader).sign(asset_of(jpeg), HUMAN, tmp_path, "genuine")


@dataclass(frozen=True, slots=True)
class Expected:
    """The axes of a report that an attack is after."""

    credential: Credential
    history: History = History.INTACT
    revocation: Revocation = Revocation.UNKNOWN
    time: SigningTime = SigningTime.NONE
    signer: str | None = PRINTED
    trust_list: str | None = "newsrooms"


NOTHING = Expected(Credential.NONE, signer=None, trust_list=None)


def axes_of(found: Inspection) -> Expected:
    return Expected(
        found.credential, found.history, found.revocation, found.time, found.signer, found.trust_list
    )


def codes(found: Inspection, depth: int) -> set[str]:
    return {finding.code for finding in found.findings if finding.depth == depth}


def sentence(found: Inspection, axis: str) -> str:
    return next(statement.sentence for statement in found.statements if statement.axis == axis)


def asset_of(path: Path) -> Asset:
    return from_path(path, Limits())


def written(path: Path, content: bytes) -> Asset:
    path.write_bytes(content)
    return asset_of(path)


def plainly_signed(
    signer: Signer, source: Path, target: Path, parents: tuple[Path, ...] = (), tsa_url: str | None = None
) -> Asset:
    """Signed by the SDK alone: whoever attacks does not use our writer."""
    c2pa = sdk.load()
    wish = {
        "title": target.name,
        "claim_generator_info": [{"name": "plain", "version": "1"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": []}}],
    }
    if not parents:
        wish["assertions"][0]["data"]["actions"] = [  # type: ignore[index]
            {
                "action": "c2pa.created",
                "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
            }
        ]
    builder = c2pa.Builder(json.dumps(wish), context=_signing(signer, tsa_url))
    if parents:
        builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
    for index, parent in enumerate(parents):
        with parent.open("rb") as stream:
            relationship = "componentOf" if index else "parentOf"
            named = {"title": parent.name, "relationship": relationship}
            builder.add_ingredient(json.dumps(named), "image/jpeg", stream)
    with source.open("rb") as read, target.open("w+b") as write:
        builder.sign("image/jpeg", read, write)
    return asset_of(target)


def test_the_genuine_picture_is_what_every_attack_is_measured_against(
    genuine: Manifest, reader: Inspector
) -> None:
    found = reader.inspect(asset_of(genuine.signed_path))
    assert axes_of(found) == Expected(Credential.TRUSTED)
    assert found.findings == ()


def test_laundered_by_our_own_writer_the_history_stays(
    genuine: Manifest, newsroom: Authority, reader: Inspector, tmp_path: Path
) -> None:
    launderer = newsroom.issue(Leaf("Somebody else"))
    writer = ManifestWriter(launderer.claim_signer(), reader)
    made = writer.sign(asset_of(genuine.signed_path), HUMAN, tmp_path, "laundered")
    found = reader.inspect(asset_of(made.signed_path))
    assert axes_of(found) == Expected(Credential.TRUSTED, signer="Somebody else, Die Zeitung")
    assert genuine.store_path.read_bytes()[-200:] in made.store_path.read_bytes()


def test_laundered_by_another_tool_the_launderer_is_named_and_the_newsroom_is_not(
    genuine: Manifest, reader: Inspector, tmp_path: Path
) -> None:
    launderer = Authority.create("Launderer").issue(Leaf("Launderer"))
    found = reader.inspect(plainly_signed(launderer, genuine.signed_path, tmp_path / "laundered.jpg"))
    assert axes_of(found) == Expected(Credential.UNTRUSTED_ISSUER, signer="Launderer", trust_list=None)
    assert found.claim_sha256 != genuine.claim_sha256
    # The content is the same, and so is what binds it: that is how a registry finds the genuine one.
    assert found.binding_sha256 == genuine.binding_sha256


def test_a_lookalike_authority_that_prints_the_newsrooms_names_is_trusted_by_no_list(
    reader: Inspector, jpeg: Path, tmp_path: Path
) -> None:
    lookalike = Authority.create(NEWSROOM).issue(LEAF)
    found = reader.inspect(plainly_signed(lookalike, jpeg, tmp_path / "lookalike.jpg"))
    assert axes_of(found) == Expected(Credential.UNTRUSTED_ISSUER, trust_list=None)
    assert [(one.name, one.verdict) for one in found.trust_lists] == [("newsrooms", "unknown")]
    assert codes(found, 0) == {"signingCredential.untrusted"}
    assert "calls itself" in sentence(found, "signer")


def test_a_root_that_vouches_for_time_alone_makes_nobody_a_trusted_signer(
    clock: Authority, reader: Inspector, jpeg: Path, tmp_path: Path
) -> None:
    found = reader.inspect(plainly_signed(clock.issue(LEAF), jpeg, tmp_path / "clock.jpg"))
    assert found.credential is Credential.UNTRUSTED_ISSUER
    assert found.trust_list is None


def test_a_revoked_signer_is_refused_with_its_date_when_the_answer_is_stapled(
    desk: Signer, newsroom: Authority, genuine: Manifest, reader: Inspector
) -> None:
    day = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    staple(genuine.signed_path, ocsp_response(newsroom, desk.certificate, Answer.REVOKED, revoked_at=day))
    found = reader.inspect(asset_of(genuine.signed_path))
    assert axes_of(found) == Expected(Credential.INVALID, revocation=Revocation.REVOKED)
    assert (found.revoked_at, found.revocation_source) == ("2026-03-04T05:06:07+00:00", "stapled")
    assert "signingCredential.ocsp.revoked" in codes(found, 0)


def test_a_stapled_good_answer_is_said_with_where_it_came_from(
    desk: Signer, newsroom: Authority, genuine: Manifest, reader: Inspector
) -> None:
    good = ocsp_response(newsroom, desk.certificate, responder=ocsp_signer(newsroom))
    staple(genuine.signed_path, good)
    found = reader.inspect(asset_of(genuine.signed_path))
    assert axes_of(found) == Expected(Credential.TRUSTED, revocation=Revocation.GOOD)
    assert (found.revoked_at, found.revocation_source) == (None, "stapled")
    assert found.claim_sha256 == genuine.claim_sha256


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        ("forged", "assay.ocspForged"),
        ("stale", "assay.ocspStale"),
        ("foreign", "assay.ocspForeign"),
        ("garbage", "assay.ocspMalformed"),
    ],
)
def test_a_good_answer_that_does_not_count_is_unknown_and_the_code_says_why(
    lie: str, code: str, desk: Signer, newsroom: Authority, genuine: Manifest, reader: Inspector
) -> None:
    other = newsroom.issue(LEAF).certificate
    made = timedelta(days=-9) if lie == "stale" else timedelta(minutes=-5)
    answer = ocsp_response(
        newsroom,
        other if lie == "foreign" else desk.certificate,
        Answer.GARBAGE if lie == "garbage" else Answer.GOOD,
        forged=lie == "forged",
        made=made,
    )
    staple(genuine.signed_path, answer)
    found = reader.inspect(asset_of(genuine.signed_path))
    assert found.revocation is Revocation.UNKNOWN
    assert code in codes(found, 0)


@pytest.mark.network
def test_a_revoked_signer_is_refused_when_its_authority_is_asked(
    newsroom: Authority, reader: Inspector, jpeg: Path, tmp_path: Path
) -> None:
    with OcspResponder(newsroom) as responder:
        signer = newsroom.issue(Leaf("Picture desk", ocsp_url=responder.url))
        asset = plainly_signed(signer, jpeg, tmp_path / "signed.jpg")
        assert reader.inspect(asset).revocation is Revocation.UNKNOWN
        assert responder.asked == []
        good = reader.inspect(asset, revocation=True)
        responder.answer = Answer.REVOKED
        responder.revoked_at = datetime(2026, 3, 4, tzinfo=UTC)
        revoked = reader.inspect(asset, revocation=True)
        unsure = {}
        for answer in (Answer.UNKNOWN, Answer.GARBAGE, Answer.DOWN, Answer.REFUSED):
            responder.answer = answer
            unsure[answer] = reader.inspect(asset, revocation=True)
    assert axes_of(good) == Expected(Credential.TRUSTED, revocation=Revocation.GOOD)
    assert good.revocation_source == "fetched"
    assert axes_of(revoked) == Expected(Credential.INVALID, revocation=Revocation.REVOKED)
    assert revoked.revoked_at == "2026-03-04T00:00:00+00:00"
    assert revoked.revocation_source == "fetched"
    for answer, found in unsure.items():
        assert found.revocation is Revocation.UNKNOWN, answer
        assert found.findings, answer
        assert "not" in sentence(found, "revocation"), answer


@pytest.mark.network
def test_an_expired_signer_counts_only_with_a_trusted_time_stamp(
    newsroom: Authority, clock: Authority, reader: Inspector, jpeg: Path, tmp_path: Path
) -> None:
    leaf = Leaf("Picture desk", ends=timedelta(seconds=3))
    with (
        TimeStampAuthority(clock, tmp_path) as trusted,
        TimeStampAuthority(Authority.create("Any clock"), tmp_path) as stranger,
    ):
        signer = newsroom.issue(leaf)
        bare = plainly_signed(signer, jpeg, tmp_path / "bare.jpg")
        stamped = plainly_signed(signer, jpeg, tmp_path / "stamped.jpg", tsa_url=trusted.url)
        doubtful = plainly_signed(signer, jpeg, tmp_path / "doubtful.jpg", tsa_url=stranger.url)
    over = signer.certificate.not_valid_after_utc - datetime.now(UTC)
    time.sleep(max(0.0, over.total_seconds()) + 1.1)
    counted = reader.inspect(stamped)
    assert axes_of(counted) == Expected(Credential.TRUSTED, time=SigningTime.TIMESTAMPED)
    assert counted.stamped_at is not None
    assert counted.stamped_by
    for asset, when in ((bare, SigningTime.NONE), (doubtful, SigningTime.CLAIMED)):
        found = reader.inspect(asset)
        assert axes_of(found) == Expected(Credential.UNTRUSTED_ISSUER, time=when, trust_list=None)
        assert codes(found, 0) - {"timeStamp.untrusted"} == {
            "signingCredential.untrusted",
            "signingCredential.expired",
        }
        # The list knows the authority; it is the certificate whose time is over.
        assert "out of its time" in sentence(found, "trust_list")
        assert "out of its time" in sentence(found, "credential")


def test_a_manifest_transplanted_to_another_picture_is_invalid(
    genuine: Manifest, reader: Inspector, jpeg: Path, tmp_path: Path
) -> None:
    signed = genuine.signed_path.read_bytes()
    start = signed.index(b"\xff\xeb")
    end = start + 2 + int.from_bytes(signed[start + 2 : start + 4], "big")
    other = tmp_path / "other.jpg"
    Image.open(jpeg).rotate(180).save(other)
    bare = other.read_bytes()
    transplanted = written(tmp_path / "transplanted.jpg", bare[:2] + signed[start:end] + bare[2:])
    for found in (reader.inspect(transplanted), reader.inspect(asset_of(other), genuine.store_path)):
        assert axes_of(found) == Expected(Credential.INVALID)
        assert "assertion.dataHash.mismatch" in codes(found, 0)
        assert "proves nothing" in sentence(found, "signer")


def test_bytes_after_the_end_of_the_picture_are_invalid(
    genuine: Manifest, reader: Inspector, tmp_path: Path
) -> None:
    content = genuine.signed_path.read_bytes() + b"PK\x03\x04 and more"
    found = reader.inspect(written(tmp_path / "longer.jpg", content))
    assert axes_of(found) == Expected(Credential.INVALID)
    assert "assertion.dataHash.mismatch" in codes(found, 0)


def test_text_hidden_in_the_padding_is_reported_with_its_bytes(
    genuine: Manifest, reader: Inspector, tmp_path: Path
) -> None:
    content = bytearray(genuine.signed_path.read_bytes())
    pad = content.find(b"cpad", content.find(b"c2pa.signature"))
    content[pad + 50 : pad + 56] = b"hidden"
    found = reader.inspect(written(tmp_path / "padded.jpg", bytes(content)))
    assert axes_of(found) == Expected(Credential.TRUSTED)
    assert found.claim_sha256 == genuine.claim_sha256
    assert found.padding_bytes == 6
    assert b"hidden" in bytes.fromhex(found.padding_hex)
    assert codes(found, 0) == {"assay.padding"}


def test_a_stripped_manifest_leaves_nothing_and_is_not_called_fake(
    genuine: Manifest, reader: Inspector, tmp_path: Path
) -> None:
    Image.open(genuine.signed_path).save(tmp_path / "stripped.jpg")
    found = reader.inspect(asset_of(tmp_path / "stripped.jpg"))
    assert axes_of(found) == NOTHING
    assert "says nothing about whether it is genuine" in sentence(found, "credential")


def test_a_parent_changed_before_a_clean_signature_is_named_with_its_depth(
    genuine: Manifest, desk: Signer, reader: Inspector, tmp_path: Path
) -> None:
    content = bytearray(genuine.signed_path.read_bytes())
    content[-200] ^= 1
    changed = written(tmp_path / "changed.jpg", bytes(content))
    with pytest.raises(SigningRefused) as refused:
        ManifestWriter(desk.claim_signer(), reader).sign(changed, HUMAN, tmp_path, "again")
    assert refused.value.code == "broken_parent"
    found = reader.inspect(plainly_signed(desk, changed.path, tmp_path / "clean.jpg", (changed.path,)))
    assert axes_of(found) == Expected(Credential.INVALID, history=History.TAMPERED_INGREDIENT)
    assert codes(found, 0) == set()
    assert "assertion.dataHash.mismatch" in codes(found, 1)
    assert {finding.title for finding in found.findings} == {"A photograph"}


def test_a_parents_manifest_changed_after_a_clean_signature_is_named_too(
    genuine: Manifest, desk: Signer, reader: Inspector, tmp_path: Path
) -> None:
    child = plainly_signed(desk, genuine.signed_path, tmp_path / "child.jpg", (genuine.signed_path,))
    assert axes_of(reader.inspect(child)) == Expected(Credential.TRUSTED)
    content = bytearray(child.path.read_bytes())
    at = content.index(b"A photograph")
    content[at : at + 12] = b"A photograpH"
    found = reader.inspect(written(tmp_path / "rewritten.jpg", bytes(content)))
    assert axes_of(found) == Expected(Credential.INVALID, history=History.TAMPERED_INGREDIENT)
    assert codes(found, 1)


def test_a_parents_manifest_that_was_taken_out_is_erased_history(
    genuine: Manifest, desk: Signer, reader: Inspector, tmp_path: Path
) -> None:
    child = plainly_signed(desk, genuine.signed_path, tmp_path / "child.jpg", (genuine.signed_path,))
    store = next(candidates(child.path.read_bytes(), "image/jpeg"))
    parent, active = jumbf.manifests(jumbf.parse(store))
    box = len(parent.payload) + 8
    at = store.index(bytes(parent.payload)) - 8
    cut = (len(store) - box).to_bytes(4, "big") + store[4:at] + store[at + box :]
    sidecar = tmp_path / "cut.c2pa"
    sidecar.write_bytes(cut)
    found = reader.inspect(child, sidecar)
    assert found.history is History.ERASED
    assert found.credential is Credential.INVALID
    assert found.manifest_label == active.label
    assert "ingredient.manifest.missing" in {finding.code for finding in found.findings}


def test_a_stranger_in_the_history_takes_the_trust_from_the_whole(
    desk: Signer, reader: Inspector, jpeg: Path, tmp_path: Path
) -> None:
    stranger = Authority.create("Stranger").issue()
    parent = plainly_signed(stranger, jpeg, tmp_path / "from a stranger.jpg")
    found = reader.inspect(plainly_signed(desk, parent.path, tmp_path / "child.jpg", (parent.path,)))
    assert axes_of(found) == Expected(Credential.UNTRUSTED_ISSUER)
    assert codes(found, 0) == set()
    assert codes(found, 1) == {"signingCredential.untrusted"}
    assert [finding.title for finding in found.findings] == ["from a stranger.jpg"]
    assert "authority behind it is trusted" in sentence(found, "signer")
    assert "something that it was made from" in sentence(found, "credential")


def test_a_stranger_borrows_no_trust_from_what_it_was_made_from(
    genuine: Manifest, reader: Inspector, tmp_path: Path
) -> None:
    stranger = Authority.create("Stranger").issue(Leaf("Stranger"))
    parent = genuine.signed_path
    found = reader.inspect(plainly_signed(stranger, parent, tmp_path / "child.jpg", (parent,)))
    assert axes_of(found) == Expected(Credential.UNTRUSTED_ISSUER, signer="Stranger", trust_list=None)
    assert [(one.name, one.verdict) for one in found.trust_lists] == [("newsrooms", "unknown")]
    assert found.product is None
    assert "calls itself" in sentence(found, "signer")


def test_the_list_named_is_that_of_the_files_own_signer(
    genuine: Manifest, newsroom: Authority, tmp_path: Path
) -> None:
    agency = Authority.create("Agency")
    lists = (
        parse_pem("newsrooms", ListKind.MANIFEST, newsroom.root_pem),
        parse_pem("agencies", ListKind.MANIFEST, agency.root_pem),
    )
    parent = genuine.signed_path
    child = plainly_signed(agency.issue(Leaf("Agency")), parent, tmp_path / "child.jpg", (parent,))
    with Inspector(TrustStore(lists)) as both:
        found = both.inspect(child)
    assert axes_of(found) == Expected(Credential.TRUSTED, signer="Agency", trust_list="agencies")
    assert codes(found, 0) == set()


class Bait(LoopbackServer):
    """A server that should never be asked."""

    def reply(self, body: bytes) -> tuple[int, str, bytes] | None:
        return 200, "application/c2pa", b"bait"


@pytest.mark.network
def test_an_address_in_an_upload_is_never_fetched_unasked_nor_inside_the_house(
    newsroom: Authority, reader: Inspector, jpeg: Path, tmp_path: Path
) -> None:
    with Bait() as bait:
        xmp = (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
            ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
            f' xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{bait.url}secret"/>'
            "</rdf:RDF></x:xmpmeta>"
        )
        hostile = tmp_path / "hostile.jpg"
        Image.open(jpeg).save(hostile, xmp=xmp.encode())
        unasked = reader.inspect(asset_of(hostile))
        with Inspector(reader.trust) as guarded:
            asked = guarded.inspect(asset_of(hostile), remote=True)
        assert bait.asked == []
        # The same file, where the caller's own rule lets loopback be asked: so the address is a live one.
        let_in = reader.inspect(asset_of(hostile), remote=True)
        assert [path for path, _ in bait.asked] == ["/secret"]
    assert axes_of(unasked) == axes_of(asked) == NOTHING
    assert codes(unasked, 0) == {"assay.remoteManifest"}
    assert codes(asked, 0) == {"assay.remoteManifestUnavailable"}
    assert let_in.credential is Credential.INVALID


@pytest.mark.network
def test_a_strangers_certificate_names_no_address_that_is_asked(
    reader: Inspector, jpeg: Path, tmp_path: Path
) -> None:
    with Bait() as bait:
        stranger = Authority.create(NEWSROOM).issue(Leaf("Picture desk", ocsp_url=bait.url))
        asset = plainly_signed(stranger, jpeg, tmp_path / "stranger.jpg")
        found = reader.inspect(asset, revocation=True)
        assert found.revocation is Revocation.UNKNOWN
        assert "only authorities that a list" in sentence(found, "revocation")
        assert "none was asked for" in sentence(reader.inspect(asset), "revocation")
        assert bait.asked == []


def test_a_thousand_ingredients_are_read_in_bounds(
    desk: Signer, reader: Inspector, genuine: Manifest, jpeg: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small.jpg"
    Image.new("L", (8, 8)).save(small)
    crowd = plainly_signed(desk, jpeg, tmp_path / "crowd.jpg", (small,) * 1000)
    assert crowd.path.read_bytes().count(b"c2pa.ingredient.v3__") >= 999
    began = time.monotonic()
    found = reader.inspect(crowd)
    assert time.monotonic() - began < 30
    assert axes_of(found) == Expected(Credential.TRUSTED)
    assert len(found.findings) <= 200
    assert reader.inspect(asset_of(genuine.signed_path)).credential is Credential.TRUSTED


def test_a_history_of_thirty_generations_is_read_to_its_end(
    desk: Signer, reader: Inspector, jpeg: Path, tmp_path: Path
) -> None:
    stranger = Authority.create("Stranger").issue()
    path = plainly_signed(stranger, jpeg, tmp_path / "generation-0.jpg").path
    for generation in range(1, 31):
        path = plainly_signed(desk, path, tmp_path / f"generation-{generation}.jpg", (path,)).path
    found = reader.inspect(asset_of(path))
    assert axes_of(found) == Expected(Credential.UNTRUSTED_ISSUER)
    assert {(finding.depth, finding.title) for finding in found.findings} == {(30, "generation-0.jpg")}


def test_a_decoy_store_in_a_comment_lends_no_identity(
    genuine: Manifest, newsroom: Authority, reader: Inspector, jpeg: Path, tmp_path: Path
) -> None:
    decoy = genuine.store_path.read_bytes()
    bare = jpeg.read_bytes()
    comment = b"\xff\xfe" + (len(decoy) + 2).to_bytes(2, "big") + decoy
    carrier = written(tmp_path / "carrier.jpg", bare[:2] + comment + bare[2:])
    assert reader.inspect(carrier).credential is not Credential.TRUSTED
    other = newsroom.issue(Leaf("Sports desk"))
    found = reader.inspect(plainly_signed(other, carrier.path, tmp_path / "signed.jpg"))
    assert (tmp_path / "signed.jpg").read_bytes().count(b"jumdc2pa") == 2
    assert axes_of(found) == Expected(Credential.TRUSTED, signer="Sports desk, Die Zeitung")
    assert found.claim_sha256 not in (None, genuine.claim_sha256)
    assert found.binding_sha256 not in (None, genuine.binding_sha256)


def _signing(signer: Signer, tsa_url: str | None) -> Any:
    c2pa, ours = sdk.load(), signer.claim_signer()
    info = c2pa.C2paSignerInfo(ours.algorithm.value, ours.chain_pem, ours.private_key_pem, tsa_url)
    settings = sdk.base_settings((), verify_after_sign=False)
    settings["core"]["allowed_network_hosts"] = ["127.0.0.1"]
    return sdk.context(settings, c2pa.Signer.from_info(info))
