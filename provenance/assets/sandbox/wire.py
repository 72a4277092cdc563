"""The frames between a sandboxed child and its parent.

u32 big-endian length of the JSON, u32 length of what is attached as it is, the JSON, the attachment; file
descriptors travel alongside. What is long or binary is attached: inside the JSON it would be escaped,
read and written twice.
"""

import array
import json
import socket
import struct
import time
from typing import Any

_MAX_FRAME = 256 * 1024 * 1024
_MAX_FILES = 4
_HEADER = struct.Struct(">II")


def send(
    channel: socket.socket, message: dict[str, Any], files: list[int] | None = None, attached: bytes = b""
) -> None:
    """One frame; `files` are open descriptors that travel with its first byte."""
    body = json.dumps(message).encode()
    frame = _HEADER.pack(len(body), len(attached)) + body + attached
    if files:
        sent = socket.send_fds(channel, [frame], files)
        frame = frame[sent:]
    channel.sendall(frame)


def receive(channel: socket.socket, deadline: float | None = None) -> tuple[dict[str, Any], list[int], bytes]:
    """One frame, its descriptors and its attachment; `deadline` is a time.monotonic() moment.

    Raises EOFError where the other side is gone, TimeoutError past the deadline, ValueError for a bad frame.
    """
    _wait(channel, deadline)
    header, ancillary, _, _ = channel.recvmsg(_HEADER.size, socket.CMSG_SPACE(_MAX_FILES * 4))
    files = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            files.frombytes(data[: len(data) - len(data) % files.itemsize])
    header += _exactly(channel, _HEADER.size - len(header), deadline) if header else b""
    if len(header) < _HEADER.size:
        raise EOFError
    lengths = _HEADER.unpack(header)
    if sum(lengths) > _MAX_FRAME:
        raise ValueError("frame too long")
    frame = _exactly(channel, sum(lengths), deadline)
    body = json.loads(frame[: lengths[0]])
    if not isinstance(body, dict):
        raise ValueError("a frame holds one object")  # noqa: TRY004 - a bad frame, whatever its kind
    return body, list(files), frame[lengths[0] :]


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
