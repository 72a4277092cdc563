"""`assay recheck`: make a kept verdict again, and say whether it is the same."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser

from service.cli.exits import Exit
from service.cli.home import prepare
from service.cli.safe import safe
from service.cli.verb import Verb
from service.errors import ServiceError


class Command(Verb):
    """A verdict made again."""

    help = (
        "Make the verdict of an attestation or a screening again, from what was indexed then, and compare. "
        "Exit 0 when it is equal, 1 when it differs, 3 when it cannot be made again."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="the attestation's id, or `id` in a screening's report")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def run(self, **options: Any) -> Exit:
        prepare()
        from service.rechecking import recheck

        try:
            found = recheck(options["id"])
        except ServiceError as error:
            if error.code in ("not_found", "recheck_impossible"):
                raise CommandError(f"{error} ({error.code})", returncode=Exit.UNCHECKED) from error
            raise
        if options["json"]:
            self.print_json({"equal": found.equal, **asdict(found)})
        else:
            self.stdout.write(f"{found.kind} {found.id}: {'equal' if found.equal else 'DIFFERS'}")
            for what, each in (("verdict", found.differs), ("made with", found.made_with)):
                for one in each:
                    line = f"  {what}: {one.what} was {one.then}, is {one.now}"
                    self.stdout.write(safe(line))
        return Exit.DONE if found.equal else Exit.REFUSED
