"""The index port, the exact oracle, the FAISS indexes and their snapshots."""
