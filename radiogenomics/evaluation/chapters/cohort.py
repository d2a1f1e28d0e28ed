"""Who took part, how they were scanned and prepared, and who trained, chose and was tested."""

from collections import Counter
from collections.abc import Iterable, Iterator

from radiogenomics.evaluation.chapters.acquisition import acquisition_table
from radiogenomics.evaluation.chapters.section import Chapter, Section, Step
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.quality import step_title
from radiogenomics.evaluation.tables import Table

MOST_REASONS = 5  # of one box of the flow; the table beneath holds the others
UNLABELLED = ("no label in ", "its label (")  # how labels.join begins the reasons of those without a label
UNSCANNED = "no series under DATA"


def _reason(text: str) -> str:
    """Reasons that differ only after a colon count as one."""
    return text.partition(":")[0]


def _counted(reasons: Iterable[str]) -> tuple[tuple[int, str], ...]:
    """How many for each reason, most frequent first; the rare ones together."""
    counts = sorted(Counter(map(_reason, reasons)).items(), key=lambda item: (-item[1], item[0]))
    shown = [(count, why) for why, count in counts[:MOST_REASONS]]
    others = counts[MOST_REASONS:]
    if others:
        shown.append((sum(count for _, count in others), f"for {len(others)} other reasons, in the table below"))
    return tuple(shown)


def _files(evidence: Evidence) -> Iterator[Step]:
    if not evidence.series:
        return
    rejected = [exclusion.reason for exclusion in evidence.exclusions if exclusion.path]
    accepted = sum(int(row["n_files"]) for row in evidence.series if row.get("n_files", "").isdigit())
    yield Step("files found", accepted + len(rejected), _counted(rejected))
    unused = [row["reason"] for row in evidence.series if row["status"] != "used"]
    yield Step("series found", len(evidence.series), _counted(unused))


def _patients(evidence: Evidence) -> Iterator[Step]:
    """From those of whom anything was found to those who take part; each patient leaves once."""
    why = {e.patient_id: e.reason for e in evidence.exclusions if not e.path}
    found = {row["patient_id"] for row in evidence.series} - {""}
    taking_part = set(evidence.labels) or {unit.patient_id for unit in evidence.tested(evidence.last)}
    gone = found - taking_part
    unlabelled = {patient for patient in gone if why.get(patient, "").startswith(UNLABELLED)}
    if found:
        yield Step("patients with series", len(found), _counted(why[patient] for patient in unlabelled))
        others = [why.get(patient, "no reason in exclusions.csv") for patient in gone - unlabelled]
        yield Step("of them with a label", len(found - unlabelled), _counted(others))
    if evidence.labels:
        positives = sum(evidence.labels.values())
        yield Step(f"take part, {positives} of them {evidence.recipe.positive}", len(taking_part))


def flow(evidence: Evidence) -> tuple[Step, ...]:
    """The cohort from the files found to the patients tested; what the run lacks is left out."""
    units = evidence.tested(evidence.last)
    positives = sum(unit.label for unit in units)
    tested = Step(f"tested, {positives} of them {evidence.recipe.positive}", len(units))
    steps = [*_files(evidence), *_patients(evidence)]
    never = len(evidence.labels) - len(units)
    if steps and evidence.labels and never > 0:
        last = steps[-1]
        steps[-1] = Step(last.what, last.count, (*last.left_out, (never, "never in a test split")))
    return (*steps, tested)


def exclusions_table(evidence: Evidence) -> Table:
    """What takes no part and why, most frequent first."""
    counts = Counter(("file" if e.path else "patient", _reason(e.reason)) for e in evidence.exclusions)
    counts.update(("series", _reason(row["reason"])) for row in evidence.series if row["status"] != "used")
    order = ("patient", "series", "file")
    rows = sorted(counts.items(), key=lambda item: (order.index(item[0][0]), -item[1], item[0][1]))
    cells = tuple((kind, str(count), why) for (kind, why), count in rows)
    return Table(("What", "How many", "Reason"), cells, caption="What took no part, by reason")


def split_table(evidence: Evidence) -> Table:
    """Patients of each class in each split, a row a fold."""
    rows = []
    for fold in evidence.folds:
        cells = [f"{evidence.part} {fold.index}"]
        for split in ("train", "validation", "test"):
            members = getattr(fold, split)
            positives = sum(evidence.labels[patient] for patient in members)
            cells.append(f"{len(members)} ({len(members) - positives} / {positives})")
        rows.append(tuple(cells))
    classes = f"({evidence.recipe.negative} / {evidence.recipe.positive})"
    header = ("", *(f"{split} {classes}" for split in ("Train", "Validation", "Test")))
    each = f"Patients of each {evidence.part}" if len(rows) > 1 else "Patients of the split"
    return Table(header, tuple(rows), caption=f"{each}, in brackets by class")


def preparation_table(evidence: Evidence) -> Table:
    """How often each step was done to each kind of series, and how often it was left out or is to be looked at."""
    done = {(row["step"], row["modality"], row["patient_id"]): row for row in evidence.preparation if row["step"]}
    left_out, flagged = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for (step, modality, _), row in done.items():
        left_out[step, modality] += row["used"] == "0"
        flagged[step, modality] += bool(row["worse"]) and row["used"] != "0"
    times = Counter((step, modality) for step, modality, _ in done)
    rows = tuple(
        (step_title(step), modality or "-", str(times[step, modality]), str(left_out[step, modality]),
         str(flagged[step, modality]))
        for step, modality in times
    )  # fmt: skip
    header = ("Step", "Series", "Patients", "Left out: worse by its own figure", "To be looked at")
    return Table(header, rows, caption="Steps of preparation, by series")


def _pictured(evidence: Evidence) -> Section:
    sheets = tuple(picture for picture in evidence.pictures if picture.name.startswith("contact"))
    return Section("What the model sees", "Prepared slices, as they reach the model.", None, sheets)


def _flow(evidence: Evidence) -> Section:
    steps = flow(evidence)
    note = "On the way down, what stands beside a step was left out." if len(steps) > 1 else ""
    unscanned = sum(not e.path and e.reason == UNSCANNED for e in evidence.exclusions)
    if unscanned:
        note += f" {unscanned} more in the labels file {'has' if unscanned == 1 else 'have'} no series under DATA."
    return Section("From files to tested patients", note, steps=steps)


def chapter(evidence: Evidence) -> Chapter:
    """The cohort."""
    sections = (
        _flow(evidence),
        Section(
            "Who took no part",
            "Patients, series and files that were found and not used; exclusions.csv and cohort.csv name each one.",
            exclusions_table(evidence),
        ),
        Section(
            "Acquisition",
            "The series that were used, as their headers tell. A class that comes from one scanner or one protocol can "
            "be told by it: see the audit.",
            acquisition_table(evidence),
        ),
        Section(
            "Preparation of the raw series",
            "qc.html beside this page shows what was done to each patient; preparation.csv holds every figure.",
            preparation_table(evidence),
        ),
        _pictured(evidence),
        Section("Patients by class and split", "Patients, never slices, are split.", split_table(evidence)),
    )
    return Chapter("cohort", "Cohort", sections)
