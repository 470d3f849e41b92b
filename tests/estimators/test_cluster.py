"""Estimates on a Dask cluster of two processes: equal to the bit, shipped once, and lose a block with a worker."""

import os
import signal
import threading
import time
from collections import Counter

import joblib
import numpy as np
import pytest
import torch
import xarray as xr

import interplay as ip
from interplay.cli import main
from interplay.errors import InvalidInput
from interplay.estimators import cluster as clusters
from interplay.estimators.cluster import on_cluster
from interplay.estimators.shipping import Shipped

distributed = pytest.importorskip("distributed")

QUICK = {"folds": 2, "epochs": 6, "n_bootstrap": 20, "n_rotations": 19}
BITS = 4


@pytest.fixture(scope="module")
def windows():
    """Exclusive ors, of two modalities each."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (2 * BITS, 800))
    y = sum((bits[2 * k] ^ bits[2 * k + 1]) << k for k in range(BITS))
    shown = {f"m{k}": 2.0 * bit[:, None] + 0.1 * rng.normal(size=(800, 1)) for k, bit in enumerate(bits)}
    return ip.windows_from_arrays(shown, y, steps=1)


def one_pair_a_block(**more):
    return ip.PosteriorPID(block_bytes=1.0, **QUICK | more)


@pytest.fixture(scope="module")
def alone(windows):
    return ip.TemporalRUS(one_pair_a_block()).fit(windows).profile_


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster


@pytest.fixture
def notes(cluster, tmp_path, request):
    """A function that gives what workers wrote down, by process; a parameter is the pause that they make in blocks."""
    from in_workers import WrittenDown

    folder = tmp_path / "notes"
    folder.mkdir()
    with distributed.Client(cluster) as client:
        client.wait_for_workers(2)
        client.register_plugin(WrittenDown(folder, getattr(request, "param", 0.0)))
        yield lambda: {file.name: file.read_text().splitlines() for file in folder.iterdir()}
        client.unregister_worker_plugin("written down")


def assert_same_profiles(one: ip.InteractionProfile, other: ip.InteractionProfile) -> None:
    """To the bit; where blocks were kept is no part of it."""
    xr.testing.assert_identical(one.dataset, other.dataset)


def test_two_workers_give_what_one_process_gives(cluster, notes, windows, alone, tmp_path):
    n_blocks = len(alone.probe.blocks)
    assert n_blocks > 2
    with distributed.Client(cluster) as client, joblib.parallel_config("dask", client=client):
        estimator = one_pair_a_block(resume=str(tmp_path / "work"))
        both = ip.TemporalRUS(estimator).fit(windows).profile_
    assert_same_profiles(both, alone)
    for one, other in zip(both.probe.blocks, alone.probe.blocks, strict=True):
        for name, value in one.probe.state_dict().items():
            assert torch.equal(value, other.probe.state_dict()[name])
    # the first block is worked on here, each of the others by one of them; results were stored by this process
    done = Counter(line.split()[0] for lines in notes().values() for line in lines)
    assert done["began"] == done["done"] == n_blocks - 1
    assert len(list((tmp_path / "work").glob("*-block-*.safetensors"))) == n_blocks
    # all that blocks share came to a worker, not with every block: as what is asked of it, or from the other one
    for lines in notes().values():
        assert sum(line.startswith("received") for line in lines) <= 2


def kill_a_worker_at_work(notes, killed: list[int]) -> None:
    """End a process as soon as it has begun a block."""
    while not killed:
        for name, lines in notes().items():
            if lines and lines[-1].startswith("began") and not killed:
                os.kill(int(name), signal.SIGKILL)
                killed.append(int(name))
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("notes", [1.0], indirect=True)
def test_a_worker_that_is_killed_costs_its_block_and_no_more(cluster, notes, windows, alone):
    killed: list[int] = []
    killer = threading.Thread(target=kill_a_worker_at_work, args=(notes, killed), daemon=True)
    with distributed.Client(cluster) as client, joblib.parallel_config("dask", client=client):
        killer.start()
        both = ip.TemporalRUS(one_pair_a_block()).fit(windows).profile_
        client.wait_for_workers(2)
    killer.join(timeout=10)
    assert len(killed) == 1
    assert_same_profiles(both, alone)
    begun = Counter(line for lines in notes().values() for line in lines if line.startswith("began"))
    assert len(begun) == len(alone.probe.blocks) - 1
    assert sum(begun.values()) == len(begun) + 1
    # the lost worker was one of two, and another has taken its place
    assert str(killed[0]) in notes()


@pytest.mark.slow
def test_the_command_line_gives_real_data_to_a_cluster(cluster, tmp_path):
    words = ["--lags-s", "[0, 1]", "--stride", "8", "--quiet", "--estimator.block_bytes", "1"]
    words += [
        word
        for name, value in (QUICK | {"epochs": 4}).items()
        for word in (f"--estimator.{name}", str(value))
    ]
    with distributed.Client(cluster) as client:
        client.wait_for_workers(2)
    assert main(["estimate", "hapt_sample", "-o", str(tmp_path / "alone.nc"), *words]) == 0
    to_cluster = ["--scheduler", cluster.scheduler_address]
    assert main(["estimate", "hapt_sample", "-o", str(tmp_path / "both.nc"), *words, *to_cluster]) == 0
    both, alone = (ip.InteractionProfile.load(tmp_path / f"{name}.nc") for name in ("both", "alone"))
    assert len(alone.probe.blocks) > 2
    xr.testing.assert_identical(both.dataset, alone.dataset)


def test_a_cluster_that_cannot_work_is_refused(cluster, monkeypatch):
    monkeypatch.setattr(clusters, "ANSWER_S", 0.5)
    with (
        pytest.raises(InvalidInput, match=r"must answer at tcp://127\.0\.0\.1:9; it does not"),
        on_cluster("tcp://127.0.0.1:9"),
    ):
        pass
    monkeypatch.setattr(clusters, "ANSWER_S", 10.0)
    monkeypatch.setattr(clusters, "versions_here", lambda: {"numpy": "0.1"})
    monkeypatch.setattr(clusters, "versions_of_workers", lambda client: {"tcp://w": {"numpy": "0.2"}})
    with (
        pytest.raises(InvalidInput, match=r"tcp://w has numpy 0\.2, here it is 0\.1"),
        on_cluster(cluster.scheduler_address),
    ):
        pass
    monkeypatch.setattr(clusters, "versions_of_workers", lambda client: {})
    with (
        pytest.raises(InvalidInput, match="must have workers; it has none"),
        on_cluster(cluster.scheduler_address),
    ):
        pass


def test_what_is_shipped_is_what_was_given_and_large_arrays_are_not_copied():
    small, large = np.arange(3), np.random.default_rng(0).normal(size=(300, 200))
    tensor = torch.arange(20_000, dtype=torch.float32).reshape(100, 200)
    shipped = Shipped({"small": small, "large": large, "tensor": tensor, "same": large, "flag": True})
    assert len(shipped.body) < 1000
    assert shipped.arrays[0] is large
    value = shipped.value()
    assert value["large"] is large
    assert value["same"] is large
    np.testing.assert_array_equal(value["small"], small)
    assert torch.equal(value["tensor"], tensor)
    assert value["tensor"].data_ptr() == tensor.data_ptr()
    assert value["flag"] is True
