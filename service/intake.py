"""The door every upload comes through: streamed, capped, sniffed, and gone afterwards whatever happens."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
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

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Store the chunk. Raises OSError where the disk refuses it, and then keeps nothing."""
        with self._gone_unless_written():
            super().receive_data_chunk(raw_data, start)
        return None

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        """The file, written out. Raises OSError as above: its last bytes may only now reach the disk."""
        with self._gone_unless_written():
            return super().file_complete(file_size)

    @contextmanager
    def _gone_unless_written(self) -> Iterator[None]:
        # Django closes what is complete; what is not would lie there until the garbage collector comes.
        try:
            yield
        except OSError:
            with suppress(OSError):
                self.file.close()
            raise


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
