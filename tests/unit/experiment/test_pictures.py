"""The words in a sheet's place tell what is on it, and no place where the map can't tell one."""

import pytest

from radiogenomics.evaluation.heat import SUREST, Explanation
from radiogenomics.experiment.pictures import MOST_BYTES, MOST_TOLD, explanation_pictures, sheet
from radiogenomics.rundir.rows import write_records
from radiogenomics.rundir.run import Run

OUTCOME = "false negative"


@pytest.fixture
def drawn(tmp_path):
    """Gives the one picture of a run whose sheet shows some slices."""

    def picture(*rows, content=b"x"):
        run = Run(tmp_path)
        path = sheet(run, OUTCOME)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        known = (
            Explanation(
                patient, 0, OUTCOME, "", "s", 3, 0.4, method, share, 0.1, 0.1, path.name, SUREST, cells, hottest
            )
            for patient, method, share, cells, hottest in rows
        )
        write_records(run.explanations, Explanation, known)
        (found,) = explanation_pictures(run)
        return found

    return picture


def test_where_the_heat_is_stands_in_the_words_unless_cells_are_too_coarse(drawn):
    nan = float("nan")
    alt = drawn(
        ("a", "grad-cam", 0.25, "7x7", "left"), ("b", "grad-cam", nan, "7x7", ""), ("c", "occlusion", nan, "", "upper")
    ).alt
    assert alt == (
        "Heat over slices of 3 false negatives: patient a, slice 3, by grad-cam: hottest left, 25% of the heat in the "
        "lesion; patient b, slice 3, by grad-cam: no heat; patient c, slice 3, by occlusion: hottest upper."
    )
    coarse = drawn(("a", "grad-cam", 0.25, "2x2", "left")).alt
    assert coarse.endswith("by grad-cam: heat, in 2 x 2 cells too few to say where.")


def test_many_slices_are_cut_short_and_a_heavy_sheet_is_no_longer_dropped(drawn):
    found = drawn(
        *[(str(n), "occlusion", 0.2, "", "left") for n in range(MOST_TOLD + 5)], content=b"x" * (MOST_BYTES + 1)
    )
    assert found.alt.endswith("; and 5 more in explanations.csv.")
    assert len(found.content) == MOST_BYTES + 1
