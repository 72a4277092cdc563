"""A stranger checks a proof in their own browser, with the network cut: on the page, and on a saved one."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect

from tests.chromium import IN_A_BROWSER, assert_accessible

ROOT = Path(__file__).resolve().parents[2]
SIGNED = b"signed bytes"

pytestmark = IN_A_BROWSER
Open = Callable[..., Page]


def example() -> dict[str, Any]:
    """The proof of docs/formats/proof.md; it is about SIGNED."""
    text = (ROOT / "docs" / "formats" / "proof.md").read_text()
    found: dict[str, Any] = json.loads(text.split("```json\n")[1].split("```")[0])
    return found


def vector(name: str) -> dict[str, Any]:
    """One of the published proof vectors, all of which are about SIGNED."""
    for path in sorted((ROOT / "attest" / "proofs" / "vectors").glob("*.json")):
        for each in json.loads(path.read_text()):
            if each["name"] == name:
                return dict(each)
    pytest.skip(f"attest/proofs/vectors holds no vector called {name!r} in this checkout")


def payload(content: bytes, name: str) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def check(page: Page, content: bytes, proof: dict[str, Any] | bytes, name: str = "photo.jpg") -> None:
    raw = proof if isinstance(proof, bytes) else json.dumps(proof).encode()
    page.locator("#check-file").set_input_files(payload(content, name))
    page.locator("#check-proof").set_input_files(payload(raw, f"{name}.assay.json"))
    page.get_by_role("button", name="Check", exact=True).click()
    page.locator("#check-title").wait_for()


def answer(page: Page, question: str) -> Any:
    return page.locator(".axis", has_text=question)


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of."""
    return []


@pytest.fixture
def sent() -> list[str]:
    """Every request that a page made after the network was cut."""
    return []


@pytest.fixture
def opened(browser: Browser, complaints: list[str], sent: list[str]) -> Iterator[Open]:
    contexts: list[BrowserContext] = []

    def at(url: str, *, cut: bool = True, **options: Any) -> Page:
        context = browser.new_context(
            viewport=options.pop("viewport", {"width": 1280, "height": 860}),
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None,
        )
        page.goto(url)
        if cut:
            # The icon comes after the page.
            page.wait_for_load_state("networkidle")
            context.set_offline(True)
            page.on("request", lambda request: sent.append(request.url))
        return page

    yield at
    for context in contexts:
        context.close()


@pytest.fixture
def online(house: Path, live_server: Any) -> str:
    return f"{live_server.url}/check"


@pytest.fixture
def saved(tmp_path: Path) -> str:
    """The address of a saved page, on the disk."""
    from service.portal.saved_page import saved_page

    file = tmp_path / "assay-check.html"
    file.write_bytes(saved_page().body)
    return file.as_uri()


@pytest.fixture(params=["online", "saved"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")


def test_a_proof_is_checked_with_the_network_cut(
    opened: Open, url: str, complaints: list[str], sent: list[str]
) -> None:
    page = opened(url)
    check(page, SIGNED, example())
    expect(page.locator("#check-title")).to_have_text("The proof adds up, with something left to check")
    expect(page.locator("#check-title")).to_be_focused()
    expect(answer(page, "Is it about this file?")).to_contain_text("Yes, these very bytes")
    expect(answer(page, "Is it in the log?")).to_contain_text("entry 1 (from 0) of 3 entries")
    expect(answer(page, "Is it in the log?")).to_contain_text("log_key_not_pinned")
    expect(answer(page, "Since when, at the latest?")).to_contain_text("anchor_unchecked")
    expect(answer(page, "Was it withdrawn?")).to_contain_text("Not known")
    expect(answer(page, "What was not checked?")).to_contain_text("does not read content credentials")

    page.get_by_text("What I know already").click()
    page.get_by_label("The log’s key").fill(f"  {example()['log']['vkey']}\n")
    expect(page.locator("#check-title")).to_have_count(0)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(answer(page, "Is it in the log?")).to_contain_text("Yes, in the log you named")
    assert (complaints, sent) == ([], [])


def test_evidence_under_a_pinned_block_shows_since_when(
    opened: Open, saved: str, complaints: list[str], sent: list[str]
) -> None:
    case = vector("evidence, block pinned")
    page = opened(saved)
    check(page, SIGNED, case["bundle"])
    expect(answer(page, "Since when, at the latest?")).to_contain_text("Before a block, if its hash is right")
    unfold(page)
    # The page names the block whose hash is to be looked up, in the very form that it takes.
    expect(answer(page, "Since when, at the latest?")).to_contain_text(case["block_hashes"][0])
    page.get_by_label("Block hashes").fill("\n".join(case["block_hashes"]))
    page.get_by_label("The log’s key").fill(case["log_key"])
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#check-title")).to_have_text("The proof holds for this file")
    expect(answer(page, "Since when, at the latest?")).to_contain_text("Before a block that you confirmed")
    expect(answer(page, "Was it withdrawn?")).to_contain_text("Not as of block")

    check(page, SIGNED, vector("revoked, block pinned")["bundle"])
    expect(page.locator("#check-title")).to_have_text("Attested, and withdrawn")
    assert (complaints, sent) == ([], [])


def test_what_is_wrong_is_refused_by_its_code(opened: Open, url: str, complaints: list[str]) -> None:
    page = opened(url)
    tampered = example() | {"index": 2}
    for content, proof, said, code in (
        (b"Signed bytes", example(), "The proof is not about this file", "proof_wrong_file"),
        (SIGNED, tampered, "The proof does not hold", "inclusion_invalid"),
        (SIGNED, b"\xff\xd8 a picture", "The proof does not hold", "proof_malformed"),
        (SIGNED, b"[" * (16 * 1024 * 1024 + 5), "The proof does not hold", "proof_malformed"),
    ):
        check(page, content, proof)
        expect(page.locator("#check-title")).to_have_text(said)
        expect(page.locator(".summary code")).to_have_text(code)
        expect(page.locator(".axis")).to_have_count(0)
    page.get_by_text("What I know already").click()
    page.get_by_label("Block hashes").fill("0xabc")
    check(page, SIGNED, example())
    expect(page.locator("#check-title")).to_have_text("A key or hash cannot be read")
    assert complaints == []


def test_something_missing_is_asked_for(opened: Open, saved: str) -> None:
    page = opened(saved)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("Choose a file first.")
    page.locator("#check-file").set_input_files(payload(SIGNED, "photo.jpg"))
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Choose the proof as well")


DROP = """([zone, files]) => {
  const carried = new DataTransfer();
  for (const [name, text] of files) carried.items.add(new File([text], name));
  const target = document.querySelector(zone).closest(".drop");
  target.dispatchEvent(new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true}));
}"""


def test_file_and_proof_can_be_dropped_together(opened: Open, saved: str, complaints: list[str]) -> None:
    page = opened(saved)
    proof = json.dumps(example())
    page.evaluate(DROP, ["#check-file", [["a.JPG.assay.json", proof], ["a.JPG", SIGNED.decode()]]])
    expect(page.locator("#check-file-name")).to_contain_text("a.JPG, 12\u00a0bytes")
    expect(page.locator("#check-proof-name")).to_contain_text("a.JPG.assay.json")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(answer(page, "Is it about this file?")).to_contain_text("Yes")
    page.evaluate(DROP, ["#check-proof", [["one", "1"], ["two", "2"]]])
    expect(page.get_by_role("alert")).to_contain_text("whose name ends in .assay.json")
    page.evaluate(DROP, ["#check-file", [["other.jpg", "other"]]])
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#check-title")).to_have_text("The proof is not about this file")
    assert complaints == []


def test_a_large_file_is_read_in_pieces(opened: Open, saved: str, tmp_path: Path) -> None:
    import hashlib

    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        for number in range(30):
            file.write(bytes([number]) * 4_000_037)
    page = opened(saved)
    page.locator("#check-file").set_input_files(large)
    page.locator("#check-proof").set_input_files(payload(json.dumps(example()).encode(), "p.assay.json"))
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#check-progress")).to_be_visible()
    page.locator("#check-title").wait_for(timeout=60_000)
    expect(page.locator("#check-progress")).to_be_hidden()
    with large.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    expect(page.locator(".facts-card")).to_contain_text(digest)
    expect(page.locator(".facts-card")).to_contain_text("120\u00a0MB")


HOSTILE = ["<img src=x onerror=alert(1)>.jpg", "photo\u202egpj.exe", "zero\u200bwidth", "\u2066{{7*7}}\u2069"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_and_nothing_runs(
    opened: Open, saved: str, name: str, complaints: list[str]
) -> None:
    page = opened(saved)
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    proof = example()
    proof["content"]["title"] = "<script>alert(1)</script><b>"
    check(page, SIGNED, proof, name)
    unfold(page)
    expect(page.locator(".facts-card bdi").first).to_be_visible()
    shown = page.locator("#check-form").inner_text() + page.locator("#check-result").inner_text()
    assert not set(shown) & set("\u202e\u200b\u2066\u2069")
    assert "<script>alert(1)</script><b>" in shown
    assert page.locator("#check-result img, #check-result script, #check-result b").count() == 0
    revealed = [f"U+{ord(each):04X}" for each in name if ord(each) in {0x202E, 0x200B, 0x2066, 0x2069}]
    assert all(each in shown for each in revealed)
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_state_of_the_page_breaks_wcag_2_2_aa(
    opened: Open, url: str, scheme: str, tmp_path: Path, complaints: list[str]
) -> None:
    page = opened(url, color_scheme=scheme, cut=False)
    assert_accessible(page)
    check(page, SIGNED, example())
    unfold(page)
    assert_accessible(page)
    page.screenshot(path=tmp_path / f"{scheme}.png", full_page=True)
    check(page, b"?", example())
    expect(page.locator(".facts-card")).to_contain_text("1\u00a0byte")
    expect(page.locator(".facts-card")).not_to_contain_text("bytes")
    assert_accessible(page)
    assert complaints == []


def test_a_narrow_window_needs_no_sideways_scrolling(opened: Open, url: str) -> None:
    page = opened(url, viewport={"width": 320, "height": 700})
    check(page, SIGNED, example(), "a-name-without-any-blank-in-it" * 8)
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_without_scripts_the_page_says_what_it_needs(opened: Open, url: str) -> None:
    page = opened(url, java_script_enabled=False)
    expect(page.get_by_text("it needs JavaScript, which is off")).to_be_visible()
    expect(page.locator("#check-form")).to_be_hidden()


def test_on_a_page_without_https_it_says_why_it_cannot_and_what_can(opened: Open, saved: str) -> None:
    page = opened("about:blank", cut=False)
    page.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', {value: undefined})")
    page.goto(saved)
    expect(page.get_by_text("This page came without HTTPS")).to_be_visible()
    check(page, SIGNED, example())
    expect(page.locator("#check-title")).to_have_text("This could not be checked")
    expect(page.locator(".summary code")).to_have_text("ed25519_unavailable")


def test_an_attestation_made_here_is_checked_on_the_page_saved_from_here(
    opened: Open, online: str, account: Any, photo: Path, tmp_path: Path, complaints: list[str]
) -> None:
    from service import pipeline
    from service.intake import incoming
    from service.models import Submission
    from service.pipeline import AttestRequest
    from service.stages import local

    with incoming([photo.read_bytes()], "photo.jpg") as asset:
        submission = pipeline.submit(account, asset, AttestRequest("human", "A temple"))
    pipeline.advance(str(submission.pk))
    pipeline.seal()
    done = Submission.objects.select_related("signed").get(pk=submission.pk)
    proof = pipeline.proof(done).to_json().encode()
    assert done.signed is not None
    with local(done.signed) as signed:
        content = signed.path.read_bytes()

    page = opened(online, cut=False)
    with page.expect_download() as download:
        page.get_by_role("link", name="Save this page").click()
    kept = tmp_path / download.value.suggested_filename
    download.value.save_as(kept)
    alone = opened(kept.as_uri())
    check(alone, content, proof, "A temple.jpg")
    expect(answer(alone, "Is it about this file?")).to_contain_text("Yes, these very bytes")
    expect(answer(alone, "How was it made?")).to_contain_text("Declared: made by a person")
    check(alone, photo.read_bytes(), proof, "photo.jpg")
    expect(answer(alone, "Is it about this file?")).to_contain_text("Yes, before signing")
    broken = bytearray(content)
    broken[-5000] ^= 0x40
    check(alone, bytes(broken), proof, "broken.jpg")
    expect(alone.locator("#check-title")).to_have_text("The proof is not about this file")
    assert complaints == []
