"""A run on disk: the one place that knows its files' names and columns."""
