"""Trust lists and their versions."""
