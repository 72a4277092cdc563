"""`assay doctor`: which backends are live, which are missing, what each costs you."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from rich.table import Table
from rich.text import Text

from service.cli.exits import Exit
from service.cli.verb import Verb
from service.supervisor.checkup import examine
from service.supervisor.finding import Finding, Health

STYLES = {Health.LIVE: "green", Health.EMBEDDED: "cyan", Health.MISSING: "yellow", Health.BROKEN: "bold red"}


class Command(Verb):
    """Look at every backend. Exit 1 when one of them is broken; a missing one is a choice."""

    help = "Which backends are live, which are missing, and what each costs you."

    def arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
        parser.add_argument("--data", metavar="DIR", help="the data folder to look at")

    def run(self, **options: Any) -> Exit:
        """Examine and print."""
        findings = examine(settings.CONFIG)
        broken = any(finding.health is Health.BROKEN for finding in findings)
        if options["json"]:
            self.print_json({"ok": not broken, "findings": [asdict(finding) for finding in findings]})
        else:
            self.console().print(_table(findings))
        return Exit.REFUSED if broken else Exit.DONE


def _table(findings: list[Finding]) -> Table:
    table = Table(title="Assay", title_justify="left")
    for heading in ("place", "is", "what", "what that costs you"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        state = Text(finding.health, style=STYLES[finding.health])
        # Text, not strings: a path may hold what rich would read as markup.
        table.add_row(finding.place, state, Text(finding.what), Text(finding.cost))
    return table
