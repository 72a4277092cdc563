"""Have we seen this before: near-duplicates, campaigns and unattested copies."""
