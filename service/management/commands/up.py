"""`assay up`: everything on one machine, as children of this one process."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from service.supervisor.refusal import Refusal
from service.supervisor.run import up


class Command(BaseCommand):
    """Run web, worker and the embedded chain until SIGTERM or Ctrl-C."""

    help = "Run web, worker and, unless CHAIN_RPC_URL names one, a local chain; stop with Ctrl-C."
    requires_system_checks: list[str] = []  # type: ignore[assignment]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where to listen (default 8000)")
        parser.add_argument(
            "--host", default="127.0.0.1", help="the address to listen on (default 127.0.0.1)"
        )
        parser.add_argument(
            "--data", metavar="DIR", help="the data folder (default: ASSAY_DATA_DIR, else ./data)"
        )
        parser.add_argument("--no-browser", action="store_true", help="open no browser")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises SystemExit with the drain's status, or with one sentence when nothing was started."""
        try:
            status = up(settings.CONFIG, options["host"], options["port"], browser=not options["no_browser"])
        except Refusal as refusal:
            raise SystemExit(f"assay: {refusal}") from refusal
        raise SystemExit(status)
