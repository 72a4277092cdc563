"""HTML pages over the same pipeline as the API: they work without scripts and better with them."""
