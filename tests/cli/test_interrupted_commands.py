"""Ctrl-C at the command line: exit code 130, a sentence, and the same command continues."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

import pytest
import torch

from interplay import files
from interplay.cli import main
from interplay.profile import InteractionProfile
from interplay.train import load_run

SMALL = ["--steps", "3", "--stride", "96", "--lags-s", "[0.0, 1.0]"]
# ten epochs, so that some are left when another process sees the state of the first
TINY = ["--profile", "none", "--model.width", "16", "--model.layers", "1", "--optimiser.batch_size", "256",
        "--optimiser.epochs", "10", "--optimiser.least_steps", "0", "--recipe", "network"]  # fmt: skip
CONTINUE = "Give the same command again to continue; what is finished is in"
SAVES = "interplay.files.state.whole_file"
"""By which states of trainings and of measurements are written."""


def stopped_there(words, unfinished: Path, pattern: str, signal_number, capsys, timeout_s=120.0) -> str:
    """Run a command in a process of its own, which gets a signal once a file is there; returns what it said."""
    process = subprocess.Popen(
        [sys.executable, "-m", "interplay", *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        text=True,
        # a test run in the background hands on that Ctrl-C is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until = time.monotonic() + timeout_s
    while not any(unfinished.glob(pattern)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal_number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == ""
    assert "Traceback" not in err
    return err


def stopped_here(words, unfinished: Path, pattern: str, signal_number, capsys) -> str:
    """Run a command in this process, which gets a signal as soon as a file is there; returns what it said."""
    signals = [signal_number]

    @contextmanager
    def whole_file_then_signal(path, **kwargs):
        with files.whole_file(path, **kwargs) as part:
            yield part
        if signals and Path(path).parent == unfinished and fnmatch(Path(path).name, pattern):
            signal.raise_signal(signals.pop())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SAVES, whole_file_then_signal)
        # a test run in the background hands on that Ctrl-C is ignored
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            assert main(words) == 130
        finally:
            signal.signal(signal.SIGINT, before)
    assert not signals
    out, err = capsys.readouterr()
    assert out == ""
    return err


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A training that was never stopped."""
    out = tmp_path_factory.mktemp("whole") / "run"
    assert main(["train", "--data", "hapt_sample", *SMALL, *TINY, "-o", str(out), "--quiet"]) == 0
    return load_run(out).model.state_dict()


@pytest.mark.parametrize(
    ("stopped", "signal_number"),
    [
        (stopped_here, signal.SIGTERM),
        pytest.param(stopped_there, signal.SIGINT, marks=pytest.mark.slow),
        pytest.param(stopped_there, signal.SIGTERM, marks=pytest.mark.slow),
    ],
)
def test_a_stopped_training_can_be_continued(whole, tmp_path, capsys, stopped, signal_number):
    out = tmp_path / "run"
    many = ["train", "--data", "hapt_sample", *SMALL, *TINY, "-o", str(out)]
    unfinished = tmp_path / ".run.part"
    err = stopped([*many, "--quiet"], unfinished, "*.safetensors", signal_number, capsys)
    assert err == f"interplay: stopped. {CONTINUE} {unfinished}.\n"
    assert not out.exists()
    assert (unfinished / "log.jsonl").read_text().startswith('{"epoch": 1, ')
    assert main(many) == 0
    assert "interplay: note: continuing after epoch" in capsys.readouterr().err
    assert not unfinished.exists()
    weights = load_run(out).model.state_dict()
    assert all(torch.equal(value, whole[name]) for name, value in weights.items())


@pytest.mark.parametrize(
    ("stopped", "signal_number"),
    [
        pytest.param(stopped_here, signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(stopped_there, signal.SIGINT, marks=pytest.mark.slow),
        pytest.param(stopped_there, signal.SIGTERM, marks=pytest.mark.slow),
    ],
)
def test_measuring_that_is_stopped_can_be_continued(tmp_path, capsys, stopped, signal_number):
    out, whole = tmp_path / "p.nc", tmp_path / "whole.nc"
    quick = ["--estimator.epochs", "2", "--estimator.n_rotations", "9", "--estimator.n_bootstrap", "10"]
    words = ["estimate", "hapt_sample", *SMALL, *quick, "-o"]
    unfinished = tmp_path / ".p.nc.part"
    err = stopped([*words, str(out), "--quiet"], unfinished, "*-screened.safetensors", signal_number, capsys)
    assert err == f"interplay: stopped. {CONTINUE} {unfinished}.\n"
    (screened,) = unfinished.glob("*-screened.safetensors")
    made = screened.stat().st_mtime_ns
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "interplay.files.work.shutil.rmtree", lambda path, **_: seen.append(screened.stat().st_mtime_ns)
        )
        assert main([*words, str(out)]) == 0
    assert set(seen) == {made}  # it was read, not made again
    assert main([*words, str(whole)]) == 0
    assert InteractionProfile.load(out) == InteractionProfile.load(whole)
    assert not (tmp_path / ".whole.nc.part").exists()
    assert "resume" not in InteractionProfile.load(out).dataset.attrs["parameters"]
