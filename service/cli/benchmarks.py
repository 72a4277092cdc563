"""The benchmarks by name: every module of benchmarks/ that has a `measure`."""

import importlib
import os
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from service.cli.figures import Figure, Result, result
from service.cli.verb import usage
from service.settings.env import PROJECT

FOLDER = PROJECT / "benchmarks"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark: `measure` runs it and may take minutes."""

    name: str
    title: str
    measure: Callable[[], list[Figure]]

    def run(self) -> Result:
        """Measure now."""
        load = os.getloadavg()[0]
        return result(self.name, self.title, self.measure(), load)


def known() -> dict[str, Benchmark]:
    """All benchmarks, by name. Importing one must be cheap: what is heavy it imports when it measures."""
    found = {}
    for info in pkgutil.iter_modules([str(FOLDER)]):
        module = importlib.import_module(f"benchmarks.{info.name}")
        if hasattr(module, "measure"):
            found[info.name] = Benchmark(info.name, module.TITLE, module.measure)
    return found


def named(name: str | None) -> list[Benchmark]:
    """The benchmark of that name, or all of them. Raises CommandError (wrong usage)."""
    every = known()
    if name is None:
        return list(every.values())
    if name not in every:
        raise usage(f"There is no benchmark {name!r}; there are {', '.join(sorted(every))}.")
    return [every[name]]
