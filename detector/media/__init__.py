"""Safe decoding: canonical pixels and text."""
