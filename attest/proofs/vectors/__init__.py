"""Test vectors of the proof format, and their maker: `python -m attest.proofs.vectors` writes them anew."""
