"""Synthetic DICOM, for the demo cohort and for the tests alike."""
