"""docs/cli.md and `./assay help` name every verb and every option that there is."""

import argparse
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.cli import benchmarks
from service.management import commands

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = (ROOT / "docs" / "cli.md").read_text()
# Started by `up`, never by people.
INTERNAL = {"worker"}
# Those of the script itself.
OF_THE_SCRIPT = {"test"}
VERBS = sorted({info.name for info in pkgutil.iter_modules(commands.__path__)} - INTERNAL)
DJANGO = {"--version", "--settings", "--pythonpath", "--traceback", "--no-color", "--force-color"}
OF_EVERY_VERB = DJANGO | {"--help", "--verbosity", "--skip-checks", "-h", "-v"}


def section(verb: str) -> str:
    found = re.search(rf"^## {verb}$(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield name
                yield from options(inner)
        elif action.help is not argparse.SUPPRESS:
            yield from (name for name in action.option_strings if name.startswith("--"))


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_described_with_every_option(verb: str) -> None:
    text = section(verb)
    assert f"./assay {verb}" in text
    command = importlib.import_module(f"service.management.commands.{verb}").Command()
    named = set(options(command.create_parser("assay", verb))) - OF_EVERY_VERB
    assert [name for name in named if name not in text and not (name == "--data" and name in DOCUMENT)] == []


def test_every_benchmark_is_in_the_table() -> None:
    assert re.findall(r"^\| `(\w+)` \|", section("bench"), re.MULTILINE) == sorted(benchmarks.known())


def test_no_verb_is_described_that_is_not_there() -> None:
    assert set(re.findall(r"^## (\w+)$", DOCUMENT, re.MULTILINE)) == set(VERBS) | OF_THE_SCRIPT


@pytest.mark.parametrize("verb", [*VERBS, *OF_THE_SCRIPT])
def test_the_script_lists_every_verb(verb: str) -> None:
    assert f"./assay {verb}" in (ROOT / "assay").read_text()


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_shows_no_option_of_django(verb: str) -> None:
    command = importlib.import_module(f"service.management.commands.{verb}").Command()
    assert not DJANGO & set(re.findall(r"--[a-z-]+", command.create_parser("assay", verb).format_help()))


def test_links_of_the_page_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", DOCUMENT):
        assert (ROOT / "docs" / target).is_file(), target
