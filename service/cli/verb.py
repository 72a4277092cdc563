"""The base of every verb: a sentence for an expected failure, an exit code, no Django options."""

import logging
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from service.cli.exits import Exit
from service.cli.safe import json_line, safe
from service.errors import KNOWN_ERRORS

PLAIN_WIDTH = 120


class Verb(BaseCommand):
    """A command of `./assay`. Subclasses define `arguments` and `run`; `run` answers with an exit code."""

    requires_system_checks: list[str] = []
    suppressed_base_arguments = {
        "--version",
        "--settings",
        "--pythonpath",
        "--traceback",
        "--no-color",
        "--force-color",
        "--verbosity",
    }

    def arguments(self, parser: CommandParser) -> None:
        """Declare the verb's arguments."""

    def run(self, **options: Any) -> Exit:
        """Do the verb's work. Known errors and CommandError end it with one sentence."""
        raise NotImplementedError

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """The parser, which calls itself by the name that people type."""
        return super().create_parser("assay", subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Django's hook for `arguments`."""
        self.arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Django's hook for `run`. Raises SystemExit with its code unless that is 0."""
        try:
            code = self.run(**options)
        except KNOWN_ERRORS as error:
            raise CommandError(f"{safe(error)} ({error.code})", returncode=Exit.REFUSED) from error
        if code is not Exit.DONE:
            raise SystemExit(int(code))

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run; from the shell an expected failure is one line on standard error and no traceback."""
        if self._from_shell:
            logging.getLogger().setLevel(logging.WARNING)
        try:
            return super().execute(*args, **options)
        except CommandError as error:
            if not self._from_shell:
                raise
            sys.stderr.write(f"assay: {error}\n")
            raise SystemExit(error.returncode) from error
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        except BrokenPipeError:
            # `| head` closed the pipe: nobody is left to read what went wrong.
            sys.stderr.close()
            raise SystemExit(0) from None

    @property
    def _from_shell(self) -> bool:
        return bool(getattr(self, "_called_from_command_line", False))

    def console(self) -> Console:
        """Where people read: styled on a terminal, plain lines elsewhere."""
        stream: Any = self.stdout._out
        return Console(
            file=stream,
            width=None if stream.isatty() else PLAIN_WIDTH,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def note(self, sentence: str) -> None:
        """A remark for people, on standard error: standard output is for results."""
        self.stderr.write(f"assay: {sentence}", style_func=str)
        self.stderr.flush()

    def print_json(self, value: object) -> None:
        """One JSON object on a line of standard output."""
        self.stdout.write(json_line(value))
        self.stdout.flush()


def usage(sentence: str) -> CommandError:
    """The verb was called wrongly: exit 2."""
    return CommandError(sentence, returncode=Exit.USAGE)
