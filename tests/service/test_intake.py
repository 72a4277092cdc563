from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest

from service.intake import UploadHandler
from tests.full_disk import small_disk


def write(handler: UploadHandler, content: bytes) -> None:
    handler.receive_data_chunk(content, 0)
    handler.file_complete(len(content))  # a small upload only meets the disk here


@pytest.mark.parametrize("size", [100, 1 << 20])
def test_an_upload_that_the_full_disk_refuses_leaves_no_file(
    size: int, tmp_path: Path, settings: Any
) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        settings.FILE_UPLOAD_TEMP_DIR = str(disk.folder / "incoming")
        handler = UploadHandler(HttpRequest())
        handler.new_file("file", "photo.jpg", "image/jpeg", size)
        disk.fill()
        with pytest.raises(OSError, match="No space"):
            write(handler, b"x" * size)
        assert list((disk.folder / "incoming").iterdir()) == []


def test_an_upload_that_fits_is_kept_until_it_is_closed(tmp_path: Path, settings: Any) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "incoming")
    handler = UploadHandler(HttpRequest())
    handler.new_file("file", "photo.jpg", "image/jpeg", 5)
    handler.receive_data_chunk(b"bytes", 0)
    complete = handler.file_complete(5)
    assert complete is not None
    assert [complete.read(), complete.size, len(list((tmp_path / "incoming").iterdir()))] == [b"bytes", 5, 1]
    complete.close()
    assert list((tmp_path / "incoming").iterdir()) == []
