"""Time-stamp checkpoints with others: RFC 3161 authorities and OpenTimestamps calendars."""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from hashlib import sha256
from typing import TypeVar
from urllib.parse import urlsplit

from attest.errors import AttestError
from attest.log.note import Note
from attest.models import CheckpointAnchor, CheckpointRow, CheckpointTimestamp
from attest.timestamps import calendars, rfc3161

logger = logging.getLogger(__name__)
Type = CheckpointTimestamp.Type
Made = TypeVar("Made")
UPGRADES_AT_ONCE = 20


def stamp_newest(authorities: Iterable[str], ots_calendars: tuple[str, ...]) -> int:
    """Stamp the newest checkpoint, of those on a chain where there are any; how many stamps were made.

    Of the authorities the first that answers is enough; every calendar is asked, and pending proofs are
    brought up to date. Addresses may hold a password: only their host is kept. What fails does not stop the
    rest; the last error is raised when all were asked: OutsideUnavailable, TimestampInvalid.
    """
    trouble: list[AttestError] = []
    made = 0
    row = _newest()
    if row is not None:
        text = Note.parse(row.note).text.encode()
        made += _by_authority(row, text, authorities, trouble)
        for url in ots_calendars:
            made += _by_calendar(row, sha256(text).digest(), url, trouble)
    _upgrade(ots_calendars, trouble)
    if trouble:
        raise trouble[-1]
    return made


def _newest() -> CheckpointRow | None:
    anchored = CheckpointAnchor.objects.select_related("checkpoint").order_by("-checkpoint__size").first()
    return anchored.checkpoint if anchored else CheckpointRow.objects.order_by("-size").first()


def _by_authority(
    row: CheckpointRow, text: bytes, authorities: Iterable[str], trouble: list[AttestError]
) -> int:
    if row.timestamps.filter(type=Type.RFC3161).exists():
        return 0
    failed: list[AttestError] = []
    for url in authorities:
        token = _tried(partial(rfc3161.stamp, url, text), url, failed)
        if token is not None:
            return _keep(row, Type.RFC3161, url, token.data, complete=True, time=token.time)
    trouble += failed
    return 0


def _by_calendar(row: CheckpointRow, digest: bytes, url: str, trouble: list[AttestError]) -> int:
    if row.timestamps.filter(source=_source(url)).exists():
        return 0
    proof = _tried(partial(calendars.stamp, url, digest), url, trouble)
    return 0 if proof is None else _keep(row, Type.OPENTIMESTAMPS, url, proof, complete=False)


def _upgrade(urls: tuple[str, ...], trouble: list[AttestError]) -> None:
    """Ask for what became of the proofs that were not asked about for the longest time."""
    pending = CheckpointTimestamp.objects.filter(type=Type.OPENTIMESTAMPS, complete=False)
    for stamp in pending.order_by("updated_at")[:UPGRADES_AT_ONCE]:
        before = bytes(stamp.data)
        grown = _tried(partial(calendars.upgrade, before, urls), stamp.source, trouble)
        if grown is not None:
            stamp.data, stamp.complete = grown, bool(calendars.bitcoin_heights(grown))
        stamp.save(update_fields=["data", "complete", "updated_at"])


def _tried(call: Callable[[], Made], url: str, trouble: list[AttestError]) -> Made | None:
    try:
        return call()
    except AttestError as error:
        logger.warning("time stamp by %s: %s (%s)", _source(url), error, error.code)
        trouble.append(error)
        return None


def _keep(row: CheckpointRow, kind: str, url: str, data: bytes, **more: object) -> int:
    values = {"type": kind, "data": data, **more}
    _, created = CheckpointTimestamp.objects.get_or_create(
        checkpoint=row, source=_source(url), defaults=values
    )
    return int(created)


def _source(url: str) -> str:
    """Who was asked: host, port and path, without user name, password or query."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname or url}{port}{parts.path.rstrip('/')}"[:200]
