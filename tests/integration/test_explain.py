"""`radiogen explain` as a user runs it: sheets, shares of heat, and a report that shows them."""

import shutil


def test_a_run_is_explained_with_lesions_and_its_report_shows_it(radiogen, phantom, run, tmp_path):
    copy = shutil.copytree(run, tmp_path / "run")
    lesions = phantom.data.parent / "lesions.csv"
    options = (copy, "--each", "1", "--lesions", lesions, "--store", phantom.store)
    done = radiogen("explain", *options)
    assert done.code == 0, done.out
    assert "lies in the lesion, which covers" in done.out
    assert "Grad-CAM sees 1 x 1 cells of these images" in done.out  # MobileNet at 32 pixels: told, not hidden
    sheets = sorted(path.name for path in (copy / "figures").glob("explain-*.png"))
    assert sheets
    assert all(sheet in done.out for sheet in sheets)
    header = (copy / "explanations.csv").read_text().splitlines()[0]
    assert header.startswith(
        "patient_id,fold,outcome,lesion_id,series_uid,slice,probability,method,heat_share_in_lesion"
    )
    report = (copy / "report.html").read_text()
    assert "lies in the lesion" in report
    for page in (report, *((copy / name).read_text() for name in ("model_card.md", "checklists.md"))):
        assert page.index("1 x 1 cells of these images") < page.index("lies in the lesion, which covers")

    again = radiogen("explain", *options)
    assert again.code == 1
    assert "--force" in again.out
    assert radiogen("explain", copy, "--roi", "GTV", "--force").code == 2
