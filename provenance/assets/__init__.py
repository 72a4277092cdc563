"""Digest, sniffed type, limits, structure, storage."""
