"""The web child: granian over WSGI, its worker processes bound to this process's life.

Run as `python -m service.supervisor.web --host H --port P --workers N --threads T`.
"""

import argparse
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from service.settings.env import read
from service.supervisor.refusal import Refusal
from service.supervisor.shim import die_with_parent
from service.supervisor.signer_check import refuse_unusable

log = logging.getLogger(__name__)
SENDERS_PER_THREAD = 8


def _application(master: int) -> Callable[..., Any]:
    """Load the application in a worker process, which dies with the granian process that forked it."""
    if os.getpid() != master:
        die_with_parent(master)
    from service.wsgi import application

    threading.Thread(target=_warm, name="warm", daemon=True).start()
    return application


def _warm() -> None:
    """Load the models while the first requests are answered; `/readyz` says when that is done."""
    from service import wiring

    for pause in (1.0, 5.0, 15.0, 60.0):
        try:
            wiring.warm()
        except Exception:  # whatever loading raises, the rest of the site serves on without models
            log.exception("the models could not be loaded; trying again in %.0f s", pause)
            time.sleep(pause)
        else:
            return


def main() -> None:
    """Serve until SIGTERM; requests in flight are finished first."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=8)
    options = parser.parse_args()
    try:
        refuse_unusable(read())
    except Refusal as refusal:
        sys.exit(f"assay: {refusal}")

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
        # These only receive and send; the application runs in `--threads` others (service.api.reception).
        blocking_threads=options.threads * SENDERS_PER_THREAD,
        # More waiting requests than this are left in the kernel's queue, where they cost no memory.
        backpressure=options.threads * SENDERS_PER_THREAD * 2,
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
