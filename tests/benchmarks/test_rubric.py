"""The rubric benchmark: it fails what is wrong, and our own output passes it."""

import io
import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from benchmarks import rubric
from provenance import sdk
from provenance.keys import devpki
from provenance.keys.signer import ClaimSigner
from provenance.keys.store import load_file_signer
from provenance.manifests import formats
from provenance.trust.lists import ListKind, parse_pem

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
NAIVE = {
    "claim_generator_info": [{"name": "somebody", "version": "1"}],
    "format": "image/jpeg",
    "assertions": [
        {
            "label": "c2pa.actions",
            "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": IPTC + "digitalCapture"}]},
        }
    ],
}
Checks = Callable[[dict[str, Any]], dict[str, str]]


@pytest.fixture(scope="module")
def rubrics(shared: Path) -> dict[str, Any]:
    if shutil.which("node") is None or not (rubric.PROJECT / "node_modules/@adobe/json-formula").is_dir():
        pytest.skip("node and @adobe/json-formula (npm install) evaluate the rubrics")
    return {name: rubric.load(name) for name in (rubric.CONFORMANCE, rubric.INTEGRITY)}


@pytest.fixture(scope="module")
def failed(rubrics: dict[str, Any]) -> Checks:
    """What a crJSON fails under both rubrics."""

    def judge(report: dict[str, Any]) -> dict[str, str]:
        by_rubric = rubric.evaluate(rubrics, {"file": report})["file"]
        return {check: why for checks in by_rubric.values() for check, why in checks.items() if why}

    return judge


@pytest.fixture(scope="module")
def naive(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The crJSON of a file signed by plain c2pa-python, as its own examples do."""
    folder = tmp_path_factory.mktemp("pki")
    devpki.create(folder)
    root = (folder / devpki.ROOT_FILE).read_bytes()
    return _signed(load_file_signer(folder), root, shared / "samples" / "media" / "no_manifest.jpg")


def _signed(signer: ClaimSigner, root: bytes, path: Path) -> dict[str, Any]:
    c2pa = sdk.load()
    info = c2pa.C2paSignerInfo("es256", signer.chain_pem, signer.private_key_pem, None)
    writing = sdk.context(sdk.base_settings((), verify_after_sign=False), c2pa.Signer.from_info(info))
    out = io.BytesIO()
    with path.open("rb") as file:
        c2pa.Builder(json.dumps(NAIVE), context=writing).sign("image/jpeg", file, out)
    anchor = parse_pem("root", ListKind.MANIFEST, root).anchor()
    reading = sdk.context(sdk.base_settings([anchor], verify_after_sign=False))
    with c2pa.Reader("image/jpeg", io.BytesIO(out.getvalue()), context=reading) as reader:
        answer: dict[str, Any] = json.loads(reader.crjson())
    return answer


def test_the_published_rubrics_hold_31_and_6_checks(rubrics: dict[str, Any]) -> None:
    assert [len(one["statements"]) for one in rubrics.values()] == [31, 6]


def test_a_naive_manifest_falls_short_by_exactly_three(naive: dict[str, Any], failed: Checks) -> None:
    assert set(failed(naive)) == {
        "validation:mandatory_spec_version",
        "validation:mandatory_all_actions_included",
        "validation:inception_action_position",
    }


@pytest.mark.parametrize(
    ("check", "spoil"),
    [
        ("validation:valid_success", lambda m: _fail(m, "assertion.dataHash.mismatch")),
        ("validation:trusted_success", lambda m: _fail(m, "signingCredential.untrusted")),
        ("validation:active_manifest_urn", lambda m: m.update(label="urn:uuid:1")),
        ("validation:no_unsupported_assertions", lambda m: m["assertions"].update({"c2pa.odd": {}})),
        ("validation:no_unrecognized_custom_assertions", lambda m: m["assertions"].update({"odd": {}})),
        ("validation:no_deprecated_actions", lambda m: _act(m, action="c2pa.printed")),
        ("validation:mandatory_dst_for_perceptible_transformations", lambda m: _act(m, action="c2pa.edited")),
        (
            "validation:no_unrecognized_custom_action_parameters",
            lambda m: _act(m, action="c2pa.placed", parameters={"odd": 1}),
        ),
        (
            "validation:discouraged_legacy_action_parameters",
            lambda m: _act(m, action="c2pa.placed", parameters={"description": "x"}),
        ),
    ],
)
def test_each_thing_that_is_wrong_is_found(
    check: str, spoil: Callable[[dict[str, Any]], None], naive: dict[str, Any], failed: Checks
) -> None:
    assert check not in failed(naive)
    spoilt = deepcopy(naive)
    spoil(spoilt["manifests"][0])
    assert check in failed(spoilt)


def _fail(manifest: dict[str, Any], code: str) -> None:
    manifest["validationResults"]["failure"].append({"code": code, "url": "", "explanation": ""})


def _act(manifest: dict[str, Any], **action: Any) -> None:
    manifest["assertions"]["c2pa.actions.v2"]["actions"].append(action)


def test_a_check_that_cannot_be_evaluated_is_not_passed(naive: dict[str, Any]) -> None:
    statement = {"id": "x", "expression": "_nobody_wrote_this()", "failIfMatched": True}
    broken = {"r": {"variables": {}, "expressions": {}, "statements": [statement]}}
    complaint = rubric.evaluate(broken, {"file": naive})["file"]["r"]["x"]
    assert complaint is not None
    assert complaint.startswith("cannot be evaluated")


def test_every_format_passes_every_check_however_it_is_signed(rubrics: dict[str, Any]) -> None:
    found = rubric.scores()
    assert {score.media_type for score in found} == set(formats.EMBEDDABLE)
    assert len(found) == len(formats.EMBEDDABLE) * 3 * 2
    assert [score for score in found if score.failed] == []
