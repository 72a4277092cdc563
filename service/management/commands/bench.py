"""`assay bench`: measure, print, and write docs/benchmarks.md."""

from typing import Any

from django.core.management.base import CommandParser
from rich.table import Table

from service.cli import benchmarks, figures
from service.cli.exits import Exit
from service.cli.safe import safe
from service.cli.verb import Verb


class Command(Verb):
    """The benchmarks, each in a throw-away installation."""

    help = "Run the benchmarks, print their figures and write them to docs/benchmarks.md."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", metavar="NAME", help="one benchmark (default: all of them)")
        parser.add_argument("--json", action="store_true", help="one JSON object a benchmark")

    def run(self, **options: Any) -> Exit:
        for benchmark in benchmarks.named(options["name"]):
            self.note(f"{benchmark.name}: {benchmark.title}")
            measured = benchmark.run()
            figures.write(measured)
            if options["json"]:
                self.print_json(measured.as_dict())
            else:
                self.console().print(_table(measured))
        return Exit.DONE


def _table(measured: figures.Result) -> Table:
    shown = Table(title=f"{measured.benchmark}: {measured.title}", title_justify="left")
    shown.add_column("what")
    shown.add_column("figure", justify="right", no_wrap=True)
    shown.add_column("how", overflow="fold")
    for figure in measured.figures:
        shown.add_row(safe(figure.name), figures.shown(figure), safe(figure.note))
    return shown
