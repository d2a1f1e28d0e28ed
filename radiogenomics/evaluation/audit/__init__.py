"""The audit: leaks, shortcuts and protocol, each check a pure function of what a run's files say."""
