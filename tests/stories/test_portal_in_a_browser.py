"""The portal's story in real Chromium: log in, attest a photograph, follow it, take it home, verify it.

With ASSAY_WRITE_SCREENSHOTS=1 the pictures of the pages go to docs/screenshots/, otherwise to a
temporary folder.
"""

import dataclasses
import io
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from service import pipeline
from service.intake import incoming, incoming_text
from service.models import Account, State, Submission
from service.pipeline import AttestRequest
from tests.chromium import IN_A_BROWSER, assert_accessible

PASSWORD = "a long enough password"
SHOWN = {"attest", "verify", "attestation", "review"}
DOCS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"

SAID = (
    "The harbour office said on Monday that the northern quay stays closed until the end of March, because "
    "divers found two cracks below the waterline that nobody had seen before."
)

# The first text of a process waits for its embedding model.
expect.set_options(timeout=60_000)

pytestmark = IN_A_BROWSER


@pytest.fixture
def site(house: Path, live_server: Any) -> str:
    return str(live_server.url)


@pytest.fixture
def chain(house: Path, settings: Any) -> Iterator[bool]:
    """The embedded chain, where this machine has one; the story goes on without."""
    from attest.registry import embedded

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        command = embedded.command(port, house / "chain.json")
    except embedded.AnvilMissing:
        yield False
        return
    rpc_url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        embedded.wait_ready(rpc_url)
        chain = {"chain_rpc_url": rpc_url, "chain_ids": (embedded.CHAIN_ID,), "anchor_seconds": 0.5}
        settings.CONFIG = dataclasses.replace(settings.CONFIG, **chain)
        yield True
        process.terminate()


@pytest.fixture
def worker(site: str, chain: bool) -> Iterator[None]:
    """A worker of its own thread, as `up` runs one in its own process."""
    from django.db import connections

    from service.jobs.runner import ensure_recurring, run_until_idle

    stop = threading.Event()

    def work() -> None:
        ensure_recurring()
        while not stop.wait(0.1):
            run_until_idle(limit=20)
        connections.close_all()

    thread = threading.Thread(target=work, name="worker")
    thread.start()
    yield
    stop.set()
    thread.join(60)


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of: broken policies, failed scripts, errors of the server."""
    return []


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, site: str, complaints: list[str]) -> Iterator[Open]:
    contexts: list[BrowserContext] = []

    def opened(path: str = "/", **options: Any) -> Page:
        context = browser.new_context(
            base_url=site,
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
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and "status of 4" not in message.text
                else None
            ),
        )
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


def log_in(page: Page, name: str) -> None:
    page.goto("/login")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/attest")


def picture(page: Page, name: str, folder: Path) -> None:
    wanted = os.environ.get("ASSAY_WRITE_SCREENSHOTS") == "1" and name in SHOWN
    target = DOCS if wanted else folder
    target.mkdir(parents=True, exist_ok=True)
    page.evaluate("document.activeElement && document.activeElement.blur()")
    page.screenshot(path=target / f"{name}.png", full_page=True)


def smaller(photo: Path) -> bytes:
    with Image.open(photo) as image:
        out = io.BytesIO()
        image.resize((480, image.height * 480 // image.width)).save(out, "JPEG", quality=70)
    return out.getvalue()


def turned_crop(photo: Path) -> bytes:
    """Two thirds of it, turned by nine degrees."""
    with Image.open(photo) as image:
        out = io.BytesIO()
        part = image.crop((image.width // 3, 0, image.width, image.height))
        part.rotate(9, expand=True, fillcolor="white").save(out, "JPEG", quality=80)
    return out.getvalue()


def attested(account: Account, content: bytes | str, title: str) -> Submission:
    held = incoming_text(content) if isinstance(content, str) else incoming([content], "photo.jpg")
    with held as asset:
        submission = pipeline.submit(account, asset, AttestRequest("human", title))
    pipeline.advance(str(submission.pk))
    pipeline.seal()
    return Submission.objects.select_related("asset", "signed", "store").get(pk=submission.pk)


def test_a_photograph_is_attested_followed_taken_home_and_verified(
    open_page: Open,
    chain: bool,
    worker: None,
    account: Account,
    photo: Path,
    tmp_path: Path,
    complaints: list[str],
) -> None:
    page = open_page()
    log_in(page, account.username)
    page.get_by_label("Drop a file here, or choose one").set_input_files(photo)
    expect(page.locator("#file-name")).to_contain_text("china.jpg, 197 kB")
    page.get_by_role("radio", name="Photographed or recorded").check()
    page.get_by_label("3. A title").fill("A temple in China")
    picture(page, "attest", tmp_path)
    page.get_by_role("button", name="Sign and attest").click()

    page.wait_for_url("**/attestations/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("A temple in China")
    end = "anchored" if chain else "logged"
    page.locator(f'#live[data-state="{end}"]').wait_for(timeout=60_000)
    expect(page.locator("#said")).to_contain_text(end.capitalize())
    expect(page.locator(".step-done")).to_have_count(6 if chain else 5)
    expect(page.locator(".label", has_text="local chain: no independent trust")).to_have_count(int(chain))
    expect(page.locator(".command")).to_have_text(
        "./assay verify 'A temple in China.signed.jpg' --proof 'A temple in China.signed.jpg.assay.json'"
    )
    picture(page, "attestation", tmp_path)

    taken = {}
    for link in ("Signed file", "Proof", "Manifest"):
        with page.expect_download() as download:
            page.get_by_role("link", name=link, exact=True).click()
        taken[link] = tmp_path / download.value.suggested_filename
        download.value.save_as(taken[link])
    assert taken["Signed file"].name == "A temple in China.signed.jpg"
    assert taken["Signed file"].read_bytes()[:2] == b"\xff\xd8"
    assert taken["Proof"].name == "A temple in China.signed.jpg.assay.json"

    visitor = open_page("/verify")
    visitor.locator("#file").set_input_files(taken["Signed file"])
    visitor.get_by_text("I also have a proof file").click()
    visitor.locator("#proof").set_input_files(taken["Proof"])
    visitor.get_by_role("button", name="Verify", exact=True).click()
    expect(visitor.locator("#report-title")).to_have_text("Somebody vouches for this content")
    expect(visitor.locator("#report-title")).to_be_focused()
    expect(visitor.locator(".axis")).to_have_count(6)
    expect(visitor.locator(".axis", has_text="Was it attested here?")).to_contain_text("Attested")
    expect(visitor.locator(".axis", has_text="Does the proof file fit?")).to_contain_text("It does")
    visitor.locator(".axis", has_text="Was it attested here?").get_by_text("Details").click()
    expect(visitor.get_by_text("Entry number").first).to_be_visible()
    picture(visitor, "verify", tmp_path)
    assert complaints == []


def test_a_tampered_file_is_refused_and_a_stranger_is_not_called_fake(
    open_page: Open, account: Account, photo: Path, tmp_path: Path, complaints: list[str]
) -> None:
    done = attested(account, photo.read_bytes(), "Original")
    assert done.signed is not None
    from service.stages import local

    with local(done.signed) as asset:
        broken = bytearray(asset.path.read_bytes())
    broken[-5000] ^= 0x40
    (tmp_path / "broken.jpg").write_bytes(broken)
    page = open_page("/verify")
    page.locator("#file").set_input_files(tmp_path / "broken.jpg")
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator("#report-title")).to_have_text("Do not rely on what this content says of itself")
    expect(page.locator(".axis", has_text="Who signed it?")).to_contain_text("Broken")

    page.get_by_role("radio", name="A text").check()
    page.get_by_label("The text").fill("Nobody ever attested this sentence.")
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator("#report-title")).to_have_text("Nobody we know vouches for this content")
    expect(page.locator(".summary")).to_contain_text("does not make it fake")
    assert complaints == []


def test_what_is_refused_is_said_beside_the_form(
    open_page: Open, account: Account, tmp_path: Path, complaints: list[str]
) -> None:
    (tmp_path / "empty.jpg").write_bytes(b"")
    page = open_page()
    log_in(page, account.username)
    page.get_by_role("button", name="Sign and attest").click()
    expect(page.locator("#problem")).to_contain_text("Choose a file first.")
    page.locator("#file").set_input_files(tmp_path / "empty.jpg")
    page.get_by_role("radio", name="Generated by AI").check()
    page.get_by_role("button", name="Sign and attest").click()
    expect(page.locator("#problem")).to_contain_text("empty_file")
    expect(page.get_by_role("button", name="Sign and attest")).to_be_enabled()
    expect(page.get_by_role("radio", name="Generated by AI")).to_be_checked()
    assert not Submission.objects.exists()
    assert complaints == []


def test_what_is_too_large_is_not_even_sent_and_the_doors_refusal_is_read(
    open_page: Open, photo: Path, complaints: list[str]
) -> None:
    page = open_page("/verify")
    page.locator("#file").evaluate("input => { input.dataset.maxBytes = 1000; }")
    page.locator("#file").set_input_files(photo)
    expect(page.locator("#file-name")).to_contain_text("larger than")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator("#problem")).to_contain_text("too_large")
    assert sent == []

    page.locator("#file").evaluate("input => { input.dataset.maxBytes = 1e9; }")
    refusal = '{"title": "Too large", "status": 413, "detail": "At most 5 bytes.", "code": "too_large"}'
    kind = "application/problem+json"
    page.route("**/verify", lambda route: route.fulfill(status=413, content_type=kind, body=refusal))
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator("#problem")).to_have_text("At most 5 bytes. (too_large)")
    expect(page.get_by_role("button", name="Verify", exact=True)).to_be_enabled()
    assert complaints == []


def test_everything_works_without_scripts(open_page: Open, account: Account, photo: Path) -> None:
    page = open_page(java_script_enabled=False)
    log_in(page, account.username)
    page.locator("#file").set_input_files(photo)
    page.get_by_role("radio", name="Photographed or recorded").check()
    page.get_by_role("button", name="Sign and attest").click()
    page.wait_for_url("**/attestations/*")
    expect(page.get_by_role("link", name="Look again")).to_be_visible()
    page.goto("/verify")
    page.get_by_role("radio", name="A text").check()
    page.get_by_label("The text").fill("A sentence of no importance.")
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator("#report-title")).to_be_visible()


def test_a_held_copy_is_reviewed_and_a_revocation_is_deliberate(
    open_page: Open, account: Account, photo: Path, tmp_path: Path, complaints: list[str]
) -> None:
    attested(account, photo.read_bytes(), "A temple in China")
    other = Account.objects.create_user("somebody-else", password=PASSWORD)
    held = attested(other, turned_crop(photo), "My own temple")
    assert held.state == State.HELD
    Account.objects.create_user("editor", password=PASSWORD, is_staff=True)
    for number, hour in enumerate(("nine", "ten", "eleven", "noon"), start=1):
        text = (
            f"Congratulations! You won the spring lottery, call 0900 12345{number} before {hour} to claim it."
        )
        with incoming_text(text) as asset:
            pipeline.screen(
                asset, tenant=str(account.pk), source=f"forum-{number % 2}", author=f"user{number}"
            )

    page = open_page()
    log_in(page, "editor")
    page.get_by_role("link", name="Review").click()
    expect(page.locator(".case")).to_contain_text("Attested earlier")
    expect(page.locator(".case .regions image")).to_have_count(2)
    expect(page.get_by_role("row", name="Congratulations")).to_have_count(1)
    expect(page.get_by_role("row", name="Congratulations").get_by_role("cell").first).to_have_text("4")
    picture(page, "review", tmp_path)
    page.get_by_role("link", name="Congratulations").click()
    expect(page.get_by_role("heading", name="Campaign of 4")).to_be_visible()
    assert_accessible(page)
    picture(page, "campaign", tmp_path)
    page.get_by_role("button", name="It is none").click()
    expect(page.locator(".message")).to_contain_text("no campaign")
    page.get_by_role("link", name="Back to the review list").click()
    page.get_by_role("button", name="Not the same: sign it").click()
    expect(page.locator(".message")).to_contain_text("approved; it goes on to be signed. Kept")
    pipeline.advance(str(held.pk))
    pipeline.seal()
    held.refresh_from_db()
    assert held.state == State.LOGGED

    owner = open_page()
    log_in(owner, "somebody-else")
    owner.get_by_role("link", name="My own temple").click()
    owner.get_by_text("Revoke this attestation…").click()
    owner.get_by_label("Why").fill("It was not mine after all")
    owner.get_by_role("button", name="Revoke").click()
    assert owner.locator("input[name=sure]").evaluate("e => e.validity.valueMissing")
    owner.get_by_label("I understand that this cannot be undone").check()
    owner.get_by_role("button", name="Revoke").click()
    expect(owner.locator(".state-line")).to_contain_text("Revoked")
    assert complaints == []


def test_the_owner_sees_which_part_of_which_picture_was_found(
    open_page: Open, account: Account, photo: Path, tmp_path: Path, complaints: list[str]
) -> None:
    done = attested(account, photo.read_bytes(), "A temple in China")
    page = open_page()
    log_in(page, account.username)
    page.goto("/verify")
    with page.expect_response(f"**/attestations/{done.pk}/thumbnail") as fetched:
        page.locator("#file").set_input_files(
            {"name": "copy.jpg", "mimeType": "image/jpeg", "buffer": turned_crop(photo)}
        )
        page.get_by_role("button", name="Verify", exact=True).click()
    assert fetched.value.ok
    expect(page.locator(".regions image")).to_have_count(2)
    expect(page.locator(".regions figcaption")).to_contain_text("turned by 9°")
    page.locator(".axis", has_text="Have we seen it before?").screenshot(
        path=(DOCS if os.environ.get("ASSAY_WRITE_SCREENSHOTS") == "1" else tmp_path) / "regions.png"
    )
    visitor = open_page("/verify")
    visitor.locator("#file").set_input_files(
        {"name": "copy.jpg", "mimeType": "image/jpeg", "buffer": turned_crop(photo)}
    )
    visitor.get_by_role("button", name="Verify", exact=True).click()
    expect(visitor.locator(".regions image")).to_have_count(1)
    picture(visitor, "visitor", tmp_path)
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_wcag_2_2_aa(
    open_page: Open, account: Account, photo: Path, tmp_path: Path, scheme: str, complaints: list[str]
) -> None:
    account.is_staff = True
    account.save()
    done = attested(account, photo.read_bytes(), "A temple \u202egpj.exe")
    other = Account.objects.create_user("somebody-else", password=PASSWORD)
    held = attested(other, smaller(photo), "My own temple")
    attested(account, SAID, "Said")
    attested(other, SAID.replace("Monday", "Tuesday"), "Said differently")
    (tmp_path / "empty.jpg").write_bytes(b"")

    page = open_page(color_scheme=scheme)
    for path in ("/", "/verify", "/login", "/nowhere"):
        page.goto(path)
        assert_accessible(page)
    page.goto("/verify")
    page.locator("#file").set_input_files(photo)
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator("#report-title")).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert_accessible(page)
    picture(page, f"verify-{scheme}", tmp_path)
    log_in(page, account.username)
    assert_accessible(page)
    page.get_by_role("radio", name="A text").check()
    page.get_by_role("button", name="Sign and attest").click()
    expect(page.locator("#problem .problem")).to_be_visible()
    assert_accessible(page)
    for path in (f"/attestations/{done.pk}", f"/attestations/{held.pk}", "/review", "/keys"):
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        assert_accessible(page)
        if path == "/review":
            expect(page.locator(".difference del").first).to_have_text("Monday")
        picture(page, f"{path.split('/')[1]}-{path[-4:]}-{scheme}", tmp_path)
    page.get_by_label("Name").fill("a script")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Make the key").click()
    expect(page.locator(".made")).to_be_visible()
    assert_accessible(page)
    assert complaints == []


@pytest.mark.parametrize("path", ["/", "/verify", "/attest", "/review", "/keys"])
def test_a_narrow_window_needs_no_sideways_scrolling(
    open_page: Open, account: Account, path: str, tmp_path: Path
) -> None:
    account.is_staff = True
    account.save()
    page = open_page(viewport={"width": 320, "height": 700})
    log_in(page, account.username)
    page.goto(path)
    picture(page, "narrow", tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_an_unfolded_report_needs_no_sideways_scrolling(open_page: Open, photo: Path) -> None:
    page = open_page("/verify", viewport={"width": 320, "height": 700})
    page.locator("#file").set_input_files(photo)
    page.get_by_role("button", name="Verify", exact=True).click()
    page.locator("#report-title").wait_for()
    for summary in page.locator("#result summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
