"""A run written as a program says what the run says, of real batches, and describes itself."""

import hashlib
import json
import os
import sys
import types

import numpy as np
import pytest
import torch

import interplay as ip
from interplay.errors import InvalidInput
from interplay.train import export_run
from interplay.train.export import _write_onnx
from small_runs import SMALL, xor_profile, xor_windows

QUIET = {"progress": lambda done: None}


@pytest.fixture(scope="module")
def run():
    return ip.fit(xor_windows(200, 0), profile=xor_profile(), settings=SMALL, **QUIET)


@pytest.fixture(scope="module")
def program(run, tmp_path_factory):
    return export_run(run, tmp_path_factory.mktemp("program") / "model.pt2")


def asked(windows, which):
    batch = windows.batch(np.asarray(which))
    return {name: torch.from_numpy(values) for name, values in batch.x.items()}, torch.from_numpy(
        batch.observed
    )


def opened(path):
    """What a program says of raw values and what is observed."""
    if path.suffix == ".pt2":
        program = torch.export.load(path).module()
        return lambda x, observed: program(x, observed).numpy()
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    names = [entry.name for entry in session.get_inputs()]
    return lambda x, observed: session.run(
        None, dict(zip(names, [*(v.numpy() for v in x.values()), observed.numpy()], strict=True))
    )[0]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".pt2", ".onnx"])
def test_a_program_says_what_the_run_says(run, program, suffix, tmp_path):
    made = program if suffix == ".pt2" else export_run(run, tmp_path / f"model{suffix}")
    assert made.difference < 1e-5
    test = xor_windows(40, 1, entities=("x", "y"))
    told = run.predict(test, **QUIET)[["p_unlike", "p_like"]].to_numpy()
    says = opened(made.path)
    for which in (range(40), [7], [3, 1]):
        found = says(*asked(test, which))
        # raw values are scaled in float32 inside, and summed in another order
        np.testing.assert_allclose(found, told[list(which)], atol=1e-5)


@pytest.mark.slow
def test_the_program_describes_what_goes_in(program):
    told = json.loads(program.sidecar.read_text())
    assert list(told["inputs"]) == ["left", "right", "third", "observed"]
    assert told["inputs"]["left"]["shape"] == ["batch", 3, 1, 2]
    assert told["output"]["names"] == ["unlike", "like"]
    assert told["largest_difference_to_run"] == program.difference
    assert told["program_sha256"] == hashlib.sha256(program.path.read_bytes()).hexdigest()


# "dense" is made of what "late_fusion", without experts, and "laplace_moe", with attention across, are made of
@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["dense", "early_fusion", "late_fusion", "laplace_moe"])
def test_every_kind_of_model_can_be_exported(recipe, tmp_path):
    small = {k: v for k, v in SMALL.items() if "synergy" not in k and "epochs" not in k}
    run = ip.fit(xor_windows(60, 0), recipe=recipe, settings=small | {"optimiser.epochs": 1}, **QUIET)
    assert export_run(run, tmp_path / "model.pt2").difference < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".pt2", ".onnx"])
def test_all_readers_of_whole_windows_can_be_exported(suffix, tmp_path):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 40)
    # patterns of nine samples have room in a window
    waves = np.sin(np.arange(12) * (1 + y[:, None]))[..., None]
    arrays = {name: waves + 0.5 * rng.normal(size=waves.shape) for name in ("left", "right")}
    windows = ip.windows_from_arrays(arrays, y, entity=np.arange(80) % 8)
    settings = {f"readers.kinds.{name}.patterns": 100 for name in ("rockets", "hydra")}
    settings |= {"readers.folds": 2, "readers.of_each": "ridge"}
    run = ip.fit(windows, recipe="readers", settings=settings, **QUIET)
    made = export_run(run, tmp_path / f"model{suffix}")
    assert made.difference < 1e-5
    lacking = {
        "left": arrays["left"],
        "right": np.where(np.arange(80)[:, None, None] % 3, np.nan, arrays["right"]),
    }
    says = opened(made.path)
    for some in (windows, ip.windows_from_arrays(lacking, y, entity=np.arange(80) % 8, fill="mark")):
        told = run.predict(some, **QUIET)[["p_0", "p_1"]].to_numpy()
        for which in (range(80), [7], [3, 1]):
            np.testing.assert_allclose(says(*asked(some, which)), told[list(which)], atol=1e-5)


@pytest.mark.slow
def test_numbers_come_in_their_unit_and_side_inputs_go_in(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {"a": rng.normal(size=(80, 2, 1)), "b": rng.normal(size=(80, 2, 1))}
    y = 500.0 + 20.0 * rng.normal(size=80)
    train = ip.windows_from_arrays(arrays, y, classes=(), static={"age": rng.normal(60, 10, 80)})
    run = ip.fit(train, settings=SMALL | {"optimiser.epochs": 1}, **QUIET)
    made = export_run(run, tmp_path / "model.pt2")
    x, observed = asked(train, range(5))
    static = torch.from_numpy(train.static[:5])
    static[0] = torch.nan
    found = torch.export.load(made.path).module()(x, observed, static)
    told = run.predict(train.select(np.arange(1, 5)), **QUIET)["predicted"]
    # float32 of numbers around 500
    np.testing.assert_allclose(found[1:].numpy(), told, rtol=1e-5)
    assert torch.isfinite(found).all()


def test_what_cannot_be_exported_says_so_and_leaves_nothing(run, tmp_path):
    with pytest.raises(InvalidInput, match=r"must end in .pt2 or .onnx; got 'model.bin'"):
        export_run(run, tmp_path / "model.bin")
    (tmp_path / "model.pt2").write_text("mine")
    with pytest.raises(InvalidInput, match="must not exist yet"):
        export_run(run, tmp_path / "model.pt2")
    assert [path.name for path in tmp_path.iterdir()] == ["model.pt2"]


def test_a_run_with_contexts_of_single_windows_needs_its_probe(tmp_path):
    run = ip.fit(
        xor_windows(60, 0), settings=SMALL | {"model.context": "token", "optimiser.epochs": 1}, **QUIET
    )
    with pytest.raises(InvalidInput, match="must have context 'profile'; this one has 'token'"):
        export_run(run, tmp_path / "model.pt2")


def test_a_program_that_disagrees_is_not_written(run, tmp_path, monkeypatch):
    def write_another(program, example, path):
        path.write_bytes(b"")
        return lambda inputs: program(*inputs).numpy() + 2e-5

    monkeypatch.setattr("interplay.train.export._write_pt2", write_another)
    with pytest.raises(InvalidInput, match="must agree with the run"):
        export_run(run, tmp_path / "model.pt2")
    assert not list(tmp_path.iterdir())


def test_onnxruntime_is_told_to_report_nothing(monkeypatch):
    class Runtime(types.ModuleType):
        def disable_telemetry_events(self):
            raise Asked(os.environ.get("ORT_DISABLE_TELEMETRY"))

    class Asked(Exception):
        """The first that is asked of it, and what its environment says then."""

    # undone after the test, whatever the export sets
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY")
    monkeypatch.setitem(sys.modules, "onnxscript", types.ModuleType("onnxscript"))
    monkeypatch.setitem(sys.modules, "onnxruntime", Runtime("onnxruntime"))
    with pytest.raises(Asked, match=r"^1$"):
        _write_onnx(None, None, None)
