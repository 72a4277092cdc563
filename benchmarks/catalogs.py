"""Short texts in twenty languages that are on this machine already, and Debian's quotations where installed.

Django's translations are short texts of one sentence or two, each under its English original: by that two of
them are told apart, whatever their alphabet. Being a program's messages they repeat one another, so they show
what is found again; what is found falsely the quotations show (Debian's packages `fortunes-…`).
"""

import gettext
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import django

from benchmarks.text_contest import Message
from detector.calibrate_text import TEXT_FLOOR
from detector.fingerprints.shingles import text_weight
from detector.fingerprints.text_normaliser import normalise, skeleton

LANGUAGES = {
    "Russian": "ru", "Ukrainian": "uk", "Bulgarian": "bg", "Serbian": "sr", "Greek": "el", "Armenian": "hy",
    "Georgian": "ka", "Arabic": "ar", "Persian": "fa", "Hebrew": "he", "Hindi": "hi", "Bengali": "bn",
    "Thai": "th", "Chinese": "zh_Hans", "Japanese": "ja", "Korean": "ko", "Vietnamese": "vi",
    "Turkish": "tr", "German": "de", "Spanish": "es",
}  # fmt: skip
QUOTATIONS = {
    "Russian": "ru", "Bulgarian": "bg", "Chinese": "chinese", "German": "de", "Spanish": "es",
    "Italian": "it", "Polish": "pl", "Czech": "cs", "Portuguese": "brasil",
}  # fmt: skip
FORTUNES = Path("/usr/share/games/fortunes")
_PLACE = re.compile(r"%\(\w+\)[a-z]|%[a-z]|\{[^}]*\}")
_SIGNED = re.compile(r"\n\s*(?:--|—).{0,200}\Z", re.DOTALL)
"""Who said it, and where: the same below many quotations."""
_LONGEST = 500


def sentences(language: str, parity: int) -> list[Message]:
    """Django's messages in this language (its code) whose English originals' SHA-256 has this parity."""
    found: dict[str, Message] = {}
    folder = Path(django.__file__).parent
    for path in sorted(folder.glob(f"**/locale/{language}/LC_MESSAGES/django.mo")):
        with path.open("rb") as file:
            held = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        for key, value in held.items():
            # The context of a message stands before its original; a plural is a pair of original and number.
            original = (key if isinstance(key, str) else key[0]).split("\x04")[-1]
            if original and value != original and "<" not in value:
                _keep(found, Message(_PLACE.sub("7", value), ("", original)), parity)
    return list(found.values())


def quotations(folder: str, parity: int) -> list[Message]:
    """Debian's quotations of this language whose SHA-256 has this parity; none where they are not installed.

    Where words stand without spaces, two are told apart by their characters.
    """
    found: dict[str, Message] = {}
    for path in _files(FORTUNES / folder):
        for part in path.read_text(encoding="utf-8", errors="replace").split("\n%\n"):
            text = " ".join(_SIGNED.split(part, maxsplit=1)[0].split())
            told = " ".join(text) if folder == "chinese" else text
            if len(text) <= _LONGEST:
                _keep(found, Message(text, ("", told)), parity)
    return list(found.values())


def digest(messages: Iterable[Message]) -> str:
    """SHA-256 (hex) of these texts."""
    whole = hashlib.sha256()
    for message in messages:
        whole.update(hashlib.sha256(message.text.encode()).digest())
    return whole.hexdigest()


def _files(place: Path) -> list[Path]:
    held = sorted(place.rglob("*")) if place.is_dir() else [place]
    return [path for path in held if path.is_file() and path.suffix not in {".dat", ".u8"}]


def _keep(found: dict[str, Message], message: Message, parity: int) -> None:
    same = int(hashlib.sha256(message.told[1].encode()).hexdigest(), 16) % 2 == parity
    if same:
        bones = skeleton(normalise(message.text))
        if text_weight(bones) >= TEXT_FLOOR:
            found.setdefault(bones, message)
