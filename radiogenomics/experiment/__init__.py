"""The conductors, one a file: they read, call the rooms below and write the run."""
