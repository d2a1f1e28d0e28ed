"""Another program finds the brain, and every way in which it may fail is told."""

import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from toy_head import dice, head

from radiogenomics.errors import CohortError
from radiogenomics.preparation.program import brain_by_program

BRIGHT = "import sys, SimpleITK as s; s.WriteImage(s.Cast(s.ReadImage(sys.argv[1]) > 100, s.sitkUInt8), sys.argv[2])"


def command(tmp_path: Path, code: str) -> str:
    script = tmp_path / "a program.py"  # its name holds a space, as a shell would need it quoted
    script.write_text(code)
    return f'"{sys.executable}" "{script}" {{input}} {{output}}'


def test_the_mask_is_what_the_program_wrote(tmp_path: Path) -> None:
    toy = head("t1w", (24, 28, 16), (8.0, 8.0, 12.0))
    brain = brain_by_program(command(tmp_path, BRIGHT), toy.image)
    assert brain.GetPixelID() == sitk.sitkUInt8
    np.testing.assert_array_equal(sitk.GetArrayFromImage(brain), sitk.GetArrayFromImage(toy.image) > 100)
    assert dice(brain, brain) == 1


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import sys; sys.exit('first\\nno licence')", "ended with code 1, and said: no licence"),
        ("pass", "wrote no {output}"),
        ("import sys; open(sys.argv[2], 'w').write('not a volume')", "no NIfTI file"),
        (BRIGHT.replace("100", "1e9"), "found none"),
        ("import time; time.sleep(60)", "stopped after 2 s"),
    ],
    ids=["failed", "no file", "no volume", "no brain", "too slow"],
)
def test_a_program_that_gives_no_mask_is_a_reason(tmp_path: Path, code: str, says: str) -> None:
    image = sitk.Image((8, 8, 8), sitk.sitkFloat32)
    with pytest.raises(CohortError, match=says.replace("{", r"\{")):
        brain_by_program(command(tmp_path, code), image, timeout=2 if "sleep" in code else 60)


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(CohortError, match=r"no-such-bet can't be run .*on PATH"):
        brain_by_program("no-such-bet -i {input} -o {output}", sitk.Image((4, 4, 4), sitk.sitkFloat32))
