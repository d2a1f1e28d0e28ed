"""The chapters of a report, one theme a file: each makes its sections from the evidence, in reading order."""
