"""The report on paper: whole, of its width, without controls that nobody can press, in light colours."""

import pytest

from in_browser import IN_A_BROWSER, opened
from interplay.report import write_report
from report_runs import against_rivals, drawn_run, recorded

pytestmark = IN_A_BROWSER
PAPER = 690
"""Width of what is printed of a page of A4, CSS pixels."""


@pytest.fixture
def printed(browser, tmp_path):
    run = against_rivals(recorded(drawn_run(9, 5)))
    opened(browser, write_report(run, tmp_path / "r.html"), 1100, "dark")
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    media = {"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    size = {"width": PAPER, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    return browser


def test_nothing_is_cut_and_nothing_is_dead(printed):
    wide = printed.execute_script(
        "return [...document.querySelectorAll('table, svg, pre, img')].filter(e => e.getClientRects().length"
        f" && e.getBoundingClientRect().right > {PAPER + 1}).map(e => e.id || e.outerHTML.slice(0, 60))"
    )
    assert wide == []
    dead = printed.execute_script(
        "return [...document.querySelectorAll('button, input, summary')].filter(e => e.getClientRects().length"
        " && !e.closest('table') && e.type !== 'checkbox' && !e.closest('details[open]'))"
        ".map(e => e.id || e.textContent)"
    )
    assert dead == []
    # what is chosen is still said
    assert printed.execute_script("return document.getElementById('pair-first').getClientRects().length") == 1
    assert printed.execute_script("return document.querySelector('details.words').open")
    paper = printed.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"


def test_charts_are_as_wide_as_before_when_all_is_printed(printed):
    drawn = printed.execute_script("return document.querySelector('#glance svg').viewBox.baseVal.width")
    assert drawn <= PAPER
    size = {"width": 1100, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    printed.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    printed.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen"})
    printed.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert printed.execute_script("return document.querySelector('#overview').viewBox.baseVal.width") > PAPER
    assert not printed.execute_script("return document.querySelector('details.words').open")
