"""Where do these bytes come from: assets, content credentials (C2PA), keys and trust lists."""
