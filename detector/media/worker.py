"""The child process that decodes strangers' media: no environment, no network, little memory.

It is handed an open file over a Unix socket, calls the function named and sends back what that returns:

    → {"call": "module:function", "arguments": …, "cpu_seconds", "wall_seconds"}, the file's descriptor, and
      what the arguments point into (crossing.py)
    ← {"value": …} with what it points into, or {"error": code, "sentence", "permanent"}

The first message is {"memory_bytes", "preload": modules}; its answer {"ready": true}.
"""

import importlib
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from detector.errors import DetectorError
from detector.media.crossing import packed, unpacked
from provenance.assets.sandbox import confinement
from provenance.assets.sandbox.wire import receive, send

_PACKAGE = "detector."
_GRACE_SECONDS = 2


def main(descriptor: int) -> None:
    """Serve requests on the inherited socket until the parent closes it."""
    with socket.socket(fileno=descriptor) as channel, suppress(EOFError, ConnectionError):
        opening, _, _ = receive(channel)
        for module in opening["preload"]:
            importlib.import_module(module)
        confinement.leave_the_network()
        confinement.limit(int(opening["memory_bytes"]))
        send(channel, {"ready": True})
        while True:
            request, files, attached = receive(channel)
            message, data = _answer(request, files, attached)
            send(channel, message, attached=data)


def _answer(request: dict[str, Any], files: list[int], attached: bytes) -> tuple[dict[str, Any], bytes]:
    confinement.allow_processor_time(int(request["cpu_seconds"]))
    # Should the parent be gone when we hang, nobody else would end us; a signal without handler does.
    signal.alarm(int(request["wall_seconds"]) + _GRACE_SECONDS)
    try:
        function = _named(str(request["call"]))
        # The file under a name of its own for libraries that want a path; its real name is not told.
        value = function(Path(f"/dev/fd/{files[0]}"), *unpacked(request["arguments"], attached))
        tree, data = packed(value)
    except DetectorError as error:
        return {"error": error.code, "sentence": str(error), "permanent": error.permanent}, b""
    except MemoryError:
        return {"error": "too_much_memory", "sentence": "", "permanent": True}, b""
    except Exception as error:  # noqa: BLE001 - whatever a library raises, the next file is another one
        sentence = f"{type(error).__name__}: {error}"[:500]
        return {"error": "decoder_crashed", "sentence": sentence, "permanent": True}, b""
    else:
        return {"value": tree}, data
    finally:
        signal.alarm(0)
        for one in files:
            os.close(one)


def _named(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    if not module.startswith(_PACKAGE):
        raise ValueError(f"{module} is no part of the detector")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found
