"""`assay up`: web, worker and embedded chain as children of one process, which die with it."""
