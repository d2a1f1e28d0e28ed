"""The site of a patient and of a fold, from traits."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from radiogenomics.records import Fold, Trait

_MOST_NAMED = 5


def sites_of_patients(traits: Iterable[Trait]) -> dict[str, str]:
    """The site of each patient who has one: by the labels file, where it names any, else by the headers.

    Where the headers of one patient's series name several, it is the most frequent, and of equals the first in the
    alphabet.
    """
    told: dict[str, dict[str, Counter[str]]] = {kind: defaultdict(Counter) for kind in ("clinical", "acquisition")}
    for trait in traits:
        if trait.name == "site" and trait.kind in told:
            told[trait.kind][trait.patient_id][trait.value] += 1
    # The file alone counts where it has such a column: one hospital must not be two.
    known = told["clinical"] or told["acquisition"]
    return {patient: min(counts, key=lambda site: (-counts[site], site)) for patient, counts in known.items()}


def site_of_fold(folds: Sequence[Fold], traits: Iterable[Trait]) -> dict[int, str]:
    """The site that each fold tests, in words: one, or "other sites (a, b)" that are tested together.

    Args:
        folds: Of a run whose recipe splits by site; of any other each fold tests nearly all sites.
        traits: Of its patients.

    Returns:
        By the fold's index; "" where no site is known.
    """
    sites = sites_of_patients(traits)
    named = {}
    for fold in folds:
        tested = sorted({sites[patient] for patient in fold.test if patient in sites})
        shown = [*tested[:_MOST_NAMED], *(["..."] if len(tested) > _MOST_NAMED else [])]
        named[fold.index] = f"other sites ({', '.join(shown)})" if len(tested) > 1 else "".join(tested)
    return named
