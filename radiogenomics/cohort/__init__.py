"""People: scanning a tree into series, labels, splits."""
