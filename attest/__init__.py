"""Who can check it without us: the append-only log, the registry contract and self-contained proofs."""
