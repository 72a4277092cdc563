"""The page "Check it yourself" as one file that works from a disk, with the network off.

It is the same bytes for everybody who runs this version, so that its digest can be compared.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from service.portal.single_module import joined

STATIC = Path(__file__).parent / "static" / "portal"
STYLES = ("tokens.css", "page.css", "parts.css")


@dataclass(frozen=True, slots=True)
class SavedPage:
    """`body` is the file's bytes, UTF-8; `sha256` is their digest in hex."""

    body: bytes
    sha256: str


@cache
def module() -> bytes:
    """The verifier as one ES module."""
    return joined(STATIC / "verifier" / "assay-proof.mjs", exports=True).encode()


@cache
def saved_page() -> SavedPage:
    """The page. Its own policy lets nothing run but its script, and lets it connect to nothing."""
    script = joined(STATIC / "check" / "page.mjs", exports=False)
    style = "\n".join((STATIC / name).read_text("utf-8") for name in STYLES)
    # Either would end its element early.
    if "</script" in script.lower() or "<!--" in script or "</style" in style.lower():
        raise ValueError("the script or the style cannot be put into a page")
    context = {
        "script": mark_safe(script),  # noqa: S308 - our own files, looked through above
        "style": mark_safe(style),  # noqa: S308
        "script_source": _source(script),
        "style_source": _source(style),
    }
    body = render_to_string("check_saved.html", context).encode()
    return SavedPage(body, hashlib.sha256(body).hexdigest())


def _source(text: str) -> str:
    """The CSP source that allows exactly this text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
