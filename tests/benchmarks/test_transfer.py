"""The transfer benchmark: what is labelled, what is tested, and its page."""

import numpy as np

import interplay as ip
from benchmarks.transfer import OF_EACH, halves, interval, labelled, table


def one_person(n: int = 80) -> ip.Windows:
    """Two classes in turns of twenty steps; windows of four steps, one a step."""
    x = np.arange(float(n))[:, None]
    y = np.arange(n) // 20 % 2
    return ip.windows_from_arrays({"x": x}, y, steps=4, entity=np.full(n, "p"), classes=("a", "b"))


def test_halves_share_no_step_and_both_have_every_class():
    first, later = halves(one_person())
    assert not set(first.used_rows()) & set(later.used_rows())
    assert set(first.y) == set(later.y) == {0, 1}
    for c in (0, 1):
        assert first.last[first.y == c].max() < later.last[later.y == c].min()


def test_so_many_of_each_class_are_labelled_in_the_order_of_time():
    first, _ = halves(one_person())
    few = labelled(first, 3, seed=0)
    assert np.bincount(few.y).tolist() == [3, 3]
    assert (np.diff(few.last) > 0).all()
    assert set(few.last) <= set(first.last)


def test_an_interval_over_people_holds_their_mean():
    text = interval([0.0, 1.0, 2.0, 3.0], sign="+")
    assert text.startswith("+1.500 (")
    low, high = (float(part) for part in text.partition("(")[2].rstrip(")").split(" to "))
    assert low < 1.5 < high


def test_the_page_has_means_and_paired_differences():
    def row(person, before, after):
        scores = {"macro_f1": before, "log_loss": 1.0}, {"macro_f1": after, "log_loss": 0.5}
        return {"set": "hapt", "person": person, "of_each": OF_EACH[1], "as_it_is": scores[0], "adapted": scores[1],
                "scratch": scores[0], "weight": [1.0, 0.5]}  # fmt: skip

    page = table([row("p", 0.5, 0.75), row("q", 0.25, 0.5)])
    assert "| 0.375 (0.250 to 0.500) | 0.625 (0.500 to 0.750) |" in page
    assert "+0.250 (+0.250 to +0.250)" in page
    assert "1.00, 0.50" in page
