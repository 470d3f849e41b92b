"""Several processes train as one does with whole batches; one of them writes."""

import json
import multiprocessing
import os
import socket
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.cli import main
from interplay.errors import InvalidInput
from interplay.train import devices, load_run, make_recipe
from interplay.train.module import GuidedTraining
from interplay.train.recipe import DevicesConfig
from interplay.train.shared_batches import SharedBatches, share_of
from interplay.train.target_kinds import TARGETS
from small_models import SHAPES, random_context, small_model
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


@pytest.mark.parametrize(("precision", "fused"), [("32-true", True), ("bf16-mixed", False)])
def test_optimisers_of_one_pass_stay_out_of_mixed_precision(precision, fused):
    settings = {**SMALL, **ALONE, "optimiser.epochs": 1, "devices.precision": precision}
    recipe = make_recipe("network", settings)
    training = GuidedTraining(small_model(SHAPES, 4, random_context(4, 4)), TARGETS["classes"], recipe, 10)
    (optimiser,), _ = training.configure_optimizers()
    assert bool(optimiser.defaults["fused"]) is fused
    # Lightning refuses to clip gradients before a step that it cannot look into
    run = ip.fit(xor_windows(32, seed=0), recipe=recipe)
    assert np.isfinite(run.log[-1]["loss"])


JOB = {
    "JOB_NAME": "job",
    "JOB_ID": "1",
    "NTASKS": "2",
    "NNODES": "2",
    "NODEID": "0",
    "LOCALID": "0",
    "PROCID": "0",
}
"""What a scheduler of jobs says, which does not count."""


def is_machine(rank: int, port: int) -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "NODE_RANK": str(rank)}
    os.environ |= {f"SLURM_{name}": value for name, value in JOB.items()}


def one_of_two_machines(rank: int, port: int, out: Path) -> tuple[list, np.ndarray, Path | None]:
    is_machine(rank, port)
    settings = SMALL | STILL | ALONE | {"devices.num_nodes": 2}
    run = ip.fit(
        xor_windows(128, seed=0), profile=xor_profile(), recipe="network", settings=settings, out=out
    )
    return run.log, run.predict(xor_windows(50, seed=1))["p_like"], run.folder


@pytest.mark.slow
def test_two_machines_train_as_one_with_the_whole_batch(tmp_path):
    train, new = xor_windows(128, seed=0), xor_windows(50, seed=1)
    one = ip.fit(train, profile=xor_profile(), recipe="network", settings=SMALL | STILL | ALONE)
    out, port = tmp_path / "run", free_port()
    # both see one disk
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as machines:
        both = [machines.submit(one_of_two_machines, rank, port, out) for rank in (0, 1)]
        (log, first, folder), (_, second, nowhere) = (machine.result(timeout=120) for machine in both)
    # as of two processes of one machine
    np.testing.assert_allclose(first, one.predict(new)["p_like"], atol=1e-3)
    np.testing.assert_array_equal(first, second)
    assert [epoch["loss"] for epoch in log] == pytest.approx([epoch["loss"] for epoch in one.log], abs=1e-3)
    assert (folder, nowhere) == (out, None)
    np.testing.assert_array_equal(load_run(out).predict(new)["p_like"], first)
    assert len((out / "log.jsonl").read_text("utf-8").splitlines()) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def command_of_two_machines(rank: int, port: int, out: Path) -> str:
    is_machine(rank, port)
    words = [
        "train",
        "--data",
        "hapt_sample",
        "-o",
        str(out),
        "--recipe",
        "network",
        "--profile",
        "none",
        "--stride",
        "64",
    ]
    settings = {"model.width": 16, "model.layers": 1, "optimiser.epochs": 1, "optimiser.least_steps": 0}
    settings |= {"devices.num_nodes": 2, "devices.accelerator": "cpu"}
    words += [f"--{name}={value}" for name, value in settings.items()]
    said = StringIO()
    with redirect_stdout(said):
        assert main(words) == 0
    return said.getvalue()


@pytest.mark.slow
def test_the_same_command_on_two_machines_writes_one_run(tmp_path):
    out, port = tmp_path / "run", free_port()
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as machines:
        both = [machines.submit(command_of_two_machines, rank, port, out) for rank in (0, 1)]
        first, second = (machine.result(timeout=300) for machine in both)
    assert f"Run: {out}" in first
    assert second.strip() == f"Trained along; the first machine writes {out}."
    assert len(load_run(out).log) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


MACHINE = {"MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "29500", "NODE_RANK": "1"}


@pytest.mark.parametrize("missing", list(MACHINE))
def test_a_machine_that_does_not_know_the_others_is_refused(missing, monkeypatch):
    for name, value in MACHINE.items():
        monkeypatch.setenv(name, value)
    assert devices.machine_of(DevicesConfig(num_nodes=2)) == 1
    assert devices.machine_of(DevicesConfig()) == 0
    monkeypatch.delenv(missing)
    with pytest.raises(InvalidInput, match=f"must find {missing} in the environment"):
        ip.fit(xor_windows(20, seed=0), settings={"devices.num_nodes": 2})


@pytest.mark.parametrize("rank", ["2", "-1", "first"])
def test_a_machine_of_another_number_is_refused(rank, monkeypatch):
    for name, value in (MACHINE | {"NODE_RANK": rank}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=rf"NODE_RANK must be the number .* 0 to 1; got '{rank}'"):
        devices.machine_of(DevicesConfig(num_nodes=2))


def test_processes_are_not_forked_from_one_that_has_used_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    devices.check_devices(DevicesConfig(accelerator="cpu"))
    with pytest.raises(InvalidInput, match="before its Python process uses a GPU"):
        devices.check_devices(DevicesConfig(accelerator="cpu", count=2))
