"""What values look like in a notebook: short in text, escaped in HTML."""

import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from rich.console import Console

import interplay as ip
from interplay import progress
from interplay.errors import InvalidInput
from interplay.notebook import MOST_ROWS, own_axes, rows_html, table_html
from report_runs import drawn_run

HOSTILE = "</td><script>alert(1)</script>"


class Cells(HTMLParser):
    """The texts of cells, and every tag."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.texts, self.open = set(), [], False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.open = tag in ("td", "th")
        if self.open:
            self.texts.append("")

    def handle_data(self, data):
        if self.open:
            self.texts[-1] += data


def recording() -> ip.Recording:
    streams = {HOSTILE: ip.Stream(values=np.zeros((8, 2)), rate_hz=4.0, channels=("<b>x", "y"))}
    target = ip.Target(values=np.array([0, 1]), start_s=np.array([0.0, 1.0]), stop_s=np.array([1.0, 2.0]))
    return ip.Recording(entity=HOSTILE, streams=streams, target=target, classes=(HOSTILE, "b"))


def values() -> dict[str, object]:
    run = drawn_run(2, 3, names=(HOSTILE, "b"), classes=(HOSTILE, "walk", "climb"))
    one = recording()
    return {
        "recording": one,
        "windows": ip.make_windows([one], step_s=0.5, steps=2),
        "profile": run.profile,
        "run": run,
        "evaluation": run.evaluation,
        "comparison": ip.compare(run.profile, run.profile),
        "runs": ip.compare(run, run, names=[HOSTILE, "b"]),
    }


@pytest.mark.parametrize("draw", ["plot_lags", "plot_heatmap"])
def test_a_chart_that_a_cell_ends_with_is_shown_at_a_sensible_size(draw):
    profile = drawn_run(2, 3, names=("a", "b"), classes=("x", "y", "z")).profile
    ax = profile.plot_lags("a", "b") if draw == "plot_lags" else profile.plot_heatmap("redundancy")
    png = ax._repr_png_()
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    assert png.startswith(b"\x89PNG")
    assert 300 <= width <= 900
    assert 200 <= height <= 700


@pytest.mark.filterwarnings("error")
def test_a_notebook_without_widgets_has_no_bar_and_no_warning_for_every_change_of_one(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    monkeypatch.setattr(progress, "Console", lambda stderr: Console(stderr=stderr, force_jupyter=True))
    with progress.shown(None, "training") as tell:
        tell(0.5)
        tell(1.0)
    assert capsys.readouterr() == ("", "")


def test_axes_that_are_given_are_drawn_into():
    ax = Figure().add_subplot()
    assert own_axes(ax, (1.0, 1.0)) is ax


def test_a_run_shows_its_report_in_a_frame_that_reaches_nothing_else(tmp_path):
    run = drawn_run(2, 3, names=(HOSTILE, "b"), classes=(HOSTILE, "walk", "climb"))
    page = run.report(tmp_path / "report.html")
    assert page.html == (tmp_path / "report.html").read_text("utf-8")
    frame = page._repr_html_()
    assert Cells(frame).tags == {"iframe"}
    assert 'sandbox="allow-scripts"' in frame
    assert len(repr(page)) < 200
    assert run.report().html == page.html
    with pytest.raises(InvalidInput, match=r"report\.html"):
        run.report(tmp_path / "report.html")


@pytest.mark.parametrize("name", list(values()))
def test_a_value_is_short_in_text_and_escaped_in_html(name):
    value = values()[name]
    assert len(repr(value).splitlines()) <= 7
    assert "array(" not in repr(value)
    html = value._repr_html_()
    assert Cells(html).tags <= {"p", "br", "table", "thead", "tbody", "tr", "th", "td"}
    assert "<script" not in html


def test_names_stay_what_they_are():
    cells = Cells(recording()._repr_html_()).texts
    assert cells == ["stream", "samples", "rate (Hz)", "channels", HOSTILE, "8", "4", "<b>x, y"]


def test_numbers_are_short_what_is_missing_is_a_dash_and_long_tables_are_cut():
    table = pd.DataFrame({"x": np.r_[np.nan, np.pi, np.arange(2, MOST_ROWS + 3)]})
    html = table_html(table, "caption")
    assert Cells(html).texts[:3] == ["x", "–", "3.142"]
    assert len(Cells(html).texts) == 1 + MOST_ROWS
    assert "and 3 more rows" in html
    assert Cells(rows_html([("a", None)], (), "two\nlines")).texts == ["a", "–"]


def test_windows_and_runs_say_what_they_are():
    rows = ip.make_windows([recording()], step_s=0.5, steps=2)
    assert repr(rows).startswith(
        "Windows(3 windows of 2 steps of 0.5 s: 1 entity, 1 modality; target: classes"
    )
    assert repr(drawn_run(2, 3)).startswith("Run(guided by an interaction profile, 2 modalities; accuracy 0.")
