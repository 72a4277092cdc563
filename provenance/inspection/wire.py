"""The frames between the inspector and its worker: u32 big-endian length, JSON, descriptors alongside."""

import array
import json
import socket
import time
from typing import Any

_MAX_FRAME = 256 * 1024 * 1024
_MAX_FILES = 4


def send(channel: socket.socket, message: dict[str, Any], files: list[int] | None = None) -> None:
    """One frame; `files` are open descriptors that travel with its first byte."""
    body = json.dumps(message).encode()
    header = len(body).to_bytes(4, "big")
    if files:
        socket.send_fds(channel, [header], files)
    else:
        channel.sendall(header)
    channel.sendall(body)


def receive(channel: socket.socket, deadline: float | None = None) -> tuple[dict[str, Any], list[int]]:
    """One frame and its descriptors; `deadline` is a time.monotonic() moment.

    Raises EOFError where the other side is gone, TimeoutError past the deadline, ValueError for a bad frame.
    """
    _wait(channel, deadline)
    header, ancillary, _, _ = channel.recvmsg(4, socket.CMSG_SPACE(_MAX_FILES * 4))
    files = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            files.frombytes(data[: len(data) - len(data) % files.itemsize])
    header += _exactly(channel, 4 - len(header), deadline) if header else b""
    if len(header) < 4:
        raise EOFError
    length = int.from_bytes(header, "big")
    if length > _MAX_FRAME:
        raise ValueError("frame too long")
    body = json.loads(_exactly(channel, length, deadline))
    if not isinstance(body, dict):
        raise ValueError("a frame holds one object")  # noqa: TRY004 - a bad frame, whatever its kind
    return body, list(files)


def _exactly(channel: socket.socket, length: int, deadline: float | None) -> bytes:
    got = bytearray()
    while len(got) < length:
        _wait(channel, deadline)
        piece = channel.recv(min(1 << 20, length - len(got)))
        if not piece:
            raise EOFError
        got += piece
    return bytes(got)


def _wait(channel: socket.socket, deadline: float | None) -> None:
    if deadline is None:
        channel.settimeout(None)
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    channel.settimeout(left)
