"""The published vectors, run by this verifier; the JavaScript one runs the same files."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attest.errors import ProofInvalid
from attest.proofs.bundle import ProofBundle
from attest.proofs.pins import Pins
from attest.proofs.vectors.__main__ import HERE, rendered
from attest.proofs.vectors.honest import pin
from attest.proofs.vectors.materials import FILE, KEY, OWNER, WITNESS, cosigned, final
from attest.proofs.verifier import verify
from attest.standing import Registration

VECTORS = [vector for path in sorted(HERE.glob("*.json")) for vector in json.loads(path.read_text())]


def outcome(vector: dict[str, Any]) -> dict[str, Any]:
    bundle = vector["bundle"]
    data = bundle if isinstance(bundle, str) else json.dumps(bundle)
    try:
        pins = Pins.parse(vector["block_hashes"], vector["witnesses"], vector["log_ids"])
        found = verify(ProofBundle.parse(data), vector["digests"], vector["log_key"], pins=pins)
    except ProofInvalid as error:
        return {"result": "refused", "code": error.code, "problems": []}
    revoked = found.registration is Registration.REVOKED
    codes = sorted({code for code, _ in found.problems})
    return {"result": "revoked" if revoked else "verified", "code": None, "problems": codes}


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_every_vector_comes_out_as_it_says(vector: dict[str, Any]) -> None:
    assert outcome(vector) == vector["expect"]


def test_there_are_many_vectors_of_every_kind() -> None:
    results = [vector["expect"]["result"] for vector in VECTORS]
    assert results.count("verified") >= 30
    assert results.count("revoked") >= 3
    assert results.count("refused") >= 100
    names = [vector["name"] for vector in VECTORS]
    assert len(set(names)) == len(names)


def test_the_committed_vectors_are_what_the_generator_makes() -> None:
    assert {name: (HERE / name).read_text() for name in rendered()} == rendered()
    assert {path.name for path in Path(HERE).glob("*.json")} == set(rendered())


# What nothing vouches for, even with everything pinned: labels, and the transaction's hash.
FREE = {"content", "state", "transaction"}


def vouched(bundle: ProofBundle) -> dict[str, Any]:
    body = bundle.to_object()
    # An address in capitals is the same one.
    anchors = [each | {"registry": each["registry"].lower()} for each in body.get("anchors", [])]
    kept = {name: value for name, value in body.items() if name not in FREE}
    kept["anchors"] = [{name: each[name] for name in each if name not in FREE} for each in anchors]
    return kept


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_with_all_pinned_any_changed_byte_is_refused_or_lends_less(data: st.DataObject) -> None:
    bundle = cosigned(final(), [WITNESS])
    pins = Pins.parse(pin(), [str(WITNESS.vkey)], ["0x" + OWNER.hex()])
    raw = bytearray(bundle.to_json().encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        changed = ProofBundle.parse(bytes(raw))
        found = verify(changed, FILE, str(KEY.vkey), pins=pins)
    except ProofInvalid:
        return
    if vouched(changed) == vouched(bundle):
        assert found.problems == ()
    else:
        codes = {code for code, _ in found.problems}
        assert codes & {"block_not_pinned", "anchor_unchecked", "witness_missing", "revocation_unchecked"}


SCHEMA = jsonschema.Draft202012Validator(json.loads((HERE.parent / "schema.json").read_text()))
HELD = [vector for vector in VECTORS if vector["expect"]["result"] != "refused"]


@pytest.mark.parametrize("vector", HELD, ids=[vector["name"] for vector in HELD])
def test_every_proof_that_holds_fits_the_published_schema(vector: dict[str, Any]) -> None:
    SCHEMA.validate(vector["bundle"])


def test_the_schema_refuses_what_only_has_the_wrong_shape() -> None:
    shapes = [vector for vector in VECTORS if isinstance(vector["bundle"], dict)]
    # What a schema cannot say: padding, spaces in base64 and characters that turn a text around, and so on.
    refused = [
        each["name"]
        for each in shapes
        if each["name"].startswith("shape") and not SCHEMA.is_valid(each["bundle"])
    ]
    assert len(refused) >= 50
