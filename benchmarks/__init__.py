"""The benchmarks of `./assay bench`: one module each, with `NAME`, `TITLE` and `measure() -> list[Figure]`."""
