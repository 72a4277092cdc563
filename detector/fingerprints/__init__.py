"""Fingerprints: one file per method, and the values they give."""
