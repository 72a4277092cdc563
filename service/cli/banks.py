"""Banks as the command line fills and shows them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from detector.flows.live_banks import add_entry, remove_entry
from detector.models import BankEntry
from provenance.assets.asset import Asset
from service import pipeline
from service.api.body import CHUNK
from service.cli.safe import safe
from service.cli.verb import usage
from service.intake import incoming, incoming_text


def add(bank: str, files: Sequence[Path], text: str | None, label: str | None, by: str) -> list[BankEntry]:
    """Put files, or a text, into a bank. Raises CommandError for a file that is not there."""
    rows = []
    wanted: Sequence[Path | None] = files or [None]
    for path in wanted:
        with _content(path, text) as asset:
            prints = pipeline.prints_of(asset)
        name = label or (path.name if path else prints.excerpt[:60]) or "unnamed"
        rows.append(add_entry(prints, bank=bank, label=name, by=by))
    return rows


@contextmanager
def _content(path: Path | None, text: str | None) -> Iterator[Asset]:
    if path is None:
        with incoming_text(text or "") as asset:
            yield asset
        return
    if not path.is_file():
        raise usage(f"There is no file {safe(path)}.")
    with path.open("rb") as stream, incoming(iter(lambda: stream.read(CHUNK), b""), path.name) as asset:
        yield asset


def remove(uid: UUID) -> bool:
    """Take an entry out; whether it was there."""
    return remove_entry(uid)
