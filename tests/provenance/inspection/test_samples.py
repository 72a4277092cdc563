"""The public samples, each with the report that its name promises, here and from the command line.

The suite's names read from the right: A, the picture somebody began with; I, a picture put into it; C, signed
with a claim; X, changed after that; E-dat and E-uri, made with a wrong data hash or a wrong hashed URI. The
signers are test certificates, so no list vouches for them.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection.inspection import Credential, History, SigningTime
from provenance.inspection.reader import Inspector

ASSAY = Path(__file__).resolve().parents[3] / "assay"
LICENCE = "LICENSE.CC-BY-SA-4.0"
UNTRUSTED = (0, "signingCredential.untrusted")
# Version 1 claims: the SDK takes any time stamp for trusted, we take it for claimed.
LEGACY = (0, "assay.legacyTimeStamp")
# The picture at the beginning carries no credential of its own.
ORIGIN_UNKNOWN = (0, "ingredient.unknownProvenance")


@dataclass(frozen=True, slots=True)
class Promise:
    """What a name promises: the credential, and every code with its depth."""

    credential: Credential
    codes: frozenset[tuple[int, str]] = frozenset()


def signed(credential: Credential, *more: tuple[int, str]) -> Promise:
    return Promise(credential, frozenset({UNTRUSTED, LEGACY, *more}))


PROMISES = {
    "adobe-20220124-I.jpg": Promise(Credential.NONE),
    "adobe-20220124-C.jpg": signed(Credential.UNTRUSTED_ISSUER),
    "adobe-20220124-CA.jpg": signed(Credential.UNTRUSTED_ISSUER, ORIGIN_UNKNOWN),
    "adobe-20220124-CAI.jpg": signed(Credential.UNTRUSTED_ISSUER, ORIGIN_UNKNOWN),
    "adobe-20220124-CICA.jpg": signed(Credential.UNTRUSTED_ISSUER, (1, UNTRUSTED[1]), (1, ORIGIN_UNKNOWN[1])),
    "adobe-20220124-E-dat-CA.jpg": signed(
        Credential.INVALID, (0, "assertion.dataHash.mismatch"), ORIGIN_UNKNOWN
    ),
    "adobe-20220124-XCA.jpg": signed(Credential.INVALID, (0, "assertion.dataHash.mismatch"), ORIGIN_UNKNOWN),
    "adobe-20220124-E-uri-CA.jpg": signed(
        Credential.INVALID, (0, "assertion.hashedURI.mismatch"), ORIGIN_UNKNOWN
    ),
    LICENCE: Promise(Credential.NONE),
}


@pytest.fixture(scope="module")
def samples(shared: Path) -> Path:
    folder = shared / "samples" / "c2pa"
    assert {path.name for path in folder.iterdir()} == set(PROMISES), "a sample without a promise"
    return folder


@pytest.mark.parametrize("name", PROMISES)
def test_a_public_sample_reads_as_its_name_promises(name: str, samples: Path, inspector: Inspector) -> None:
    found = inspector.inspect(from_path(samples / name, Limits()))
    assert found.credential is PROMISES[name].credential
    assert {(finding.depth, finding.code) for finding in found.findings} == PROMISES[name].codes
    assert found.history is History.INTACT
    claimed = found.credential is not Credential.NONE
    assert (found.claim_sha256 is not None) == claimed
    assert (found.time is SigningTime.CLAIMED) == claimed
    assert (found.signed_at is not None) == claimed


@pytest.fixture(scope="module")
def answers(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and objects of one run over the whole folder, as a stranger runs it."""
    done = subprocess.run(
        [ASSAY, "verify", "--json", *sorted(samples.iterdir())],
        cwd=tmp_path_factory.mktemp("elsewhere"),
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_the_command_line_prints_one_object_a_file_and_refuses_the_broken(
    answers: tuple[int, list[dict[str, Any]]],
) -> None:
    code, objects = answers
    assert [one["name"] for one in objects] == sorted(PROMISES)
    assert code == 1
    for one in objects:
        promised = PROMISES[one["name"]]
        credential = one["credential"]
        assert credential["status"] == promised.credential.value
        assert {(each["depth"], each["code"]) for each in credential["findings"]} == promised.codes
        assert one["action"] == ("flag" if promised.credential is Credential.INVALID else "accept")


def test_the_licence_among_them_is_a_text_without_credentials_and_not_called_fake(
    answers: tuple[int, list[dict[str, Any]]],
) -> None:
    licence = next(one for one in answers[1] if one["name"] == LICENCE)
    assert licence["media_type"] == "text/plain"
    assert [reason["code"] for reason in licence["reasons"]] == ["nothing_to_check", "unattested"]
    assert "does not make it fake" in licence["reasons"][1]["sentence"]
