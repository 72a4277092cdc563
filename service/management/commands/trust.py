"""`assay trust`: whose credentials read as trusted on this installation."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from provenance.trust.lists import ListKind
from service.cli import trust
from service.cli.exits import Exit
from service.cli.home import prepare
from service.cli.verb import Verb


class Command(Verb):
    """Trust lists from the shell."""

    help = "List, add and remove trust lists. A running service reads them when it starts."

    def arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="what", required=True, metavar="list|add|remove")
        listing = actions.add_parser("list", help="the lists in force")
        listing.add_argument("--json", action="store_true", help="one JSON object a list")
        add = actions.add_parser("add", help="put the authorities of a PEM file in force")
        add.add_argument("pem", type=Path, metavar="PEM")
        add.add_argument("--name", help="what reports call the list (default: the file's name)")
        add.add_argument("--kind", choices=[str(kind) for kind in ListKind], help="whom it vouches for")
        # Not `--version`, which Django keeps for itself.
        add.add_argument("--edition", default="", help="the list's own version, for the record")
        remove = actions.add_parser("remove", help="put a list out of force; old versions stay readable")
        remove.add_argument("name")
        remove.add_argument("--kind", choices=[str(kind) for kind in ListKind])

    def run(self, **options: Any) -> Exit:
        prepare()
        if options["what"] == "add":
            row = trust.add(options["pem"], options["name"], options["kind"], options["edition"])
            self.note(f"{row.name} ({row.kind}) is in force. Restart a running service to use it.")
        elif options["what"] == "remove":
            trust.remove(options["name"], options["kind"])
            self.note("out of force. Restart a running service to forget it.")
        elif options["json"]:
            for found in trust.lists():
                self.print_json(found)
        else:
            self.console().print(trust.table(trust.lists()))
        return Exit.DONE
