"""Whatever somebody calls their file, a page shows it and nothing runs."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from service.models import State
from service.portal.templatetags.portal import visible

ATTACKS = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "hostile-strings" / "attacks"
OWN = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "photo\u202egpj.exe",
    "pay\u200bpal",
    "{{ 7|add:7 }}{% debug %}",
    "a" * 300,
    "null\x00byte",
    "\ud83d lone".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
]


def attacks() -> list[str]:
    if not ATTACKS.is_dir():
        return []
    lines = [line for file in sorted(ATTACKS.glob("*.attack")) for line in file.read_bytes().splitlines()]
    return [line.decode("utf-8", "replace") for line in lines if line.strip()]


class Tags(HTMLParser):
    """Every tag with its attributes' names."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(sorted(name for name, _ in attrs))))


def shape(html: str) -> set[tuple[str, tuple[str, ...]]]:
    parser = Tags()
    parser.feed(html)
    return {entry for entry in parser.seen if entry[1] != ("class", "title")}


def hostile() -> list[str]:
    return [*OWN, *attacks()]


@pytest.mark.skipif(
    not ATTACKS.is_dir(), reason="../shared/vectors/hostile-strings is not beside this checkout"
)
def test_the_public_attack_strings_are_there() -> None:
    assert len(attacks()) > 10


@pytest.mark.parametrize("title", hostile(), ids=range(len(hostile())))
def test_a_hostile_title_adds_no_tag_to_any_page(logged_in: Client, make, title: str) -> None:
    cut = title.replace("\x00", "\ufffd")[:300]
    calm = make(State.INSPECTED, title="calm")
    places = [reverse("attestation", args=[calm.pk]), reverse("attest")]
    before = [shape(logged_in.get(place).content.decode()) for place in places]
    type(calm).objects.filter(pk=calm.pk).update(title=cut)
    after = [shape(logged_in.get(place).content.decode()) for place in places]
    assert after == before


def test_characters_that_hide_or_reorder_are_shown() -> None:
    shown = visible("invoice\u202efdp.exe\u200b")
    assert "U+202E" in shown
    assert "U+200B" in shown
    assert "\u202e" not in shown
    assert "\u200b" not in shown
    assert "right-to-left override" in shown


def test_right_to_left_text_stays_readable() -> None:
    assert "صورة" in visible("صورة")


@given(st.text())
def test_visible_text_holds_no_raw_markup_and_no_control(text: str) -> None:
    shown = visible(text)
    inner = shown.removeprefix('<bdi class="foreign">').removesuffix("</bdi>")
    parser = Tags()
    parser.feed(inner)
    assert {tag for tag, _ in parser.seen} <= {"span"}
    assert not {"\u202e", "\u2066", "\u200b", "\x00", "\x1b"} & set(shown)
