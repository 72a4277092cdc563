"""The web child: granian over WSGI, its worker processes bound to this process's life.

Run as `python -m service.supervisor.web --host H --port P --workers N --threads T`.
"""

import argparse
import os
from collections.abc import Callable
from typing import Any

from service.supervisor.shim import die_with_parent


def _application(master: int) -> Callable[..., Any]:
    """Load the application in a worker process, which dies with the granian process that forked it."""
    if os.getpid() != master:
        die_with_parent(master)
    from service.wsgi import application

    return application


def main() -> None:
    """Serve until SIGTERM; requests in flight are finished first."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=8)
    options = parser.parse_args()

    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    master = os.getpid()
    server = Granian(
        "service.wsgi:application",
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        workers=options.workers,
        blocking_threads=options.threads,
        # More waiting requests than this are left in the kernel's queue, where they cost no memory.
        backpressure=options.threads * 8,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=10,
        process_name=None,
    )
    server.serve(target_loader=lambda _target: _application(master), wrap_loader=True)


if __name__ == "__main__":
    main()
