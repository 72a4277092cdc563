"""What changes state: sealing, anchoring, healing, proving."""
