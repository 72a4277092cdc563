"""C2PA inside a text: written by us, read by us and by a second validator."""

import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import encypher_c2pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance import sdk
from provenance.assets.asset import Medium
from provenance.errors import SignerUnavailable, SigningRefused
from provenance.inspection import in_text as reading
from provenance.keys import devpki
from provenance.keys.signer import ClaimSigner
from provenance.manifests.definition import definition
from provenance.manifests.in_text import EmbeddedText, embed
from provenance.manifests.manifest import Declaration, SourceType
from provenance.manifests.signing import Signing
from tests.pki import Authority
from tests.pki_servers import TimeStampAuthority

TEXT = "Ein Satz, geschrieben von einem Menschen. 文字 é\n".encode()
STATED = definition(Declaration(SourceType.HUMAN, "A note"), Medium.TEXT, "text/plain", edits=False)


@pytest.fixture(scope="module")
def signing(signer: ClaimSigner) -> Signing:
    return Signing(signer)


@pytest.fixture(scope="module")
def root(pki: Path) -> str:
    return (pki / devpki.ROOT_FILE).read_text()


@pytest.fixture(scope="module")
def made(signing: Signing) -> EmbeddedText:
    return embed(TEXT, STATED, signing)


def second_opinion(data: bytes, root: str) -> dict[str, Any]:
    return dict(
        encypher_c2pa.verify(data, "text/plain", trust_pem=root, no_default_trust=True, telemetry=False)
    )


def bound(data: bytes) -> bool:
    found = reading.find(data)
    return found is not None and reading.is_bound(found, data)


def test_we_and_a_second_validator_find_it_bound_and_trusted(made: EmbeddedText, root: str) -> None:
    found = reading.find(made.text)
    assert found is not None
    assert (found.store, found.start) == (made.store, len(TEXT))
    assert found.start + found.length == len(made.text)
    assert reading.is_bound(found, made.text)
    other = second_opinion(made.text, root)
    assert (other["integrity"], other["signature"], other["hard_binding"]) == ("valid", "valid", "match")
    assert other["trust"]["status"] == "valid_for_supplied_material"
    assert other["validation_results"]["failure"] == []


def test_the_sdk_finds_nothing_wrong_but_the_binding_that_it_cannot_know(
    made: EmbeddedText, root: str
) -> None:
    anchors = [{"trust_anchors": root, "trust_uri": "urn:x", "trust_kind": "manifest"}]
    context = sdk.context(sdk.base_settings(anchors, verify_after_sign=False))
    reader = sdk.load().Reader("application/octet-stream", io.BytesIO(made.text), made.store, context=context)
    results = json.loads(reader.json())["validation_results"]["activeManifest"]
    assert {one["code"] for one in results["failure"]} == {"assertion.dataHash.mismatch"}
    assert {"claimSignature.validated", "signingCredential.trusted"} <= {
        one["code"] for one in results["success"]
    }


def test_the_visible_text_is_unchanged(made: EmbeddedText) -> None:
    found = reading.find(made.text)
    assert found is not None
    assert made.text[: found.start] + made.text[found.start + found.length :] == TEXT
    invisible = made.text[found.start :].decode()
    assert {unicodedata.category(one) for one in invisible} <= {"Mn", "Cf"}


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: b"F" + text[1:],
        lambda text: text + b" And more.",
        lambda text: b"Before. " + text,
        lambda text: text.replace(b" ", b""),
    ],
    ids=["a letter", "text behind", "text before", "fewer blanks"],
)
def test_a_changed_text_is_refused_by_both(changed: Any, made: EmbeddedText, root: str) -> None:
    data = changed(made.text)
    assert not bound(data)
    assert second_opinion(data, root)["integrity"] == "invalid"


def test_a_wrapper_moved_to_another_text_is_refused_by_both(made: EmbeddedText, root: str) -> None:
    moved = b"Another text." + made.text[len(TEXT) :]
    assert not bound(moved)
    assert second_opinion(moved, root)["integrity"] == "invalid"


def test_a_text_decomposed_on_its_way_is_still_the_same_text(made: EmbeddedText, root: str) -> None:
    decomposed = unicodedata.normalize("NFD", made.text.decode()).encode()
    assert decomposed != made.text
    assert bound(decomposed)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=200))
def test_every_text_in_normal_form_c_can_carry_one(signing: Signing, root: str, text: str) -> None:
    data = unicodedata.normalize("NFC", text).encode()
    made = embed(data, STATED, signing)
    assert made.text.startswith(data)
    assert bound(made.text)
    assert second_opinion(made.text, root)["integrity"] == "valid"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (unicodedata.normalize("NFD", "é").encode(), "text_not_normalised"),
        ("Grüße".encode("latin-1"), "text_not_utf8"),
    ],
)
def test_a_text_that_would_have_to_be_changed_is_refused(text: bytes, code: str, signing: Signing) -> None:
    with pytest.raises(SigningRefused) as caught:
        embed(text, STATED, signing)
    assert caught.value.code == code


def test_a_text_that_carries_a_credential_gets_no_second_one(made: EmbeddedText, signing: Signing) -> None:
    for text in (made.text, made.text + made.text):
        with pytest.raises(SigningRefused) as caught:
            embed(text, STATED, signing)
        assert caught.value.code == "text_already_signed"


def test_the_binding_is_a_created_assertion_and_the_caller_prepares_each_builder(signing: Signing) -> None:
    seen: list[Any] = []
    made = embed(TEXT, STATED, signing, seen.append)
    assert seen
    from provenance.inspection import claim

    active = claim.opened(made.store)[-1]
    created = [entry["url"].rpartition("/")[2] for entry in active.claim[1]["created_assertions"]]
    assert "c2pa.hash.data" in created
    assert claim.identity(made.store).padding_bytes == 0


def test_a_key_store_that_is_gone_says_so(signer: ClaimSigner) -> None:
    def gone(_data: bytes) -> bytes:
        raise SignerUnavailable("The HSM is gone.")

    with pytest.raises(SignerUnavailable, match=r"The HSM is gone\."):
        embed(TEXT, STATED, Signing(ClaimSigner(signer.chain_pem, signer.algorithm, sign=gone)))


@pytest.mark.network
def test_a_stamped_text_is_asked_for_once_and_costs_no_more_than_is_said(tmp_path: Path) -> None:
    authority = Authority.create()
    with TimeStampAuthority(authority, tmp_path) as tsa:
        made = embed(TEXT, STATED, Signing(authority.issue().claim_signer(tsa.url)))
        assert len(tsa.asked) == 1
    assert second_opinion(made.text, authority.root_pem.decode())["integrity"] == "valid"
    assert len(made.text) - len(TEXT) < 60_000


def test_the_wrapper_is_about_as_long_as_is_said(made: EmbeddedText) -> None:
    assert len(made.text) - len(TEXT) < 17_000
