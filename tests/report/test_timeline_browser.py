"""Recordings along time in a browser: windows are chosen by clicks, mistakes are found, many windows stay smooth."""

import csv
import time
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import report_runs
from in_browser import IN_A_BROWSER, downloaded, opened, pick, text_of
from interplay.report import SECTIONS, write_report
from report_runs import drawn_run, recorded

pytestmark = IN_A_BROWSER
DRAW_S = 0.5
"""A choice among thousands of windows is to be drawn within this time, s."""


@pytest.fixture(scope="module")
def run():
    return recorded(drawn_run(2, 3))


@pytest.fixture(scope="module")
def page(run, tmp_path_factory):
    return write_report(run, tmp_path_factory.mktemp("recorded") / "report.html")


def test_the_least_sure_window_is_shown_first(browser, page, run):
    opened(browser, page, 1280, "light")
    first = run.evaluation.examples.isel(window=_least_sure(run))
    told = text_of(browser, "#timeline-told")
    assert told.startswith(f"{first['entity'].item()}, window to ")
    assert "The model says" in told
    # two modalities of three steps, those that were observed
    seen = int(first["observed"].sum())
    assert browser.execute_script("return document.querySelectorAll('#detail .moved').length") == seen
    assert [e for e in browser.get_log("browser") if e["level"] in ("SEVERE", "WARNING")] == []


def _least_sure(run) -> int:
    rows = run.evaluation.examples["row"].values
    p = run.evaluation.predictions.iloc[rows][[f"p_{name}" for name in run.schema.classes]]
    return int(p.max(axis=1).to_numpy().argmin())


def test_a_mistake_is_reached_by_a_button_and_by_a_click(browser, page, run):
    opened(browser, page, 1280, "light")
    table = run.evaluation.predictions
    wrong = np.flatnonzero(table["label"] != table["predicted"])
    pick(browser, "timeline-window", 1)
    press(browser, "Next mistake")
    after = wrong[wrong > 0][0]
    assert value_of(browser, "timeline-window") == str(after + 1)
    told = text_of(browser, "#timeline-told")
    assert table["predicted"][after] in told
    assert table["label"][after] in told
    # the tick of the last mistake of this entity
    entity = table["entity"][after]
    last = max(k for k in wrong if table["entity"][k] == entity)
    click_window(browser, last)
    assert value_of(browser, "timeline-window") == str(last + 1)


def test_a_window_that_was_explained_moves_the_tokens_below(browser, page, run):
    opened(browser, page, 1280, "light")
    row = int(run.evaluation.examples["row"].values[4])
    pick(browser, "timeline-window", row + 1)
    assert value_of(browser, "window") == "4"
    pick(browser, "window", 2)
    assert value_of(browser, "timeline-window") == str(int(run.evaluation.examples["row"].values[2]) + 1)
    pick(browser, "timeline-window", row + 2)
    assert "was not worked out" in text_of(browser, "#timeline-told")
    assert browser.execute_script("return document.querySelectorAll('#detail .moved').length") == 0


def test_a_spike_of_one_sample_is_drawn_in_a_recording_of_thousands(browser, tmp_path, monkeypatch):
    monkeypatch.setattr(report_runs, "N_WINDOWS", 6000)
    run = recorded(drawn_run(2, 3), 6000)
    opened(browser, write_report(run, tmp_path / "r.html", sections=SECTIONS[3:4]), 1280, "light")
    pick(browser, "timeline-window", 5)
    pick(browser, "timeline-around", 0)
    # the lane is scaled by the spike, which is the largest sample: its tick says so
    assert browser.execute_script(
        "return [...document.querySelectorAll('#detail text.tick')].filter(t => t.textContent === '9').length"
    ) == 2  # fmt: skip
    points = browser.execute_script(
        "return Math.max(...[...document.querySelectorAll('#detail path.stream')].map(p => p.getAttribute('d').length))"
    )
    # 8,000 samples of an entity, and no more points than the width has pixels, twice, of some 12 letters
    assert points < 2 * 1280 * 14
    started = time.perf_counter()
    for k in (50, 900, 1700):
        pick(browser, "timeline-window", k)
    assert (time.perf_counter() - started) / 3 < DRAW_S


def test_a_stream_that_is_a_line_has_no_field_beneath_it(browser, page):
    opened(browser, page, 1280, "light")
    pick(browser, "timeline-around", 6)
    fields = browser.execute_script(
        "const area = (d) => { const p = d.match(/-?[\\d.]+/g).map(Number); let sum = 0;"
        "  for (let k = 0, n = 2; k < p.length; k += 2, n = (k + 2) % p.length)"
        "    sum += p[k] * p[n + 1] - p[n] * p[k + 1];"
        "  return Math.abs(sum) / 2; };"
        "return [...document.querySelectorAll('#detail path.stream')].map(p => area(p.getAttribute('d')))"
    )
    assert len(fields) == 2
    assert max(fields) < 1e-6


def test_windows_without_neighbours_have_a_probability_too(browser, run, tmp_path):
    opened(browser, write_report(apart(run), tmp_path / "r.html", sections=SECTIONS[3:4]), 390, "light")
    for chart in ("overview", "detail"):
        drawn = browser.execute_script(
            "return [...document.getElementById(arguments[0]).querySelectorAll(`path[stroke='var(--ink)']`)]"
            ".map(p => p.getTotalLength())",
            chart,
        )
        assert drawn
        assert min(drawn) > 0


def apart(run):
    """The run with a gap after every window, and so small values that their names are long."""
    old, steps = run.evaluation.streams, run.schema.steps
    n = old.sizes["window"]
    values = np.linspace(1.234e-7, 8e-7, 4 * n * steps, dtype=np.float32)[:, None]
    streams = {
        "strip_entity": ("strip", run.evaluation.predictions["entity"].to_numpy()[:n].astype(str)),
        "strip_steps": ("strip", np.full(n, steps)),
        "strip_start_s": ("strip", np.arange(n) * 100.0),
        "row": old["row"],
        "at": ("window", steps * np.arange(1, n + 1) - 1),
        **{name: (old[name].dims, values) for name in old.data_vars if name.startswith("low_")},
    }
    evaluation = replace(run.evaluation, streams=xr.Dataset(streams, attrs=old.attrs))
    return replace(run, evaluation=evaluation)


@pytest.mark.parametrize("kind", ["labels", "number"])
def test_other_targets_are_drawn_along_time(browser, tmp_path, kind):
    run = recorded(drawn_run(2, 3, kind))
    opened(browser, write_report(run, tmp_path / "r.html", sections=SECTIONS[3:4]), 390, "dark")
    assert browser.execute_script("return document.querySelectorAll('#detail path.stream').length") == 2
    if kind == "labels":
        pick(browser, "timeline-label", 1)
    assert browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert [e for e in browser.get_log("browser") if e["level"] in ("SEVERE", "WARNING")] == []


def test_what_is_along_time_downloads_as_a_tidy_table(browser, page, run, tmp_path):
    opened(browser, page, 1280, "light")
    browser.execute_script("document.querySelector('#timeline button.csv').click()")
    rows = list(csv.DictReader(downloaded(tmp_path / "timeline.csv").splitlines()))
    table = run.evaluation.predictions
    assert [row["true"] for row in rows] == list(table["label"])
    assert [row["called"] for row in rows] == list(table["predicted"])
    assert float(rows[3]["of what is true"]) == pytest.approx(
        table.iloc[3][f"p_{table['label'][3]}"], rel=1e-3
    )


def test_a_view_can_be_sent(browser, page):
    opened(browser, page, 1280, "light")
    pick(browser, "timeline-window", 30)
    pick(browser, "atom", "synergy")
    pick(browser, "clear", "on")
    browser.execute_script("document.getElementById('clear').click()")
    time.sleep(0.2)
    address = browser.execute_script("return location.href")
    assert "timeline-window=30" in address
    assert "atom=synergy" in address
    browser.get("about:blank")
    browser.get(address)
    assert value_of(browser, "timeline-window") == "30"
    assert value_of(browser, "atom") == "synergy"
    assert browser.execute_script("return document.getElementById('clear').checked")


def test_an_address_of_nothing_that_is_there_changes_nothing(browser, page):
    browser.get(page.as_uri() + "#pairs?atom=nothing&lag=%3Cb%3E&constructor=1&theme=x")
    assert browser.execute_script("return document.documentElement.dataset.ready") == "yes"
    assert [e for e in browser.get_log("browser") if e["level"] in ("SEVERE", "WARNING")] == []


def press(browser, text: str) -> None:
    browser.execute_script(
        "[...document.querySelectorAll('#timeline button')].find(b => b.textContent === arguments[0]).click()",
        text,
    )


def value_of(browser, name: str) -> str:
    return browser.execute_script("return document.getElementById(arguments[0]).value", name)


def click_window(browser, k: int) -> None:
    """A click on the overview, in the middle of what window number k of the page adds to the one before it."""
    browser.execute_script(
        """const data = JSON.parse(document.getElementById('data').textContent).sections.windows.timeline;
        const svg = document.getElementById('overview'), box = svg.getBoundingClientRect(), left = 150;
        const first = data.strips.steps.map((n, s, all) => all.slice(0, s).reduce((a, b) => a + b, 0));
        const strip = first.findLastIndex((at) => at <= data.windows.at[arguments[0]]);
        const share = (data.windows.at[arguments[0]] + 0.5 - first[strip]) / data.strips.steps[strip];
        const width = svg.viewBox.baseVal.width, x = (left + share * (width - left - 2)) * box.width / width;
        svg.dispatchEvent(new MouseEvent('click', {clientX: box.left + x, clientY: box.top + 20, bubbles: true}));""",
        int(k),
    )
