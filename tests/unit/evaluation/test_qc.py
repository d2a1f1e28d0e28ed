import csv
import json
import math
import re
from html.parser import HTMLParser

import pytest
from browser import browser, needs_browser
from hypothesis import given
from hypothesis import strategies as st

from radiogenomics.evaluation.qc import brief, render, write_qc
from radiogenomics.evaluation.quality import FAR, FEWEST, beside, measures, robust_z
from radiogenomics.records import Figure, PatientQuality, StepRecord

HOSTILE = "</script><script>window.hurt=1</script>\"'=x,\n&"
JPEG = bytes.fromhex("ffd8ffdb")


def step(name="rigid", modality="flair", *figures, seconds=2.0, used=True, worse="", note="", **parameters):
    return StepRecord(name, modality, parameters, seconds, figures, used, worse, note)


def shift(after, before=0.0):
    return Figure("shift", before, after, "mm")


def patient(name, *steps, excluded="", pictures=()):
    return PatientQuality(name, steps, dict(pictures), excluded)


def cohort(n=12):
    """Of whom p0 lies far off, p1 is flagged, p2 excluded."""
    ones = [patient(f"p{i}", step("rigid", "flair", shift(3 + i % 3))) for i in range(3, n)]
    far = patient("p0", step("rigid", "flair", shift(55.5)))
    worse = step("rigid", "flair", shift(4.0), used=False, worse="the mutual information fell")
    return [far, patient("p1", worse), patient("p2", excluded="no label: not in labels.csv"), *ones]


class Rows(HTMLParser):
    """The text of each row of the table of patients, by id."""

    def __init__(self, page):
        super().__init__()
        self.rows, self._row, self.attributes = {}, None, {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            known = dict(attrs)
            if "data-patient" in known:
                self._row = known["data-patient"]
                self.rows[self._row], self.attributes[self._row] = "", known

    def handle_data(self, data):
        if self._row is not None:
            self.rows[self._row] += data + " "


def test_a_patient_is_a_row_that_says_what_was_done_and_how_good_it_is():
    one = step("rigid", "flair", shift(3.25, 1.0), seconds=4.25, bins=32, shrink=[4, 2], strip=False)
    page = render("Toy", [patient("p7", one, pictures={"flair on t1wce": JPEG}.items())], "1.2")
    text = " ".join(Rows(page).rows["p7"].split())
    for said in ("p7", "ok", "1 → 3.25", "4.2 s", "bins 32, shrink 4 2, strip no", "flair on t1wce"):
        assert said in text
    assert 'loading="lazy"' in page
    assert "data:image/jpeg;base64,/9j/2w==" in page
    assert "radiogen 1.2" in page


def test_flagged_far_and_excluded_patients_are_told_in_words():
    rows = Rows(render("Toy", cohort(), "1"))
    assert "far, z +" in rows.rows["p0"]
    assert rows.attributes["p0"]["data-is"].split() == ["ok", "far", "look"]
    assert "flagged" in rows.rows["p1"]
    assert "rigid registration of flair dropped: the mutual information fell" in rows.rows["p1"]
    assert "excluded" in rows.rows["p2"]
    assert "no label: not in labels.csv" in rows.rows["p2"]
    assert rows.attributes["p5"]["data-is"].split() == ["ok"]


def test_an_excluded_patient_whose_step_was_dropped_is_found_by_either_filter():
    both = patient("p", step(used=False, worse="it fell"), excluded="too few slices")
    rows = Rows(render("Toy", [both], "1"))
    assert {"excluded", "flagged", "look"} <= set(rows.attributes["p"]["data-is"].split())


def test_a_step_that_is_used_though_worse_is_flagged_too():
    text = Rows(render("Toy", [patient("p", step(worse="it fell"))], "1")).rows["p"]
    assert "flagged" in text
    assert "used though worse: it fell" in text


def test_the_summary_counts_patients_reasons_and_seconds():
    people = [patient(f"p{i}", step(seconds=s)) for i, s in enumerate((1.0, 2.0, 9.0))]
    people += [patient(f"q{i}", excluded=f"no overlap: {i} mm") for i in range(2)]
    page = re.sub(r"<[^>]+>", " ", render("Toy", people, "1").split('id="each"')[0])
    text = " ".join(page.split())
    assert "5 patients" in text
    assert "2 excluded" in text
    assert "no overlap 2" in text
    assert "rigid registration 3 0 2.0 9.0 12" in text


def test_ids_reasons_and_captions_are_shown_as_text():
    one = patient(
        HOSTILE, step(note=HOSTILE, worse=HOSTILE, x=HOSTILE), excluded=HOSTILE, pictures={HOSTILE: JPEG}.items()
    )
    page = render(HOSTILE, [one], "1", {HOSTILE: HOSTILE})
    assert page.count("<script>") == page.count("</script>") == 1
    assert Rows(page).attributes[HOSTILE]["data-patient"] == HOSTILE


def test_the_page_loads_nothing_and_runs_only_its_own_script():
    page = render("Toy", cohort(), "1")
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", page)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    assert not re.findall(r"\son\w+=", page.split("<script>")[0])


@pytest.mark.parametrize("people", [[], [patient("p")], [patient("p", step("resample", "ct"))]])
def test_a_page_is_made_of_whatever_there_is(people):
    assert "Patient by patient" in render("Toy", people, "1")


def test_a_figure_that_is_undefined_says_so_and_sorts_last():
    page = render("Toy", [patient("p", step("rigid", "ct", shift(math.nan)))], "1")
    assert re.search(r'data-value="">0 → undefined', page)


def test_columns_keep_the_order_of_the_steps_and_tell_two_turns_apart():
    n4 = step("n4", "flair", Figure("variation", 0.3, 0.2))
    people = [patient("a", n4), patient("b", step("rigid", "t2w", shift(1.0)), n4, n4)]
    found = measures(people)
    assert [(m.step, m.turn) for m in found] == [("n4", 1), ("rigid", 1), ("n4", 2)]
    assert [cell is None for cell in beside(people, found)[0]] == [False, True, True]


def test_the_robust_z_is_that_of_iglewicz_and_hoaglin():
    values = [2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3]  # by hand: median 2.45, deviation 0.15
    zs = robust_z(values)
    assert zs[-2] == pytest.approx(0.6745 * (8.2 - 2.45) / 0.15, rel=1e-3)
    assert [abs(z) > FAR for z in zs] == [False] * 8 + [True] * 2


@given(st.lists(st.floats(-1e6, 1e6), min_size=FEWEST, max_size=30), st.floats(-100, 100))
def test_the_robust_z_is_finite_and_does_not_mind_where_zero_lies(values, by):
    zs = robust_z([round(v) for v in values])
    moved = robust_z([round(v) + round(by) for v in values])
    assert zs == pytest.approx(moved, abs=1e-6)
    assert all(math.isfinite(z) for z in zs)


def test_one_that_differs_is_far_even_where_all_others_are_equal_and_nan_is_nobody():
    zs = robust_z([1.0] * 20 + [1.1, math.nan, math.inf])
    assert [abs(z) > FAR for z in zs[:21]] == [False] * 20 + [True]
    assert math.isnan(zs[21])
    assert math.isnan(zs[22])
    assert robust_z([1.0] * 10) == [0.0] * 10


def test_few_patients_are_never_far_from_each_other():
    assert all(math.isnan(z) for z in robust_z([1.0, 1.1, 1.2, 90.0]))


@pytest.mark.parametrize(
    ("value", "shown"), [(1432.4, "1432"), (0.41234, "0.412"), (0.0, "0"), (-3.0, "-3"), (math.inf, "undefined")]
)
def test_figures_are_brief(value, shown):
    assert brief(value) == shown


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a cohort in a browser, and the folder where its downloads go."""
    folder = tmp_path_factory.mktemp("qc")
    people = [*cohort(), patient('b,"\n', step("rigid", "flair", shift(math.nan)))]
    write_qc(folder / "qc.html", "Toy", people, "1", {"p2": "wrong series"})
    with browser(folder) as opened:
        opened.open(folder / "qc.html")
        yield opened, folder


SORTED = """(n => { const buttons = [...document.querySelectorAll("#patients thead button")];
const button = buttons.find(one => one.textContent.startsWith(n)); button.click();
return [button.closest("th").getAttribute("aria-sort"),
        [...document.querySelectorAll("#patients > tbody > tr")].map(row => row.dataset.patient)] })(%s)"""
SHOWN = """(value => { const show = document.getElementById("show"); show.value = value;
show.dispatchEvent(new Event("change"));
return [...document.querySelectorAll("#patients > tbody > tr")].filter(row => row.offsetHeight)
    .map(row => row.dataset.patient).sort() })(%s)"""


@needs_browser
def test_a_click_on_a_title_sorts_by_number_and_a_second_turns_the_order(page):
    opened, _ = page
    way, order = opened.run(SORTED % json.dumps("flair: shift"))
    assert way == "ascending"
    assert order[-3] == "p0"
    assert set(order[-2:]) == {"p2", 'b,"\n'}  # no figure, and none that can be told
    way, order = opened.run(SORTED % json.dumps("flair: shift"))
    assert way == "descending"
    assert order[0] == "p0"
    assert set(order[-2:]) == {"p2", 'b,"\n'}
    _, order = opened.run(SORTED % json.dumps("Patient"))
    assert order[1:] == [f"p{i}" for i in range(12)]  # p10 after p9
    assert opened.run("document.querySelectorAll('[aria-sort]').length") == 1
    assert "sorted by Patient" in opened.run("document.getElementById('said').textContent")


@needs_browser
def test_a_title_can_be_sorted_by_with_the_keyboard(page):
    opened, _ = page
    opened.run("document.querySelector('th.who button').focus()")
    before = opened.run("document.querySelector('th.who').getAttribute('aria-sort')")
    for kind in ("keyDown", "keyUp"):
        opened.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    assert opened.run("document.querySelector('th.who').getAttribute('aria-sort')") != before


@needs_browser
def test_the_filter_shows_the_flagged_the_far_and_the_excluded(page):
    opened, _ = page
    assert opened.run(SHOWN % '"flagged"') == ["p1"]
    assert opened.run(SHOWN % '"far"') == ["p0"]
    assert opened.run(SHOWN % '"look"') == ["p0", "p1", "p2"]
    assert opened.run(SHOWN % '"rejected"') == ["p2"]
    assert len(opened.run(SHOWN % '""')) == 13


@needs_browser
def test_what_is_rejected_comes_back_as_csv_with_its_reason_and_goes_on_from_the_last_review(page):
    opened, folder = page
    give = """(reason => { const row = [...document.querySelectorAll("#patients > tbody > tr")]
        .find(one => one.dataset.patient.startsWith("b,")); const [box, text] = row.querySelectorAll("input");
        if (!reason) box.click(); text.value = reason; text.dispatchEvent(new Event("input", {bubbles: true}));
        document.getElementById("download").click(); return document.getElementById("said").textContent })(%s)"""
    assert "give a reason for b," in opened.run(give % '""')
    assert "review.csv downloaded" in opened.run(give % json.dumps('moved, "badly"'))
    while opened.wait("Browser.downloadProgress")["state"] == "inProgress":
        pass
    with open(folder / "review.csv", newline="") as file:
        assert sorted(csv.reader(file)) == [
            ["b,\"\n", 'moved, "badly"'],
            ["p2", "wrong series"],
            ["patient_id", "reason"],
        ]  # fmt: skip


@needs_browser
def test_nothing_is_refused_or_fails_in_the_browser_and_hostile_names_do_nothing(tmp_path):
    one = patient(HOSTILE, step(note=HOSTILE), excluded=HOSTILE, pictures={HOSTILE: JPEG}.items())
    write_qc(tmp_path / "qc.html", HOSTILE, [one], "1", {HOSTILE: HOSTILE})
    with browser(tmp_path) as opened:
        opened.open(tmp_path / "qc.html")
        assert opened.run("window.hurt") is None
        assert opened.run("document.querySelector('tr[data-patient]').dataset.patient") == HOSTILE
        assert not [e for e in opened.heard if e.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")]


@needs_browser
def test_without_script_the_page_can_still_be_read(tmp_path):
    write_qc(tmp_path / "qc.html", "Toy", cohort(), "1")
    text = (tmp_path / "qc.html").read_text()
    (tmp_path / "still.html").write_text(re.sub(r"<script>.*</script>", "", text, flags=re.DOTALL))
    with browser(tmp_path) as opened:
        opened.open(tmp_path / "still.html")
        assert opened.run("document.querySelectorAll('#patients > tbody > tr').length") == 12
        assert opened.run("[...document.querySelectorAll('input, select, button')].every(one => !one.offsetHeight)")
