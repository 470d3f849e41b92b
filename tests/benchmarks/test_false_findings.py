"""What counts as a false finding, and the truth of the regimes."""

import json

import numpy as np
import pytest

import interplay as ip
from benchmarks import false_findings
from benchmarks.draws import Draw, findings, of_pairs
from benchmarks.records import read_rows, run_jobs
from interplay.info import decompose


def profile(synergy, unique):
    shape = (2, 2, 1)
    square = np.zeros(shape)
    square[0, 1] = square[1, 0] = synergy
    sides = np.zeros(shape)
    sides[0, 1] = unique
    return ip.InteractionProfile.from_arrays(
        ("a", "b"), redundancy=np.zeros(shape), unique=sides, synergy=square, step_s=1.0, h_y_bits=1.0
    )


@pytest.fixture
def draw() -> Draw:
    windows = ip.windows_from_arrays({k: np.zeros((10, 1)) for k in "ab"}, np.arange(10) % 2, steps=1)
    return of_pairs(windows, {(0, 1): (0.0, 0.3, 0.0, 0.0)})


def test_a_sentence_about_nothing_is_false_and_one_about_something_is_found(draw):
    right = findings(draw, profile(synergy=0.0, unique=0.3))
    assert right == {"false": {"redundancy": 0, "unique": 0, "synergy": 0}, "worth_finding": 1, "found": 1}
    wrong = findings(draw, profile(synergy=0.2, unique=0.0))
    assert wrong == {"false": {"redundancy": 0, "unique": 0, "synergy": 1}, "worth_finding": 1, "found": 0}


def test_synergy_of_a_regime_is_that_of_its_table():
    n = 4
    table = np.zeros((2, 2, 2))
    for a, b in np.ndindex(2, 2):
        for own in (True, False):
            for y in (0, 1):
                clean = (y == (a ^ b)) if own else 0.5
                weight = 1 / n if own else 1 - 1 / n
                table[a, b, y] += 0.25 * weight * (0.95 * clean + 0.05 * 0.5)
    assert false_findings.regime_synergy() == pytest.approx(float(decompose(table).synergy), abs=1e-6)
    assert false_findings.regime_synergy() == pytest.approx(0.041, abs=5e-4)


def test_regimes_hold_the_synergy_where_they_say():
    draw = false_findings.regimes(0)
    assert len(draw.windows) == 6000
    values, y, last = draw.windows.steps.values, draw.windows.y, draw.windows.last
    for r, lag in enumerate(false_findings.PAIR_LAGS):
        first, second = (_bit(values[f"x{2 * r + k}"][last - lag]) for k in range(2))
        # 6,000 windows of a share of 0.619: a standard error of 0.006; which of the values is 1 is not told by them
        agree = (first ^ second == y).mean()
        assert max(agree, 1 - agree) == pytest.approx(0.5 + 0.5 * 0.95 / 4, abs=0.025)
        assert draw.synergy[2 * r, 2 * r + 1, lag] == false_findings.regime_synergy()
    assert np.nansum(draw.synergy > 0) == 8


def _bit(x):
    x = x.reshape(len(x), -1)
    side = (x - x.mean(0)) @ np.linalg.svd(x - x.mean(0), full_matrices=False)[2][0]
    return (side > 0.5 * (side.min() + side.max())).astype(int)


def test_a_share_of_none_in_a_hundred_is_at_most_three_percent():
    # 1 - 0.05 ** (1 / 100)
    assert false_findings.at_most(0, 100) == pytest.approx(0.0295, abs=1e-4)
    assert false_findings.at_most(5, 5) == 1.0


def test_jobs_of_every_scenario_are_done_once_and_reported(tmp_path):
    path = tmp_path / "rows.jsonl"
    jobs = [job for job in false_findings.wanted(0.01) if job[1] == "GaussianPID"]
    assert len(jobs) == 3
    for _ in range(2):
        rows = run_jobs(jobs, false_findings.one_profile, path, key=false_findings.key, processes=1)
    assert len(read_rows(path)) == len(rows) == 3
    assert all(json.loads(line)["date"] for line in path.read_text().splitlines())
    text = false_findings.report(rows)
    assert "| noise, numbers | GaussianPID | 1 |" in text


def test_every_scenario_draws_with_exact_atoms():
    for scenario in false_findings.SCENARIOS.values():
        draw = scenario.draw(3)
        n_m = len(draw.windows.modalities)
        assert draw.synergy.shape == (n_m, n_m, draw.windows.length)
