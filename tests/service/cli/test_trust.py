"""`assay trust`: lists come into force, go forward, are compared, and go out of force."""

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from provenance.keys import devpki
from service.cli.safe import safe


def run(*arguments: object) -> str:
    return both(*arguments)[0]


def both(*arguments: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("trust", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def refused(*arguments: object) -> tuple[int, str]:
    with pytest.raises(CommandError) as found:
        run(*arguments)
    return found.value.returncode, str(found.value)


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    devpki.create(tmp_path / "pki", "Newsroom")
    return tmp_path / "pki" / "root.pem"


@pytest.fixture
def official(shared: Path) -> Path:
    return shared / "vectors" / "c2pa-conformance"


@pytest.fixture
def lists(official: Path) -> Path:
    return official / "trust-list"


def variant(source: Path, target: Path, **about: Any) -> Path:
    """A copy of an official list without its first entity that says something else of itself."""
    document = json.loads(source.read_text())
    document["LoTE"]["ListAndSchemeInformation"].update(about)
    document["LoTE"]["TrustedEntitiesList"].pop(0)
    target.write_text(json.dumps(document))
    return target


@pytest.fixture
def published(authority: Path) -> Iterator[str]:
    """The address of a server that has the authority's list."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(authority.read_bytes())

        def log_message(self, *args: Any) -> None:
            """Stay quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/lists/newsrooms.pem"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_list_is_in_force_until_it_is_removed(house: Path, authority: Path) -> None:
    run("add", authority, "--name", "newsrooms", "--edition", "2026-11")
    listed = json.loads(run("list", "--json"))
    assert (listed["name"], listed["kind"], listed["version"]) == ("newsrooms", "manifest", "2026-11")
    assert "Newsroom" in listed["authorities"][0]
    assert (listed["source"], listed["in_force"], listed["overdue"]) == (str(authority), True, False)
    shown = run("list")
    assert "newsrooms · manifest · 2026-11" in shown
    assert listed["sha256"] in shown
    run("remove", "newsrooms")
    assert run("list", "--json") == ""
    assert "was in force" in run("list", "--all")


def test_a_file_without_certificates_is_wrong_usage(house: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "list.pem"
    wrong.write_text("no certificate")
    for arguments in (["add", wrong], ["update", tmp_path / "nothing.pem"], ["remove", "nothing"]):
        assert refused(*arguments)[0] == 2
    for arguments in (["diff", "nothing"], ["show", "nothing"]):
        assert refused(*arguments)[0] == 2


def test_the_official_lists_name_themselves(house: Path, official: Path, lists: Path) -> None:
    for path in (*lists.glob("*.json"), *official.glob("conforming-products/*.json")):
        run("update", path)
    found = {each["name"]: each for each in map(json.loads, run("list", "--json").splitlines())}
    assert set(found) == {"C2PA Trust List", "C2PA TSA Trust List", "C2PA Conforming Products"}
    assert [found[f"C2PA {name}"]["kind"] for name in ("Trust List", "TSA Trust List")] == ["manifest", "tsa"]
    assert len(found["C2PA Trust List"]["authorities"]) == 30
    assert len(found["C2PA TSA Trust List"]["authorities"]) == 22
    assert found["C2PA Conforming Products"]["products"] == 174
    assert found["C2PA Trust List"]["next_update"] == "2027-08-05T00:11:39Z"


def test_an_update_says_what_it_changes_and_an_older_list_is_refused(
    house: Path, lists: Path, tmp_path: Path
) -> None:
    first = lists / "C2PA-TRUST-LIST.json"
    run("update", first)
    assert "in force already" in both("update", first)[1]
    later = variant(first, tmp_path / "later.json", LoTESequenceNumber=2, NextUpdate="2026-09-01T00:00:00Z")
    would = run("diff", later)
    assert would.startswith("- ST=California,L=San Jose,C=US,O=Adobe Inc,CN=Adobe Product Issuing CA")
    assert would.endswith("1 removed, 29 unchanged\n")
    assert len(json.loads(run("list", "--json"))["authorities"]) == 30
    _, remark = both("update", later)
    assert "1 removed, 29 unchanged" in remark
    assert "meant to update it by 2026-09-01" in remark
    assert f"came from {first}" in remark
    code, sentence = refused("update", first)
    assert (code, "older" in sentence, "--force" in sentence) == (1, True, True)
    again = json.loads(run("update", first, "--force", "--json"))
    assert (again["updated"], len(again["changes"]["added"]), again["overdue"]) == (True, 1, False)


def test_versions_are_compared_by_version_or_digest(
    house: Path, lists: Path, authority: Path, tmp_path: Path
) -> None:
    first = lists / "C2PA-TRUST-LIST.json"
    run("update", first)
    run("update", variant(first, tmp_path / "later.json", LoTESequenceNumber=2))
    old, new = "1, 2026-08-05", "2, 2026-08-05"
    forward = json.loads(run("diff", "C2PA Trust List", "--json"))
    assert (len(forward["removed"]), len(forward["added"]), forward["kept"]) == (1, 0, 29)
    assert json.loads(run("diff", "C2PA Trust List", old, new, "--json")) == forward
    digests = forward["before"][:12], forward["after"][:12]
    assert json.loads(run("diff", "C2PA Trust List", *digests, "--json")) == forward
    back = json.loads(run("diff", "C2PA Trust List", new, old, "--json"))
    assert back["added"] == forward["removed"]
    assert refused("diff", "C2PA Trust List", "9")[0] == 2
    assert refused("diff", authority, "9")[0] == 2


def test_what_is_shown_has_the_digest_that_reports_name(house: Path, lists: Path, authority: Path) -> None:
    run("update", lists / "C2PA-TRUST-LIST.json")
    run("update", authority, "--name", "newsrooms")
    for each in map(json.loads, run("list", "--json").splitlines()):
        for chosen in ([], [each["sha256"][:8]]):
            assert hashlib.sha256(run("show", each["name"], *chosen).encode()).hexdigest() == each["sha256"]


def test_a_changed_product_is_told_from_a_new_one(house: Path, official: Path, tmp_path: Path) -> None:
    source = official / "conforming-products" / "conforming-products-list.json"
    run("update", source)
    records = json.loads(source.read_text())
    records[0]["status"], records[0]["dates"]["lastModification"] = "revoked", "2026-09-01"
    records[0]["product"]["DN"]["CN"] = hostile = "Camera\x1b[31m\u202e"
    (tmp_path / "next.json").write_text(json.dumps([*records[:-1], records[-1] | {"recordId": "new"}]))
    shown = run("diff", tmp_path / "next.json")
    assert f"~ {safe(hostile)}, Google LLC: revoked, assurance level 2" in shown
    assert shown.endswith("1 added, 1 removed, 1 changed, 172 unchanged\n")
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@pytest.mark.network
def test_an_address_inside_is_asked_only_when_the_operator_says_so(house: Path, published: str) -> None:
    assert refused("update", published)[0] == 2
    code, sentence = refused("update", published.replace("http:", "https:"))
    assert (code, "--allow-private" in sentence) == (3, True)
    run("update", f"{published}?token=secret", "--allow-private")
    listed = json.loads(run("list", "--json"))
    assert (listed["name"], listed["source"]) == ("newsrooms", published)
