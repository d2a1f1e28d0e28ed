"""From raw series to volumes on one grid: registered, resampled, corrected, extracted; each step one file."""
