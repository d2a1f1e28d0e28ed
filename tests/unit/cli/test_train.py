"""What `radiogen train` says of going on."""

from radiogen.commands.train import _after_interruption
from radiogenomics.rundir.run import Run


def test_after_an_interruption_what_is_kept_and_how_to_go_on_are_told(tmp_path):
    given = {"store": None, "workers": 2}
    assert "had not begun" in _after_interruption(Run(tmp_path), given)
    (tmp_path / "environment.json").write_text("{}")  # what --resume goes on from, before the first epoch too
    said = _after_interruption(Run(tmp_path), given)
    assert "very large model" in said
    assert said.endswith(f"radiogen train --resume --run {tmp_path} --workers 2")
