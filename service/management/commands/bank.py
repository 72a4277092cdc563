"""`assay bank`: contents known bad, always flagged, and known good, never flagged for their likeness."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser
from rich.table import Table

from service.cli.exits import Exit
from service.cli.home import account_named, prepare
from service.cli.safe import safe
from service.cli.verb import Verb, usage

BANKS = ("deny", "allow")


class Command(Verb):
    """The deny bank and the allow bank."""

    help = (
        "Name contents beforehand: whatever resembles one of the deny bank is always flagged, whatever "
        "resembles one of the allow bank never for its likeness. Only fingerprints are kept."
    )

    def arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="what", required=True, metavar="add|list|remove")
        add = actions.add_parser("add", help="put files, or a text, into a bank")
        add.add_argument("bank", choices=BANKS)
        add.add_argument("files", nargs="*", type=Path, metavar="FILE")
        add.add_argument("--text", help="a text instead of files")
        add.add_argument("--label", help="what it is called in reasons (default: the file's name)")
        add.add_argument("--account", help="who adds it (default: the first administrator)")
        add.add_argument("--json", action="store_true", help="one JSON object an entry")
        listing = actions.add_parser("list", help="list the entries, newest first")
        listing.add_argument("bank", nargs="?", choices=BANKS)
        listing.add_argument("--json", action="store_true", help="one JSON object an entry")
        remove = actions.add_parser("remove", help="take an entry out")
        remove.add_argument("entry", help="its id, as `list` shows it")

    def run(self, **options: Any) -> Exit:
        if options["what"] == "add" and bool(options["files"]) == (options["text"] is not None):
            raise usage("Name files, or a text with --text, and not both.")
        prepare()
        from detector import queries
        from service.cli import banks

        if options["what"] == "remove":
            try:
                gone = banks.remove(UUID(options["entry"]))
            except ValueError as error:
                raise usage("An entry is named by its id, as `list` shows it.") from error
            if not gone:
                raise usage(f"There is no entry {safe(options['entry'])}.")
            self.note(f"removed {safe(options['entry'])}.")
            return Exit.DONE
        if options["what"] == "add":
            by = account_named(options["account"]).tenant
            rows = banks.add(options["bank"], options["files"], options["text"], options["label"], by)
        else:
            rows = queries.bank_entries(options["bank"])
        if options["json"]:
            for row in rows:
                self.print_json(queries.entry_values(row))
            return Exit.DONE
        shown = Table("id", "bank", "label", "kind", "SHA-256", "added")
        for row in rows:
            made = f"{row.created_at:%Y-%m-%d %H:%M}"
            shown.add_row(str(row.uid), row.bank, safe(row.label), row.medium, f"{row.sha256[:16]}…", made)
        self.console().print(shown)
        return Exit.DONE
