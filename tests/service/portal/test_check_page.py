"""The page that checks in the browser: what it may do, and that its saved copy is one honest file."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from service.portal.saved_page import STATIC, module, saved_page
from service.portal.single_module import joined
from tests.verifier.conftest import ROOT, b64, run


def test_the_page_may_run_our_scripts_and_connect_to_nothing(house: Path) -> None:
    answer = Client().get(reverse("check"))
    assert answer.status_code == 200
    policy = answer["Content-Security-Policy"]
    assert "connect-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    body = answer.content.decode()
    assert "<script>" not in body
    assert "style=" not in body
    assert saved_page().sha256 in body


def test_other_pages_may_still_talk_to_us(house: Path) -> None:
    assert "connect-src 'self'" in Client().get(reverse("verify"))["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["check", "check-saved", "check-verifier"])
def test_nothing_can_be_sent_to_the_page(house: Path, name: str) -> None:
    assert Client().post(reverse(name), {"file": "x"}).status_code == 405


def test_whoever_verifies_is_led_there(house: Path) -> None:
    assert f'href="{reverse("check")}"' in Client().get(reverse("verify")).content.decode()


def test_the_saved_page_is_the_same_for_everybody_and_leaves_as_a_file(house: Path, account) -> None:
    somebody = Client()
    somebody.force_login(account)
    answers = [
        each.get(reverse("check-saved"), headers={"Host": host})
        for each, host in ((Client(), "testserver"), (somebody, "localhost"))
    ]
    assert answers[0].content == answers[1].content == saved_page().body
    assert answers[0]["Content-Disposition"] == 'attachment; filename="assay-check.html"'
    assert "sandbox" in answers[0]["Content-Security-Policy"]
    assert hashlib.sha256(answers[0].content).hexdigest() == saved_page().sha256


class Parts(HTMLParser):
    """The policy, script and style of a page, and all that it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.policy, self.loaded, self.text, self._inside = "", list[str](), dict[str, str](), ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._inside = tag
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        self.loaded += [
            value for name in ("src", "href", "srcset", "action", "data") if (value := given.get(name))
        ]

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in {"script", "style"}:
            self.text[self._inside] = self.text.get(self._inside, "") + data


def test_the_saved_pages_own_policy_allows_its_script_and_style_and_nothing_else(house: Path) -> None:
    page = Parts()
    page.feed(saved_page().body.decode())
    assert set(page.loaded) == {"#main"}
    rules = dict(rule.strip().split(" ", 1) for rule in page.policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["form-action"] == "'none'"
    for kind, rule in (("script", "script-src"), ("style", "style-src")):
        digest = base64.b64encode(hashlib.sha256(page.text[kind].encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert "url(" not in page.text["style"]
    assert "@import" not in page.text["style"]


def test_the_verifier_names_no_address_and_no_way_out() -> None:
    """A reader who searches the module for ways to send something finds none."""
    sources = "\n".join(path.read_text() for path in sorted(STATIC.glob("*/*.mjs")))
    for way in (
        "fetch(",
        "XMLHttpRequest",
        "WebSocket",
        "sendBeacon",
        "EventSource",
        "http:",
        "https:",
        "import(",
        "eval(",
        "Function(",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "localStorage",
    ):
        assert way not in sources, way


def test_the_single_module_verifies_as_its_parts_do(house: Path, tmp_path: Path) -> None:
    served = Client().get(reverse("check-verifier"))
    assert served["Content-Type"].startswith("text/javascript")
    file = tmp_path / "assay-proof.mjs"
    file.write_bytes(served.content)
    assert served.content == module()
    proof = (ROOT / "docs" / "formats" / "proof.md").read_text().split("```json\n")[1].split("```")[0]
    digest = json.loads(proof)["opening"]["digests"]["file"]
    tasks = [
        {"op": "verify", "proof": b64(text.encode()), "digests": {"file": digest}, "pins": {}}
        for text in (proof, proof.replace('"index": 1', '"index": 2'), proof + "x")
    ]
    assert run(tasks, str(file)) == run(tasks)
    assert [each.get("refused") for each in run(tasks, str(file))] == [
        None,
        "inclusion_invalid",
        "proof_malformed",
    ]


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.mjs").write_text(text)
    return folder / "entry.mjs"


def test_joined_modules_come_after_what_they_import_and_once(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        entry='import { two } from "./two.mjs";\nimport { one } from "./one.mjs";\n'
        'export { one } from "./one.mjs";\nexport const three = one + two;\n',
        two='import { one } from "./one.mjs";\nexport const two = one + 1;\n',
        one="export const one = 1;\n",
    )
    whole = joined(entry, exports=True)
    assert re.findall(r"const (\w+)", whole) == ["one", "two", "three"]
    assert whole.endswith("export { one, three };\n")
    assert "import" not in whole
    assert "export" not in joined(entry, exports=False)


@pytest.mark.parametrize(
    ("entry", "other"),
    [
        ('import { a } from "./other.mjs";\nconst name = a;\n', "export const a = 1;\nconst name = 2;\n"),
        ('import * as all from "./other.mjs";\n', "export const a = 1;\n"),
        ("export default 1;\n", ""),
        ('import { a } from "https://example.org/a.mjs";\n', ""),
    ],
)
def test_modules_that_cannot_be_joined_are_refused(tmp_path: Path, entry: str, other: str) -> None:
    with pytest.raises(ValueError, match=r"declared in|cannot be joined"):
        joined(write(tmp_path, entry=entry, other=other), exports=True)
