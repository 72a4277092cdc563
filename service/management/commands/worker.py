"""`assay worker`: leases jobs from the database and runs them; with --sweep-only feeds a broker instead."""

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from service import wiring
from service.jobs.worker import Worker, feed_broker
from service.supervisor.refusal import Refusal
from service.supervisor.signer_check import refuse_unusable

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Run a worker until SIGTERM; the job in hand is finished first."""

    help = "Lease jobs from the database and run them (started by `assay up`)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", default="worker", help="the name its heartbeat goes by")
        parser.add_argument("--sweep-only", action="store_true", help="only send due jobs to the broker")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            refuse_unusable(wiring.config())
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        if options["sweep_only"]:
            feed_broker(options["name"], stop)
        else:
            Worker(options["name"], wiring.config().worker_threads, stop).run()
