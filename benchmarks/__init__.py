"""The benchmarks of `./assay bench`: one module each, with `TITLE` and `measure() -> list[Figure]`."""
