"""`assay fsck`: everything that two places say of the same thing is compared, and every difference named."""
