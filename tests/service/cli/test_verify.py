"""`assay verify` as a stranger runs it: in a process of its own, elsewhere, with no service or settings."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from service.cli.demo.materials import stripped, tampered
from tests.pki import Authority

ROOT = Path(__file__).resolve().parents[3]
ELSEWHERE = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="http://127.0.0.1:9/m"/>'
    b"</rdf:RDF></x:xmpmeta>"
)
REPORT_KEYS = [
    "sha256",
    "media_type",
    "name",
    "size",
    "credential",
    "registry",
    "anchor",
    "times",
    "contradictions",
    "origin",
    "similarity",
    "action",
    "reasons",
    "id",
    "recipe",
]


def test_an_attested_photograph_verifies_against_its_proof(assay: Any, press: Any, tmp_path: Path) -> None:
    run = assay("verify", press.photo.file, "--proof", press.photo.proof, "--json", cwd=tmp_path)
    assert run.code == 0, run.err
    report = run.json()
    assert report["registry"]["status"] == "attested"
    assert report["credential"]["status"] == "untrusted_issuer"
    assert report["origin"]["status"] == "human"
    assert run.out.count("\n") == 1


def test_the_report_has_the_axes_that_the_design_names(assay: Any, press: Any) -> None:
    report = assay("verify", press.photo.file, "--json").json()
    assert list(report) == REPORT_KEYS
    axes = {name: sorted(report[name]) for name in ("credential", "registry", "origin", "similarity")}
    assert axes == {
        "credential": [
            "binding_sha256",
            "claim_sha256",
            "claimed_at",
            "findings",
            "generator",
            "history",
            "identities",
            "manifest_label",
            "padding_bytes",
            "padding_hex",
            "product",
            "revocation",
            "revocation_source",
            "revoked_at",
            "signed_at",
            "signer",
            "stamped_at",
            "stamped_by",
            "statements",
            "status",
            "time",
            "trust_list",
            "trust_lists",
            "valid_from",
            "valid_to",
        ],
        "registry": [
            "attested_at",
            "checkpoint_size",
            "leaf_index",
            "log_key",
            "log_origin",
            "original",
            "original_leaf",
            "original_proof",
            "problems",
            "revoked_at",
            "status",
        ],
        "origin": ["by", "conflict", "digital_source_type", "status"],
        "similarity": [
            "bank",
            "calibrated",
            "calibration",
            "campaign",
            "degraded",
            "matches",
            "methods",
            "plain",
            "unread",
        ],
    }
    assert {"code", "sentence"} == set(report["reasons"][0])


def test_a_proof_beside_the_file_is_found(assay: Any, press: Any) -> None:
    assert assay("verify", press.photo.file).code == 0


def test_the_unsigned_original_verifies_against_the_proof_too(assay: Any, press: Any) -> None:
    run = assay("verify", press.photo.source, "--proof", press.photo.proof, "--json")
    assert (run.code, run.json()["credential"]["status"]) == (0, "none")


def test_a_detached_credential_is_read_beside_the_file_or_in_the_proof(
    assay: Any, press: Any, tmp_path: Path
) -> None:
    assert press.text.store is not None
    alone = shutil.copy(press.text.source, tmp_path / "note.txt")
    inside = assay("verify", alone, "--proof", press.text.proof, "--json")
    assert (inside.code, inside.json()["credential"]["status"]) == (0, "untrusted_issuer")
    shutil.copy(press.text.store, tmp_path / "note.txt.c2pa")
    beside = assay("verify", alone, "--json")
    assert (beside.code, beside.json()["credential"]["status"]) == (3, "untrusted_issuer")


def test_one_changed_bit_is_refused(assay: Any, press: Any, tmp_path: Path) -> None:
    copy = tampered(press.photo.file, tmp_path / "photo.jpg")
    run = assay("verify", copy, "--proof", press.photo.proof, "--json")
    report = run.json()
    assert (run.code, report["action"]) == (1, "flag")
    assert report["credential"]["status"] == "invalid"
    assert report["reasons"][0]["code"] == "proof_wrong_file"


def test_one_changed_bit_is_refused_without_a_proof(assay: Any, press: Any, tmp_path: Path) -> None:
    copy = tampered(press.photo.file, tmp_path / "photo.jpg")
    assert assay("verify", copy).code == 1


def test_a_proof_of_another_file_is_refused(assay: Any, press: Any) -> None:
    run = assay("verify", press.photo.file, "--proof", press.other.proof, "--json")
    assert (run.code, run.json()["reasons"][0]["code"]) == (1, "proof_wrong_file")


def test_a_credential_moved_to_another_file_is_refused(assay: Any, press: Any, tmp_path: Path) -> None:
    assert press.text.store is not None
    copy = tmp_path / "other.txt"
    copy.write_text("Words that nobody signed.\n")
    shutil.copy(press.text.store, tmp_path / "other.txt.c2pa")
    run = assay("verify", copy, "--json")
    assert (run.code, run.json()["credential"]["status"]) == (1, "invalid")


def test_a_stripped_copy_is_no_longer_the_file_of_the_proof(assay: Any, press: Any, tmp_path: Path) -> None:
    copy = stripped(press.photo.file, tmp_path / "small.jpg")
    assert assay("verify", copy, "--proof", press.photo.proof).code == 1


def test_a_truncated_file_with_a_proof_is_refused(assay: Any, press: Any, tmp_path: Path) -> None:
    copy = tmp_path / "half.jpg"
    copy.write_bytes(press.photo.file.read_bytes()[:2000])
    run = assay("verify", copy, "--proof", press.photo.proof, "--json")
    assert (run.code, run.json()["error"]["code"]) == (1, "truncated_file")


@pytest.mark.parametrize("content", [b"", b"no JSON", b"[]", b'{"format": "assay.proof/1"}', b"\xff\xfe"])
def test_an_unreadable_proof_is_refused(assay: Any, press: Any, tmp_path: Path, content: bytes) -> None:
    proof = tmp_path / "p.assay.json"
    proof.write_bytes(content)
    run = assay("verify", press.photo.file, "--proof", proof, "--json")
    assert (run.code, run.json()["reasons"][0]["code"]) == (1, "proof_malformed")


def test_a_changed_proof_is_refused(assay: Any, press: Any, tmp_path: Path) -> None:
    body = json.loads(press.photo.proof.read_text())
    body["index"] += 1
    proof = tmp_path / "p.assay.json"
    proof.write_text(json.dumps(body))
    run = assay("verify", press.photo.file, "--proof", proof, "--json")
    assert run.code == 1


def test_a_file_with_neither_credential_nor_proof_could_not_be_checked(
    assay: Any, press: Any, tmp_path: Path
) -> None:
    copy = tmp_path / "plain.jpg"
    copy.write_bytes(press.photo.source.read_bytes())
    run = assay("verify", copy)
    assert run.code == 3
    assert "carries no content credential and came with no proof" in run.out
    assert "fake" in run.out
    assert "NOT CHECKED" in run.out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing-here.jpg"],
        ["--proof", "nothing.json", "FILE"],
        ["--log-key", "nonsense", "FILE"],
        ["--log-key", "/dev/zero", "FILE"],
    ],
)
def test_wrong_usage_exits_two_with_one_sentence(
    assay: Any, press: Any, tmp_path: Path, arguments: list[str]
) -> None:
    given = [str(press.photo.file) if part == "FILE" else part for part in arguments]
    run = assay("verify", *given, cwd=tmp_path)
    assert run.code == 2
    assert "Traceback" not in run.err
    assert run.err.strip()


def test_one_proof_goes_with_one_file(assay: Any, press: Any) -> None:
    run = assay("verify", press.photo.file, press.other.file, "--proof", press.photo.proof)
    assert run.code == 2


def test_of_several_files_the_gravest_counts(assay: Any, press: Any, tmp_path: Path) -> None:
    plain = shutil.copy(press.photo.source, tmp_path / "plain.jpg")
    assert assay("verify", press.photo.file, plain).code == 3
    bad = tampered(press.photo.file, tmp_path / "bad.jpg")
    run = assay("verify", press.photo.file, plain, bad, "--json")
    assert run.code == 1
    assert len(run.out.splitlines()) == 3


def test_a_proof_that_lies_elsewhere_is_asked_for(assay: Any, press: Any, tmp_path: Path) -> None:
    alone = shutil.copy(press.photo.file, tmp_path / "alone.jpg")
    run = assay("verify", alone)
    assert run.code == 3
    assert "no proof lies beside alone.jpg; --proof names one" in run.err
    found = assay("verify", alone, "--proof", press.photo.proof)
    assert (found.code, found.err) == (0, "")


def test_a_pinned_key_is_held_to(assay: Any, press: Any, tmp_path: Path) -> None:
    own = json.loads(press.photo.proof.read_text())["log"]["vkey"]
    pinned = assay("verify", press.photo.file, "--log-key", own, "--json")
    assert pinned.code == 0
    assert "log_key_not_pinned" not in {p["code"] for p in pinned.json()["registry"]["problems"]}
    file = tmp_path / "key"
    file.write_text("assay.example/log+c3a1b1f0+AQmBhFqFmGDBGMJb0SyNZjZWWvjxrkRfPJW6c9IbuCgS\n")
    run = assay("verify", press.photo.file, "--log-key", file, "--json")
    assert run.code in (1, 2)


def test_a_trusted_authority_makes_the_credential_trusted(assay: Any, press: Any, tmp_path: Path) -> None:
    root = shutil.copy(press.data / "pki" / "root.pem", tmp_path / "our root.pem")
    run = assay("verify", press.photo.file, "--trust", root, "--json")
    assert (run.code, run.json()["credential"]["status"]) == (0, "trusted")
    alone = shutil.copy(press.photo.file, tmp_path / "alone.jpg")
    assert assay("verify", alone, "--trust", root).code == 0
    assert assay("verify", alone).code == 3


def test_a_signer_that_one_list_knows_and_another_does_not_is_shown_under_both(
    assay: Any, press: Any, tmp_path: Path
) -> None:
    ours = shutil.copy(press.data / "pki" / "root.pem", tmp_path / "ours.pem")
    (tmp_path / "theirs.pem").write_bytes(Authority.create().root_pem)
    trusting = ("--trust", ours, "--trust", tmp_path / "theirs.pem")
    report = assay("verify", press.photo.file, *trusting, "--json").json()
    verdicts = {each["name"]: each["verdict"] for each in report["credential"]["trust_lists"]}
    assert verdicts == {"ours": "trusted", "theirs": "unknown"}
    digest = next(each["sha256"] for each in report["credential"]["trust_lists"] if each["name"] == "ours")
    run = assay("verify", press.photo.file, *trusting, COLUMNS="200")
    assert run.code == 0
    assert f"sha256 {digest[:16]}" in run.out
    assert "lists_disagree" in run.out


def test_each_side_of_the_credential_is_one_line_with_its_code(assay: Any, press: Any) -> None:
    shown = " ".join(assay("verify", press.photo.file).out.split())
    statements = assay("verify", press.photo.file, "--json").json()["credential"]["statements"]
    assert {"signer", "revocation", "time", "history"} <= {each["axis"] for each in statements}
    for each in statements:
        codes = f" ({', '.join(each['codes'])})" if each["codes"] else ""
        assert f"{each['sentence']}{codes}" in shown


def test_a_second_validator_is_asked_on_request_alone(assay: Any, press: Any) -> None:
    pytest.importorskip("encypher_c2pa", reason="encypher-c2pa, the second validator, is not installed")
    run = assay("verify", press.photo.file, "--second-opinion")
    assert run.code == 0
    assert "encypher-c2pa" in run.out
    report = assay("verify", press.photo.file, "--second-opinion", "--json").json()
    assert report["second_opinion"]["status"] == "agrees", report["second_opinion"]
    assert "second_opinion" not in assay("verify", press.photo.file, "--json").json()


def test_a_credential_kept_elsewhere_is_fetched_only_on_request_and_never_inside_the_house(
    assay: Any, tmp_path: Path
) -> None:
    path = tmp_path / "elsewhere.jpg"
    Image.new("RGB", (64, 64), "teal").save(path, xmp=ELSEWHERE)
    for wish, code in (((), "assay.remoteManifest"), (("--remote",), "assay.remoteManifestUnavailable")):
        run = assay("verify", path, "--json", *wish)
        assert run.code == 3
        assert [found["code"] for found in run.json()["credential"]["findings"]] == [code]


def test_asking_an_authority_that_the_certificate_does_not_name_changes_nothing(
    assay: Any, press: Any
) -> None:
    run = assay("verify", press.photo.file, "--online", "--json")
    assert (run.code, run.json()["credential"]["revocation"]) == (0, "unknown")


def test_a_chain_that_does_not_answer_is_not_a_verification(assay: Any, press: Any) -> None:
    run = assay("verify", press.photo.file, "--rpc", "http://127.0.0.1:9", "--json")
    # The proof names no chain yet, so there is nothing to ask: it verifies and says so.
    assert run.code == 0
    assert "not_anchored" in {problem["code"] for problem in run.json()["registry"]["problems"]}


def test_a_hostile_name_cannot_act_on_the_terminal(assay: Any, press: Any, tmp_path: Path) -> None:
    copy = shutil.copy(press.photo.file, tmp_path / "a\x1b[31m\u202egpj.jpg")
    run = assay("verify", copy)
    assert "\x1b" not in run.out
    assert "\u202e" not in run.out
    assert "[U+001B][31m[U+202E]" in run.out
    assert assay("verify", copy, "--json").out.isascii()


def test_no_heavy_library_is_loaded(press: Any) -> None:
    code = (
        "import sys, runpy; sys.argv = ['manage.py', 'verify', sys.argv[1]]\n"
        "try: runpy.run_path(r'%s', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'torch', 'web3', 'faiss', 'sentence_transformers', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    ) % (ROOT / "manage.py")
    done = subprocess.run(
        [sys.executable, "-c", code, str(press.photo.file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
