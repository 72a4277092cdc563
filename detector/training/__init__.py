"""Training of our own copy-detection embedding; nothing at run time imports it."""
