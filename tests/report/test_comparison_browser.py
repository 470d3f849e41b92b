"""Pages of comparisons and of runs in a browser: drawn, used, downloaded, asking nobody, fit for a phone."""

import csv
import io

import pytest

import interplay as ip
from comparison_runs import run_that_is_right
from in_browser import IN_A_BROWSER, downloaded, opened, pick, requests, text_of
from interplay.report import write_comparison, write_runs_page
from report_runs import drawn_profile, drawn_run, names_of

pytestmark = IN_A_BROWSER
PLACES = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
HOSTILE = "</script><img src=x onerror=alert(1)>"
COLUMN = (
    "return [...document.querySelectorAll(arguments[0] + ' tbody tr:not([hidden])')]"
    ".map((row) => row.cells[arguments[1]].textContent)"
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page of profiles of which one atom differs, of runs of which one is better, and of all runs of a folder."""
    folder = tmp_path_factory.mktemp("pages")
    first, other = drawn_profile(names_of(5), 4), drawn_profile(names_of(5), 4)
    other.dataset["synergy"][0, 2, 1] = other.dataset["synergy"][2, 0, 1] = 0.9
    third = drawn_profile(names_of(5), 4)
    of_profiles = ip.compare(first, other, third, names=["spring", "autumn", "winter"])
    people = [f"p{k:02d}" for k in range(12)]
    worse = run_that_is_right({name: [True, k % 2 == 0] for k, name in enumerate(people)})
    better = run_that_is_right({name: [True, True] for name in people}, seed=5)
    of_runs = ip.compare(worse, better, names=["old", HOSTILE])
    for name, kind in (("one", "classes"), ("two", "classes"), ("three", "number")):
        run = drawn_run(2, 3, kind)
        run.log = run.log[: len(name) - 2]
        run.save(folder / "runs" / name)
    (folder / "runs" / "two" / "report.html").write_text("<h1>the report of two</h1>", "utf-8")
    return {
        "profiles": write_comparison(of_profiles, folder / "profiles.html"),
        "runs": write_comparison(of_runs, folder / "runs.html"),
        "view": write_runs_page(folder / "runs", folder / "view.html"),
    }


@pytest.mark.parametrize(("width", "colours"), PLACES)
@pytest.mark.parametrize("name", ["profiles", "runs", "view"])
def test_a_page_is_drawn_whole_and_asks_nobody(browser, pages, name, width, colours):
    opened(browser, pages[name], width, colours)
    assert browser.execute_script("return document.documentElement.dataset.ready") == "yes"
    ids = browser.execute_script("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(set(ids)) == len(ids)
    drawn = browser.execute_script(
        "return [...document.querySelectorAll('figure')].map((f) => f.querySelectorAll('.plot svg.chart').length)"
    )
    assert drawn
    assert min(drawn) >= 1
    nameless = browser.execute_script(
        "return [...document.querySelectorAll('button, select, .plot svg.chart')].filter((e) => !e.textContent.trim()"
        " && !e.getAttribute('aria-label')).length"
    )
    assert nameless == 0
    assert browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert browser.execute_script("return document.querySelectorAll('img').length") == 0
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    assert requests(browser) == []


def test_profiles_can_be_searched_for_what_differs(browser, pages, tmp_path):
    opened(browser, pages["profiles"], 1280, "light")
    name = "hand_0 + hand_2, synergy"
    assert text_of(browser, "#differ-dots .plot text.name").startswith(name)
    assert browser.execute_script(COLUMN, "#differences", 10).count("yes") == 1
    pick(browser, "differ-profile", 2)
    # the third is the first again
    assert "0.000 bits" in text_of(browser, "#differ-dots circle title")
    pick(browser, "differ-atom", "redundancy")
    assert name not in text_of(browser, "#differ-dots .plot")
    assert browser.execute_script("return document.getElementById('over-lag-pair').selectedOptions[0].textContent") == "hand_0 and hand_2"  # fmt: skip # noqa: E501
    pick(browser, "over-lag-pair", "1 3")
    assert "only in hand_1" in text_of(browser, "#over-lag .plot")
    browser.execute_script("document.querySelector('#differ-dots button.csv').click()")
    rows = list(csv.DictReader(io.StringIO(downloaded(tmp_path / "differ-dots.csv"))))
    assert len(rows) == 2 * (10 + 20 + 10) * 4
    assert sum(row["clear"] == "yes" for row in rows) == 1


def test_a_table_is_sorted_by_its_headings_and_shown_in_parts(browser, pages):
    opened(browser, pages["profiles"], 1280, "light")
    click = "document.querySelectorAll('#differences button.sort')[arguments[0]].click()"
    assert len(browser.execute_script(COLUMN, "#differences", 7)) == 15
    for descending in (True, False):
        browser.execute_script(click, 7)
        shown = [float(text) for text in browser.execute_script(COLUMN, "#differences", 7)]
        assert shown == sorted(shown, reverse=descending)
    browser.execute_script("document.querySelector('#differ > .tools button').click()")
    assert len(browser.execute_script(COLUMN, "#differences", 7)) == 60


def test_runs_are_told_apart_by_person(browser, pages):
    opened(browser, pages["runs"], 1280, "light")
    assert "6 of 12 entities" in text_of(browser, "#by_entity")
    assert HOSTILE in text_of(browser, "h1")
    assert browser.execute_script(COLUMN, "#scored-table", 7) == ["yes", "yes", "yes", "yes"]
    pick(browser, "scored-score", "accuracy")
    assert "0.750 of old" in text_of(browser, "#scored-dots circle title")
    assert browser.execute_script("return document.querySelectorAll('#by-entity .plot circle').length") == 24


def test_all_runs_are_sorted_drawn_and_lead_to_their_reports(browser, pages):
    opened(browser, pages["view"], 1280, "light")
    assert browser.execute_script(COLUMN, "#all-runs", 0) == ["one", "three", "two"]
    browser.execute_script("document.querySelectorAll('#all-runs button.sort')[0].click()")
    browser.execute_script("document.querySelectorAll('#all-runs button.sort')[0].click()")
    assert browser.execute_script(COLUMN, "#all-runs", 0) == ["two", "three", "one"]
    panels = "return [...document.querySelectorAll('#learning .panel')].map((e) => e.textContent)"
    assert browser.execute_script(panels) == ["one", "three", "two"]
    browser.execute_script("document.querySelector('#all-runs a').click()")
    assert text_of(browser, "h1") == "the report of two"
