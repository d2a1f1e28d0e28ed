"""Every error that radiogenomics raises on purpose; each message names the thing, the place and the mend."""

from collections.abc import Sequence


class RadiogenomicsError(Exception):
    """Parent of all errors raised on purpose; the command line prints it as one red sentence, exit code 1."""

    def __str__(self) -> str:
        # KeyError and OSError would quote or rewrite the sentence.
        return str(self.args[0]) if self.args else ""


class MissingPathError(RadiogenomicsError, FileNotFoundError):
    """A path the user named does not exist, or holds nothing of use."""


class ExistsError(RadiogenomicsError, FileExistsError):
    """Something would be overwritten, and --force was not given."""


class UnknownNameError(RadiogenomicsError, KeyError):
    """A name that its table does not hold; the message lists the known ones and the closest."""


class CohortError(RadiogenomicsError, ValueError):
    """The scans, labels or splits can't give a trainable cohort; the message lists every fault."""


class ReadingError(CohortError):
    """A series can't be made one volume; its `faults` are path and reason of the files that can't be decoded."""

    def __init__(self, message: str, faults: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class RecipeError(RadiogenomicsError, ValueError):
    """A recipe or an override of it is wrong; the message lists every fault with its path."""


class PixelError(RadiogenomicsError, ValueError):
    """A file's pixels can't be decoded; the message is a reason for exclusions.csv."""


class WeightsError(RadiogenomicsError, ValueError):
    """Pretrained weights are absent, damaged or of another architecture."""


class LeakError(RadiogenomicsError, ValueError):
    """The audit found a leak, and --allow-leak was not given; the message lists every leak with its mend."""


class RunError(RadiogenomicsError, ValueError):
    """A run folder is incomplete, damaged or does not fit what is asked of it."""


class StoreError(RadiogenomicsError, OSError):
    """The store of prepared slices can't be read or written (a full disk, permissions)."""


class ModelError(RadiogenomicsError, ValueError):
    """A model can't be built, loaded or served."""


class OutOfMemoryError(MemoryError, RadiogenomicsError):  # this way round, or tblib, which Dask loads, can't copy it
    """The device ran out of memory; the message names the batch size to try."""


class WorkerError(RadiogenomicsError, RuntimeError):
    """A worker process died without an exception of its own (killed, out of memory), or no workers can be had."""


def raise_faults(error: type[RadiogenomicsError], faults: Sequence[str], heading: str) -> None:
    """Raise one error holding all faults, or nothing where there are none.

    Args:
        error: The class to raise.
        faults: One sentence a fault, each naming thing, place and mend.
        heading: What the faults are of, e.g. "labels.csv".
    """
    if len(faults) == 1:
        raise error(f"{heading}: {faults[0]}")
    if faults:
        listing = "\n".join(f"  {number}. {fault}" for number, fault in enumerate(faults, 1))
        raise error(f"{heading}: {len(faults)} faults\n{listing}")
