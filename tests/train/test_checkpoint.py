"""A training that was interrupted goes on as if it had not been."""

import json
import signal

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from interplay.errors import InterplayWarning
from interplay.files import part_of
from interplay.train import fit, load_run
from interplay.train.checkpoint import PlainStates
from small_runs import SMALL, xor_profile, xor_windows

SETTINGS = SMALL | {
    "optimiser.epochs": 4,
    "optimiser.modality_dropout": 0.2,
    "model.dropout": 0.1,
    "model.jitter": 0.01,
}


class Stop:
    """A tracker that stops the training after an epoch."""

    def __init__(self, after: int, error: type[BaseException] = KeyboardInterrupt):
        self.after, self.error = after, error
        self.before: list[int] = []
        self.finished: list[bool] = []

    def start(self, told, epochs):
        self.before = [epoch["epoch"] for epoch in epochs]

    def epoch(self, values):
        if values["epoch"] == self.after:
            raise self.error

    def stop(self, *, finished):
        self.finished.append(finished)


def train(out, *, stop=None, seed=0, settings=(), windows=None):
    return fit(
        # three steps an epoch, the last of them short
        xor_windows(80, seed=0) if windows is None else windows,
        profile=xor_profile(),
        settings=SETTINGS | dict(settings),
        out=out,
        seed=seed,
        track=() if stop is None else stop,
    )


def weights(run):
    return {name: value.clone() for name, value in run.model.state_dict().items()}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return train(tmp_path_factory.mktemp("whole") / "run")


def without_seconds(log):
    return [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in log]


# stopped in epoch 1 nothing is kept yet; KeepState comes after the trackers, so epoch 3 is trained again
@pytest.mark.parametrize(("after", "kept"), [(1, []), (2, [1]), (4, [1, 2, 3])])
def test_an_interrupted_training_ends_with_the_same_weights(uninterrupted, tmp_path, after, kept):
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(out, stop=Stop(after))
    assert not out.exists()
    assert part_of(out).is_dir()
    again = Stop(after=99)
    run = train(out, stop=again)
    assert again.before == kept
    assert again.finished == [True]
    assert not part_of(out).exists()
    wanted = weights(uninterrupted)
    assert all(torch.equal(value, wanted[name]) for name, value in weights(run).items())
    assert without_seconds(run.log) == without_seconds(uninterrupted.log)
    seconds = [epoch["seconds"] for epoch in run.log]
    assert seconds == sorted(seconds)
    assert load_run(out).log == run.log


@pytest.mark.slow
def test_the_best_weights_so_far_are_kept_with_the_state(tmp_path):
    # far too large a rate: it soon gets worse
    looked = {"optimiser.held_out": 0.25, "optimiser.learning_rate": 1.0}
    whole = train(tmp_path / "whole", settings=looked)
    losses = [epoch["held_out_loss"] for epoch in whole.log if "held_out_loss" in epoch]
    # the best look lies before the interruption, else it would be found anew
    assert np.argmin(losses) < 2
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "run", stop=Stop(4), settings=looked)
    run = train(tmp_path / "run", settings=looked)
    wanted = weights(whole)
    assert all(torch.equal(value, wanted[name]) for name, value in weights(run).items())
    assert without_seconds(run.log) == without_seconds(whole.log)


@pytest.mark.slow
def test_interrupted_twice_and_by_an_error_it_still_ends_the_same(uninterrupted, tmp_path):
    out = tmp_path / "run"
    for after, error in ((2, RuntimeError), (3, KeyboardInterrupt)):
        stop = Stop(after, error)
        with pytest.raises(error):
            train(out, stop=stop)
        assert stop.finished == [False]
    run = train(out)
    assert all(torch.equal(v, weights(uninterrupted)[name]) for name, v in weights(run).items())


def test_one_that_was_stopped_before_it_was_saved_is_not_trained_again(uninterrupted, tmp_path, monkeypatch):
    out = tmp_path / "run"
    with monkeypatch.context() as patched:
        patched.setattr("interplay.train.run.write_run_folder", _full_disk)
        with pytest.raises(OSError, match="full"):
            train(out)
    again = Stop(after=99)
    run = train(out, stop=again)
    assert (again.before, again.finished) == ([], [])  # nothing was left to tell of
    assert without_seconds(run.log) == without_seconds(uninterrupted.log)
    assert all(torch.equal(v, weights(uninterrupted)[name]) for name, v in weights(run).items())


def _full_disk(*_, **__):
    raise OSError("the disk is full")


@pytest.mark.parametrize("other", ["seed", "settings", "windows"])
def test_another_training_starts_from_its_beginning(tmp_path, other):
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(out, stop=Stop(3))
    changed = {
        "seed": {"seed": 1},
        "settings": {"settings": {"optimiser.learning_rate": 1e-3}},
        "windows": {"windows": xor_windows(80, seed=5)},
    }[other]
    stop = Stop(1)
    with pytest.raises(KeyboardInterrupt):
        train(out, stop=stop, **changed)
    assert stop.before == []
    same = Stop(99)
    train(out, stop=same)
    assert same.before == [1, 2]


def test_the_log_can_be_followed_and_the_state_is_no_pickle(tmp_path):
    out = tmp_path / "run"
    seen = []

    class Reader(Stop):
        def epoch(self, values):
            seen.append(len((part_of(out) / "log.jsonl").read_text().splitlines()))
            super().epoch(values)

    with pytest.raises(KeyboardInterrupt):
        train(out, stop=Reader(3))
    assert seen == [1, 2, 3]
    (state,) = part_of(out).glob("*.safetensors")
    assert {path.name for path in part_of(out).iterdir()} == {"log.jsonl", state.name}
    with safe_open(state, framework="pt") as file:
        assert set(file.metadata()) == {"text", "digest"}
        json.loads(file.metadata()["text"])
    assert all(isinstance(value, torch.Tensor) for value in load_file(state).values())
    train(out)
    assert [json.loads(line)["epoch"] for line in (out / "log.jsonl").read_text().splitlines()] == [
        1,
        2,
        3,
        4,
    ]


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    """One bit of one number is another, which the format does not notice."""
    return content[:-3] + bytes([content[-3] ^ 16]) + content[-2:]


@pytest.mark.parametrize("damaged", [bytes, cut, flipped], ids=["empty", "cut", "flipped"])
def test_a_damaged_state_is_named_and_its_work_done_again(uninterrupted, tmp_path, damaged):
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(out, stop=Stop(2))
    (state,) = part_of(out).glob("*.safetensors")
    content = state.read_bytes()
    state.write_bytes(damaged(content) if damaged is not bytes else b"")
    with pytest.warns(
        InterplayWarning, match=r"\.safetensors must be as it was kept, and is damaged .* done again"
    ):
        again = train(out)
    assert all(torch.equal(v, weights(uninterrupted)[name]) for name, v in weights(again).items())


def test_ctrl_c_is_heard_again_after_a_training_was_stopped(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "run", stop=Stop(1))
    assert signal.getsignal(signal.SIGINT) == before


def test_a_run_that_is_kept_nowhere_leaves_no_state(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fit(xor_windows(60, seed=0), settings=SMALL | {"optimiser.epochs": 1})
    assert list(tmp_path.iterdir()) == []


def test_states_come_back_as_they_were(tmp_path):
    state = {
        "epoch": 3,
        "nested": {0: {"step": torch.tensor(2.0), "betas": (0.9, 0.95)}, "none": None},
        "rates": [float("inf"), 1e-300, -0.1, True],
        "counts": torch.arange(4, dtype=torch.uint8),
        "empty": torch.zeros(0, 3),
        "half": torch.ones(2, dtype=torch.bfloat16).t(),
        "text": 'mapping "tensor" ±',
    }
    PlainStates().save_checkpoint(state, tmp_path / "x.safetensors")
    again = PlainStates().load_checkpoint(tmp_path / "x.safetensors")
    assert repr(again) == repr(state)
    with pytest.raises(TypeError, match="got ndarray"):
        PlainStates().save_checkpoint({"x": np.zeros(2)}, tmp_path / "y.safetensors")
    assert not (tmp_path / "y.safetensors").exists()
