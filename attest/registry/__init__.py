"""The registry: the contract and its client, keys and signatures, the embedded chain."""
