"""Clinical columns that are known by name: which words of a column's name say what it holds."""

from collections.abc import Mapping

# The first that fits counts: a histologic_grade is a grade.
CLINICAL: Mapping[str, frozenset[str]] = {
    "age": frozenset({"age"}),
    "sex": frozenset({"sex", "gender"}),
    "grade": frozenset({"grade"}),
    "stage": frozenset({"stage"}),
    "histology": frozenset({"histology", "histological", "histologic", "histopathology"}),
    "kps": frozenset({"kps", "karnofsky"}),
    "ecog": frozenset({"ecog"}),
    "smoking": frozenset({"smoking", "smoker", "smoked", "smoke", "tobacco"}),
    "laterality": frozenset({"laterality", "side", "hemisphere"}),
    "site": frozenset({"site", "center", "centre", "hospital", "institution", "institute", "clinic"}),
    "location": frozenset({"location", "localisation", "localization", "lobe"}),
    "race": frozenset({"race"}),
    "ethnicity": frozenset({"ethnicity", "ethnic"}),
}

# A site of which the column's name also says one of these is a place in the body, unless it is a source's.
ANATOMY = frozenset(
    {"tumor", "tumour", "tissue", "lesion", "primary", "metastasis", "metastatic", "biopsy", "resection", "disease",
     "anatomic", "anatomical", "body", "organ", "invasion"}
)  # fmt: skip
SOURCE = "source"  # a tissue_source_site is a hospital

# Genes and outcomes: what a label may be made of, and what is known only long after the scan.
NEVER = frozenset(
    {"cluster", "mgmt", "idh", "idh1", "idh2", "egfr", "kras", "tert", "atrx", "codeletion", "mutation", "mutated",
     "mutant", "methylation", "methylated", "expression", "subtype", "gene", "genomic", "label", "target", "outcome",
     "death", "dead", "died", "deceased", "vital", "survival", "os", "pfs", "event", "recurrence", "progression",
     "relapse", "response", "followup", "prediction", "score"}
)  # fmt: skip

# Kept as words even where they are written as numbers: 2 is not between 1 and 3.
CATEGORIES = frozenset({"sex", "histology", "smoking", "laterality", "site", "location", "race", "ethnicity"})
