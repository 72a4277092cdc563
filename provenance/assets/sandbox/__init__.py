"""Child processes that parse strangers' bytes: starting, confining, asking and ending them."""
