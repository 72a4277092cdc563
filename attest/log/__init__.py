"""The append-only log: Merkle tree, leaves, signed checkpoints, static tiles. Plain Python."""
