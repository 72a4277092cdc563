"""`assay up`: everything on one machine, as children of this one process."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from service.cli.exits import Exit
from service.cli.verb import Verb
from service.supervisor.refusal import Refusal
from service.supervisor.run import up


class Command(Verb):
    """Run web, worker and the embedded chain until SIGTERM or Ctrl-C."""

    help = "Run web, worker and, unless CHAIN_RPC_URL names one, a local chain; Ctrl-C stops them."

    def arguments(self, parser: CommandParser) -> None:
        """Declare the arguments; `--data` is for the help: manage.py takes it before settings are read."""
        parser.add_argument("--port", type=int, default=8000, help="where to listen (8000)")
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
        parser.add_argument("--data", metavar="DIR", help="the data folder (ASSAY_DATA_DIR, else ./data)")
        parser.add_argument("--no-browser", action="store_true", help="open no browser")

    def run(self, **options: Any) -> Exit:
        """Run until stopped; a refusal is one sentence, and nothing has been started."""
        try:
            status = up(settings.CONFIG, options["host"], options["port"], browser=not options["no_browser"])
        except Refusal as refusal:
            raise CommandError(str(refusal), returncode=Exit.REFUSED) from refusal
        return Exit.REFUSED if status else Exit.DONE
