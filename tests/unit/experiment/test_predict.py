import pytest
from fakerun import fake_recipe

from radiogenomics.errors import RunError
from radiogenomics.evaluation.decide import Threshold
from radiogenomics.evaluation.score import score
from radiogenomics.experiment.evaluate import write_scores
from radiogenomics.experiment.export import export
from radiogenomics.experiment.predict import open_scorer
from radiogenomics.records import SlicePrediction
from radiogenomics.rundir.run import Run


def test_the_scores_of_an_outside_cohort_are_no_model_and_name_the_run_that_is(tmp_path):
    recipe, folder = fake_recipe(), tmp_path / "outside"
    rows = [SlicePrediction(str(i), "", "s", 1, 0, 2, "test", i % 2, i / 20) for i in range(12)]
    scores = score(rows, recipe, [Threshold(0, 2, 0.5, "mean of the folds")])
    write_scores(folder, scores, recipe, outside={"run": "runs/t1w", "patients_seen": 0})
    for opened in (lambda: open_scorer(str(folder)), lambda: export(Run(folder), tmp_path / "saved")):
        with pytest.raises(RunError, match="not a model: name the run that made them, runs/t1w") as caught:
            opened()
        assert "--resume" not in str(caught.value)
    assert not (tmp_path / "saved").exists()
