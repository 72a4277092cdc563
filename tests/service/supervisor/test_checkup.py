"""`assay doctor`: what it finds, and what it never shows."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from attest.log.keys import LogKey
from tests.anvil import PUBLIC, anvil
from tests.attest.witnesses import WitnessProcess
from tests.pki import Authority, Leaf

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.network


def doctor(data: Path, **settings: str) -> tuple[int, dict[str, dict[str, str]], str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "doctor", "--json", "--data", str(data)],
        env={**clean, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    findings = {finding["place"]: finding for finding in json.loads(done.stdout)["findings"]}
    return done.returncode, findings, done.stdout + done.stderr


def test_before_the_first_run_it_says_what_is_missing_and_makes_nothing(tmp_path):
    code, findings, _ = doctor(tmp_path / "data")
    assert code == 0
    assert {findings[place]["health"] for place in ("service", "database", "worker", "signer")} == {"missing"}
    assert not (tmp_path / "data").exists()


def test_every_place_that_is_not_live_says_what_that_costs(tmp_path):
    _, findings, _ = doctor(tmp_path)
    silent = {place for place, found in findings.items() if found["health"] != "live" and not found["cost"]}
    assert silent <= {"text embedder", "image embedder"}  # the embedded models are those we recommend
    assert "texts embed in" in json.dumps(findings["device"])


def test_a_backend_that_does_not_answer_is_broken_and_its_password_is_not_shown(tmp_path):
    code, findings, printed = doctor(
        tmp_path,
        DATABASE_URL="postgresql://assay:pass-of-database@127.0.0.1:1/assay",
        BROKER_URL="redis://:pass-of-broker@127.0.0.1:1/0",
        CHAIN_RPC_URL="http://127.0.0.1:1/key-of-provider",
    )
    assert code == 1
    assert {findings[place]["health"] for place in ("database", "broker", "chain")} == {"broken"}
    for secret in ("pass-of-database", "pass-of-broker", "key-of-provider"):
        assert secret not in printed


def test_development_certificates_are_called_by_their_name(tmp_path):
    from provenance.keys import devpki

    devpki.create(tmp_path / "pki")
    _, findings, _ = doctor(tmp_path)
    assert findings["signer"]["health"] == "embedded"
    assert "trusted by nobody but you" in findings["signer"]["cost"]


@pytest.mark.parametrize("away", [False, True])
def test_a_signer_that_cannot_sign_is_broken_with_what_that_costs(tmp_path, away):
    leaf = Leaf() if away else Leaf(begins=timedelta(days=-9), ends=timedelta(days=-1))
    folder = Authority.create("Press").issue(leaf).write(tmp_path / "keys")
    # A function that gives no signature stands for a service that is down.
    url = f"callback:json:detect_encoding?chain={folder / 'chain.pem'}" if away else f"file:{folder}"
    code, findings, _ = doctor(tmp_path, SIGNER_URL=url)
    assert code == 1
    assert findings["signer"]["health"] == "broken"
    assert ("returned no bytes" if away else "expired on") in findings["signer"]["what"]
    assert "nothing is signed" in findings["signer"]["cost"]


@pytest.fixture
def chain():
    with anvil() as running:
        yield running


def test_one_rpc_endpoint_is_called_what_it_is_and_a_local_chain_too(tmp_path, chain):
    _, findings, _ = doctor(tmp_path, CHAIN_RPC_URL=f"{chain.url}/?key-of-provider")
    assert findings["chain"]["health"] == "live"
    assert "one RPC endpoint: its word alone" in findings["chain"]["cost"]
    assert "no independent trust" in findings["chain"]["cost"]


def test_each_chain_is_a_place_and_a_sick_endpoint_is_named(tmp_path):
    with anvil(PUBLIC) as public:
        ends = f"{public.url}|{public.url}/?2|http://127.0.0.1:1/key-of-provider"
        code, findings, printed = doctor(tmp_path, CHAIN_RPC_URL=f"{public.url},{ends}", CHAIN_ID="1,")
    assert code == 1
    assert findings["chain"]["health"] == "broken"
    assert f"serves chain {PUBLIC}, but chain 1 is wanted" in findings["chain"]["what"]
    assert findings["chain 2"]["health"] == "live"
    assert "http://127.0.0.1:1: The chain at http://127.0.0.1:1 cannot" in findings["chain 2"]["cost"]
    assert "no independent trust" not in findings["chain 2"]["cost"]
    assert "key-of-provider" not in printed


def test_two_endpoints_of_which_one_is_away_are_too_few(tmp_path, chain):
    code, findings, _ = doctor(tmp_path, CHAIN_RPC_URL=f"{chain.url}|http://127.0.0.1:1")
    assert (code, findings["chain"]["health"]) == (1, "broken")
    assert findings["chain"]["cost"] == "checkpoints wait; verifying goes on"


def test_a_witness_that_does_not_answer_is_broken_and_one_that_does_is_live(tmp_path):
    log = LogKey("log.example.org/assay", bytes(32))
    witness = WitnessProcess(tmp_path / "witness", str(log.vkey)).start()
    here, away = f"{witness.key} {witness.url}", f"{witness.key} http://127.0.0.1:9"
    try:
        _, findings, _ = doctor(tmp_path / "data", WITNESSES=here, OTS_CALENDARS="https://u:secret@c.example")
        assert findings["witnesses"]["health"] == findings["calendars"]["health"] == "live"
        assert "secret" not in findings["calendars"]["what"]
        _, findings, _ = doctor(tmp_path / "data", WITNESSES=f"{here},{away}")
    finally:
        witness.stop()
    assert findings["witnesses"]["health"] == "broken"
    assert "assay.local/witness" in findings["witnesses"]["what"]
