"""`assay fsck`: audit the whole installation and name what differs."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from service.cli.exits import Exit
from service.cli.home import prepare
from service.cli.progress import steps
from service.cli.safe import safe
from service.cli.verb import Verb


class Command(Verb):
    """Compare database, files, index and chain."""

    help = (
        "Rebuild the log's roots from its leaves and compare database, files, index and chain. Changes "
        "nothing. Exit 0 when all agree, 1 when something differs."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object a difference")

    def run(self, **options: Any) -> Exit:
        prepare()
        from service.cli.fsck.audit import audit, checks
        from service.cli.fsck.difference import Skipped

        skipped: list[Skipped] = []
        with steps("comparing", len(checks(skipped))) as shown:
            found = list(audit(shown, skipped))
        for difference in found:
            if options["json"]:
                self.print_json(asdict(difference))
            else:
                self.stdout.write(f"{difference.part}: {safe(difference.sentence)} ({difference.code})")
        for left_out in skipped:
            self.note(f"not compared: {left_out.part}: {safe(left_out.sentence)}")
        if not options["json"]:
            self.stdout.write(f"{len(found)} difference(s)." if found else "All agree.")
        return Exit.REFUSED if found else Exit.DONE
