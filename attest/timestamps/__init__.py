"""Second anchors of a checkpoint that need no chain of ours: RFC 3161 and OpenTimestamps. Plain Python."""
