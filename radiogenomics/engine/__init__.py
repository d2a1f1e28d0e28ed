"""How patients and folds are run side by side: the one place that knows of processes."""

from radiogenomics.engine.jobs import here, parse_workers, run_jobs
from radiogenomics.engine.local import cores

__all__ = ["cores", "here", "parse_workers", "run_jobs"]
