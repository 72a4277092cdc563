#!/usr/bin/env python3
"""Hands a verb over to its command. `./assay VERB` ends here once the environment is in place."""

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.core.management.base import BaseCommand

OFFLINE = {"verify", "screen"}


def take_data_option(argv: list[str]) -> list[str]:
    """Turn `--data DIR` into ASSAY_DATA_DIR: settings must know it before any command is loaded."""
    rest: list[str] = []
    arguments = iter(argv)
    for argument in arguments:
        if argument == "--data":
            os.environ["ASSAY_DATA_DIR"] = next(arguments, "")
        elif argument.startswith("--data="):
            os.environ["ASSAY_DATA_DIR"] = argument.removeprefix("--data=")
        else:
            rest.append(argument)
    return rest


def settings_module(verb: str) -> str:
    """Which settings a verb runs under; offline verbs touch no database and no data folder."""
    if verb in OFFLINE:
        return "service.settings.offline"
    production = os.environ.get("ASSAY_ENV") == "production"
    return "service.settings.production" if production else "service.settings.embedded"


def main() -> None:
    """Run one verb."""
    argv = take_data_option(sys.argv)
    verb = argv[1] if len(argv) > 1 else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module(verb))
    from django.core.management import ManagementUtility, get_commands

    from service.settings.env import ConfigurationError

    class Verbs(ManagementUtility):
        """Django's commands; a verb that is none of them is wrong usage, said in the words of ./assay."""

        def fetch_command(self, subcommand: str) -> "BaseCommand":
            if subcommand not in get_commands():
                sys.stderr.write(f"assay: There is no verb {subcommand!a}; `./assay help` lists them.\n")
                sys.exit(2)
            return super().fetch_command(subcommand)

    try:
        Verbs(argv).execute()
    except ConfigurationError as error:
        sys.exit(f"assay: {error}")


if __name__ == "__main__":
    main()
