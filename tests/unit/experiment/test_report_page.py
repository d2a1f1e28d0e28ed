"""The report in a real browser: a large cohort, hostile headers, a leak that was let pass, and everything to show."""

import base64
import json
import re
from itertools import pairwise

import pytest
from browser import browser, needs_browser
from fakerun import fake_recipe
from fullrun import write_full_run

from radiogenomics.experiment.report import write_report

pytestmark = needs_browser

SCRIPT = "</td></table><script>window.hurt=1</script>\"'&"
TURNED = "\u202emirrored \u05e9\u05dc\u05d5\u05dd"
LONG = "W" * 300
A4 = 794 - 2 * 53  # CSS pixels between the margins

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BROKEN = "[...document.images].filter(one => !one.complete || !one.naturalWidth || !one.alt).length"
HEADINGS = "[...document.querySelectorAll('h1, h2, h3, h4')].map(one => +one.tagName[1])"
NOWHERE = """[...document.links].filter(one => !one.hash || !document.getElementById(one.hash.slice(1)))
    .map(one => one.href)"""
UNTITLED = """[...document.querySelectorAll("main table")].filter(one => !one.caption || !one.caption.textContent.trim()
    || [...one.querySelectorAll("th")].some(th => !th.scope || !th.textContent.trim())).length"""
# Every text against the nearest background behind it, by WCAG 2.
PALE = """(() => { const channel = c => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
const parse = text => text.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
const behind = one => { for (; one; one = one.parentElement) { const c = parse(getComputedStyle(one).backgroundColor);
    if (c.length < 4 || c[3] === 1) return c } return [255, 255, 255] };
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), pale = [];
while (walk.nextNode()) { const one = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !one.getClientRects().length || one.closest("svg")) continue;
    const [a, b] = [light(parse(getComputedStyle(one).color)), light(behind(one))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) pale.push(one.outerHTML.slice(0, 120)) }
return pale })()"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    recipe = fake_recipe(f"positive={json.dumps(SCRIPT + LONG)}", f"negative={json.dumps(TURNED)}")
    scanners = (SCRIPT, TURNED, LONG, "Phantom")
    run = write_full_run(
        tmp_path_factory.mktemp("runs") / "a run",
        leak=True, patients=585, names=(SCRIPT, TURNED, LONG), scanners=scanners, description=LONG,
        recipe=recipe,
    )  # fmt: skip
    write_report(run)
    return run


@pytest.fixture(scope="module")
def page(report, tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    with browser(folder) as opened:
        opened.open(report.report)
        yield opened


def resize(page, width):
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)


def test_a_large_cohort_makes_a_page_that_can_be_mailed(report):
    assert report.report.stat().st_size < 5_000_000


def test_nothing_fails_in_the_browser_nothing_is_fetched_and_headers_do_nothing(page):
    assert page.run("window.hurt") is None
    assert not [event for event in page.heard if event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")]
    fetched = page.run("performance.getEntriesByType('resource').map(one => one.name.slice(0, 5))")
    assert set(fetched) <= {"data:"}
    assert page.run("document.body.textContent.includes('<script>window.hurt=1')")
    assert not page.run("/[\\u202a-\\u202e\\u2066-\\u2069]/.test(document.body.textContent)")


@pytest.mark.parametrize("width", [1400, 800, 390])
def test_nothing_runs_out_of_the_window(page, width):
    resize(page, width)
    assert page.run(WIDER) <= 0


def test_every_picture_is_there_and_says_what_it_shows(page):
    assert page.run("document.images.length") >= 12  # figures, the contact sheet, and a sheet of each outcome
    assert page.run(BROKEN) == 0


def test_headings_go_down_one_by_one_and_the_contents_lead_to_them(page):
    levels = page.run(HEADINGS)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.run(NOWHERE) == []
    titles = page.run("[...document.querySelectorAll('nav > ol > li > a')].map(one => one.textContent)")
    headings = page.run("[...document.querySelectorAll('main h2[id]')].map(one => one.textContent)")
    assert [f"{place}. {title}" for place, title in enumerate(titles, 1)] == headings[2:]


def test_tables_have_captions_and_scopes_and_every_one_carries_the_leak(page):
    assert page.run("document.querySelectorAll('main table').length") > 15
    assert page.run(UNTITLED) == 0
    captions = page.run("[...document.querySelectorAll('caption, figcaption')].map(one => one.textContent)")
    assert [caption for caption in captions if "LEAK ALLOWED (same-pixels)" not in caption] == []
    assert page.run("document.querySelector('[role=alert]').textContent").startswith("⚠ LEAK ALLOWED.")


def test_every_row_has_a_heading_and_the_interval_is_told_to_those_who_do_not_see_it(page):
    assert (
        page.run("""[...document.querySelectorAll("main tbody tr")].filter(one => !one.querySelector("th"))
        .map(one => one.textContent)""")
        == []
    )
    told = page.run("document.querySelector('.verdict svg').getAttribute('aria-label')")
    assert re.match(r"AUC \d\.\d\d, 95% interval \d\.\d\d to \d\.\d\d, .*LEAK ALLOWED \(same-pixels\)", told)


def test_every_text_stands_out_from_its_ground(page):
    assert page.run(PALE) == []


def test_states_are_told_in_words(page):
    tags = page.run("[...document.querySelectorAll('.tag')].map(one => [one.dataset.state, one.textContent])")
    assert {state for state, _ in tags} >= {"found", "clean"}
    assert all(state == text for state, text in tags)
    assert page.run("[...document.querySelectorAll('.answer')].map(one => one.textContent)")[0].endswith("Leak found")


def test_the_keyboard_comes_to_the_skip_link_first_and_to_every_table(page):
    page.run("document.activeElement.blur()")
    for kind in ("rawKeyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert page.run("document.activeElement.textContent") == "Skip to the page"
    assert page.run("document.activeElement.getBoundingClientRect().left") >= 0
    assert page.run("[...document.querySelectorAll('.scroll')].every(one => one.tabIndex === 0)")
    assert page.run("document.documentElement.lang") == "en"


def test_it_prints_on_a4_and_nothing_is_cut(page):
    resize(page, A4)
    page.call("Emulation.setEmulatedMedia", media="print")
    edges = "[...document.querySelectorAll('table, figure, img')].map(one => one.getBoundingClientRect().right)"
    assert max(page.run(edges)) <= A4
    page.call("Emulation.setEmulatedMedia", media="")
    printed = base64.b64decode(page.call("Page.printToPDF", preferCSSPageSize=True)["data"])
    assert len(printed) < 6_000_000
    box = re.search(rb"/MediaBox\s*\[0 0 (\d+)(?:\.\d+)? (\d+)", printed)
    assert (int(box[1]), int(box[2])) in {(594, 841), (595, 841), (595, 842), (594, 842)}
