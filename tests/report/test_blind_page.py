"""The page on what can be answered blind."""

import numpy as np
import pandas as pd
import pytest

from interplay.errors import InvalidInput
from interplay.report import write_blind_page
from interplay.vision_language import Answers, blind_test
from report_pages import Page


@pytest.fixture(scope="module")
def test_of_colours():
    rng = np.random.default_rng(0)
    right = rng.integers(0, 2, 400)
    ids = pd.Index(map(str, range(400)), name="id")

    def run(p_right):
        probs = np.where(np.eye(2, dtype=bool)[right], p_right, 1 - p_right)
        category = pd.Series(np.where(np.arange(400) < 395, "color <b>", "rare"), index=ids)
        return Answers(
            probs=pd.DataFrame(probs, index=ids, columns=["A", "B"]),
            right=pd.Series(np.array(["A", "B"])[right], index=ids),
            category=category,
            group=pd.Series(ids, index=ids),
        )

    return blind_test(run(0.5), run(0.9), run(0.99))


def test_the_page_says_what_the_table_says(test_of_colours, tmp_path):
    path = write_blind_page(test_of_colours, tmp_path / "blind.html", title="Drawn colours")
    html = path.read_text("utf-8")
    page = Page(html)
    row = test_of_colours.table().loc["color <b>"]
    assert f"{row['blind']:.3f} ± {row['blind ±']:.3f}" in html
    assert page.loads == []
    assert "<b>" not in html
    for sentence in test_of_colours.sentences():
        assert sentence in page.words
    assert "rare: there must be at least 10 groups" in page.words
    with pytest.raises(InvalidInput):
        write_blind_page(test_of_colours, path, title="again")
