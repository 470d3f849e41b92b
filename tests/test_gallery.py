"""Every value with an interval on a page of the gallery stands in the numbers of that page."""

import json
import re
from pathlib import Path

import pytest

GALLERY = Path(__file__).parents[1] / "docs" / "gallery"
PAGES = ("intensive_care", "movement", "stress")
Z_95 = 1.96


def intervals(node) -> set[tuple[float, float]]:
    """Every value that has a standard error, with half of its 95 % interval; bits."""
    if isinstance(node, list):
        return set().union(*map(intervals, node))
    if not isinstance(node, dict):
        return set()
    own = {(node[name], Z_95 * node[f"{name}_stderr"]) for name in node if f"{name}_stderr" in node}
    return own.union(*map(intervals, node.values()))


def rounds_to(value: float, text: str) -> bool:
    """Whether a value that is kept to four decimals may be told so."""
    digits = len(text.partition(".")[2])
    return abs(value - float(text)) <= 0.5 * 10**-digits + 1.01e-4


@pytest.mark.parametrize("page", PAGES)
def test_numbers_of_a_page_were_measured(page):
    text = " ".join((GALLERY / f"{page}.md").read_text("utf-8").split())
    measured = intervals(json.loads((GALLERY / f"{page}.json").read_text("utf-8")))
    quoted = re.findall(r"(-?\d+\.\d+) ± (\d+\.\d+)", text)
    assert len(quoted) > 10
    missing = [
        f"{value} ± {half}"
        for value, half in quoted
        if not any(rounds_to(v, value) and rounds_to(h, half) for v, h in measured)
    ]
    assert missing == []
