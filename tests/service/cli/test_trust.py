"""`assay trust`: lists come into force, and out of it."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from provenance.keys import devpki


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("trust", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    devpki.create(tmp_path / "pki", "Newsroom")
    return tmp_path / "pki" / "root.pem"


def test_a_list_is_in_force_until_it_is_removed(house: Path, authority: Path) -> None:
    run("add", str(authority), "--name", "newsrooms", "--edition", "2026-11")
    listed = json.loads(run("list", "--json"))
    assert (listed["name"], listed["kind"], listed["version"]) == ("newsrooms", "manifest", "2026-11")
    assert "Newsroom" in listed["authorities"][0]
    assert "newsrooms" in run("list")
    run("remove", "newsrooms")
    assert run("list", "--json") == ""


def test_a_file_without_certificates_is_wrong_usage(house: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "list.pem"
    wrong.write_text("no certificate")
    for arguments in (["add", str(wrong)], ["add", str(tmp_path / "nothing.pem")], ["remove", "nothing"]):
        with pytest.raises(CommandError) as found:
            run(*arguments)
        assert found.value.returncode == 2
