"""The log's verbs over its tables, one a file."""
