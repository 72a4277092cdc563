"""The door every upload comes through: streamed, capped, sniffed, and gone afterwards whatever happens."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from provenance.assets.asset import Asset
from provenance.assets.intake import receive
from service import wiring


@contextmanager
def incoming(chunks: Iterable[bytes], name: str) -> Iterator[Asset]:
    """The bytes as an Asset for as long as the block runs; its temporary file is removed at the end.

    Raises RejectedAsset when the bytes break a limit.
    """
    asset = receive(chunks, name, wiring.limits(), wiring.incoming_folder())
    try:
        yield asset
    finally:
        asset.path.unlink(missing_ok=True)


@contextmanager
def incoming_text(text: str, name: str = "text.txt") -> Iterator[Asset]:
    """The same for a text, as UTF-8."""
    with incoming([text.encode("utf-8", "surrogatepass")], name) as asset:
        yield asset
