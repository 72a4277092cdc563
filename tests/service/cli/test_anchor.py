"""`assay anchor`, and `verify --rpc`, against a real embedded chain."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from attest.flows.append import append
from service import wiring
from service.cli import local
from service.cli.progress import Steps
from service.pipeline import AttestRequest

pytestmark = pytest.mark.network


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("anchor", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_without_a_chain_it_says_what_is_missing(house: Path) -> None:
    assert "No registry is deployed" in run("status")
    with pytest.raises(CommandError, match="No chain"):
        run("now")


def test_an_attestation_is_brought_to_the_chain_and_found_there(
    chain: str, account: Any, assay: Any, paint: Any, tmp_path: Path
) -> None:
    source = paint(tmp_path / "photo.jpg", 31)
    row = local.drive(local.submit(account, source, AttestRequest("human", "Photo")), Steps())
    assert "31337" in run("deploy")
    run("now")
    status = json.loads(run("status", "--json"))
    (told,) = status["chains"]
    assert (told["chain_id"], told["trust"], told["must_agree"]) == (31337, "none", 1)
    assert (told["balance_wei"] > 0, told["last_error"]) == (True, None)
    assert [(each["chain_id"], each["code"]) for each in told["endpoints"]] == [(31337, "")]
    assert status["registries"][0]["trust"] == "none"
    assert status["registries"][0]["eta"]["anchored"] > 0
    shown = run("status")
    for words in ("a local chain proves nothing to others", "its word alone", "ether a transaction", "in "):
        assert words in shown
    assert (status["size"], status["sealed"], status["anchored"]) == (1, 1, 1)
    assert status["registries"][0]["gas"] > 0
    row.refresh_from_db()
    assert row.state == "anchored"
    made = local.bring(row, source, tmp_path)
    assert made.signed is not None

    offline = assay("verify", made.signed, "--json")
    assert (offline.code, offline.json()["anchor"][0]["finality"]) == (0, "unchecked")
    asked = assay("verify", made.signed, "--rpc", chain, "--log-key", status["log_key"], "--json")
    anchor = asked.json()["anchor"][0]
    assert asked.code == 0
    assert (anchor["chain_id"], anchor["trust"], anchor["finality"]) == (31337, "none", "final")
    assert anchor["block"] == status["registries"][0]["block"]
    assert anchor["time"]

    # With the hash of one block in place of the chain.
    shown = assay("proof", "show", made.proof, "--json").json()["anchors"][0]
    pin = f"31337:{shown['evidence_block_hash']}"
    alone = assay("verify", made.signed, "--block-hash", pin, "--log-key", status["log_key"], "--json").json()
    assert (alone["anchor"][0]["finality"], alone["anchor"][0]["block"]) == ("final", anchor["block"])
    assert [problem["code"] for problem in alone["registry"]["problems"]] == ["local_chain"]

    nobody = assay("verify", made.signed, "--rpc", "http://127.0.0.1:9", "--json")
    assert (nobody.code, nobody.json()["reasons"][0]["code"]) == (3, "chain_unavailable")

    out = StringIO()
    call_command("fsck", stdout=out, stderr=StringIO())
    assert out.getvalue() == "All agree.\n"


def test_a_proof_whose_anchor_the_chain_does_not_know_is_refused(
    chain: str, account: Any, assay: Any, paint: Any, tmp_path: Path
) -> None:
    source = paint(tmp_path / "photo.jpg", 32)
    row = local.drive(local.submit(account, source, AttestRequest("human", "Photo")), Steps())
    run("now")
    row.refresh_from_db()
    made = local.bring(row, source, tmp_path)
    body = json.loads(made.proof.read_text())
    body["anchors"][0]["log_id"] = "0x" + "11" * 32
    made.proof.write_text(json.dumps(body))
    found = assay("verify", made.signed, "--rpc", chain, "--json")
    assert (found.code, found.json()["reasons"][0]["code"]) == (1, "evidence_invalid")
    del body["anchors"][0]["evidence"]
    made.proof.write_text(json.dumps(body))
    found = assay("verify", made.signed, "--rpc", chain, "--json")
    assert (found.code, found.json()["reasons"][0]["code"]) == (1, "anchor_mismatch")


def test_one_chain_that_is_down_stops_no_other_and_is_named(chain: str, house: Path, settings: Any) -> None:
    append("policy", key="one", name="house", document="ab" * 32)
    down = "http://127.0.0.1:1/key-of-provider"
    settings.CONFIG = replace(settings.CONFIG, chain_rpc_url=f"{down},{chain}")
    wiring.chains.cache_clear()
    for verb in ("deploy", "now"):
        errors = StringIO()
        with pytest.raises(SystemExit) as caught:
            call_command("anchor", verb, stdout=StringIO(), stderr=errors)
        assert caught.value.code == 3
        assert "http://127.0.0.1:1: " in errors.getvalue()
        assert "key-of-provider" not in errors.getvalue()
    status = json.loads(run("status", "--json"))
    assert status["anchored"] == 1
    dead, well = status["chains"]
    assert (dead["chain_id"], dead["balance_wei"]) == (None, None)
    assert dead["endpoints"][0]["code"] == "chain_unavailable"
    assert well["endpoints"][0]["code"] == ""
    assert "chain_unavailable" in run("status")


def test_a_chain_that_is_not_configured_any_more_is_still_told_of(chain: str, settings: Any) -> None:
    append("policy", key="one", name="house", document="ab" * 32)
    run("now")
    for made in wiring.chains():
        made.client.close()
    settings.CONFIG = replace(settings.CONFIG, chain_rpc_url="http://127.0.0.1:1", chain_ids=(1,))
    wiring.chains.cache_clear()
    status = json.loads(run("status", "--json"))
    assert (status["registries"][0]["anchored"], status["registries"][0]["eta"]) == (1, None)
    assert "not in use" in run("status")
