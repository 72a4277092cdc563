"""Header-level checks of each format: claimed size, frames, and whether the file reaches its own end.

Nothing here decodes: each walker reads lengths and skips, over a memory map, so that a 20 KiB file that
claims 169 megapixels costs a few bytes. One file a format; `check.py` holds the table.
"""
