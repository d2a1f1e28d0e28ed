from pathlib import Path

from fakerun import write_fake_run

from radiogenomics.experiment import export as conductor
from radiogenomics.serving import export as room


def test_the_runs_model_card_goes_with_the_model_as_its_author_left_it(tmp_path, monkeypatch):
    run, given = write_fake_run(tmp_path / "run"), {}

    def exported(_models: object, _recipe: object, out: Path, **options: object) -> Path:
        given.update(options)
        return out

    monkeypatch.setattr(conductor, "load_models", lambda _: ())
    monkeypatch.setattr(room, "export_saved_model", exported)
    conductor.export(run, tmp_path / "saved")
    assert given["papers"] == {}
    run.card.write_text("# A card\n\nLicence: mine\n")
    assert conductor.export(run, tmp_path / "saved") == tmp_path / "saved" / "1"
    assert given["papers"] == {"model_card.md": "# A card\n\nLicence: mine\n"}
