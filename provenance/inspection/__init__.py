"""Reading: sandboxed reader, ingredient chain, revocation, time."""
