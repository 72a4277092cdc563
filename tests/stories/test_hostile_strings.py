"""Hostile titles, authors and file names through every door: shown as text, marked, and never acting.

The strings are the C2PA attack tool's own and a few that hide instead. What is written into the database by
one door is read at all the others: API, portal in real Chromium, the page printed to PDF, and the terminal.
"""

import io
import re
import shutil
import unicodedata
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from PIL import Image
from playwright.sync_api import Browser, Page

from service import accounts, pipeline
from service.intake import incoming
from service.models import Account, Submission
from service.pipeline import AttestRequest
from service.stages import local
from service.wishes import Wishes
from tests.chromium import IN_A_BROWSER
from tests.service.cli.conftest import run_verb
from tests.stories.test_portal_in_a_browser import log_in

pytestmark = IN_A_BROWSER

OURS = (
    "invoice\u202egpj.exe",
    "pay\u200bpal\u2066x\u2069",
    "\x1b]0;owned\x07\x1b[31mred\x9b2J",
    "a\u2028b\u2029c\u0085d\ufeff",
    "<img src=x onerror=\"document.title='owned'\">",
    "{{ 7*7 }}{% debug %}${7*7}",
    "a\U000e0041\U000e0042\u3164",
)
TITLE_LIMIT = 300


@dataclass(frozen=True)
class Told:
    """One hostile string and the attestation it went into, as title, author and file name."""

    text: str
    submission: Submission


def hostile_strings(shared: Path) -> list[str]:
    files = sorted((shared / "vectors" / "hostile-strings" / "attacks").glob("*.attack"))
    lines = [line for file in files for line in file.read_bytes().decode().split("\n") if line.strip()]
    return [*dict.fromkeys(lines), *OURS]


def picture(seed: int) -> bytes:
    """A picture unlike those of other seeds."""
    coarse = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(coarse).resize((120, 90), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.fixture
def told(shared: Path, account: Account) -> list[Told]:
    found = []
    for seed, text in enumerate(hostile_strings(shared)):
        with incoming([picture(seed)], f"{text}.jpg") as asset:
            wish = AttestRequest("human", text[:TITLE_LIMIT], wishes=Wishes(author=text[:200]))
            submission = pipeline.submit(account, asset, wish)
        pipeline.advance(str(submission.pk))
        found.append(Told(text, submission))
    pipeline.seal()
    rows = Submission.objects.select_related("asset", "signed", "store")
    return [Told(each.text, rows.get(pk=each.submission.pk)) for each in found]


def hidden_in(text: str) -> list[str]:
    """What acts or is invisible; line breaks are layout here."""
    kinds = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    return [c for c in text if unicodedata.category(c) in kinds and c not in "\n\r\t"]


def test_hostile_strings_are_inert_at_every_door(
    told: list[Told], account: Account, browser: Browser, live_server: Any, tmp_path: Path
) -> None:
    assert len(told) > 30
    _in_the_api(told, account)
    _in_the_portal(told, account, browser, str(live_server.url))
    _on_a_terminal(told, tmp_path)


def _in_the_api(told: list[Told], account: Account) -> None:
    _, secret = accounts.create_key(account, "story", accounts.SCOPES, 1)
    client = Client()
    for each in told:
        path = f"/api/v1/attestations/{each.submission.pk}"
        answer = client.get(path, HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("application/json")
        assert answer["X-Content-Type-Options"] == "nosniff"
        title = answer.json()["title"]
        assert hidden_in(title) == []
        assert "\n" not in title
        assert len(title) <= TITLE_LIMIT
    shown = {each.text: each.submission.title for each in told}
    assert shown["invoice\u202egpj.exe"] == "invoice[U+202E]gpj.exe"
    assert shown["Escape\x1bChar"] == "Escape[U+001B]Char"
    assert shown["<script>alert('xss');</script>"] == "<script>alert('xss');</script>"


def _in_the_portal(told: list[Told], account: Account, browser: Browser, url: str) -> None:
    acted: list[str] = []
    page = browser.new_context(base_url=url).new_page()
    page.on("dialog", lambda dialog: (acted.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: acted.append(str(error)))
    page.on("request", lambda request: _note_foreign(request.url, url, acted))
    log_in(page, account.username)
    for each in told:
        page.goto(f"/attestations/{each.submission.pk}", wait_until="domcontentloaded")
        _shown_as_text(page, each)
    _printed(page, told)
    page.context.close()
    assert acted == []


def _note_foreign(asked: str, url: str, acted: list[str]) -> None:
    if not asked.startswith((url, "data:", "blob:")):
        acted.append(asked)


def _shown_as_text(page: Page, each: Told) -> None:
    heading = page.locator("h1")
    assert _plain(heading.inner_text()) == _plain(each.submission.title)
    assert "owned" not in page.title() or "owned" in each.text
    assert hidden_in(page.inner_text("body")) == []
    inside = heading.evaluate("h => [...h.querySelectorAll('script, img, foo, iframe, a')].length")
    assert inside == 0
    named = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
    assert page.evaluate(f"{named}.filter(n => n.startsWith('on'))") == []
    assert page.locator("a[href^='javascript:' i]").count() == 0


def _plain(text: str) -> str:
    return "".join(text.split())


# --- the page on paper ------------------------------------------------------------------------------


def _printed(page: Page, told: list[Told]) -> None:
    """The pages of the most telling strings on paper: their text can be read out, and nothing acts."""
    for wanted in ("invoice\u202egpj.exe", "javascript:alert('xss');", "<script>alert('xss');</script>"):
        each = next(each for each in told if each.text == wanted)
        page.goto(f"/attestations/{each.submission.pk}", wait_until="domcontentloaded")
        document = page.pdf()
        unpacked = document + b"".join(_streams(document))
        for acting in (b"/JavaScript", b"/JS ", b"/Launch", b"/OpenAction", b"/SubmitForm"):
            assert acting not in unpacked
        links = re.findall(rb"/URI\s*\((.*?)\)", unpacked)
        assert not [link for link in links if b"javascript" in link.lower() or b"alert" in link]
        assert _plain(each.submission.title) in _plain(_text_of(document))


def _streams(document: bytes) -> list[bytes]:
    found = []
    for match in re.finditer(rb"stream\r?\n", document):
        try:
            found.append(zlib.decompressobj().decompress(document[match.end() :]))
        except zlib.error:
            continue
    return found


def _text_of(document: bytes) -> str:
    """The text of a PDF as Chromium writes it: glyph numbers, and each font's own map back to characters."""
    objects = dict(re.findall(rb"(?s)\n(\d+) 0 obj\s*(.*?)\nendobj", document))
    maps = {}
    for number, font in objects.items():
        back = re.search(rb"/ToUnicode (\d+) 0 R", font)
        if back:
            maps[number] = _glyphs(_streams(objects[back.group(1)])[0])
    named = re.findall(rb"/(F\d+) (\d+) 0 R", document)
    fonts = {name: maps[number] for name, number in named if number in maps}
    written = []
    for content in _streams(document):
        glyphs: dict[int, str] = {}
        for font, hexes in re.findall(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>", content):
            if font:
                glyphs = fonts.get(font, {})
            else:
                codes = [int(hexes[at : at + 4], 16) for at in range(0, len(hexes), 4)]
                written.append("".join(glyphs.get(code, "") for code in codes))
    return "".join(written)


def _glyphs(cmap: bytes) -> dict[int, str]:
    found = {}
    for block in re.findall(rb"(?s)beginbfchar(.*?)endbfchar", cmap):
        for code, target in re.findall(rb"<(\w+)> <(\w+)>", block):
            found[int(code, 16)] = bytes.fromhex(target.decode()).decode("utf-16-be")
    for block in re.findall(rb"(?s)beginbfrange(.*?)endbfrange", cmap):
        for first, last, target in re.findall(rb"<(\w+)> <(\w+)> <(\w+)>", block):
            for step, code in enumerate(range(int(first, 16), int(last, 16) + 1)):
                found[code] = chr(int(target, 16) + step)
    return found


# --- the terminal -----------------------------------------------------------------------------------


def _on_a_terminal(told: list[Told], folder: Path) -> None:
    """The signed files under their hostile names, as far as a file system takes them."""
    files = []
    for number, each in enumerate(told):
        name = f"{number}-{each.text[:60]}.jpg".replace("/", "_").replace("\0", "_")
        assert each.submission.signed is not None
        with local(each.submission.signed) as asset:
            files.append(shutil.copy(asset.path, folder / name))
    said = run_verb("verify", *files)
    assert said.code == 3, said.err
    assert hidden_in(said.out + said.err) == []
    assert "[U+202E]" in said.out
    assert said.out.count("NOT CHECKED") == len(files)
    as_json = run_verb("verify", "--json", *files)
    assert as_json.out.isascii()
    assert len(as_json.out.splitlines()) == len(files)
