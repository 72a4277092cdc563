"""docs/benchmarks.md is made of results and keeps the others' sections."""

from pathlib import Path

from service.cli.benchmarks import known
from service.cli.figures import Figure, result, shown, write


def test_a_section_replaces_its_own_and_leaves_the_others(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    write(result("a", "First", [Figure("speed", 12.345, "files/s", "measured | so")]), document)
    write(result("b", "Second", [Figure("time", 0.5, "s")]), document)
    write(result("a", "First", [Figure("speed", 99.0, "files/s", r"\1 new")]), document)
    text = document.read_text()
    assert text.count("<!-- bench:a -->") == 1
    assert "99.0 files/s" in text
    assert "12.3" not in text
    assert "0.50 s" in text
    assert text.startswith("# Benchmarks")


def test_figures_show_what_counts() -> None:
    assert [shown(Figure("", value, "s")) for value in (12345.6, 123.4, 12.34, 1.234, 0.0123)] == [
        "12,346 s",
        "123 s",
        "12.3 s",
        "1.23 s",
        "0.01 s",
    ]
    assert shown(Figure("", 16.0, "")) == "16"


def test_every_benchmark_has_a_title_and_is_named_after_its_file() -> None:
    assert {"formats", "pipeline"} <= set(known())
    assert all(benchmark.title for benchmark in known().values())
