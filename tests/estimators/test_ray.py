"""Estimates on a Ray cluster of two workers of this machine: equal to the bit, and data are sent there once."""

import os
import sys

import joblib
import numpy as np
import pytest
import xarray as xr

import interplay as ip
from interplay.estimators.shipping import results_elsewhere

ray = pytest.importorskip("ray")

pytestmark = pytest.mark.slow

QUICK = {"folds": 2, "epochs": 6, "n_bootstrap": 10, "n_rotations": 9}


@pytest.fixture(scope="module", autouse=True)
def cluster():
    with pytest.MonkeyPatch.context() as patch:
        # by default workers give way to everything else on the machine
        patch.setenv("RAY_worker_niceness", "0")
        ray.init(num_cpus=2, include_dashboard=False, logging_level="error", object_store_memory=200_000_000)
        # workers do not find this file where they look for modules
        ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
        from ray.util.joblib import register_ray

        register_ray()
        yield
        ray.shutdown()


@pytest.fixture
def put(monkeypatch):
    """What was sent to be shared."""
    sent, really = [], ray.put
    monkeypatch.setattr(ray, "put", lambda value: (sent.append(value), really(value))[1])
    return sent


def total(common: dict, factor: int) -> tuple[int, float, bool]:
    return os.getpid(), factor * float(common["large"].sum()), common["large"].flags.writeable


def test_work_is_done_by_workers_on_data_that_came_once(put):
    large = np.random.default_rng(0).normal(size=(300, 200))
    with joblib.parallel_config("ray"):
        results = dict(results_elsewhere(total, {"large": large}, dict(enumerate(range(6))), n_jobs=1))
    assert sorted(results) == list(range(6))
    for k, (process, value, writeable) in results.items():
        assert process != os.getpid()
        assert value == k * float(large.sum())
        # it lies in memory that workers of a machine share
        assert not writeable
    (shipped,) = put
    assert shipped.arrays[0] is large


def test_two_workers_give_what_one_process_gives(put):
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (4, 800))
    y = (bits[0] ^ bits[1]) + 2 * (bits[2] ^ bits[3])
    shown = {f"m{k}": 2.0 * bit[:, None] + 0.1 * rng.normal(size=(800, 1)) for k, bit in enumerate(bits)}
    windows = ip.windows_from_arrays(shown, y, steps=1)
    estimator = ip.PosteriorPID(block_bytes=1.0, **QUICK)
    alone = ip.TemporalRUS(estimator).fit(windows).profile_
    with joblib.parallel_config("ray"):
        both = ip.TemporalRUS(estimator).fit(windows).profile_
    assert len(alone.probe.blocks) > 1
    xr.testing.assert_identical(both.dataset, alone.dataset)
    assert len(put) == 1
