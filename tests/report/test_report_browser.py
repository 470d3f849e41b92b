"""The report in a browser: charts are drawn, choices act, numbers download, nothing is requested or too wide."""

import csv
import re

import numpy as np
import pytest

from in_browser import IN_A_BROWSER, downloaded, opened, pick, requests, text_of
from interplay.report import SECTIONS, write_report
from interplay.report.profile_data import atom_table
from interplay.train import fit
from own_section import Worst
from report_runs import after_an_event, drawn_run
from small_runs import SMALL, xor_profile, xor_windows

pytestmark = IN_A_BROWSER
OPEN_S = 2.0
"""A page is to be usable within this time, s."""


@pytest.fixture(scope="module")
def small_page(tmp_path_factory):
    """A run that was trained and evaluated, of three modalities."""
    profile = xor_profile(("a", "b"))
    for name in ("redundancy", "unique", "synergy", "joint_mi", "mi"):
        profile.dataset[f"{name}_stderr"] = profile.dataset[name] * 0 + 0.01
    run = fit(xor_windows(200, seed=0), profile=profile, settings=SMALL)
    run.evaluate(xor_windows(90, seed=1, entities=("x", "y", "z")), n_bootstrap=50)
    return write_report(run, tmp_path_factory.mktemp("small") / "report.html")


@pytest.mark.parametrize(
    ("width", "colours"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
)
def test_a_reader_can_use_the_report(browser, small_page, tmp_path, width, colours):
    opened(browser, small_page, width, colours)
    assert browser.execute_script("return document.documentElement.dataset.ready") == "yes"
    figures = browser.execute_script("return document.querySelectorAll('figure').length")
    empty = browser.execute_script(
        "return [...document.querySelectorAll('figure')].filter(f => !f.querySelector('.plot').firstChild)"
        ".map(f => f.id)"
    )
    assert figures >= 15
    assert empty == []

    assert "synergy 1.000 bits" in text_of(browser, "#pair-told")
    pick(browser, "pair-second", 2)
    assert text_of(browser, "#pair-told").startswith("left and third: no evidence of redundancy")
    pick(browser, "atom", "synergy")
    pick(browser, "lag", 0)
    assert text_of(browser, "#lag-shown") == "lag 0 s"
    assert "1.00" not in text_of(browser, "#map .plot")
    pick(browser, "lag", 1)
    assert "1.00" in text_of(browser, "#map .plot")
    # one pair has synergy at this lag: the slider reaches one line, and says so
    assert text_of(browser, "#network output") == "1 of 1"
    assert browser.execute_script("return document.querySelectorAll('#network .edge').length") == 1
    pick(browser, "search", "thi")
    assert text_of(browser, "#count").startswith("2 of 3 pairs")

    browser.execute_script("document.querySelector('#table button.csv').click()")
    rows = list(csv.DictReader(downloaded(tmp_path / "table.csv").splitlines()))
    # two pairs with "third" at three lags, of each four atoms and what both tell together
    assert len(rows) == 30
    assert {row["second"] for row in rows} == {"third"}

    browser.execute_script("document.getElementById('theme').click()")
    assert browser.execute_script("return document.documentElement.dataset.theme") != colours
    overflow = browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    assert requests(browser) == []


def test_sections_of_ones_own_and_few_sections_are_drawn(browser, tmp_path):
    run = drawn_run(3, 3)
    page = write_report(run, tmp_path / "more.html", sections=(*SECTIONS, Worst(tmp_path / "own")))
    opened(browser, page, 1280, "light")
    assert (
        browser.execute_script("return document.querySelectorAll('#worst-figure .plot circle').length") == 3
    )
    # its names hide none of the others'
    assert browser.execute_script("return document.querySelectorAll('#experts-modality svg').length") == 1
    for section in SECTIONS:
        opened(
            browser, write_report(run, tmp_path / f"{section.name}.html", sections=(section,)), 1280, "light"
        )
        assert browser.execute_script("return document.documentElement.dataset.ready") == "yes", section.name
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []


def test_the_page_calls_the_same_atoms_clear_as_the_words(browser, tmp_path):
    run = drawn_run(5, 4)
    # an atom that happens to be large where the pair tells no more than of shuffled labels, and rounding
    run.profile.dataset["synergy"][0, 1, 2] = run.profile.dataset["synergy"][1, 0, 2] = 0.9
    run.profile.dataset["p_value"][0, 1, 2] = run.profile.dataset["p_value"][1, 0, 2] = 0.3
    run.profile.dataset["redundancy"][0, 2] = run.profile.dataset["redundancy"][2, 0] = 3e-8
    run.profile.dataset["redundancy_stderr"][0, 2] = run.profile.dataset["redundancy_stderr"][2, 0] = 0.0
    opened(browser, write_report(run, tmp_path / "report.html"), 1280, "light")
    for second in (1, 2):
        pick(browser, "pair-second", second)
        pick(browser, "pair-first", 0)
        assert text_of(browser, "#pair-told").startswith(
            f"{run.schema.modalities[0]} and {run.schema.modalities[second]}"
        )
        browser.execute_script("document.querySelector('#pair button.csv').click()")
        rows = list(csv.reader(downloaded(tmp_path / "pair.csv").splitlines()))
        (tmp_path / "pair.csv").unlink()
        head, *rows = rows
        said = {
            atom: [
                row[head.index("clear of chance")] == "yes" for row in rows if row[head.index("what")] == atom
            ]
            for atom in ("redundancy", "synergy")
        }
        for atom in ("redundancy", "synergy"):
            table = atom_table(run.profile, atom)
            row = np.flatnonzero((table.first == 0) & (table.second == second))[0]
            assert said[atom] == table.clear[row].tolist()
    assert atom_table(run.profile, "redundancy").clear.any()
    # rounded, a row for each value, and in bits: 1.2 nats are 1.731
    browser.execute_script("document.querySelector('#training button.csv').click()")
    rows = list(csv.DictReader(downloaded(tmp_path / "training.csv").splitlines()))
    assert rows[0] == {"epoch": "0", "what": "cross-entropy (bits)", "value": "1.731"}
    # time runs to the right: the largest lag stands left of the newest step
    ticks = browser.execute_script(
        "const words = [...document.querySelectorAll('#pair .panels > div:first-child text.tick')];"
        "return words.filter(t => t.getAttribute('text-anchor') === 'middle').map(t => t.textContent)"
    )
    assert ticks == ["3", "2", "1", "0"]


def test_the_keyboard_reaches_cells_and_pairs(browser, small_page):
    opened(browser, small_page, 1280, "light")
    pick(browser, "atom", "synergy")
    browser.execute_script(
        "const e = document.querySelector('#map .walk'); const key = (k) =>"
        "e.dispatchEvent(new KeyboardEvent('keydown', {key: k, bubbles: true, cancelable: true}));"
        "e.focus(); key('ArrowRight'); key('ArrowRight'); key('ArrowRight');"
    )
    assert text_of(browser, "#map .readout").startswith("left, third, lag 0.5 s: 0.000 bits")
    browser.execute_script(
        "document.querySelector('#map .walk').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}))"
    )
    assert text_of(browser, "#pair-told").startswith("left and third")


def test_everything_that_can_be_used_or_seen_has_a_name(browser, small_page):
    opened(browser, small_page, 1280, "light")
    nameless = browser.execute_script("""
        const named = (e) => e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels.length);
        return [...document.querySelectorAll('button, select, input, .walk, svg[role=img]')].filter((e) => !named(e))
            .map((e) => e.outerHTML.slice(0, 80));""")
    assert nameless == []
    bare = browser.execute_script(
        "return [...document.querySelectorAll('.plot svg')].filter(e => !e.getAttribute('aria-label')"
        " && !e.closest('[aria-label]') && !e.getAttribute('aria-hidden')).length"
    )
    assert bare == 0


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(browser, small_page, colours):
    """Contrast of at least 4.5 for words (WCAG 2, AA), at least 3 for lines, on the darkest and palest ground."""
    opened(browser, small_page, 1280, colours)
    value = browser.execute_script(
        "const s = getComputedStyle(document.documentElement); return Object.fromEntries(arguments[0].map((n) =>"
        "[n, s.getPropertyValue('--' + n).trim()]))",
        ["paper", "tint", "ink", "soft", "accent", "hot", "cold", "ground", "focus", "r", "u1", "u2", "s",
         *(f"l{k}" for k in range(7))],
    )  # fmt: skip
    for ground in ("paper", "tint", "ground", "hot", "cold"):
        assert contrast(value["ink"], value[ground]) >= 4.5, ground
    for name in ("soft", "accent"):
        for ground in ("paper", "tint"):
            assert contrast(value[name], value[ground]) >= 4.5, (name, ground)
    for name in ("focus", "r", "u1", "u2", "s", *(f"l{k}" for k in range(7))):
        assert contrast(value[name], value["paper"]) >= 3, name


def contrast(one: str, other: str) -> float:
    light = sorted(luminance(colour) for colour in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


def luminance(colour: str) -> float:
    assert re.fullmatch("#[0-9a-f]{6}", colour), colour
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("kind", ["classes", "labels", "number"])
def test_hostile_names_and_every_kind_of_target_are_drawn(browser, tmp_path, kind):
    names = ("</script><img src=x onerror=alert(1)>", '"&<', "a'b", "=SUM(1)")
    classes = () if kind == "number" else names
    run = drawn_run(4, 3, kind, names=names, classes=classes)
    opened(browser, write_report(run, tmp_path / "r.html"), 390, "light")
    assert browser.execute_script("return document.querySelectorAll('img').length") == 0
    assert browser.execute_script("return [...document.querySelectorAll('#pair-first option')].map(o => o.textContent)") == list(names)  # fmt: skip # noqa: E501
    shown = browser.execute_script("return [...document.querySelectorAll('figure')].map(f => f.id)")
    assert ("truth" in shown) == (kind == "number")
    assert ("confusion" in shown) == (kind == "classes")
    assert ("roc" in shown) == (kind != "number")
    browser.execute_script("document.querySelector('#table button.csv').click()")
    rows = list(csv.reader(downloaded(tmp_path / "table.csv").splitlines()))
    # a spreadsheet would run a name that starts with "="
    assert {row[1] for row in rows[1:]} == {names[1], names[2], "'=SUM(1)"}
    assert browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []


def test_many_modalities_open_at_once_and_can_be_filtered(browser, tmp_path):
    page = write_report(drawn_run(64, 10), tmp_path / "r.html")
    browser.get(page.as_uri())
    took = browser.execute_script(
        "return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd / 1000"
    )
    assert took < OPEN_S
    opened(browser, page, 390, "light")
    assert text_of(browser, "#count").startswith("2,016 of 2,016 pairs")
    pick(browser, "group", "ecg")
    # pairs within eight, and of eight with the other fifty-six
    assert text_of(browser, "#count").startswith("476 of 2,016 pairs")
    pick(browser, "view", "max")
    assert "room" in text_of(browser, "#map .plot")
    assert browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_of_very_many_modalities_maps_show_the_foremost(browser, tmp_path):
    run = drawn_run(80, 3, names=tuple(f"sensor_{k:02d}" for k in range(80)))
    run.profile.dataset["redundancy"][75, 79] = run.profile.dataset["redundancy"][79, 75] = 1.0
    run.profile.dataset["mi"][77] = 1.0
    opened(browser, write_report(run, tmp_path / "r.html"), 1280, "light")
    names = run.profile.modalities

    def shown(chart: str) -> list[str]:
        return browser.execute_script(
            f"return [...document.querySelectorAll('#{chart} text[text-anchor=end].name title')]"
            ".map(e => e.textContent)"
        )

    for chart, there in (("map", {names[75], names[79]}), ("alone", {names[77]})):
        rows = shown(chart)
        assert len(rows) == 64
        assert there <= set(rows)
        assert sorted(rows, key=names.index) == rows
        assert "The 64 modalities with the largest values, of 80" in text_of(browser, f"#{chart} .plot")
    # what is found by name is there, however small
    pick(browser, "search", names[40])
    assert names[40] in shown("map")
    browser.execute_script("document.querySelector('#alone button.csv').click()")
    assert len(list(csv.reader(downloaded(tmp_path / "alone.csv").splitlines()))) == 1 + 80 * 3


def test_time_since_an_event_is_drawn_and_downloaded_as_such(browser, tmp_path):
    page = write_report(after_an_event(drawn_run(3, 4)), tmp_path / "r.html")
    opened(browser, page, 1280, "light")
    assert text_of(browser, "#pair h3") == "One pair over time since dose"
    assert "time since dose (h)" in text_of(browser, "#pair .panels")
    pick(browser, "lag", 2)
    assert text_of(browser, "#lag-shown") == "2 to 4 h after dose"
    pick(browser, "lag", -1)
    assert text_of(browser, "#lag-shown") == "the largest over time"
    assert "h after dose" in text_of(browser, "#pair-told")
    browser.execute_script("document.querySelector('#table button.csv').click()")
    head, *rows = csv.reader(downloaded(tmp_path / "table.csv").splitlines())
    rows = [row for row in rows if row[4] == "synergy"]
    assert head[:4] == ["first", "second", "from (h after dose)", "to (h after dose)"]
    assert [row[2:4] for row in rows[:4]] == [["0", "1"], ["1", "2"], ["2", "4"], ["4", "7"]]
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
