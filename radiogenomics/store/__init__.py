"""Prepared slices on disk, content-addressed, checksummed, written atomically."""

from radiogenomics.store.entry import Entry, Fault, StoredSlice, entry_key
from radiogenomics.store.store import Store
from radiogenomics.store.volumes import VolumesEntry

__all__ = ["Entry", "Fault", "Store", "StoredSlice", "VolumesEntry", "entry_key"]
