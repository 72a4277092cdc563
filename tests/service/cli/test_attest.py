"""`assay attest` on this machine: what it writes, what it refuses, what it never touches."""

import json
from pathlib import Path
from typing import Any

from django.core.management import call_command

from service.models import Account, Submission


def test_the_signed_file_and_its_proof_lie_beside_the_source(assay: Any, press: Any, tmp_path: Path) -> None:
    source = tmp_path / "photo.jpg"
    source.write_bytes(press.photo.source.read_bytes() + b"\0")
    before = source.read_bytes()
    run = assay("attest", source, "--source-type", "ai_generated", "--title", "Dunes", "--data", press.data)
    assert run.code == 0, run.err
    assert source.read_bytes() == before
    signed = tmp_path / "photo.signed.jpg"
    assert f"credential  {signed}" in run.out
    proof = json.loads((tmp_path / "photo.signed.jpg.assay.json").read_text())
    assert (proof["state"], proof["content"]["title"]) == ("logged", "Dunes")
    report = assay("verify", signed, "--json").json()
    assert report["origin"]["status"] == "ai_generated"


def test_without_a_source_type_it_says_what_it_declares(assay: Any, press: Any, tmp_path: Path) -> None:
    source = tmp_path / "note.txt"
    source.write_text("Nobody has said yet what this is.\n")
    run = assay("attest", source, "--data", press.data)
    assert run.code == 0
    assert "declared as `human`" in run.err


def test_a_tampered_parent_is_refused_with_its_reason(assay: Any, press: Any, tmp_path: Path) -> None:
    from service.cli.demo.materials import tampered

    copy = tampered(press.photo.file, tmp_path / "broken.jpg")
    run = assay("attest", copy, "--json", "--data", press.data)
    assert (run.code, run.json()["error"]["code"]) == (1, "broken_parent")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.jpg"]


def test_bad_files_are_refused_and_the_others_still_attested(assay: Any, press: Any, tmp_path: Path) -> None:
    empty, half = tmp_path / "empty.jpg", tmp_path / "half.jpg"
    empty.write_bytes(b"")
    half.write_bytes(press.photo.source.read_bytes()[:1500])
    good = tmp_path / "good.txt"
    good.write_text("Words of my own, and enough of them to be worth attesting.\n")
    run = assay("attest", empty, half, good, "--json", "--data", press.data)
    answers = [json.loads(line) for line in run.out.splitlines()]
    assert run.code == 1
    assert [answer.get("error", {}).get("code") for answer in answers] == [
        "empty_file",
        "truncated_file",
        None,
    ]
    assert "Traceback" not in run.err
    assert not list((press.data / "incoming").iterdir())


def test_wrong_usage_exits_two(assay: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("a")
    assert assay("attest", tmp_path / "nothing").code == 2
    assert assay("attest", file, "--source-type", "alien").code == 2
    run = assay("attest", file, "--server", "http://127.0.0.1:9")
    assert run.code == 2
    assert "ASSAY_API_KEY" in run.err


def test_a_server_that_is_not_there_is_one_sentence(assay: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("a")
    run = assay("attest", file, "--server", "http://127.0.0.1:9", "--json", ASSAY_API_KEY="assay_x")
    assert (run.code, run.json()["error"]["code"]) == (3, "server_unreachable")
    assert "Traceback" not in run.err


def test_what_the_shell_attests_is_the_first_administrators(house: Path, tmp_path: Path) -> None:
    chief = Account.objects.create_superuser("chief", password="not a default")
    note = tmp_path / "note.txt"
    note.write_text("Words of my own, and enough of them to be worth attesting.\n")
    call_command("attest", str(note))
    assert Submission.objects.get().account == chief
    # No worker runs here that would anchor it, so nothing was waited for.
    assert json.loads((tmp_path / "note.txt.assay.json").read_text())["state"] == "logged"
