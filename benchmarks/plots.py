"""Pictures of a benchmark's figures, as SVG without dates, so that the same figures give the same file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def _axes(width: float, height: float) -> tuple[Any, Any]:
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "assay"
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")


def _save(figure: Any, path: Path) -> None:
    import matplotlib.pyplot as plt

    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def bars(path: Path, values: Mapping[str, Mapping[str, float]], title: str) -> None:
    """One group of horizontal bars for each inner name, one bar for each contender; values are 0 to 1."""
    names = list(next(iter(values.values())))
    figure, axes = _axes(8, 0.3 * len(names) + 1)
    height = 0.8 / len(values)
    for number, (contender, held) in enumerate(values.items()):
        places = [row + (number - (len(values) - 1) / 2) * height for row in range(len(names))]
        axes.barh(places, [100 * held[name] for name in names], height, label=contender)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("found again, %")
    axes.set_title(title)
    figure.legend(loc="outside lower center", ncols=len(values))
    _save(figure, path)


def curves(path: Path, values: Mapping[str, list[tuple[float, float]]]) -> None:
    """Mean recall over the share of queries with a false match; a contender with one point is a star."""
    figure, axes = _axes(7, 5)
    for contender, points in values.items():
        across, up = [100 * x for x, _ in points], [100 * y for _, y in points]
        if len(points) == 1:
            axes.plot([max(across[0], 0.01)], up, "*", markersize=16, label=contender)
        else:
            dashed = "-" if "normalised" in contender else "--"
            axes.plot([max(x, 0.01) for x in across], up, dashed, label=contender)
    axes.set_xscale("log")
    axes.axvline(0.1, color="grey", linewidth=0.8)
    axes.set_xlabel("queries with a false match, %")
    axes.set_ylabel("mean recall, %")
    axes.legend(fontsize="small")
    _save(figure, path)


def latencies(path: Path, values: Mapping[str, list[tuple[float, float]]], what: str) -> None:
    """Milliseconds a question over the number of rows, both by powers of ten; one line a contender."""
    figure, axes = _axes(7, 4)
    for contender, points in values.items():
        axes.plot([x for x, _ in points], [y for _, y in points], "o-", label=contender)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(f"{what} in the index")
    axes.set_ylabel("one question, ms")
    axes.legend(fontsize="small")
    _save(figure, path)
