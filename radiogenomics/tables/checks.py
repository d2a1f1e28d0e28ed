"""The checks of the audit: what each looks for, and whether finding it stops a training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check."""

    title: str  # what it looks for, as a reader of the report is told
    kind: Literal["leak", "shortcut", "protocol"]  # a leak stops training unless --allow-leak
    function: str  # (facts) -> Finding, or several; of all checks that name it, it is called once


def _row(title: str, kind: Literal["leak", "shortcut", "protocol"], function: str) -> CheckRow:
    return CheckRow(title, kind, f"radiogenomics.evaluation.audit.{function}")


CHECKS: Mapping[str, CheckRow] = {
    "same-patient": _row("a patient on both sides of a split", "leak", "overlap:same_patient"),
    "same-study": _row("a study of two patients, one on either side", "leak", "overlap:same_study"),
    "same-series": _row("a series of two patients, one on either side", "leak", "overlap:same_series"),
    "same-instance": _row("an image (SOP instance) of two patients, one on either side", "leak", "overlap:same_image"),
    "same-pixels": _row("the same pixels in two patients, one on either side", "leak", "overlap:same_pixels"),
    "near-duplicates": _row("nearly the same images in two patients, one on either side", "leak", "alike:alike"),
    "copied-files": _row("files that lie in two patients' folders, one on either side", "leak", "copies:copied_files"),
    "copied-ids": _row("patients whose ids are copies of one another's, on either side", "leak", "copies:copied_ids"),
    "two-ids": _row("one person under two ids, one on either side", "leak", "identity:two_ids"),
    "header-id": _row("one PatientID in the headers of two patients", "leak", "identity:header_id"),
    "mixed-patient": _row("another person's series within a patient", "leak", "identity:mixed_patient"),
    "scored-twice": _row("a test image that counts twice", "leak", "fitted:scored_twice"),
    "oversampling": _row("oversampling that saw the test side", "leak", "fitted:oversampling"),
    "normalisation": _row("normalisation that saw the test side", "leak", "fitted:normalisation"),
    "pretraining": _row("starting weights that saw the test side", "leak", "fitted:pretraining"),
    "epoch": _row("epochs chosen on what is reported", "protocol", "protocol:epoch"),
    "threshold": _row("thresholds chosen on what is reported", "protocol", "protocol:threshold"),
    "aggregator": _row("aggregators chosen on what is reported", "protocol", "protocol:aggregator"),
    "combination": _row("one of several runs, picked by what is reported", "protocol", "protocol:combination"),
    "words": _row("the label in a path or a header", "shortcut", "words:words"),
    "id-order": _row("the label in the order or the numbers of the ids", "shortcut", "words:id_order"),
    "site": _row("classes from different sites", "shortcut", "acquisition:acquisition"),
    "scanner": _row("classes from different scanners", "shortcut", "acquisition:acquisition"),
    "date": _row("classes scanned at different times", "shortcut", "acquisition:acquisition"),
    "matrix": _row("classes of different matrix, pixels or slices", "shortcut", "acquisition:acquisition"),
    "sequence": _row("classes of different sequence parameters", "shortcut", "acquisition:acquisition"),
    "extent": _row("classes of different numbers of slices or series", "shortcut", "acquisition:acquisition"),
    "metadata": _row("a classifier that sees the headers alone", "shortcut", "acquisition:metadata"),
}
