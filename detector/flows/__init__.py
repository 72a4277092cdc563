"""What writes: one verb a file."""
