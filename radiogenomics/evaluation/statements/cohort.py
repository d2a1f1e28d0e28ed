"""Statements on who took part: patients, images, splits."""

from collections import Counter
from collections.abc import Iterable, Sequence

from radiogenomics.evaluation.chapters.acquisition import commonest, spread
from radiogenomics.evaluation.chapters.cohort import exclusions_table, flow
from radiogenomics.evaluation.chapters.signal import power
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.quality import step_title
from radiogenomics.evaluation.subgroups import known, years
from radiogenomics.recipe import LesionCentre, LesionExtent, MidSection

MOST_REASONS = 6
PARAMETERS = {"echo_time": "TE", "repetition_time": "TR", "flip_angle": "flip angle", "slice_thickness": "thickness"}


def _used(evidence: Evidence) -> list[dict[str, str]]:
    return [dict(row) for row in evidence.series if row["status"] == "used"]


def eligibility(evidence: Evidence) -> str:
    """Who could take part, as the software decided it."""
    recipe = evidence.recipe
    if not evidence.series:
        return ""
    lesions = " and at least one lesion drawn" if recipe.needs_lesions else ""
    plane = "" if recipe.cohort.plane == "any" else f" in the {recipe.cohort.plane} plane"
    return (
        f"Patients with a usable series of {', '.join(recipe.needed)}{plane}{lesions}, and a label. Of several series "
        f"of one kind the policy '{recipe.cohort.series_policy}' chose one."
    )


def flow_told(evidence: Evidence) -> str:
    """The cohort's flow in figures."""
    steps = flow(evidence)
    return "; ".join(f"{step.count} {step.what}" for step in steps) + "." if len(steps) > 1 else ""


def excluded(evidence: Evidence) -> str:
    """What was left out, by reason."""
    rows = exclusions_table(evidence).rows
    if not rows:
        return ""
    told = "; ".join(
        f"{count} {what}{'' if what == 'series' else 's'}: {why}" for what, count, why in rows[:MOST_REASONS]
    )
    more = f"; and for {len(rows) - MOST_REASONS} other reasons" if len(rows) > MOST_REASONS else ""
    return f"Left out: {told}{more}. exclusions.csv and cohort.csv name each one."


def missing(evidence: Evidence) -> str:
    """How missing data was treated."""
    if not evidence.series:
        return ""
    return " ".join(
        filter(
            None,
            ["Whoever lacks a series or a label is left out; no label and no series is imputed.", excluded(evidence)],
        )
    )


def sites(evidence: Evidence) -> str:
    """From how many institutions and scanners the used series come, as headers name them."""
    rows = _used(evidence)
    named = {row["site"] for row in rows if row.get("site")}
    scanners = {row["scanner"] for row in rows if row.get("scanner")}
    if not named:
        return ""
    count = f"{len(named)} institution{'s' if len(named) != 1 else ''}"
    return f"The headers of the used series name {count} and {len(scanners)} kinds of scanner."


def acquired(evidence: Evidence) -> str:
    """How the used series were acquired, a clause a modality."""
    clauses = []
    for modality in evidence.recipe.needed:
        rows = [row for row in _used(evidence) if row["modality"] == modality]
        if not rows:
            continue
        facts = [commonest(row.get("scanner", "") for row in rows)]
        strength = commonest(row.get("field_strength", "") for row in rows)
        facts += [f"field (T) {strength}"] if strength else []
        facts += [f"matrix {commonest(row.get('matrix', '') for row in rows)}", *_parameters(evidence, modality)]
        clauses.append(f"{modality} ({len(rows)} series): {', '.join(filter(None, facts))}")
    return "; ".join(clauses) + "." if clauses else ""


def _parameters(evidence: Evidence, modality: str) -> list[str]:
    told = []
    for name, title in PARAMETERS.items():
        rows = (t for t in evidence.traits if (t.kind, t.modality, t.name) == ("acquisition", modality, name))
        if values := spread(trait.value for trait in rows):
            told.append(f"{title} {values}")
    return told


def subsets(evidence: Evidence) -> str:
    """Which slices, and what part of them, the model sees."""
    recipe = evidence.recipe
    match recipe.slices:
        case MidSection() as part:
            slices = f"the {part.fraction:.0%} of slices around the middle of the {recipe.drawn_on} series"
        case LesionCentre() as part:
            slices = f"the slice of each lesion's centre and up to {part.reach} to either side"
        case LesionExtent() as part:
            slices = f"every slice through a lesion and those within {part.margin_mm:g} mm"
    margin = f" with a margin of {recipe.region.margin_mm:g} mm" if recipe.region.margin_mm else ""
    region = {
        "whole": "whole slices",
        "box": f"the rectangle around the lesion{margin}",
        "mask": f"the outline of the lesion on each slice{margin}, as a rectangle",
    }[recipe.region.policy]
    return f"Used were {slices}, of them {region}."


def preprocessed(evidence: Evidence) -> str:
    """What was done to the images before they reached the model."""
    recipe, image = evidence.recipe, evidence.recipe.image
    steps = [step_title(part.step) for part in recipe.preparation.steps]
    prepared = (
        f"Raw series: {', '.join(steps)} (preparation.csv and qc.html hold each patient's figures). " if steps else ""
    )
    voxels = "all voxels" if image.over == "all" else "the voxels of the brain"
    return (
        f"{prepared}Each slice: {image.normalisation} over {voxels} of its {image.scope}, resized to "
        f"{image.size[0]} x {image.size[1]} pixels. Statistics are of the slice or series itself, never of the cohort."
    )


def outcome(evidence: Evidence) -> str:
    """What is predicted, as the labels say it."""
    negative, positive = evidence.classes
    return f"Binary: {positive} (1) against {negative} (0), as the labels file says it."


def _between(values: Iterable[int]) -> str:
    ordered = sorted(values)
    return f"{ordered[0]}" if ordered[0] == ordered[-1] else f"{ordered[0]} to {ordered[-1]}"


def partitions(evidence: Evidence) -> str:
    """How patients were assigned to training, validation and test."""
    folds, split, seed = evidence.folds, evidence.recipe.split, evidence.recipe.training.seed
    if not folds:
        return ""
    if evidence.splits_given:
        how = f"As a file of the user's says it: {len(folds)} split{'s' if len(folds) > 1 else ''}"
    elif split.by == "site":
        how = f"Leave one site out: {len(folds)} folds, each of which tests all patients of one site"
    elif split.folds > 1:
        repeats = f", {split.repeats} times over" if split.repeats > 1 else ""
        how = f"{split.folds}-fold cross-validation{repeats}, stratified by class, drawn by seed {seed}"
    else:
        repeats = f", drawn anew {split.repeats} times" if split.repeats > 1 else ""
        how = f"One split with {split.test:.0%} for testing{repeats}, stratified by class, drawn by seed {seed}"
    sizes = [_between(len(getattr(fold, part)) for fold in folds) for part in ("train", "validation", "test")]
    nobody = " By the published protocol nobody validates." if evidence.selected else ""
    each = f"Patients a {evidence.part}" if len(folds) > 1 else "Patients"
    return (
        f"{how}. {each}: {sizes[0]} to train, {sizes[1]} to validate, {sizes[2]} to test; "
        f"folds.csv names each one.{nobody}"
    )


def disjoint(evidence: Evidence) -> str:
    """At which level the splits share nothing, and what the audit says of it."""
    if not evidence.folds:
        return ""
    leaks = [one for one in evidence.audit if one.kind == "leak"]
    sure = [one.sentence for one in leaks if one.status in {"found", "suspected"}]
    clean, unknown = (sum(one.status == status for one in leaks) for status in ("clean", "unknown"))
    audited = f" Of {len(leaks)} checks for leaks {clean} are clean and {unknown} can't be told." if leaks else ""
    by_site = evidence.recipe.split.by == "site" and not evidence.splits_given
    level = "The site, and with it the patient" if by_site else "The patient"
    return " ".join(
        [f"{level}: each side of a split holds whole patients, never single slices or lesions.{audited}", *sure]
    )


def counts(evidence: Evidence) -> str:
    """How many patients and positives there were in each use."""
    if not evidence.folds:
        return tested(evidence)
    positives = sum(evidence.labels.values())
    each, whose = [], f"A {evidence.part}: " if len(evidence.folds) > 1 else "Of these "
    for part in ("train", "validation", "test"):
        of = [getattr(fold, part) for fold in evidence.folds]
        events = _between(sum(evidence.labels[patient] for patient in members) for members in of)
        each.append(f"{part} {_between(map(len, of))} ({events} {evidence.recipe.positive})")
    return (
        f"{len(evidence.labels)} patients, {positives} of them {evidence.recipe.positive}. {whose}{'; '.join(each)}. "
        f"{tested(evidence)}"
    )


def tested(evidence: Evidence) -> str:
    """On whom the reported figures are."""
    units = evidence.tested(evidence.last)
    positives = sum(unit.label for unit in units)
    return f"Reported figures are of {len(units)} tested patients, {positives} of them {evidence.recipe.positive}."


def size(evidence: Evidence) -> str:
    """What this size could have shown; no size was planned by the software."""
    if not isinstance(evidence.signal.get("smallest_auc"), float):
        return ""
    return (
        f"No size was calculated beforehand by the software. {tested(evidence)} {power(evidence.signal)} (signal.json)"
    )


def _ages(values: Sequence[str]) -> str:
    return spread(str(years(value)) for value in values)


def _of_sex(sex: str, count: int) -> str:
    """How many; a bare code is named for what it is, lest "4 1" be read as a number."""
    return f"sex {sex}: {count}" if sex.isdecimal() else f"{count} {sex}"


def demographics(evidence: Evidence) -> str:
    """Sex and age of the tested patients by class, where headers or the labels file tell."""
    units, told = evidence.tested(evidence.last), []
    sexes, ages = (known(evidence.traits, name, evidence.recipe.chosen_on) for name in ("sex", "age"))
    for label, name in enumerate(evidence.classes):
        members = [unit.patient_id for unit in units if unit.label == label]
        clauses = []
        if found := Counter(sexes[patient] for patient in members if patient in sexes):
            clauses.append(", ".join(_of_sex(sex, count) for sex, count in sorted(found.items())))
        if age := _ages([ages[patient] for patient in members if patient in ages]):
            clauses.append(f"age {age} years")
        if clauses:
            told.append(f"{name} ({len(members)} tested): {'; '.join(clauses)}")
    return ". ".join(told) + "." if told else ""


def by_cluster(evidence: Evidence) -> str:
    """Whether several sites can be told apart among the tested patients."""
    of = known(evidence.traits, "site", evidence.recipe.chosen_on)
    found = Counter(of[unit.patient_id] for unit in evidence.tested(evidence.last) if unit.patient_id in of)
    return (
        f"Tested patients by site: {', '.join(f'{site} {n}' for site, n in sorted(found.items()))}."
        if len(found) > 1
        else ""
    )


def alike(evidence: Evidence) -> str:
    """Whether those who were tested are of the cohort on which the models were trained."""
    if evidence.outside or not evidence.folds or evidence.splits_given:
        return ""
    if evidence.recipe.split.by == "site":
        return "The same cohort and criteria, but each site was tested by models that had seen only the others."
    if len(evidence.folds) == 1:
        return "The same cohort and criteria: test patients were drawn from it at random, and no model trained on them."
    return f"The same cohort: test patients are of those whom other {evidence.part}s train on, by the same criteria."
