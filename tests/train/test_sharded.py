"""Weights in shares train as whole ones do, and are whole again at the end."""

import json

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.errors import InvalidInput
from interplay.train import devices, load_run, make_recipe, sharded
from interplay.train.recipe import DevicesConfig
from small_runs import SMALL, xor_profile, xor_windows
from test_devices import ALONE, STILL

FSDP = {"devices.count": 2, "devices.strategy": "fsdp", "devices.accelerator": "cpu"}

pytestmark = pytest.mark.skipif(not sharded.CAN_SHARD, reason="needs a later torch")


def bytes_here(tensors) -> int:
    """What this process holds of tensors."""
    return sum(one.to_local().nbytes for one in tensors if isinstance(one, sharded.DTensor))


@pytest.fixture
def sizes(tmp_path, monkeypatch):
    """A function that gives bytes of weights and of what the optimiser remembers, by process, before the end."""
    put_together = sharded.WholeAtTheEnd.on_train_end

    def noted(self, trainer, module):
        weights = [*module.model.parameters()]
        state = [part for of in trainer.optimizers[0].state.values() for part in of.values()]
        size = {
            "whole": sum(weight.nbytes for weight in weights),
            "weights": bytes_here(weights),
            "state": bytes_here(state),
        }
        (tmp_path / f"process-{trainer.global_rank}").write_text(json.dumps(size))
        put_together(self, trainer, module)

    monkeypatch.setattr(sharded.WholeAtTheEnd, "on_train_end", noted)
    return lambda: [json.loads(path.read_text()) for path in sorted(tmp_path.glob("process-*"))]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "more"),
    [
        ("network", ALONE),
        ("network", ALONE | {"optimiser.held_out": 0.25, "model.layers": 2}),
        ("late_fusion", {}),
        ("early_fusion", {}),
    ],
)
def test_shares_train_as_one_process_with_the_whole_batch(recipe, more, sizes, tmp_path):
    train, new = xor_windows(128, seed=0), xor_windows(50, seed=1)
    settings = SMALL | STILL | more
    one = ip.fit(train, profile=xor_profile(), recipe=recipe, settings=settings)
    out = tmp_path / "run"
    two = ip.fit(train, profile=xor_profile(), recipe=recipe, settings=settings | FSDP, out=out)
    # as with whole weights in both processes
    np.testing.assert_allclose(two.predict(new)["p_like"], one.predict(new)["p_like"], atol=1e-3)
    for both in zip(one.log, two.log, strict=True):
        assert both[0]["loss"] == pytest.approx(both[1]["loss"], abs=1e-3)
    for value, other in zip(one.model.state_dict().values(), two.model.state_dict().values(), strict=True):
        assert value.shape == other.shape
    np.testing.assert_array_equal(load_run(out).predict(new)["p_like"], two.predict(new)["p_like"])
    # rows are even, and small weights have few
    assert len(sizes()) == 2
    for size in sizes():
        assert size["weights"] < 0.6 * size["whole"]
        assert size["state"] < 2 * 0.6 * size["whole"]
    assert sum(size["weights"] for size in sizes()) == sizes()[0]["whole"]


@pytest.mark.slow
def test_with_noise_the_result_lies_within_the_spread_of_seeds():
    train, new = xor_windows(128, seed=0), xor_windows(100, seed=1)
    settings = SMALL | {"optimiser.epochs": 6, "model.balance_rate": 0.01, "devices.accelerator": "cpu"}

    def loss(seed: int, **more) -> float:
        run = ip.fit(train, profile=xor_profile(), recipe="network", settings=settings | more, seed=seed)
        return float(
            -np.log(run.predict(new)["p_like"].where(new.y == 1, 1 - run.predict(new)["p_like"])).mean()
        )

    of_seeds = np.array([loss(seed) for seed in range(4)])
    in_shares = loss(0, **FSDP)
    # of four draws the next lies within four deviations of their mean but once in about fifty
    assert abs(in_shares - of_seeds.mean()) < 4 * of_seeds.std(ddof=1)


def test_a_strategy_is_known_and_shares_need_a_torch_that_can(monkeypatch):
    with pytest.raises(InvalidInput, match=r"devices\.strategy must be one of \['ddp', 'fsdp'\]; got 'deep'"):
        make_recipe("network", {"devices.strategy": "deep"})
    assert not DevicesConfig(strategy="fsdp").sharded
    monkeypatch.setattr(devices, "CAN_SHARD", False)
    devices.check_devices(DevicesConfig(strategy="fsdp", accelerator="cpu"))
    with pytest.raises(InvalidInput, match="must have a later torch"):
        ip.fit(xor_windows(20, seed=0), recipe="network", settings=SMALL | FSDP)
    weights = {"weight": torch.ones(2)}
    assert sharded.put_together(weights)["weight"] is weights["weight"]
