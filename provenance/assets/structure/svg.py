"""SVG: well-formed XML without entities, scripts, event handlers or references to anything outside the file.

A vector picture is a program: it is refused rather than cleaned, because cleaning would change the bytes that
the attester vouches for. expat is asked to resolve nothing, so nothing is fetched.
"""

from xml.parsers import expat

from provenance.assets.structure.walker import Walk, malformed
from provenance.errors import RejectedAsset

_CHUNK = 1 << 16
_ACTIVE = frozenset({"script", "foreignobject", "iframe", "embed", "object", "handler", "listener"})
_REFERENCES = frozenset({"href", "src"})
_MAX_DEPTH = 256
_SAFE_DATA = ("data:image/png", "data:image/jpeg", "data:image/gif", "data:image/webp")


def check(walk: Walk) -> None:
    """Raises RejectedAsset: `active_content`, `malformed_media`."""
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise malformed("the SVG nests too deep")
        if _local(name) in _ACTIVE:
            raise _active(f"a <{_local(name)}> element")
        for key, value in attributes.items():
            _check_attribute(_local(key), value.strip())

    def closed(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_declaration: object) -> None:
        raise _active("an entity declaration")

    # S314 warns of entity expansion and fetching: every entity declaration is refused above, before its use.
    parser = expat.ParserCreate()
    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.EntityDeclHandler = entity
    try:
        for at in range(0, walk.size, _CHUNK):
            parser.Parse(walk.data[at : at + _CHUNK], at + _CHUNK >= walk.size)
    # An encoding that nobody knows, or of several bytes a character, is an error of Python's codecs.
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise malformed("the SVG is not well-formed XML") from error


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()


def _check_attribute(name: str, value: str) -> None:
    if name.startswith("on"):
        raise _active(f"an event handler ({name})")
    if name in _REFERENCES and value and not value.startswith("#") and not _is_safe_data(value):
        raise _active("a reference to something outside the file")
    if "url(" in value.lower() and "url(#" not in value.lower().replace("'", "").replace('"', ""):
        raise _active("a style that loads something from outside the file")


def _is_safe_data(value: str) -> bool:
    return value.lower().startswith(_SAFE_DATA)


def _active(what: str) -> RejectedAsset:
    return RejectedAsset(f"The SVG is refused because it holds {what}.", code="active_content")
