"""Where screened items come from: files, folders, and `.jsonl` streams of texts."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from detector.errors import DetectorError

_LONGEST_LINE = 4 * 1024 * 1024


class StreamInvalid(DetectorError):
    """A line of a `.jsonl` stream is not what it should be; the sentence names the file and the line."""

    code = "stream_invalid"


@dataclass(frozen=True, slots=True)
class ScreenItem:
    """One item to screen: a file (`path`) or a text (`text`), exactly one of the two.

    `id` is unique among the items; `time` is RFC 3339 or empty.
    """

    id: str
    path: Path | None = None
    text: str | None = None
    source: str = ""
    author: str = ""
    time: str = ""


def read_sources(paths: Iterable[Path]) -> Iterator[ScreenItem]:
    """Every item under these paths, in a stable order.

    A `.jsonl` file is a stream of texts, one object a line; a folder is walked, hidden files and links left
    out; any other file is one item, named by its path. Raises StreamInvalid for a bad line or a path that is
    not there.
    """
    for path in paths:
        if path.is_dir():
            for found in sorted(path.rglob("*")):
                inner = found.relative_to(path).parts
                if found.is_file() and not found.is_symlink() and not any(p.startswith(".") for p in inner):
                    yield from _read_file(found)
        elif path.is_file():
            yield from _read_file(path)
        else:
            raise StreamInvalid(f"There is no file or folder {path}.", code="no_such_path")


def _read_file(path: Path) -> Iterator[ScreenItem]:
    if path.suffix.lower() == ".jsonl":
        yield from read_stream(path)
    else:
        yield ScreenItem(id=str(path), path=path)


def read_stream(path: Path) -> Iterator[ScreenItem]:
    """The texts of a `.jsonl` file: `{"id", "text", "source"?, "author"?, "time"?}` a line, UTF-8.

    Empty lines are skipped. Raises StreamInvalid naming the first bad line.
    """
    seen: set[str] = set()
    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(_LONGEST_LINE + 1):
            number += 1
            if len(line) > _LONGEST_LINE:
                raise StreamInvalid(f"{path.name}, line {number}: longer than {_LONGEST_LINE:,} bytes.")
            if not line.strip():
                continue
            item = _parsed(line, f"{path.name}, line {number}")
            if item.id in seen:
                raise StreamInvalid(f'{path.name}, line {number}: the id "{item.id}" was there before.')
            seen.add(item.id)
            yield item


def _parsed(line: bytes, where: str) -> ScreenItem:
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise StreamInvalid(f"{where}: not a JSON object in UTF-8.") from error
    if not isinstance(value, dict):
        raise StreamInvalid(f"{where}: not a JSON object.")
    name, text = value.get("id"), value.get("text")
    if not isinstance(name, str | int) or isinstance(name, bool) or name == "":
        raise StreamInvalid(f'{where}: "id" must be a string or a whole number.')
    if not isinstance(text, str):
        raise StreamInvalid(f'{where}: "text" must be a string.')
    extra = {key: "" if value.get(key) is None else value[key] for key in ("source", "author", "time")}
    for key, held in extra.items():
        if not isinstance(held, str | int):
            raise StreamInvalid(f'{where}: "{key}" must be a string.')
    source, author, time = (str(held) for held in extra.values())
    return ScreenItem(str(name), text=text, source=source, author=author, time=time)
