"""Radiogenomics: a tumour's genetic status from its scans, honestly scored. Research use only."""

__version__ = "0.1.0"
