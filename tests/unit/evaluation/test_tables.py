from fakerun import fake_folds, fake_recipe, fake_slices

from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.score import score
from radiogenomics.evaluation.tables import folds_table
from radiogenomics.records import Trait

LABELS = {f"{i:03d}": int(i % 4 == 0) for i in range(24)}


def evidence_of(*settings):
    recipe = fake_recipe(*settings)
    folds = fake_folds(LABELS, 3, 1)
    found = score(fake_slices(LABELS, folds, signal=1.0, seed=0), recipe)
    sites = [Trait(p, "flair", "acquisition", "site", f"site-{fold.index}") for fold in folds for p in fold.test]
    return Evidence("run", recipe, found.predictions, found.thresholds, found.rows, folds=folds, traits=sites)


def test_a_fold_that_tests_one_site_is_called_by_its_name():
    names = [row[0] for row in folds_table(evidence_of("split.by=site", "split.folds=1")).rows]
    assert names == ["fold 0: site-0", "fold 1: site-1", "fold 2: site-2", "mean ± sd"]
    assert [row[0] for row in folds_table(evidence_of()).rows][:2] == ["fold 0", "fold 1"]
