"""Scenarios with a confounder, and numbers that curves lead to: their truths, and the tables that are made of them."""

import numpy as np
import pytest

from benchmarks import curves, given


@pytest.mark.slow
def test_truths_of_forms_are_those_of_closed_forms():
    one, two, both = curves.informations("sum")
    noise, a, b = 0.49, 1.0, 0.25
    # on a grid of 0.08 deviations, 5 of them to either side
    assert both == pytest.approx(0.5 * np.log2(1 + (a + b) / noise), abs=1e-3)
    assert one == pytest.approx(0.5 * np.log2((a + b + noise) / (b + noise)), abs=1e-3)
    assert two == pytest.approx(0.5 * np.log2((a + b + noise) / (a + noise)), abs=1e-3)
    draw = curves.of_form("product", 0)
    assert draw.unique[0, 1] == draw.unique[1, 0] == 0
    assert draw.redundancy[0, 1] + draw.synergy[0, 1] == pytest.approx(curves.informations("product")[2])
    assert np.nansum(draw.synergy[2]) == 0


def test_what_is_given_is_in_no_pair():
    draw = given.three_bits(0)
    assert draw.windows.modalities == ("a", "b", "noise", "c")
    assert draw.synergy.shape == (3, 3, 1)


def test_a_profile_of_a_scenario_and_its_table():
    name = "a number beside the sinusoid"
    row = given.one_profile(name, "GaussianPID", 0)
    assert row["found"] == row["worth_finding"] == 2
    assert len(row["covered"]) == 2
    table = given.report([row | {"date": "2026-11-26"}])
    assert table.startswith("# Atoms given a confounder")
    assert f"| GaussianPID | {name} | 1 | 0 | 95.0% | 2 of 2 |" in table
