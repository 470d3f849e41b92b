"""Networks predict on the device that is asked for, whose arithmetic is here that of the processor."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import xarray as xr

import interplay as ip
from in_a_process import in_a_process
from interplay.cli import main
from interplay.errors import InvalidInput
from interplay.nn import TwoLevels
from interplay.train import Run, evaluation, on_device
from interplay.train import run as runs
from interplay.train.on_device import device_of
from interplay.train.recipe import DevicesConfig
from small_runs import SMALL, xor_profile, xor_windows

READ = {"readers.of_all": "extra_trees, ridge", "readers.of_each": "", "readers.of_pairs": ""}
WORK = ("addmm", "bmm", "mm", "_grouped_mm", "convolution")
"""Operations that are the work of a network."""


@pytest.fixture(scope="module")
def new():
    return xor_windows(16, seed=1, entities=("x", "y"))


@pytest.fixture(scope="module")
def network():
    train = xor_windows(64, seed=0)
    return ip.fit(train, profile=xor_profile(), recipe="network", settings=SMALL, rivals=False)


@pytest.fixture(scope="module")
def two_levels(network):
    settings = SMALL | READ | {"readers.kinds.extra_trees.trees": 5}
    run = ip.fit(xor_windows(64, seed=0), recipe="readers", settings=settings, rivals=False)
    # whether or not held-out entities would gain from the network, it is asked
    model = TwoLevels(run.model.mixture, network.model, run.model.config).eval()
    return replace(run, model=model, profile=network.profile)


def equal_on_device(run: Run, new: ip.Windows) -> None:
    from fake_device import ELSEWHERE, FakeDevice

    with pytest.MonkeyPatch.context() as patch:
        # single windows are explained on the processor in both, which takes its time
        for name in ("EXAMPLES", "ASKED_ABOUT"):
            patch.setattr(evaluation, name, 2)
        here = run.predict(new, accelerator="cpu")
        run.evaluate(new, n_bootstrap=10, accelerator="cpu")
        before, weights = run.evaluation, [value.clone() for value in run.model.state_dict().values()]
        patch.setattr(runs, "device_to_read_on", lambda accelerator, trained: ELSEWHERE)
        patch.setattr(evaluation, "explain_windows", lambda *args: before.examples)
        with FakeDevice() as device:
            there = run.predict(new)
        with FakeDevice() as of_evaluation:
            run.evaluate(new, n_bootstrap=10)
    for done in (device, of_evaluation):
        assert sum(done.there[name] for name in WORK) > 0
        readers = run.recipe.readers.of_all
        assert bool(sum(done.here[name] for name in WORK)) == bool(readers), done.here
    # cells of the encoder are fused there, which rounds float32 once more
    np.testing.assert_allclose(there["p_like"], here["p_like"], atol=1e-6)
    assert run.evaluation.test == pytest.approx(before.test, abs=1e-5)
    assert run.evaluation.without_context == pytest.approx(before.without_context, abs=1e-5)
    for name, scores in before.without.items():
        assert run.evaluation.without[name] == pytest.approx(scores, abs=1e-5)
    xr.testing.assert_allclose(run.evaluation.insight, before.insight, atol=1e-5)
    for value, weight in zip(run.model.state_dict().values(), weights, strict=True):
        assert value.device.type == "cpu"
        assert torch.equal(value, weight)


@pytest.mark.slow
def test_a_network_works_where_it_is_told_to(network, new):
    in_a_process(equal_on_device, network, new)


@pytest.mark.slow
def test_readers_stay_on_the_processor(two_levels, new):
    in_a_process(equal_on_device, two_levels, new)


def left_behind(run: Run, new: ip.Windows) -> None:
    from fake_device import ELSEWHERE, FakeDevice

    batch = run.scaled(new)[np.arange(4)]
    with FakeDevice(), torch.no_grad():
        run.model.to(ELSEWHERE)
        with pytest.raises(RuntimeError, match="on the same device"):
            run.model(batch.x, batch.observed, batch.context, batch.static)


def test_windows_that_were_left_behind_are_noticed(network, new):
    in_a_process(left_behind, network, new)


def interrupted(run: Run, new: ip.Windows) -> None:
    from fake_device import ELSEWHERE, FakeDevice

    def stop(share: float) -> None:
        assert next(run.model.parameters()).device == ELSEWHERE
        raise KeyboardInterrupt

    with FakeDevice(), pytest.raises(KeyboardInterrupt):
        evaluation.predictions(run.model, run.scaled(new), stop, device=ELSEWHERE)
    assert {value.device.type for value in run.model.state_dict().values()} == {"cpu"}


def test_an_interruption_gives_the_model_back(network, new):
    in_a_process(interrupted, network, new)


def test_the_processor_is_the_processor_to_the_bit(network, two_levels, new):
    assert device_of("auto").type == "cpu" or torch.accelerator.is_available()
    for run in (network, two_levels):
        by_default = evaluation.predictions(run.model, run.scaled(new), lambda share: None)
        np.testing.assert_array_equal(run.predict(new, accelerator="cpu")["p_like"], by_default[:, 1])


@pytest.mark.parametrize(
    ("asked", "trained", "meant"),
    [(None, "auto", "auto"), (None, "gpu", "auto"), (None, "cpu", "cpu"), ("gpu", "cpu", "gpu")],
)
def test_a_run_that_was_kept_off_the_gpu_stays_off_it(asked, trained, meant, monkeypatch):
    monkeypatch.setattr(on_device, "device_of", lambda accelerator: accelerator)
    assert on_device.device_to_read_on(asked, DevicesConfig(accelerator=trained)) == meant


def test_a_device_that_is_not_there_is_refused_before_any_work(network, new):
    def never(*args):
        raise AssertionError("begun")

    for name in ("nonsense", "tpu"):
        with pytest.raises(InvalidInput, match=rf"one that this machine has; '{name}' is not"):
            network.predict(new, accelerator=name, progress=never)
        with pytest.raises(InvalidInput, match=f"'{name}' is not"):
            network.evaluate(new, accelerator=name, progress=never)
        with pytest.raises(InvalidInput, match=f"'{name}' is not"):
            ip.fit(new, settings={"devices.accelerator": name}, progress=never)


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_the_command_line_hands_it_on(command, tmp_path, monkeypatch):
    class Stop(Exception):
        pass

    asked = []

    class Asked:
        split = SimpleNamespace(parts={})

        def answer(self, windows, *, accelerator, **options):
            asked.append(accelerator)
            raise Stop

        predict = evaluate = answer

    windows = SimpleNamespace(entities=("a",), of_entities=lambda names: None)
    monkeypatch.setattr("interplay.train.load_run", lambda *args, **options: Asked())
    monkeypatch.setattr(f"interplay.cli.{command}.windows_like", lambda *args, **options: windows)
    out = ["-o", str(tmp_path / "table.csv")] if command == "predict" else []
    for words in ([], ["--accelerator", "gpu"]):
        with pytest.raises(Stop):
            main([command, "runs/first", "--quiet", *out, *words])
    assert asked == [None, "gpu"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_says_what_the_processor_says(network, two_levels, new):
    for run in (network, two_levels):
        there, here = (run.predict(new, accelerator=name)["p_like"] for name in ("gpu", "cpu"))
        # float32 in another order
        np.testing.assert_allclose(there, here, atol=1e-4)
