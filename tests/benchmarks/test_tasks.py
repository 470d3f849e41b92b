"""The truth suite's own truth: tables against simulation, sum rules, and draws that repeat."""

import numpy as np
import pytest

from benchmarks.draws import findings, pair_tables, sample
from benchmarks.estimators import errors, report, wanted
from benchmarks.tasks import TASKS, of_sticky, random_table, rare, twenty_seven
from interplay import info
from interplay.estimators import DiscretePID, GaussianPID, TemporalRUS

BY_NAME = {task.name: task for task in TASKS}


def test_there_are_at_least_sixty_tasks_of_different_names():
    assert len(BY_NAME) == len(TASKS) >= 60


@pytest.mark.parametrize("name", BY_NAME)
def test_truth_fits_the_windows_and_is_never_negative(name):
    draw = BY_NAME[name].draw(600, 0)
    n_m, n_l = len(draw.windows.modalities), draw.windows.length
    off = ~np.eye(n_m, dtype=bool)
    for atom in (draw.redundancy, draw.unique, draw.synergy):
        assert atom.shape == (n_m, n_m, n_l)
        assert (atom[off] > -1e-6).all()
        assert np.isnan(atom[~off]).all()
    np.testing.assert_allclose(draw.redundancy[off], draw.redundancy.transpose(1, 0, 2)[off], atol=1e-6)
    total = draw.redundancy + draw.unique + draw.unique.transpose(1, 0, 2) + draw.synergy
    if not BY_NAME[name].continuous:
        assert np.nanmax(total) <= np.log2(len(draw.windows.classes)) + 1e-6


@pytest.mark.parametrize("name", ["planted lags", "protocol of AND", "slow noise"])
def test_a_draw_repeats(name):
    one, two = (BY_NAME[name].draw(500, 3).windows for _ in range(2))
    np.testing.assert_array_equal(one.y, two.y)
    for a, b in zip(one.steps.values.values(), two.steps.values.values(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["sticky AND, lag 1", "sticky XOR, lag 2"])
def test_tables_of_sticky_bits_are_those_of_a_long_simulation(name):
    draw = BY_NAME[name].draw(200_000, 1)
    x = draw.windows.steps.values
    state = [(v[:, 0] @ np.linalg.svd(v[:200, 0] - v[:, 0].mean(0))[2][0]) for v in x.values()]
    bit = [(s > 0.5 * (s.min() + s.max())).astype(int) for s in state]
    y = draw.windows.y
    for lag in range(3):
        rows = draw.windows.last - lag
        table = np.zeros((2, 2, 2))
        np.add.at(table, (bit[0][rows], bit[1][rows], y), 1 / len(y))
        exact = info.decompose(table)
        # 200,000 steps whose bits last ten steps: about 20,000 independent ones, 0.01 bit
        assert draw.synergy[0, 1, lag] == pytest.approx(float(exact.synergy), abs=0.015)
        assert draw.redundancy[0, 1, lag] == pytest.approx(float(exact.redundancy), abs=0.015)


@pytest.mark.parametrize("table", [random_table(3, 3, 3, 4), rare(), twenty_seven()])
def test_tables_are_distributions_and_samples_follow_them(table):
    assert table.sum() == pytest.approx(1)
    assert (table >= 0).all()
    rng = np.random.default_rng(0)
    counted = np.zeros_like(table)
    np.add.at(counted, sample(table, 100_000, rng), 1e-5)
    np.testing.assert_allclose(counted, table, atol=0.008)
    assert pair_tables(table, 2).shape[:3] == (2, 2, 2)


def test_gate_of_sticky_bits_without_delay_is_the_gate():
    draw = of_sticky(np.array([[0, 1], [1, 0]]), stay=0.5, lag=0, lags=1)(300, 0)
    assert draw.synergy[0, 1, 0] == pytest.approx(1, abs=1e-6)


def test_estimators_meet_the_tasks_of_their_kind_of_target():
    fits = {(name, TASKS[k].name) for name, k, _, _ in wanted(2, ("GaussianPID", "DiscretePID"))}
    assert ("GaussianPID", "linear streams") in fits
    assert ("GaussianPID", "gate AND") not in fits
    assert ("DiscretePID", "linear streams") not in fits
    assert ("DiscretePID", "gate AND") in fits


def test_linear_streams_are_scored_against_their_covariances():
    draw = BY_NAME["linear streams"].draw(20_000, 0)
    scores = errors(draw, TemporalRUS(GaussianPID(n_rotations=9)).fit(draw.windows).profile_.dataset)
    # a correlation of 20,000 steps is known to 0.7 %, which is worth 0.01 bit of 0.6
    assert scores["mean_error"] < 0.01
    assert scores["above_entropy"] is None


def test_an_easy_task_is_scored_as_easy_and_reported():
    draw = BY_NAME["random, 2 classes"].draw(20_000, 0)
    profile = TemporalRUS(DiscretePID(n_cells=3, n_rotations=9)).fit(draw.windows).profile_
    scores = errors(draw, profile.dataset)
    # counts of nine cells: sampling error of 20,000 rows
    assert scores["mean_error"] < 0.01
    assert scores["above_entropy"] < 0
    row = {
        "estimator": "PosteriorPID",
        "task": "random, 2 classes",
        "steps": 5000,
        "seed": 0,
        "seconds": 1.0,
        "memory_mb": 1.0,
        **scores,
        **findings(draw, profile),
    }
    assert "| PosteriorPID | up to 8,000 |" in report([row])
