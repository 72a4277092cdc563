"""Self-contained proofs and their verifier; nothing here needs Django, a database or a network."""
