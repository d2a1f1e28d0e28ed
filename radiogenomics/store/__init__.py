"""Prepared slices on disk, content-addressed, checksummed, written atomically."""
