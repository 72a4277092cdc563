"""The door every upload comes through: streamed, capped, sniffed, and gone afterwards whatever happens."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from provenance.assets.asset import Asset
from provenance.assets.intake import from_text, receive
from service import wiring


class UploadHandler(TemporaryFileUploadHandler):
    """Django's own handler, whose temporary files lie where the sweep finds those of a killed process."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Start a file, in a folder that is there."""
        Path(settings.FILE_UPLOAD_TEMP_DIR).mkdir(mode=0o700, parents=True, exist_ok=True)
        super().new_file(*args, **kwargs)


@contextmanager
def _held(asset: Asset) -> Iterator[Asset]:
    try:
        yield asset
    finally:
        asset.path.unlink(missing_ok=True)


def incoming(chunks: Iterable[bytes], name: str) -> AbstractContextManager[Asset]:
    """The bytes as an Asset for as long as a `with` block runs; its temporary file is removed at the end.

    Raises RejectedAsset when the bytes break a limit.
    """
    return _held(receive(chunks, name, wiring.limits(), wiring.incoming_folder()))


def incoming_text(text: str, name: str = "text.txt") -> AbstractContextManager[Asset]:
    """The same for a text, as UTF-8."""
    return _held(from_text(text, name, wiring.limits(), wiring.incoming_folder()))
