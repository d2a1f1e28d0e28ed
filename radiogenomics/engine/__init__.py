"""How patients and folds are run side by side: the one place that knows of processes."""

from radiogenomics.engine.local import cores, run_jobs

__all__ = ["cores", "run_jobs"]
