"""Several processes train as one does with whole batches; one of them writes."""

import json

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.errors import InvalidInput
from interplay.train import devices, load_run, make_recipe
from interplay.train.recipe import DevicesConfig
from interplay.train.shared_batches import SharedBatches, share_of
from small_runs import SMALL, xor_profile, xor_windows

STILL = {
    "optimiser.input_noise": 0.0,
    "model.dropout": 0.0,
    "model.jitter": 0.0,
    "optimiser.epochs": 2,
    "devices.accelerator": "cpu",
}
"""Without noise, which every process draws for itself, sums over halves of a batch are those over all of it."""
ALONE = {f"losses.{name}": 0 for name in ("uniqueness", "redundancy", "synergy", "load_balance", "router_z")}
"""Losses of routing are not means over windows: of halves of a batch they are others."""


@pytest.mark.parametrize("n", [8, 9, 1])
def test_shares_are_even_and_leave_nothing_out(n):
    shares = [share_of(list(range(n)), rank, 3) for rank in range(3)]
    assert len({len(share) for share in shares}) == 1
    assert set().union(*shares) == set(range(n))
    assert sum(map(len, shares)) < n + 3


def test_one_process_reads_whole_batches():
    whole = [*SharedBatches(range(10), 4, 0, 1)]
    assert whole == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert len(SharedBatches(range(10), 4, 1, 2)) == 3


def test_one_device_is_the_default():
    assert make_recipe().devices.count == 1
    with pytest.raises(InvalidInput, match=r"devices\.count must be at least 1"):
        make_recipe("default", {"devices.count": 0})


@pytest.mark.parametrize("fusion", ["interactions", pytest.param("late", marks=pytest.mark.slow)])
def test_two_processes_train_as_one_with_the_whole_batch(tmp_path, fusion):
    # of 128 windows batches of 32 come out even
    train, new = xor_windows(128, seed=0), xor_windows(50, seed=1)
    recipe = "network" if fusion == "interactions" else "late_fusion"
    settings = {**SMALL, **STILL, **(ALONE if fusion == "interactions" else {})}
    one = ip.fit(train, profile=xor_profile(), recipe=recipe, settings=settings)
    random = torch.random.get_rng_state()
    out = tmp_path / "run"
    two = ip.fit(
        train, profile=xor_profile(), recipe=recipe, settings=settings | {"devices.count": 2}, out=out
    )
    assert torch.equal(random, torch.random.get_rng_state())
    # rounding of float32 through the eight steps of a moving average of squares
    np.testing.assert_allclose(two.predict(new)["p_like"], one.predict(new)["p_like"], atol=1e-3)
    for both in zip(one.log, two.log, strict=True):
        assert both[0]["loss"] == pytest.approx(both[1]["loss"], abs=1e-3)
        assert both[0]["accuracy"] == pytest.approx(both[1]["accuracy"], abs=1e-3)
    lines = (out / "log.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2]
    np.testing.assert_array_equal(load_run(out).predict(new)["p_like"], two.predict(new)["p_like"])
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize(("count", "looks"), [(1, 1), (2, 0)])
def test_no_gpu_is_looked_at_before_processes_are_forked(count, looks, monkeypatch):
    # a GPU that this process begins to use is lost to those that it forks
    looked = []
    monkeypatch.setattr(devices, "device_of", lambda accelerator: torch.device("cuda", 0))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_rng_state", looked.append)
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda *state: None)
    with devices.random_numbers_apart(DevicesConfig(accelerator="gpu", count=count)):
        torch.rand(1)
    assert looked == [torch.device("cuda", 0)] * looks


def test_held_out_entities_choose_weights_in_two_processes_too():
    train = xor_windows(128, seed=0)
    settings = SMALL | STILL | {"optimiser.held_out": 0.25, "devices.count": 2}
    run = ip.fit(train, recipe="network", settings=settings)
    looks = [epoch["held_out_loss"] for epoch in run.log]
    assert len(looks) == 2
    held = run.predict(train)
    assert np.isfinite(held["p_like"]).all()
