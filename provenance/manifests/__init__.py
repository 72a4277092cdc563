"""Writing: manifest definition, signer, embedded and detached forms."""
