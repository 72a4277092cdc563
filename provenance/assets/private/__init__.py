"""Where a picture was taken and whose camera it was: blanked in the copy that is published.

Nothing is decoded, re-encoded or moved: private values are overwritten where they lie, so the file keeps its
length and every other byte its place, and the pixels cannot change. One file a format; `strip.py` holds the
table.
"""
