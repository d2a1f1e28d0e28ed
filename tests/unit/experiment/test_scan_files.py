import csv

import numpy as np
import pytest

from radiogenomics.errors import CohortError, ExistsError
from radiogenomics.experiment.scan import scan
from radiogenomics.phantom.dicom import write_image

PIXELS = np.arange(256, dtype=np.uint16).reshape(16, 16)


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_two_files_account_for_every_file(tmp_path):
    data, out = tmp_path / "data", tmp_path / "out"
    for number in (1, 2):
        write_image(data / "p" / "FLAIR" / f"{number}.dcm", PIXELS, patient="p", number=number, InstitutionName="Mayo")
    (data / 'la,"bels"\n.csv').write_text("a,b\n1,2\n")
    cohort = scan(data, out)
    (series,) = rows(out / "cohort.csv")
    assert (series["patient_id"], series["modality"], series["n_files"], series["status"]) == (
        "p",
        "flair",
        "2",
        "used",
    )
    (excluded,) = rows(out / "exclusions.csv")
    assert excluded == {"patient_id": "", "path": 'la,"bels"\n.csv', "reason": "not DICOM: a CSV table"}
    assert int(series["n_files"]) + 1 == cohort.n_files
    assert b"Mayo" not in (out / "cohort.csv").read_bytes()


def test_nothing_is_overwritten_without_force_and_nothing_written_on_failure(tmp_path):
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    with pytest.raises(CohortError):
        scan(data, out)
    assert not out.exists()
    write_image(data / "p" / "1", PIXELS, patient="p")
    scan(data, out)
    with pytest.raises(ExistsError, match="--force"):
        scan(data, out)
    assert scan(data, out, force=True).n_files == 1
