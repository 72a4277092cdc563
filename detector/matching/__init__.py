"""One matcher a medium: each keeps what its fingerprints need, proposes likenesses and decides about them."""
