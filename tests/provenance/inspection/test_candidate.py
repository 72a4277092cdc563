"""Which store in a file is the one that the SDK validated, and what is remembered of its signer."""

import dataclasses
import io
import struct
import zlib
from pathlib import Path
from typing import Any

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection import claim, extract
from provenance.inspection.candidate import Candidate, search
from provenance.inspection.inspection import Credential
from provenance.inspection.reader import Inspector
from provenance.inspection.trust_memory import TrustMemory
from provenance.manifests.manifest import Declaration, Manifest
from provenance.manifests.writer import ManifestWriter
from provenance.trust.lists import TrustStore
from tests.pki import Authority
from tests.stapling import encode

REPORT = """{"validation_results": {"trustListUri": "urn:x", "activeManifest": {"success":
[{"code": "signingCredential.trusted", "explanation": "found", "url": "u"}], "failure": []}}}"""


def conformance(path: Path, media_type: str) -> dict[str, Any]:
    import json

    from provenance import sdk

    settings = sdk.base_settings((), verify_after_sign=False)
    with (
        path.open("rb") as file,
        sdk.load().Reader(media_type, file, None, context=sdk.context(settings)) as reader,
    ):
        found: dict[str, Any] = json.loads(reader.crjson())
        return found


def with_signature_of(store: bytes, other: bytes) -> bytes:
    """The store with another's certificates and signature around its own claim, padded to the same length."""
    mine, theirs = (claim.opened(one)[-1].signature for one in (store, other))
    assert mine is not None
    assert theirs is not None
    contents = [box.content(b"cbor") for box in claim.opened(store)[-1].box.children]
    raw = next(one for one in contents if one is not None and one[:1] in (b"\xd2", b"\x84"))
    cose = theirs[0]
    bare = len(encode([cose[0], {"pad": b""}, None, cose[3]]))
    for pad in range(len(raw) - bare, len(raw) - bare - 8, -1):
        made = b"\xd2" + encode([cose[0], {"pad": bytes(max(pad, 0))}, None, cose[3]])
        if len(made) == len(raw):
            return store.replace(raw, made)
    raise AssertionError("no padding fits")


def test_a_decoy_with_the_same_claim_and_anothers_chain_is_not_taken(
    jpeg: Path, human: Declaration, signed: Manifest, tmp_path: Path
) -> None:
    stranger = Authority.create("Nobody").issue()
    with Inspector(TrustStore()) as inspector:
        made = ManifestWriter(stranger.claim_signer(), inspector).sign(
            from_path(jpeg, Limits()), human, tmp_path, "theirs"
        )
    printed = conformance(made.signed_path, "image/jpeg")
    store = made.store_path.read_bytes()
    assert Candidate(store).answers_to(printed) is not None
    decoy = Candidate(with_signature_of(store, signed.store_path.read_bytes()))
    assert decoy.identity.assertions == Candidate(store).identity.assertions
    assert decoy.answers_to(printed) is None


def test_a_decoy_of_the_trusted_signer_lends_no_name_through_the_sandbox(
    signed: Manifest, trust: TrustStore, media: dict[str, Path], human: Declaration, tmp_path: Path
) -> None:
    # The trusted signer's whole store lies in a text chunk of a picture that a stranger signed.
    payload = b"tEXtc\0" + signed.store_path.read_bytes()
    chunk = struct.pack(">I", len(payload) - 4) + payload + struct.pack(">I", zlib.crc32(payload))
    png = media["png"].read_bytes()
    (tmp_path / "decoy.png").write_bytes(png[:33] + chunk + png[33:])
    stranger, kept = Authority.create("Nobody").issue(), dataclasses.replace(human, keep_metadata=True)
    with Inspector(trust) as inspector:
        assert inspector.inspect(from_path(signed.signed_path, Limits())).credential is Credential.TRUSTED
        made = ManifestWriter(stranger.claim_signer(), inspector).sign(
            from_path(tmp_path / "decoy.png", Limits()), kept, tmp_path, "theirs"
        )
        found = inspector.inspect(from_path(made.signed_path, Limits()))
    data = made.signed_path.read_bytes()
    assert signed.store_path.read_bytes() in list(extract.candidates(data, "image/png"))
    assert found.credential is Credential.UNTRUSTED_ISSUER
    assert found.signer == "Claim signer, Nobody"
    assert found.claim_sha256 == made.claim_sha256
    assert [one.verdict for one in found.trust_lists] == ["unknown"]


def test_a_remembered_signer_reads_as_at_the_first_time(signed: Manifest, trust: TrustStore) -> None:
    asset = from_path(signed.signed_path, Limits())
    for lists in (trust, TrustStore()):
        with Inspector(lists) as inspector:
            first, second = inspector.inspect(asset), inspector.inspect(asset)
        assert first == second


def test_a_remembered_signer_does_not_excuse_a_changed_file(signed: Manifest, trust: TrustStore) -> None:
    content = bytearray(signed.signed_path.read_bytes())
    content[-200] ^= 1
    other = signed.signed_path.with_name("changed.jpg")
    other.write_bytes(content)
    with Inspector(trust) as inspector:
        assert inspector.inspect(from_path(signed.signed_path, Limits())).credential is Credential.TRUSTED
        assert inspector.inspect(from_path(other, Limits())).credential is Credential.INVALID


def test_a_verdict_is_kept_for_a_minute_and_only_for_its_chain() -> None:
    now = 100.0
    memory = TrustMemory(lambda: now)
    memory.learn((b"leaf", b"middle"), REPORT)
    kept = memory.recall((b"leaf", b"middle"))
    assert kept is not None
    assert (kept.code, kept.list_uri) == ("signingCredential.trusted", "urn:x")
    assert memory.recall((b"leaf",)) is None
    now = 159.0
    assert memory.recall((b"leaf", b"middle")) == kept
    now = 161.0
    assert memory.recall((b"leaf", b"middle")) is None


def test_a_search_takes_a_given_store_alone(signed: Manifest) -> None:
    store = signed.store_path.read_bytes()
    with search(io.BytesIO(b"nothing"), "image/jpeg", store) as found:
        assert [one.identity.claim_sha256 for one in found] == [signed.claim_sha256]
