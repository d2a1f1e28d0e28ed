"""The site of a patient and of a fold, from traits."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from radiogenomics.records import Fold, Trait

_MOST_NAMED = 5


def prevailing(told: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What is said of each patient most often; of what is said equally often, the first in the alphabet.

    Args:
        told: Patient and value, as often as it is said; what is empty or blank is not said.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for patient, value in told:
        if value.strip():
            counts[patient][value.strip()] += 1
    return {patient: min(values, key=lambda value: (-values[value], value)) for patient, values in counts.items()}


def sites_of_patients(traits: Iterable[Trait], modality: str) -> dict[str, str]:
    """The site of each patient who has one: by the labels file, where it names any, else by one series' header.

    It is the site by which folds are split (`cohort.clinical.sites_of`).

    Args:
        traits: Of any patients.
        modality: Of the series whose header counts: `Recipe.chosen_on`.
    """
    rows = [t for t in traits if t.name == "site" and t.value.strip()]
    # The file alone counts where it has such a column: one hospital must not be two.
    found = [t for t in rows if t.kind == "clinical"]
    found = found or [t for t in rows if (t.kind, t.modality) == ("acquisition", modality)]
    return prevailing((trait.patient_id, trait.value) for trait in found)


def site_of_fold(folds: Sequence[Fold], traits: Iterable[Trait], modality: str) -> dict[int, str]:
    """The site that each fold tests, in words: one, or "other sites (a, b)" that are tested together.

    Args:
        folds: Of a run whose recipe splits by site; of any other each fold tests nearly all sites.
        traits: Of its patients.
        modality: `Recipe.chosen_on`.

    Returns:
        By the fold's index; "" where no site is known.
    """
    sites = sites_of_patients(traits, modality)
    named = {}
    for fold in folds:
        tested = sorted({sites[patient] for patient in fold.test if patient in sites})
        shown = [*tested[:_MOST_NAMED], *(["..."] if len(tested) > _MOST_NAMED else [])]
        named[fold.index] = f"other sites ({', '.join(shown)})" if len(tested) > 1 else "".join(tested)
    return named
