"""`assay screen`: near-duplicates, campaigns and copies among files and texts; needs no service."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from service.cli.exits import Exit
from service.cli.progress import steps
from service.cli.safe import safe
from service.cli.verb import Verb, usage


class Command(Verb):
    """Screen files, folders and streams of texts."""

    help = (
        "Find near-duplicates and campaigns among files, folders or .jsonl streams of texts "
        '({"id", "text", "source"?, "author"?, "time"?} a line). Nothing is stored and nothing is sent.'
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument(
            "--against", type=Path, metavar="REFS", help="match each item to this folder or stream instead"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object an item")

    def run(self, **options: Any) -> Exit:
        for path in [*options["paths"], *([options["against"]] if options["against"] else [])]:
            if not path.exists():
                raise usage(f"There is no file or folder {safe(path)}.")
        from service.cli import screening, screening_view

        items = screening.items_of(options["paths"])
        references = screening.items_of([options["against"]]) if options["against"] else None
        models = screening.embedders(settings.CONFIG)
        with steps("reading", len(items) + len(references or ())) as shown:
            found = list(screening.screened(items, references, models, shown))
        if options["json"]:
            for each in found:
                self.print_json(each.as_dict())
        else:
            screening_view.show(self.console(), found, against=references is not None)
        return Exit.DONE
