"""DICOM headers and pixels, modality roles, geometry, and the one definition of slice to model input."""
