"""Another program that finds the brain, such as HD-BET or SynthStrip: one NIfTI file in, one out."""

import shlex
import subprocess
import tempfile
from pathlib import Path

import SimpleITK as sitk

from radiogenomics.errors import CohortError

TIMEOUT = 3600  # seconds; such programs take minutes where they have no GPU


def brain_by_program(command: str, image: sitk.Image, timeout: float = TIMEOUT) -> sitk.Image:
    """What the program calls brain, uint8, on the image's grid.

    Args:
        command: With {input} and {output}, the two files' paths; it is split as a shell would, and run without one.
        image: Written to {input}.
        timeout: Seconds.

    Raises:
        CohortError: There is no such program, it failed, took too long, or left no brain in {output}: all that is not 0
            there is brain, be it a mask or the image with the rest taken away.
    """
    with tempfile.TemporaryDirectory(prefix="radiogen-brain-") as folder:
        source, target = Path(folder, "input.nii.gz"), Path(folder, "output.nii.gz")
        sitk.WriteImage(image, str(source))
        words = [w.replace("{input}", str(source)).replace("{output}", str(target)) for w in shlex.split(command)]
        _run(words, timeout)
        return _read(words[0], target, image)


def _run(words: list[str], timeout: float) -> None:
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired as error:
        raise CohortError(f"brain: {words[0]} was stopped after {timeout:g} s") from error
    except OSError as error:
        raise CohortError(
            f"brain: {words[0]} can't be run ({error.strerror}); is it installed, and on PATH?"
        ) from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1].strip()
        raise CohortError(f"brain: {words[0]} ended with code {done.returncode}, and said: {said}")


def _read(program: str, path: Path, image: sitk.Image) -> sitk.Image:
    if not path.is_file():
        raise CohortError(f"brain: {program} ended well, but wrote no {{output}}")
    try:
        found = sitk.ReadImage(str(path), sitk.sitkFloat32)
    except RuntimeError as error:
        raise CohortError(f"brain: {program} wrote an {{output}} that is no NIfTI file") from error
    if found.GetDimension() != image.GetDimension():
        raise CohortError(f"brain: {program} wrote an {{output}} of {found.GetDimension()} dimensions")
    brain = sitk.Resample(sitk.Cast(found != 0, sitk.sitkUInt8), image, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    if not sitk.GetArrayViewFromImage(brain).any():
        raise CohortError(f"brain: {program} found none in the image")
    return brain
