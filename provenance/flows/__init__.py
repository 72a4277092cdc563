"""One verb a file over the rows."""
