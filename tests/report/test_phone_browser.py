"""The report on a phone: nothing is cut, everything can be pressed and read, from the first screen to the last."""

import pytest

from in_browser import IN_A_BROWSER, opened
from interplay.report import write_report
from report_runs import against_rivals, drawn_run, names_of, recorded

pytestmark = IN_A_BROWSER
PHONE = 390
FINGER = 24
"""Least height and width of a control, CSS pixels (WCAG 2.2, 2.5.8)."""
LETTERS = 10.9
"""Least size of letters in a chart, CSS pixels: 11, less rounding."""


@pytest.fixture
def phone(browser, tmp_path):
    # wide letters, twelve of them
    run = against_rivals(recorded(drawn_run(9, 5, names=("motor_power", "swimming_mmm", *names_of(7)))))
    opened(browser, write_report(run, tmp_path / "r.html"), PHONE, "dark")
    browser.execute_script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    return browser


def test_nothing_is_wider_than_the_page_or_has_to_be_moved_sideways(phone):
    # what is folded is unfolded first: tables of numbers are made then
    assert phone.execute_script("return document.querySelectorAll('.numbers[open]').length") > 10
    cut = phone.execute_script(
        "const seen = (e) => e.getClientRects().length && !e.closest('nav, .hidden, .skip');"
        "return [...document.querySelectorAll('main *')].filter(e => seen(e) && (e.getBoundingClientRect().right"
        f" > {PHONE + 1} || (e.matches('.scroll, pre') && e.scrollWidth > e.clientWidth + 1)))"
        ".map(e => (e.closest('figure, section') || {}).id + ': ' + e.outerHTML.slice(0, 80))"
    )
    assert cut == []


def test_controls_are_as_large_as_a_finger_needs(phone):
    small = phone.execute_script(
        "return [...document.querySelectorAll('button, select, summary, input:not([type=checkbox])')]"
        ".map(e => [e.id || e.textContent, e.getBoundingClientRect()])"
        f".filter(([_, r]) => r.width && Math.min(r.width, r.height) < {FINGER}).map(([name]) => name)"
    )
    assert small == []


def test_words_in_charts_are_whole_and_large_enough(phone):
    faults = phone.execute_script(
        "const out = [];"
        "for (const e of document.querySelectorAll('svg.chart text')) {"
        "  const r = e.getBoundingClientRect(), chart = e.closest('svg.chart'), s = chart.getBoundingClientRect();"
        "  const size = parseFloat(getComputedStyle(e).fontSize) * s.width / chart.viewBox.baseVal.width;"
        "  const whole = r.left > s.left - 1 && r.right < s.right + 1 && r.top > s.top - 1 && r.bottom < s.bottom + 1;"
        f"  if (r.width && !(whole && size >= {LETTERS})) out.push([e.closest('figure').id, e.textContent, size]);"
        "}"
        "return out;"
    )
    assert phone.execute_script("return document.querySelectorAll('svg.chart text').length") > 100
    assert faults == []


def test_a_pair_of_the_table_says_beside_each_number_what_it_is(phone):
    labels = phone.execute_script(
        "return [...document.querySelector('#pairs-table tbody tr').cells].slice(1)"
        ".map(e => getComputedStyle(e, '::before').content)"
    )
    assert labels == [
        f'"{name} "'
        for name in (
            "second", "redundancy", "unique to first", "unique to second", "synergy", "together", "q",
        )
    ]  # fmt: skip
