"""Prepared slices on disk, content-addressed, checksummed, written atomically."""

from radiogenomics.store.entry import Entry, Fault, StoredSlice, entry_key
from radiogenomics.store.store import Store

__all__ = ["Entry", "Fault", "Store", "StoredSlice", "entry_key"]
