"""Sections of the page: one from files outside the package beside the others, and some of them alone."""

import pytest

from interplay.errors import InvalidInput
from interplay.report import SECTIONS, write_report
from own_section import Worst
from report_pages import Page
from report_runs import drawn_run

NAMES = ["short", "good", "keep", "windows", "pairs", "alone", "arrives", "sure", "used", "trust"]
"""What came of it, then what was measured, then how the model works inside; of a run without triples."""


@pytest.fixture
def worst(tmp_path):
    return Worst(tmp_path / "own")


def test_a_section_of_ones_own_stands_where_it_is_put(worst, tmp_path):
    run = drawn_run(3, 3)
    html = write_report(run, tmp_path / "r.html", sections=(*SECTIONS[:2], worst, *SECTIONS[2:])).read_text()
    page = Page(html)
    order = [name for name in page.ids if name in {"worst", *(section.name for section in SECTIONS)}]
    assert order == ["short", "good", "worst", *NAMES[2:]]
    assert "h-worst" in page.ids
    assert (
        html.index('<a href="#good">')
        < html.index('<a href="#worst">Worst</a>')
        < html.index('<a href="#keep">')
    )
    wrong = worst.wrong(run.evaluation)
    assert f"Whom does it serve worst? <{wrong.idxmax()}> of 3 entities." in page.words
    assert f"{wrong.max():.4f}" in page.text
    assert page.data["sections"]["worst"]["names"] == ["x", "y", "z"]
    assert page.data["sections"]["worst"]["errors"] == pytest.approx(list(wrong), rel=5e-4)
    assert 'const INSIGHT = "mine", axes = 3;' in page.script
    assert page.loads == []


def test_other_sections_are_as_they_were(worst, tmp_path):
    run = drawn_run(3, 3)
    plain = write_report(run, tmp_path / "plain.html").read_text()
    more = write_report(run, tmp_path / "more.html", sections=(*SECTIONS, worst)).read_text()
    for name in NAMES:
        of_section = [
            html[html.index(f'<section id="{name}"') :].split("</section>")[0] for html in (plain, more)
        ]
        assert of_section[0] == of_section[1]


def test_a_page_may_have_fewer_sections(tmp_path):
    page = Page(write_report(drawn_run(3, 3), tmp_path / "r.html", sections=SECTIONS[3:4]).read_text())
    assert "windows" in page.ids
    assert not {"short", "pairs", "used", "good", "trust"} & set(page.ids)
    assert list(page.data["sections"]) == ["windows"]


def test_two_sections_of_one_name_are_refused(worst, tmp_path):
    with pytest.raises(InvalidInput, match="sections must have names of their own; 'worst' is there twice"):
        write_report(drawn_run(2, 3), tmp_path / "r.html", sections=(worst, worst))
    assert not (tmp_path / "r.html").exists()
