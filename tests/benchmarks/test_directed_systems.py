"""Exact values of the systems whose rates and news are measured, and the table of what was found."""

import numpy as np
import pytest

from benchmarks.directed import key, report, wanted
from benchmarks.directed_systems import (
    Bits,
    Linear,
    information,
    novel_of_bits,
    novel_of_linear,
    rate_of_bits,
    rate_of_linear,
)


@pytest.mark.parametrize("history", [0, 1])
def test_news_of_all_lags_add_up_to_the_rate(history):
    for news, rate in (
        (novel_of_bits(Bits(), 4, history), rate_of_bits(Bits(), 4, history)),
        (novel_of_linear(Linear(), 4, history), rate_of_linear(Linear(), 4, history)),
    ):
        for name, each in news.items():
            assert each.sum() == pytest.approx(rate["joint_mi" if name == "both" else f"mi_{name}"], abs=1e-9)


def test_atoms_of_rates_keep_the_sum_rules():
    for rate, (i, j) in ((rate_of_bits(Bits(), 3, 1), "ab"), (rate_of_linear(Linear(), 3, 1), "xz")):
        assert rate["redundancy"] + rate[f"unique_{i}"] == pytest.approx(rate[f"mi_{i}"], abs=1e-5)
        assert rate["redundancy"] + rate[f"unique_{j}"] == pytest.approx(rate[f"mi_{j}"], abs=1e-5)
        parts = ("redundancy", "synergy", f"unique_{i}", f"unique_{j}")
        assert sum(rate[part] for part in parts) == pytest.approx(rate["joint_mi"], abs=1e-5)


def test_information_of_a_known_table():
    x1, x2 = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    quarter = np.full(4, 0.25)
    assert information(quarter, [x1], [x1 ^ x2]) == pytest.approx(0)
    assert information(quarter, [x1], [x1 ^ x2], [x2]) == pytest.approx(1)


def test_drawn_bits_go_where_their_paths_do():
    p, bit = Bits().paths(3)
    drawn = Bits().draw(50_000, 0)
    share = float(p[(bit["y", 0] == 1) & (bit["a", 1] == 1)].sum())
    # slow bits: an effective sample of some 10,000, so that 0.02 are four deviations
    assert np.mean((drawn["y"][1:] == 1) & (drawn["a"][:-1] == 1)) == pytest.approx(share, abs=0.02)


def test_every_scenario_begins_with_its_first_seed():
    jobs = wanted()
    names = {name for name, _ in jobs}
    assert {name for name, seed in jobs[: len(names)] if seed == 0} == names
    assert len(set(jobs)) == len(jobs)


def test_the_report_counts_what_is_covered_and_what_is_false():
    rows = [{"scenario": "nothing", "seed": k, "seconds": 1.0, "false": int(k == 3)} for k in range(10)]
    for seed, value in enumerate((0.1, 0.3)):
        rows.append({"scenario": "a held stream: novel", "seed": seed, "seconds": 1.0, "news": [["held", 3.0]],
                     "values": [["at 3", value, 0.02, 0.12]]})  # fmt: skip
    text = report([row | {"date": "2026-01-01"} for row in rows])
    assert "| nothing | 10 | 1 | 39.4% |" in text
    assert "50.0% (a held stream: novel)" in text
    assert "Of 2 held streams, news are found at a lag of 3 steps and nowhere else in 2." in text
    assert key(rows[0]) == ("nothing", 0)
