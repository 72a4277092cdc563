"""Every verdict of docs/verdicts.md, made with real files and read off the real page in Chromium.

With ASSAY_WRITE_SCREENSHOTS=1 the pictures of that page go to docs/images/verdicts/, otherwise to a temporary
folder.
"""

import io
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from provenance import sdk
from provenance.inspection import jumbf
from provenance.inspection.extract import candidates
from provenance.inspection.reader import Inspector
from provenance.trust.lists import ListKind, TrustStore, parse_pem
from service import pipeline, wiring
from service.intake import incoming
from service.models import Account, Submission
from service.pipeline import AttestRequest
from service.stages import local
from tests.chromium import IN_A_BROWSER, assert_accessible
from tests.pki import Answer, Authority, Leaf, Signer, ocsp_response
from tests.pki_servers import TimeStampAuthority
from tests.provenance.inspection.test_attacks import plainly_signed
from tests.stapling import staple

PAGE = Path(__file__).resolve().parents[2] / "docs" / "verdicts.md"
PICTURES = PAGE.parent / "images" / "verdicts"
MOST_BYTES = 60_000
DESK = Leaf("Picture desk")
CREATED = {
    "action": "c2pa.created",
    "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
}
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="https://example.org/m"/>'
    "</rdf:RDF></x:xmpmeta>"
)

pytestmark = IN_A_BROWSER


@dataclass(frozen=True)
class Scene:
    """A newsroom with its signer, a clock, the file to play with and a folder to work in."""

    newsroom: Authority
    clock: Authority
    desk: Signer
    photo: Path
    folder: Path
    account: Account

    def signed(self, name: str = "bridge.jpg", parents: tuple[Path, ...] = (), **more: Any) -> Path:
        """A picture that the newsroom signed."""
        source = parents[0] if parents else self.photo
        return plainly_signed(self.desk, source, self.folder / name, parents, **more).path

    def attested(self, title: str = "The bridge") -> Submission:
        """The picture, attested in this installation's log."""
        with incoming([self.photo.read_bytes()], "bridge.jpg") as asset:
            submission = pipeline.submit(self.account, asset, AttestRequest("human", title))
        pipeline.advance(str(submission.pk))
        pipeline.seal()
        return Submission.objects.select_related("signed").get(pk=submission.pk)


Made = Path | tuple[Path, Path]


def edited(path: Path, at: int, content: bytes) -> Path:
    data = bytearray(path.read_bytes())
    data[at : at + len(content) or None] = content
    path.write_bytes(data)
    return path


def changed(path: Path) -> Path:
    """One bit of the picture is another."""
    return edited(path, -200, bytes([path.read_bytes()[-200] ^ 1]))


def lookalike(scene: Scene) -> Path:
    fake = Authority.create(scene.newsroom.organisation).issue(DESK)
    return plainly_signed(fake, scene.photo, scene.folder / "bridge.jpg").path


def stranger(scene: Scene) -> Path:
    signer = Authority.create("Anybody").issue(Leaf("Anybody at all"))
    return plainly_signed(signer, scene.photo, scene.folder / "bridge.jpg").path


def laundered(scene: Scene) -> Path:
    signer = Authority.create("Launderer").issue(Leaf("Somebody else"))
    return plainly_signed(signer, scene.signed(), scene.folder / "laundered.jpg").path


def erased(scene: Scene) -> Made:
    """The ingredient's own manifest is taken out of the store."""
    child = scene.signed("child.jpg", (scene.signed(),))
    store = next(candidates(child.read_bytes(), "image/jpeg"))
    parent = jumbf.manifests(jumbf.parse(store))[0]
    box = len(parent.payload) + 8
    at = store.index(bytes(parent.payload)) - 8
    sidecar = scene.folder / "cut.c2pa"
    sidecar.write_bytes((len(store) - box).to_bytes(4, "big") + store[4:at] + store[at + box :])
    with Image.open(child) as image:
        image.save(scene.folder / "bare.jpg")
    return scene.folder / "bare.jpg", sidecar


def stapled(path: Path, scene: Scene, answer: Answer, **more: Any) -> Path:
    staple(path, ocsp_response(scene.newsroom, scene.desk.certificate, answer, **more))
    return path


def stamped(scene: Scene, signer: Signer | None = None) -> Path:
    with TimeStampAuthority(scene.clock, scene.folder) as authority:
        target = scene.folder / "bridge.jpg"
        return plainly_signed(signer or scene.desk, scene.photo, target, tsa_url=authority.url).path


def revoked_later(scene: Scene) -> Path:
    path = stamped(scene)
    time.sleep(1.5)
    now = datetime.now(UTC)
    superseded = x509.ReasonFlags.superseded
    return stapled(path, scene, Answer.REVOKED, revoked_at=now, reason=superseded, made=timedelta(0))


def expired(scene: Scene, *, with_stamp: bool) -> Path:
    signer = scene.newsroom.issue(Leaf("Picture desk", ends=timedelta(seconds=3)))
    if with_stamp:
        path = stamped(scene, signer)
    else:
        path = plainly_signed(signer, scene.photo, scene.folder / "bridge.jpg").path
    left = signer.certificate.not_valid_after_utc - datetime.now(UTC)
    time.sleep(max(0.0, left.total_seconds()) + 1.1)
    return path


def claiming(scene: Scene, when: datetime) -> Path:
    actions = [CREATED | {"when": when.strftime("%Y-%m-%dT%H:%M:%SZ")}]
    wish = {
        "title": "bridge.jpg",
        "claim_generator_info": [{"name": "plain", "version": "1"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }
    ours, c2pa = scene.desk.claim_signer(), sdk.load()
    info = c2pa.C2paSignerInfo(ours.algorithm.value, ours.chain_pem, ours.private_key_pem, None)
    settings = sdk.base_settings((), verify_after_sign=False)
    context = sdk.context(settings, c2pa.Signer.from_info(info))
    builder = c2pa.Builder(json.dumps(wish), context=context)
    target = scene.folder / "bridge.jpg"
    with scene.photo.open("rb") as read, target.open("w+b") as write:
        builder.sign("image/jpeg", read, write)
    return target


def padded(path: Path) -> Path:
    data = path.read_bytes()
    pad = re.compile(rb"[cs]?pad").search(data, data.find(b"c2pa.signature"))
    assert pad is not None
    return edited(path, pad.start() + 50, b"a secret message nobody signed")


def remote(scene: Scene) -> Path:
    path = scene.folder / "bridge.jpg"
    with Image.open(scene.photo) as image:
        image.save(path, xmp=XMP.encode())
    return path


def unsupported(scene: Scene) -> Path:
    """A kind of file in which no credential can be read, though there seems to be one."""
    path = scene.folder / "bundle.bin"
    path.write_bytes(b"\x00\x00\x00\x20jumb\x00\x00\x00\x18jumdc2pa" + bytes(100))
    return path


def attested_file(scene: Scene) -> Path:
    submission = scene.attested()
    assert submission.signed is not None
    with local(submission.signed) as asset:
        (scene.folder / "attested.jpg").write_bytes(asset.path.read_bytes())
    return scene.folder / "attested.jpg"


def copied(scene: Scene) -> Path:
    with Image.open(attested_file(scene)) as image:
        image.resize((480, image.height * 480 // image.width)).save(scene.folder / "copy.jpg", quality=70)
    return scene.folder / "copy.jpg"


def withdrawn(scene: Scene) -> Path:
    path = attested_file(scene)
    pipeline.revoke(Submission.objects.get(), "The caption was wrong.")
    return path


SIGNER, LOG = "Who signed it?", "Was it attested here?"


@dataclass(frozen=True)
class State:
    """One picture: how its file is made, which answer it shows, and what stands there."""

    make: Callable[[Scene], Made]
    says: tuple[str, ...]
    question: str = SIGNER
    lists: tuple[str, ...] = ("newsrooms",)


STATES = {
    "trusted": State(lambda s: s.signed(), ("Signed, issuer known", "newsrooms")),
    "lists-disagree": State(
        lambda s: s.signed(),
        ("Signed, issuer known", "knows the signer", "does not know the signer"),
        lists=("newsrooms", "city press"),
    ),
    "untrusted-issuer": State(stranger, ("Signed, issuer unknown", "signingCredential.untrusted")),
    "lookalike": State(lookalike, ("Signed, issuer unknown", "Picture desk, Die Zeitung")),
    "laundered": State(laundered, ("Signed, issuer unknown", "Somebody else, Launderer")),
    "invalid-content": State(lambda s: changed(s.signed()), ("Broken", "assertion.dataHash.mismatch")),
    "broken-ingredient": State(
        lambda s: s.signed("collage.jpg", (changed(s.signed()),)),
        ("Broken", "bridge.jpg", "1 step back", "was changed"),
    ),
    "erased-history": State(erased, ("Broken", "ingredient.manifest.missing")),
    "revoked": State(
        lambda s: stapled(s.signed(), s, Answer.REVOKED, revoked_at=datetime(2026, 3, 4, tzinfo=UTC)),
        ("certificate revoked", "4 March 2026", "signingCredential.ocsp.revoked"),
    ),
    "revoked-later": State(revoked_later, ("revoked later", "assay.revokedLater")),
    "not-revoked": State(
        lambda s: stapled(s.signed(), s, Answer.GOOD), ("Signed, issuer known", "confirmed")
    ),
    "expired": State(
        lambda s: expired(s, with_stamp=False), ("Signed, certificate expired", "signingCredential.expired")
    ),
    "timestamped": State(
        lambda s: expired(s, with_stamp=True), ("Signed, issuer known", "timeStamp.trusted")
    ),
    "claimed": State(
        lambda s: claiming(s, datetime.now(UTC) - timedelta(minutes=20)), ("Claimed", "the signer’s own word")
    ),
    "contradiction": State(
        lambda s: claiming(s, datetime(2031, 1, 1, tzinfo=UTC)), ("Contradiction", "claimed_in_future")
    ),
    "padding": State(lambda s: padded(s.signed()), ("Hidden bytes", "assay.padding", "61 20 73 65 63")),
    "none": State(lambda s: s.photo, ("None attached",)),
    "remote-only": State(remote, ("Kept elsewhere",)),
    "unchecked": State(unsupported, ("Not checked", "this kind of file")),
    "attested": State(attested_file, ("exactly these bytes",), LOG),
    "variant": State(lambda s: padded(attested_file(s)), ("Attested, other bytes",), LOG),
    "copy": State(copied, ("Copy of attested content",), LOG),
    "attestation-revoked": State(withdrawn, ("Attestation revoked",), LOG),
}


@pytest.fixture(scope="module")
def newsroom() -> Authority:
    return Authority.create("Die Zeitung")


@pytest.fixture(scope="module")
def clock() -> Authority:
    return Authority.create("Time stamping service")


@pytest.fixture
def scene(newsroom: Authority, clock: Authority, photo: Path, tmp_path: Path, account: Account) -> Scene:
    with Image.open(photo) as image:
        image.save(tmp_path / "photo.jpg", quality=90)
    return Scene(newsroom, clock, newsroom.issue(DESK), tmp_path / "photo.jpg", tmp_path, account)


@pytest.fixture
def trusting(scene: Scene) -> Iterator[Callable[[tuple[str, ...]], None]]:
    """`trusting(names)` has the site read credentials against lists of these names, and the clock's."""
    made: list[Inspector] = []
    patch = pytest.MonkeyPatch()

    def use(names: tuple[str, ...]) -> None:
        roots = {"newsrooms": scene.newsroom.root_pem, "city press": Authority.create("City press").root_pem}
        lists = [parse_pem(name, ListKind.MANIFEST, roots[name]) for name in names]
        made.append(Inspector(TrustStore((*lists, parse_pem("clocks", ListKind.TSA, scene.clock.root_pem)))))
        patch.setattr(wiring, "inspector", lambda: made[0])

    yield use
    patch.undo()
    for inspector in made:
        inspector.close()


def picture(page: Page, question: str, target: Path) -> None:
    """The answer as a picture of few colours, small enough for a page of documentation."""
    page.evaluate("document.activeElement && document.activeElement.blur()")
    shot = page.locator(".axis", has_text=question).screenshot()
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(shot)) as image:
        few = image.convert("RGB").quantize(64, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(target, optimize=True)


def verified(page: Page, made: Made) -> None:
    """Send the file, and its sidecar if it has one, through the page's own form."""
    file, sidecar = made if isinstance(made, tuple) else (made, None)
    page.goto("/verify")
    page.locator("#file").set_input_files(file)
    if sidecar is not None:
        page.get_by_text("I also have a proof file").click()
        page.locator("#proof").set_input_files(sidecar)
    page.get_by_role("button", name="Verify", exact=True).click()
    page.locator("#report-title").wait_for(timeout=60_000)


def test_the_report_prints_alone_and_unfolded(
    scene: Scene, trusting: Callable[..., None], browser: Browser, live_server: Any, tmp_path: Path
) -> None:
    made = padded(scene.signed())
    trusting(("newsrooms",))
    page = browser.new_page(base_url=live_server.url, viewport={"width": 720, "height": 1000})
    try:
        verified(page, made)
        assert not page.locator(".dump").is_visible(), "folded on the screen"
        page.emulate_media(media="print", color_scheme="dark")
        for hidden in ("#verify-form", ".top", ".foot", ".axis summary >> nth=0"):
            assert not page.locator(hidden).is_visible(), hidden
        assert page.locator(".dump").is_visible()
        assert page.locator(".summary").evaluate("e => getComputedStyle(e).color") == "rgb(0, 0, 0)"
        (tmp_path / "report.pdf").write_bytes(page.pdf())
        page.screenshot(path=tmp_path / "print.png", full_page=True)
    finally:
        page.close()


@pytest.mark.parametrize("name", STATES)
def test_a_verdict_looks_as_its_picture_shows(
    name: str, scene: Scene, trusting: Callable[..., None], browser: Browser, live_server: Any, tmp_path: Path
) -> None:
    state = STATES[name]
    made = state.make(scene)
    trusting(state.lists)
    page = browser.new_page(base_url=live_server.url, viewport={"width": 860, "height": 900})
    try:
        verified(page, made)
        axis = page.locator(".axis", has_text=state.question)
        if name == "padding":
            axis.get_by_text("Details").click()
        for words in state.says:
            expect(axis).to_contain_text(words)
        wanted = os.environ.get("ASSAY_WRITE_SCREENSHOTS") == "1"
        target = (PICTURES if wanted else tmp_path / "pictures") / f"{name}.png"
        picture(page, state.question, target)
        assert target.stat().st_size < MOST_BYTES
        page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        assert_accessible(page)
    finally:
        page.close()


def test_every_picture_stands_on_the_page_and_every_one_there_is_made_here() -> None:
    shown = set(re.findall(r"images/verdicts/([a-z-]+)\.png", PAGE.read_text()))
    assert shown == set(STATES)
    assert {path.stem for path in PICTURES.glob("*.png")} == shown
