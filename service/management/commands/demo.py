"""`assay demo`: the whole story on real files in one go."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from service.cli.exits import Exit
from service.cli.verb import Verb


class Command(Verb):
    """The story in a throw-away installation; nothing of it stays."""

    help = (
        "Attest real files, verify them offline, tamper with one, recognise a copy and flag a spam campaign, "
        "in a throw-away data folder with a chain of its own. Exit 0 when every outcome is as it must be."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--inside", nargs=2, metavar=("FOLDER", "RPC"), help=argparse.SUPPRESS)

    def run(self, **options: Any) -> Exit:
        if options["inside"] is None:
            from service.cli.scratch import scratch

            with scratch() as place:
                code = place.verb("demo", "--inside", str(place.folder), place.rpc_url)
            return Exit.DONE if code == 0 else Exit.REFUSED
        from service.cli.demo.checks import Told
        from service.cli.demo.story import close, tell

        folder, rpc_url = options["inside"]
        try:
            tell(Told(self.console()), Path(folder), rpc_url)
        finally:
            close()
        return Exit.DONE
