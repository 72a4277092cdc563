"""The REST API: one router with its schemas per noun, over the same pipeline as everything else."""
