"""Is there signal? A run's frozen features against permuted labels, header fields, simple measures and a planted mark.

signal.json holds, beside `verdict` ("signal", "none" or "shortcut") and its `sentence`: `reasons` (what speaks for a
shortcut), `cautions` (what is simpler and does as well, and is no shortcut), `note` (what every figure carries),
`classes`, `positives`, `negatives`, `folds`, `whole_slices`, `base`, `resamples`, `head` (`auc` with limits and n, `p`,
`as_good`, `chance_mean`, `chance_95`, `features`, `null`), `model` (`auc` of the trained model), `hidden` and
`baselines` (as `head`, with a `sentence`, without `null`), `control` (a row a planted AUC: `auc`, `found`, `draws`,
`reached`), `smallest_auc`, `smallest_auc_of_head`, and `left_out` (sentences: whose lesions were hidden, and what is
not known).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import radiogenomics
from radiogenomics.errors import RunError
from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.design import design_matrix
from radiogenomics.evaluation.linear import fold_places
from radiogenomics.evaluation.permutation import RESAMPLES
from radiogenomics.evaluation.signal.control import TARGETS
from radiogenomics.evaluation.signal.page import render
from radiogenomics.evaluation.signal.study import Array, Material, study
from radiogenomics.evaluation.wording import carried
from radiogenomics.experiment.audit import audit_facts, read_findings
from radiogenomics.experiment.facts import read_facts
from radiogenomics.experiment.frozen import identity, patient_features
from radiogenomics.experiment.lesion_cover import Drawn
from radiogenomics.files import write_text
from radiogenomics.records import SILENT, Estimate, Progress, Trait
from radiogenomics.rundir.features import PatientFeatures, read_features, write_features
from radiogenomics.rundir.run import Run, read_json, read_metrics, write_json
from radiogenomics.store import Store

SITE = "site"  # where a patient was seen says how the images were made, whatever file says it


@dataclass(frozen=True, slots=True)
class Baselines:
    """What tells of patients without a network; and sentences on what is not known."""

    matrices: Mapping[str, Array]
    left_out: tuple[str, ...]


def signal(
    run: Run,
    store: Store,
    drawn: Drawn | None = None,
    *,
    resamples: int = RESAMPLES,
    targets: Sequence[float] = TARGETS,
    workers: int | str = 1,
    force: bool = False,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Test whether a run's images hold any signal, and write signal.json and signal.html.

    The features are kept in features.npz: where that fits the run, neither the data nor TensorFlow is needed.

    Args:
        run: Trained by `cross_validate`; evaluated, for its model to stand beside.
        store: Where prepared slices lie or go.
        drawn: Lesions to hide in the images of a run that was trained without any.
        resamples: Permutations of the labels.
        targets: AUCs that the control plants.
        workers: Patients prepared at once.
        force: Compute the features anew.
        progress: Hears of features, tests and planted signals.

    Returns:
        What signal.json holds.

    Raises:
        MissingPathError: The run lacks a file.
        RunError: It is no trained run; or data, images or weights are no longer those of it.
    """
    facts = read_facts(run)
    if not facts.folds:
        raise RunError(f"{run.root} has no folds.csv: only a run that `radiogen train` made can be asked for signal")
    features = kept_features(run, store, drawn or Drawn(), workers=workers, force=force, progress=progress)
    baselines = baselines_of(facts, features)
    material = _material(run, facts, features, baselines)
    found = study(material, resamples, targets, progress=progress) | {
        "left_out": (*features.remarks, *baselines.left_out)
    }
    write_json(run.signal, found)
    return write_page(run)


def write_page(run: Run) -> dict[str, Any]:
    """Write signal.html from signal.json, which is returned."""
    found = read_json(run.signal)
    write_text(run.signal_page, render(found, run.root.resolve().name, radiogenomics.__version__))
    return found


def kept_features(
    run: Run, store: Store, drawn: Drawn, *, workers: int | str = 1, force: bool = False, progress: Progress = SILENT
) -> PatientFeatures:
    """The features of features.npz where they fit the run and the lesions asked for, else computed and kept."""
    of, known = identity(run, drawn), None if force else read_features(run.features)
    if known is not None and all(known.of.get(name) == of[name] for name in of if name != "lesions" or of[name]):
        return known
    features = patient_features(run, store, drawn, workers=workers, progress=progress)
    write_features(run.features, features)
    return features


def baselines_of(facts: Facts, features: PatientFeatures) -> Baselines:
    """The matrices of what needs no network, rows as in the features; what is the same for all is left out."""
    patients, matrices, said = features.patients, dict[str, Array](), []
    for name, wanted, what in (
        ("metadata", _acquisition(facts.traits), "How the images were made"),
        ("clinical", [t for t in facts.traits if t.kind == "clinical" and t.name != SITE], "Sex, age and the like"),
    ):
        design = design_matrix([replace(trait, kind="acquisition") for trait in wanted], patients, "acquisition")
        if design.names:
            matrices[name] = design.matrix
        elif wanted:
            said.append(f"{what}: the same for all patients.")
        else:
            said.append(f"{what}: not known of this run.")
    for group in ("intensity", "shape", "lesion"):
        columns = [place for place, title in enumerate(features.names) if title.startswith(f"{group}: ")]
        values = features.radiomics[:, columns]
        if columns and np.ptp(values, axis=0).any():
            matrices[group] = values
        elif columns:
            said.append(f"The {group} of what the model is shown: the same for all patients.")
    return Baselines(matrices, tuple(said))


def _acquisition(traits: Sequence[Trait]) -> list[Trait]:
    """What is known of the making of images; a site that the labels file names wins over the headers'."""
    given = [trait for trait in traits if (trait.kind, trait.name) == ("clinical", SITE)]
    return [*given, *(t for t in traits if t.kind == "acquisition" and not (given and t.name == SITE))]


def _material(run: Run, facts: Facts, features: PatientFeatures, baselines: Baselines) -> Material:
    missing = sorted(set(features.patients) - facts.labels.keys())
    if missing:
        raise RunError(f"{run.features} holds patients that {run.folds} lacks, such as {missing[0]}: give --force")
    recipe = facts.recipe
    return Material(
        labels=np.array([facts.labels[patient] for patient in features.patients], np.int64),
        folds=fold_places(facts.folds, features.patients),
        plain=features.plain,
        planted=features.planted,
        hidden=features.hidden,
        baselines=baselines.matrices,
        model=_model(run),
        classes=(recipe.negative, recipe.positive),
        whole=recipe.region.policy == "whole",
        findings=read_findings(run) or audit_facts(facts),
        note=carried(recipe, facts.selection),
        base=features.base,
    )


def _model(run: Run) -> Estimate | None:
    return read_metrics(run).get("auc") if run.metrics.is_file() else None
