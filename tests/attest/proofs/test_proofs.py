import dataclasses
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attest.errors import ChainMismatch, ChainUnavailable, ProofInvalid
from attest.log.checkpoint import Checkpoint
from attest.log.keys import LogKey
from attest.log.leaf import Kind, Leaf, Opening
from attest.log.merkle import inclusion_proof, leaf_hash, root_of
from attest.proofs import __main__ as door
from attest.proofs import bundle as bundle_module
from attest.proofs.bundle import BundleAnchor, Content, ProofBundle, ProofState
from attest.proofs.pins import Pins
from attest.proofs.vectors.materials import block_of, final, logged
from attest.proofs.verifier import AnchorReading, verify
from attest.standing import Finality, Registration

ROOT = Path(__file__).resolve().parents[3]
ORIGIN = "log.example.org/assay"
KEY = LogKey(ORIGIN, bytes(range(32)))
ISSUED = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
FILE = b"signed bytes"
DIGESTS = {
    "file": sha256(FILE).hexdigest(),
    "asset": sha256(b"uploaded bytes").hexdigest(),
    "claim": sha256(b"claim").hexdigest(),
    "binding": sha256(b"binding").hexdigest(),
    "store": sha256(b"sidecar").hexdigest(),
}
OTHER = {"file": "0" * 64}


def make(size: int = 11, index: int = 4, /, **changes: Any) -> ProofBundle:
    """A proof of an attestation at `index`, among other leaves, anchored on one chain."""
    opening = Opening(bytes(range(32)), DIGESTS)
    leaf = Leaf(Kind.ATTESTATION, ISSUED, source_type="human", commitments=opening.commitments())
    hashes = [leaf_hash(bytes([each])) for each in range(size)]
    hashes[index] = leaf.hash()
    root = root_of(hashes)

    def get(level: int, at: int) -> bytes:
        return root_of(hashes[at << level : (at + 1) << level])

    anchor = BundleAnchor(
        chain_id=31337,
        registry="0x" + "Ab" * 20,
        log_id="0x" + "cd" * 32,
        size=size,
        root=root,
        transaction="0x" + "12" * 32,
        block=7,
        block_hash="0x" + "34" * 32,
        time="2026-11-23T07:31:00Z",
    )
    made = ProofBundle(
        state=ProofState.ANCHORED,
        leaf=leaf.encode(),
        opening=opening,
        index=index,
        origin=ORIGIN,
        vkey=str(KEY.vkey),
        content=Content("image/jpeg", "Ein Foto <b>", False),
        size=size,
        inclusion=tuple(inclusion_proof(index, size, get)),
        checkpoint=Checkpoint(ORIGIN, size, root).signed(KEY),
        anchors=(anchor,),
        store=b"sidecar",
    )
    return dataclasses.replace(made, **changes)


PENDING = {"state": ProofState.PENDING, "size": None, "inclusion": (), "checkpoint": None, "anchors": ()}


class Chain:
    """A registry in memory: the smallest reader there can be."""

    def __init__(self, bundle: ProofBundle, **changes: Any) -> None:
        self.known = {
            (each.chain_id, each.registry, each.log_id, each.size, each.root) for each in bundle.anchors
        }
        self.reading = AnchorReading(9, ISSUED + timedelta(minutes=2), Finality.FINAL)
        self.is_revoked = False
        self.key = KEY.vkey.public_key
        self.error: Exception | None = None
        for name, value in changes.items():
            setattr(self, name, value)

    def anchored(
        self, chain_id: int, registry: str, log_id: str, size: int, root: bytes
    ) -> AnchorReading | None:
        if self.error is not None:
            raise self.error
        return self.reading if (chain_id, registry, log_id, size, root) in self.known else None

    def revoked(self, chain_id: int, registry: str, log_id: str, index: int) -> bool:
        return self.is_revoked

    def had_key(self, chain_id: int, registry: str, log_id: str, public_key: bytes) -> bool:
        return public_key == self.key


@pytest.mark.parametrize("size", [1, 2, 3, 8, 11])
def test_a_proof_survives_json_and_verifies(size: int) -> None:
    for index in range(size):
        bundle = make(size, index)
        assert ProofBundle.parse(bundle.to_json()) == bundle
        found = verify(bundle, DIGESTS, str(KEY.vkey))
        assert found.registration is Registration.ATTESTED
        assert (found.leaf_index, found.checkpoint_size, found.matched) == (index, size, "file")
        assert found.attested_at == "2026-11-23T07:30:00Z"
        assert found.source_type == "human"
        assert found.log_key == str(KEY.vkey)


def test_every_state_of_a_bundle_fits_the_published_schema() -> None:
    schema = json.loads((ROOT / "attest/proofs/schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    bare = dataclasses.replace(make().anchors[0], transaction=None, block=None, block_hash=None, time=None)
    for bundle in (
        make(),
        make(**PENDING),
        make(state=ProofState.LOGGED, anchors=(), store=None),
        make(anchors=(bare,), content=Content("text/plain", None, True)),
    ):
        validator.validate(json.loads(bundle.to_json()))
        assert ProofBundle.parse(bundle.to_json()) == bundle


def test_the_file_the_upload_and_the_variant_are_told_apart() -> None:
    bundle = make()
    upload = {"file": DIGESTS["asset"], "asset": DIGESTS["asset"]}
    variant = OTHER | {"claim": DIGESTS["claim"], "binding": DIGESTS["binding"]}
    assert verify(bundle, upload).matched == "asset"
    assert verify(bundle, upload).registration is Registration.ATTESTED
    assert verify(bundle, variant).registration is Registration.ATTESTED_VARIANT
    for wrong in (
        OTHER,
        {},
        OTHER | {"claim": DIGESTS["claim"]},
        OTHER | {"binding": DIGESTS["binding"]},
        OTHER | {"claim": DIGESTS["claim"], "binding": DIGESTS["claim"]},
        {"file": DIGESTS["asset"]},
        {"asset": DIGESTS["file"]},
    ):
        with pytest.raises(ProofInvalid) as refused:
            verify(bundle, wrong)
        assert refused.value.code == "proof_wrong_file"


def test_an_unpinned_key_is_said_and_another_key_is_refused() -> None:
    assert "log_key_not_pinned" in dict(verify(make(), DIGESTS).problems)
    assert "log_key_not_pinned" not in dict(verify(make(), DIGESTS, f"{KEY.vkey}\n").problems)
    with pytest.raises(ProofInvalid) as refused:
        verify(make(), DIGESTS, str(LogKey(ORIGIN, bytes(32)).vkey))
    assert refused.value.code == "log_key_mismatch"
    with pytest.raises(ProofInvalid) as refused:
        verify(make(), DIGESTS, "nonsense")
    assert refused.value.code == "log_key_malformed"


def test_a_pending_proof_could_not_be_checked_and_may_be_retried() -> None:
    with pytest.raises(ProofInvalid) as refused:
        verify(make(**PENDING), DIGESTS)
    assert refused.value.code == "proof_pending"
    assert not refused.value.permanent


def swapped(**changes: Any) -> ProofBundle:
    anchor = dataclasses.replace(make().anchors[0], **changes)
    return make(anchors=(anchor,))


def _revocation() -> bytes:
    return Leaf(Kind.REVOCATION, ISSUED, target_index=0, target_hash="0" * 64, reason="r").encode()


STRANGER = LogKey(ORIGIN, bytes(32))
BAD = {
    "inclusion of another index": (
        lambda: make(index=4, size=11, inclusion=make(11, 5).inclusion),
        "inclusion_invalid",
    ),
    "index shifted": (lambda: dataclasses.replace(make(), index=5), "inclusion_invalid"),
    "size not the checkpoint's": (lambda: dataclasses.replace(make(), size=12), "inclusion_invalid"),
    "proof cut": (lambda: make(inclusion=make().inclusion[1:]), "inclusion_invalid"),
    "checkpoint of another tree": (lambda: make(checkpoint=make(12, 4).checkpoint), "inclusion_invalid"),
    "checkpoint of a stranger": (
        lambda: make(checkpoint=Checkpoint(ORIGIN, 11, make().anchors[0].root).signed(STRANGER)),
        "checkpoint_signature_invalid",
    ),
    "key of a stranger": (lambda: make(vkey=str(STRANGER.vkey)), "checkpoint_signature_invalid"),
    "origin of another log": (lambda: make(origin="other.example.org"), "log_key_mismatch"),
    "salt": (lambda: make(opening=Opening(bytes(32), DIGESTS)), "leaf_not_opened"),
    "digest swapped": (
        lambda: make(opening=Opening(bytes(range(32)), DIGESTS | {"asset": "1" * 64})),
        "leaf_not_opened",
    ),
    "leaf of another kind": (lambda: make(leaf=_revocation()), "proof_malformed"),
    "leaf not canonical": (lambda: make(leaf=make().leaf + b" "), "leaf_malformed"),
    "leaf changed": (lambda: make(leaf=make().leaf.replace(b"human", b"humax")), "inclusion_invalid"),
    "sidecar swapped": (lambda: make(store=b"other"), "store_mismatch"),
    "sidecar not committed to": (
        lambda: make(opening=Opening(bytes(range(32)), {"file": DIGESTS["file"]})),
        "store_mismatch",
    ),
    "anchor of another size": (lambda: swapped(size=12), "anchor_mismatch"),
    "anchor of another root": (lambda: swapped(root=bytes(32)), "anchor_mismatch"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_forged_part_is_refused_with_its_code(what: str) -> None:
    forge, code = BAD[what]
    with pytest.raises(ProofInvalid) as refused:
        verify(forge(), DIGESTS)
    assert refused.value.code == code


# What nothing vouches for: labels, and what only a chain can confirm.
UNVOUCHED = {"content"}
UNVOUCHED_OF_ANCHORS = {"chain_id", "registry", "log_id", "transaction", "block", "block_hash", "time"}


def vouched(bundle: ProofBundle) -> dict[str, Any]:
    body = json.loads(bundle.to_json())
    for name in UNVOUCHED | {"state"}:
        body.pop(name, None)
    for anchor in body.get("anchors", []):
        for name in UNVOUCHED_OF_ANCHORS:
            anchor.pop(name, None)
    return body


@settings(max_examples=1500, deadline=None)
@given(st.data())
def test_any_changed_byte_is_refused_or_touches_nothing_vouched_for(data) -> None:
    bundle = make()
    raw = bytearray(bundle.to_json().encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        changed = ProofBundle.parse(bytes(raw))
        verify(changed, DIGESTS, str(KEY.vkey))
    except ProofInvalid:
        return
    assert vouched(changed) == vouched(bundle)


def body(**changes: Any) -> dict[str, Any]:
    return json.loads(make().to_json()) | changes


MALFORMED = {
    "nothing": b"",
    "a list": b"[]",
    "a number": b"7",
    "not utf-8": b"\xff\xfe",
    "deep": b"[" * 100_000,
    "nan": json.dumps(body(index=float("nan"))).encode(),
    "huge number": b'{"index":' + b"9" * 10_000 + b"}",
    "a name twice": make().to_json().replace('"index"', '"index": 4, "index"', 1).encode(),
    "unknown field": body(extra=1),
    "unknown field in the log": body(log=body()["log"] | {"x": 1}),
    "unknown state": body(state="done"),
    "state as a list": body(state=[]),
    "index as a truth": body(index=True),
    "index as a float": body(index=4.0),
    "index below zero": body(index=-1),
    "index too large": body(index=2**53),
    "leaf as hex": body(leaf="zz"),
    "leaf too long": body(leaf="A" * 8000),
    "leaf in the other alphabet": body(leaf=body()["leaf"].replace("e", "-")),
    "salt too short": body(opening={"salt": "AAAA", "digests": DIGESTS}),
    "no digests": body(opening={"salt": body()["opening"]["salt"], "digests": {}}),
    "unknown role": body(opening={"salt": body()["opening"]["salt"], "digests": {"x": "0" * 64}}),
    "hash too short": body(inclusion=["AAAA"]),
    "too many hashes": body(inclusion=[body()["opening"]["salt"]] * 65),
    "anchors missing": body(anchors=[]),
    "anchor unnamed": body(anchors=[{}]),
    "anchor as text": body(anchors=["x"]),
    "too many anchors": body(anchors=body()["anchors"] * 65),
    "bad address": body(anchors=[body()["anchors"][0] | {"registry": "0x12"}]),
    "logged without checkpoint": {name: value for name, value in body().items() if name != "checkpoint"},
    "pending with checkpoint": body(state="pending"),
    "logged with anchors": body(state="logged"),
    "bad media type": body(content={"media_type": "<script>", "detached": False}),
    "bidi title": body(content={"media_type": "a/b", "detached": False, "title": "a\u202eb"}),
    "surrogate title": body(content={"media_type": "a/b", "detached": False, "title": "\ud800"}),
    "detached as a number": body(content={"media_type": "a/b", "detached": 1}),
    "store not base64": body(store="***"),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_bundle_is_refused_with_its_code(what: str) -> None:
    given_body = MALFORMED[what]
    raw = given_body if isinstance(given_body, bytes) else json.dumps(given_body).encode()
    with pytest.raises(ProofInvalid) as refused:
        ProofBundle.parse(raw)
    assert refused.value.code == "proof_malformed"


def test_another_version_of_the_format_is_named() -> None:
    with pytest.raises(ProofInvalid) as refused:
        ProofBundle.parse(json.dumps(body(format="assay.proof/2")))
    assert refused.value.code == "proof_format_unknown"


def test_an_oversized_bundle_is_refused_before_it_is_read() -> None:
    with pytest.raises(ProofInvalid, match="at most"):
        ProofBundle.parse(b" " * (bundle_module.MAX_BYTES + 1))
    with pytest.raises(ProofInvalid, match="at most"):
        make(store=bytes(bundle_module.MAX_STORE + 1))


def test_without_a_chain_the_anchors_are_unchecked() -> None:
    found = verify(make(), DIGESTS)
    assert found.anchors[0].finality is Finality.UNCHECKED
    assert "anchor_unchecked" in dict(found.problems)
    logged = verify(make(state=ProofState.LOGGED, anchors=()), DIGESTS)
    assert logged.anchors == ()
    assert "not_anchored" in dict(logged.problems)


def test_with_a_chain_its_figures_count_and_a_local_one_is_called_that() -> None:
    bundle = make()
    found = verify(bundle, DIGESTS, str(KEY.vkey), Chain(bundle))
    anchor = found.anchors[0]
    assert (anchor.block, anchor.time, anchor.finality) == (9, "2026-11-23T07:32:00Z", Finality.FINAL)
    assert anchor.trust == "none"
    assert set(dict(found.problems)) == {"local_chain", "log_id_unbound"}
    public = swapped(chain_id=1)
    found = verify(public, DIGESTS, str(KEY.vkey), Chain(public))
    assert found.anchors[0].trust == "public"
    assert set(dict(found.problems)) == {"log_id_unbound"}
    pins = Pins.parse(logs=[public.anchors[0].log_id])
    assert verify(public, DIGESTS, str(KEY.vkey), Chain(public), pins=pins).problems == ()


def test_a_chain_that_knows_the_log_by_another_key_refuses_the_proof() -> None:
    with pytest.raises(ProofInvalid) as refused:
        verify(make(), DIGESTS, None, Chain(make(), key=bytes(32)))
    assert refused.value.code == "log_id_mismatch"


def test_a_block_hash_that_is_pinned_still_counts_where_the_chain_asked_is_another() -> None:
    bundle = final()
    pins = Pins.parse([f"1:{block_of(logged()).block_hash}"])
    chain = Chain(bundle, error=ChainMismatch("another chain"))
    found = verify(bundle, DIGESTS, str(KEY.vkey), chain, pins=pins)
    assert (found.anchors[0].finality, found.anchors[0].trust) == (Finality.FINAL, "public")
    with pytest.raises(ChainMismatch):
        verify(bundle, DIGESTS, str(KEY.vkey), chain)


def test_a_revocation_after_the_evidence_is_seen_by_whoever_asks_the_chain() -> None:
    bundle = final()
    pins = Pins.parse([f"1:{block_of(logged()).block_hash}"])
    assert verify(bundle, DIGESTS, str(KEY.vkey), pins=pins).registration is Registration.ATTESTED
    later = Chain(bundle, is_revoked=True)
    assert verify(bundle, DIGESTS, str(KEY.vkey), later, pins=pins).registration is Registration.REVOKED


def test_a_chain_that_does_not_know_the_checkpoint_refuses_the_proof() -> None:
    with pytest.raises(ProofInvalid) as refused:
        verify(make(), DIGESTS, None, Chain(make(12, 4)))
    assert refused.value.code == "anchor_mismatch"


def test_a_revocation_on_the_chain_counts() -> None:
    bundle = make()
    found = verify(bundle, DIGESTS, None, Chain(bundle, is_revoked=True))
    assert found.registration is Registration.REVOKED


def test_a_chain_that_is_down_or_another_one_is_no_verdict() -> None:
    for error in (ChainUnavailable("down"), ChainMismatch("another chain")):
        with pytest.raises(type(error)):
            verify(make(), DIGESTS, None, Chain(make(), error=error))


def test_a_clock_that_cannot_be_right_is_named() -> None:
    bundle = make()
    early = AnchorReading(9, ISSUED - timedelta(days=1), Finality.FINAL)
    found = verify(bundle, DIGESTS, None, Chain(bundle, reading=early))
    assert "issued_after_anchor" in dict(found.problems)
    found = verify(bundle, DIGESTS, now=ISSUED - timedelta(days=1))
    assert "issued_in_future" in dict(found.problems)
    assert "issued_in_future" not in dict(verify(bundle, DIGESTS, now=ISSUED).problems)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    file, proof = tmp_path / "signed.jpg", tmp_path / "signed.jpg.assay.json"
    file.write_bytes(FILE)
    proof.write_text(make().to_json(), encoding="utf-8")
    return file, proof


def test_the_door_answers_with_its_exit_codes(files: tuple[Path, Path], capsys, tmp_path: Path) -> None:
    file, proof = files
    key = tmp_path / "log.vkey"
    key.write_text(f"{KEY.vkey}\n")
    assert door.main(["verify", str(file), "--proof", str(proof), "--log-key", str(key), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["registration"] == "attested"
    assert door.main(["verify", str(file), "--proof", str(proof), "--log-key", str(KEY.vkey)]) == 0
    assert door.main(["verify", str(file), "--proof", str(proof), "--log-key", str(STRANGER.vkey)]) == 1
    file.write_bytes(FILE + b"!")
    assert door.main(["verify", str(file), "--proof", str(proof), "--json"]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["error"]["code"] == "proof_wrong_file"
    assert door.main(["verify", str(tmp_path / "absent"), "--proof", str(proof)]) == 2
    with pytest.raises(SystemExit) as left:
        door.main(["verify"])
    assert left.value.code == 2
    file.write_bytes(FILE)
    proof.write_text(make(**PENDING).to_json())
    assert door.main(["verify", str(file), "--proof", str(proof)]) == 3
    assert door.main(["verify", str(file), "--proof", str(tmp_path)]) == 3


def test_the_verifier_runs_without_django_or_a_chain_library(files: tuple[Path, Path]) -> None:
    file, proof = files
    program = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'django', 'web3', 'eth_abi', 'provenance', 'service'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from attest.proofs.__main__ import main\n"
        "raise SystemExit(main(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "verify", str(file), "--proof", str(proof)],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "attested" in done.stdout


def test_the_documented_examples_are_real() -> None:
    formats = ROOT / "docs" / "formats"
    proof = (formats / "proof.md").read_text(encoding="utf-8").split("```json\n")[1].split("```")[0]
    bundle = ProofBundle.parse(proof)
    key = next(
        line.strip() for line in (formats / "checkpoint.md").read_text().splitlines() if "+821bf71a+" in line
    )
    assert verify(bundle, {"file": DIGESTS["file"]}, key).registration is Registration.ATTESTED
    assert bundle.checkpoint is not None
    assert bundle.checkpoint.rstrip("\n") in (formats / "checkpoint.md").read_text(encoding="utf-8")
    leaf = "".join(
        line.strip() for line in (formats / "leaf.md").read_text().splitlines() if line[:4] == "    "
    )
    assert bundle.leaf.decode() in leaf


def test_a_proof_that_names_a_public_chain_lends_no_trust_until_that_chain_was_asked() -> None:
    bundle = make()
    forged = dataclasses.replace(bundle, anchors=(dataclasses.replace(bundle.anchors[0], chain_id=1),))
    assert verify(forged, DIGESTS).anchors[0].trust == "unchecked"
    assert verify(forged, DIGESTS, chain=Chain(forged)).anchors[0].trust == "public"


@pytest.mark.parametrize("time", ["9999-99-99T99:99:99Z", "2026-02-30T00:00:00Z", "2026-11-23T24:61:00Z"])
def test_a_time_that_cannot_be_is_malformed(time: str) -> None:
    anchor = dataclasses.replace(make().anchors[0], time=time)
    with pytest.raises(ProofInvalid) as caught:
        ProofBundle.parse(make(anchors=(anchor,)).to_json())
    assert caught.value.code == "proof_malformed"
