"""A benchmark's result, and docs/benchmarks.md, which is made of them."""

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.cli.safe import safe
from service.settings.env import PROJECT

DOCUMENT = PROJECT / "docs" / "benchmarks.md"
_HEAD = """# Benchmarks

Written by `./assay bench`; figures are never typed in by hand. Each section says on which machine, when and
at which commit it was measured. Compare ratios measured in one run, not figures of different machines.
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `note` says how it was measured, or what it is compared with."""

    name: str
    value: float
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """All figures of one run of one benchmark; `machine`, `date` and `commit` say where and when,
    `load` how many other programs wanted the processor (load average of a minute) when it began."""

    benchmark: str
    title: str
    figures: tuple[Figure, ...]
    machine: str
    date: str
    commit: str
    load: float

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return asdict(self)


def result(benchmark: str, title: str, figures: Sequence[Figure], load: float = 0.0) -> Result:
    """`figures` with the machine, the time and the commit they were measured at."""
    date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Result(benchmark, title, tuple(figures), machine(), date, commit(), round(load, 1))


def machine() -> str:
    """Processor, cores in use, memory, system and Python, in one line."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE)
        model = found[1] if found else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.release()}"
    return f"{model}, {cores} cores, {memory:.0f} GiB, {system}, Python {platform.python_version()}"


def commit() -> str:
    """The short commit, with a plus where files differ from it; `unknown` outside a checkout."""
    try:
        name = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return name + ("+" if changed else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def shown(figure: Figure) -> str:
    """The value and its unit: three figures that count, no decimals from a hundred on, none for a count."""
    return f"{_number(figure.value, is_count=not figure.unit)} {figure.unit}".strip()


def _number(value: float, *, is_count: bool) -> str:
    if is_count or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def section(measured: Result) -> str:
    """One benchmark as markdown between its markers."""
    rows = [f"| {_cell(f.name)} | {shown(f)} | {_cell(f.note)} |" for f in measured.figures]
    return "\n".join(
        [
            f"<!-- bench:{measured.benchmark} -->",
            f"## {measured.benchmark}: {measured.title}",
            "",
            f"{measured.date}, commit {measured.commit}, {measured.machine}; load {measured.load} before.",
            "",
            "| what | figure | how |",
            "|---|---|---|",
            *rows,
            f"<!-- /bench:{measured.benchmark} -->",
        ]
    )


def _cell(text: str) -> str:
    return safe(text).replace("|", "\\|")


def write(measured: Result, document: Path = DOCUMENT) -> None:
    """Put the result into the document: in place of an earlier one of the same benchmark, else at the end."""
    text = document.read_text() if document.is_file() else _HEAD
    name = re.escape(measured.benchmark)
    block = re.compile(rf"<!-- bench:{name} -->.*?<!-- /bench:{name} -->", re.DOTALL)
    new = section(measured)
    text = block.sub(lambda _: new, text) if block.search(text) else f"{text.rstrip()}\n\n{new}\n"
    document.write_text(text)
