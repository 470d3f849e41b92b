"""Ctrl-C at the command line: exit code 130, a sentence, and the same command continues."""

import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from interplay.cli import main
from interplay.profile import InteractionProfile
from interplay.train import load_run

SMALL = ["--steps", "3", "--stride", "48", "--lags-s", "[0.0, 1.0]"]
# ten epochs, so that some are left when the state of the first is seen
TINY = ["--profile", "none", "--model.width", "16", "--model.layers", "1", "--optimiser.batch_size", "256",
        "--optimiser.epochs", "10"]  # fmt: skip
CONTINUE = "Give the same command again to continue; what is finished is in"


def interrupted(words, when, signal_number=signal.SIGINT, timeout_s=120.0) -> str:
    """Run a command in a process of its own, send it a signal once `when()` holds; returns what it said."""
    env = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "interplay", *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=env,
        text=True,
        # a test run in the background hands on that Ctrl-C is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until = time.monotonic() + timeout_s
    while not when():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal_number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == ""
    assert "Traceback" not in err
    return err


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A training that was never stopped."""
    out = tmp_path_factory.mktemp("whole") / "run"
    assert main(["train", "--data", "hapt_sample", *SMALL, *TINY, "-o", str(out), "--quiet"]) == 0
    return load_run(out).model.state_dict()


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_training_can_be_continued(whole, tmp_path, capsys, signal_number):
    out = tmp_path / "run"
    many = ["train", "--data", "hapt_sample", *SMALL, *TINY, "-o", str(out)]
    unfinished = tmp_path / ".run.part"
    err = interrupted([*many, "--quiet"], lambda: any(unfinished.glob("*.safetensors")), signal_number)
    assert err == f"interplay: stopped. {CONTINUE} {unfinished}.\n"
    assert not out.exists()
    assert (unfinished / "log.jsonl").read_text().startswith('{"epoch": 1, ')
    assert main(many) == 0
    assert "interplay: note: continuing after epoch" in capsys.readouterr().err
    assert not unfinished.exists()
    weights = load_run(out).model.state_dict()
    assert all(torch.equal(value, whole[name]) for name, value in weights.items())


def test_ctrl_c_in_measuring_can_be_continued(tmp_path, capsys):
    out, whole = tmp_path / "p.nc", tmp_path / "whole.nc"
    quick = ["--estimator.epochs", "2", "--estimator.n_rotations", "9", "--estimator.n_bootstrap", "10"]
    words = ["estimate", "hapt_sample", *SMALL, *quick, "-o"]
    unfinished = tmp_path / ".p.nc.part"
    err = interrupted([*words, str(out), "--quiet"], lambda: any(unfinished.glob("*-screened.safetensors")))
    assert err == f"interplay: stopped. {CONTINUE} {unfinished}.\n"
    (screened,) = unfinished.glob("*-screened.safetensors")
    made = screened.stat().st_mtime_ns
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "interplay.cli.workflow.shutil.rmtree", lambda path, **_: seen.append(screened.stat().st_mtime_ns)
        )
        assert main([*words, str(out)]) == 0
    assert seen == [made]  # it was read, not made again
    assert main([*words, str(whole)]) == 0
    assert InteractionProfile.load(out) == InteractionProfile.load(whole)
    assert not (tmp_path / ".whole.nc.part").exists()
    assert "resume" not in InteractionProfile.load(out).dataset.attrs["parameters"]
