"""Settings by environment; env.py alone reads the environment."""
