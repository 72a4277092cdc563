"""`assay demo`: the whole story on real files, each step checked."""
