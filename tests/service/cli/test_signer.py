"""`assay signer`: which keys sign, whether one answers, and a request for a certificate."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from provenance.keys import devpki
from tests import softhsm
from tests.pki import Authority, Leaf, Part

APPLICANT = ("--name", "Die Zeitung", "--organisation", "Verlag GmbH", "--country", "DE")


def test_the_development_key_is_listed_as_one(assay: Any, tmp_path: Path) -> None:
    devpki.create(tmp_path / "pki")
    listed = assay("signer", "list", "--json", "--data", tmp_path)
    assert listed.code == 0, listed.err
    found = listed.json()
    assert (found["state"], found["development"], found["algorithm"]) == ("signing", True, "es256")
    assert found["days_left"] in (364, 365)
    shown = assay("signer", "list", "--data", tmp_path).out
    assert "signing" in shown
    assert "Assay" in shown


def test_without_a_key_the_list_says_how_to_get_one(assay: Any, tmp_path: Path) -> None:
    listed = assay("signer", "list", "--data", tmp_path)
    assert listed.code == 2
    assert "./assay up" in listed.err
    assert not any(tmp_path.iterdir())


def test_of_two_keys_the_newer_signs_and_the_other_waits(assay: Any, tmp_path: Path) -> None:
    press = Authority.create("Press")
    old = press.issue(Leaf("Old", begins=timedelta(days=-80), ends=timedelta(days=20))).write(
        tmp_path / "old"
    )
    new = press.issue(Leaf("New", begins=timedelta(days=-1))).write(tmp_path / "new")
    listed = assay("signer", "list", "--json", SIGNER_URL=f"file:{old},file:{new}")
    assert listed.code == 0, listed.err
    found = [json.loads(line) for line in listed.out.splitlines()]
    assert [(each["subject"], each["state"], each["validity"]) for each in found] == [
        ("Old", "waiting", "ends_soon"),
        ("New", "signing", "valid"),
    ]


def test_a_key_that_must_not_be_used_is_listed_with_what_is_wrong(assay: Any, tmp_path: Path) -> None:
    press = Authority.create("Press")
    good = press.issue().write(tmp_path / "good")
    wrong = press.issue(Leaf(without=frozenset({Part.EXTENDED_KEY_USAGE}))).write(tmp_path / "wrong")
    listed = assay("signer", "list", "--json", SIGNER_URL=f"file:{wrong},file:{good}")
    assert listed.code == 1
    first, second = [json.loads(line) for line in listed.out.splitlines()]
    assert (first["state"], first["error"]["code"]) == ("refused", "signer_profile_no_purpose")
    assert second["state"] == "signing"
    assert "refused" in assay("signer", "list", SIGNER_URL=f"file:{wrong}").out


def test_a_hostile_subject_moves_no_cursor(assay: Any, tmp_path: Path) -> None:
    folder = Authority.create("Press").issue(Leaf("\x1b[2Jevil\u202egpj")).write(tmp_path / "keys")
    listed = assay("signer", "list", SIGNER_URL=f"file:{folder}")
    assert listed.code == 0, listed.err
    assert "\x1b" not in listed.out
    assert "\u202e" not in listed.out
    assert "[U+001B][2Jevil" in listed.out.replace("\n", "")


def test_a_good_key_answers_and_an_expired_one_is_refused(assay: Any, tmp_path: Path) -> None:
    press = Authority.create("Press")
    good = press.issue().write(tmp_path / "good")
    answered = assay("signer", "check", f"file:{good}", "--json")
    assert answered.code == 0, answered.err
    assert answered.json()["state"] == "answers"
    over = press.issue(Leaf(begins=timedelta(days=-9), ends=timedelta(days=-1))).write(tmp_path / "over")
    refused = assay("signer", "check", f"file:{over}")
    assert refused.code == 1
    assert "signer_profile_expired" in refused.err


def test_a_request_comes_with_a_new_encrypted_key(assay: Any, tmp_path: Path) -> None:
    made = assay("signer", "csr", *APPLICANT, "--key", "p384", "--out", tmp_path / "s")
    assert made.code == 0, made.err
    found = x509.load_pem_x509_csr(Path(made.out.strip()).read_bytes())
    assert found.is_signature_valid
    secret = (tmp_path / "s" / "passphrase").read_bytes().strip()
    stored = tmp_path / "s" / "signer.key"
    assert stored.stat().st_mode & 0o077 == 0
    key: Any = load_pem_private_key(stored.read_bytes(), secret)
    assert key.public_key() == found.public_key()
    before = stored.read_bytes()
    again = assay("signer", "csr", *APPLICANT, "--out", tmp_path / "s")
    assert (again.code, stored.read_bytes()) == (2, before)


def test_an_own_passphrase_is_taken_and_not_written_down(assay: Any, tmp_path: Path) -> None:
    (tmp_path / "own").write_text("correct horse\n")
    made = assay(
        "signer", "csr", *APPLICANT, "--out", tmp_path / "s", SIGNER_PASSPHRASE_FILE=str(tmp_path / "own")
    )
    assert made.code == 0, made.err
    load_pem_private_key((tmp_path / "s" / "signer.key").read_bytes(), b"correct horse")
    assert not (tmp_path / "s" / "passphrase").exists()


def test_a_country_that_is_none_is_refused(assay: Any, tmp_path: Path) -> None:
    wrong = ("--name", "A", "--organisation", "B", "--country", "Germany")
    refused = assay("signer", "csr", *wrong, "--out", tmp_path / "s")
    assert refused.code == 1
    assert not (tmp_path / "s").exists()


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[softhsm.Token, str]:
    """A token and its configuration; only child processes talk to it."""
    home = tmp_path / "hsm"
    home.mkdir()
    configuration = softhsm.home(home)
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    return softhsm.Token.create(home, tmp_path / "pin"), str(configuration)


def test_from_a_key_in_a_token_to_a_certificate_that_answers(
    assay: Any, token: tuple[softhsm.Token, str], tmp_path: Path
) -> None:
    hsm, configuration = token
    public = hsm.generate("secp256r1", "signer")
    variables = {"SOFTHSM2_CONF": configuration, "SIGNER_PIN_FILE": str(hsm.pin_file)}
    url = f"pkcs11:token=assay;object=signer?module-path={softhsm.SOFTHSM}"
    made = assay("signer", "csr", *APPLICANT, "--url", url, "--out", tmp_path / "s", **variables)
    assert made.code == 0, made.err
    found = x509.load_pem_x509_csr((tmp_path / "s" / "request.csr").read_bytes())
    assert found.is_signature_valid
    assert found.public_key() == public
    assert not (tmp_path / "s" / "signer.key").exists()

    chain = tmp_path / "chain.pem"
    chain.write_bytes(Authority.create("Press").issue().chain_pem)
    other = assay("signer", "check", f"{url}&chain={chain}", **variables)
    assert other.code == 1
    assert "signer_key_mismatch" in other.err
    hsm.pin_file.write_text("9999")
    wrong = assay("signer", "check", f"{url}&chain={chain}", **variables)
    assert wrong.code == 3
    assert "signer_pin_wrong" in wrong.err
