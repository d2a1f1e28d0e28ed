"""What many share: one thing of many ids is a placeholder, one thing of two ids is a person.

The one rule for UIDs and digests of what identifies. Pixels know no placeholders: equal images are copies, however many
patients have them (`overlap.same_pixels`).
"""

from collections import Counter
from collections.abc import Iterable

from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.sites import sites_of_patients

FEW = 3  # ids that one person may plausibly have
MOST = 0.5  # share of the patients from which on what they share says nothing of who they are
WHOLE = 0.9  # share of a site's patients from which on a group is the site
WHY = "shared by most patients or by a whole site, as a placeholder that anonymisation wrote: it tells nobody apart"


def placeholders(groups: Iterable[frozenset[str]], facts: Facts) -> set[frozenset[str]]:
    """The groups whose common thing is a placeholder: they are more than FEW and most of all, or whole sites.

    Args:
        groups: Patients who have something in common, each group something else.
        facts: Their labels say who takes part, their traits who is of which site.
    """
    sites = {
        p: site for p, site in sites_of_patients(facts.traits, facts.recipe.chosen_on).items() if p in facts.labels
    }
    sizes = Counter(sites.values())
    return {group for group in groups if _is_most(group, len(facts.labels)) or _is_site(group, sites, sizes)}


def _is_most(group: frozenset[str], patients: int) -> bool:
    return len(group) > max(FEW, MOST * patients)


def _is_site(group: frozenset[str], sites: dict[str, str], sizes: Counter[str]) -> bool:
    """Whether a group is wholly of known sites, and these wholly of it; a pair is never one."""
    own = Counter(sites[patient] for patient in group if patient in sites)
    whole = all(number >= WHOLE * sizes[site] for site, number in own.items())
    return len(group) >= FEW and own.total() == len(group) and whole
