"""A demonstration that was killed goes on where it stopped, to the same numbers."""

import pytest
import torch

from interplay import demo
from interplay.cli import main
from interplay.estimators import PosteriorPID
from interplay.train import load_run


@pytest.fixture
def few(monkeypatch):
    """Few windows and little training: seconds instead of a minute."""
    monkeypatch.setattr(demo, "STEPS", 3)
    monkeypatch.setattr(demo, "STRIDE", 200)
    monkeypatch.setattr(demo, "LAGS_S", (0.0, 1.0))
    small = {"model.width": 16, "model.layers": 1, "optimiser.epochs": 2}
    monkeypatch.setattr(demo, "SETTINGS", demo.SETTINGS | small)
    # reports have tests of their own
    monkeypatch.setattr(demo, "write_report", lambda run, path: path.write_text("report"))
    quick = {"epochs": 1, "n_rotations": 9, "n_bootstrap": 10}
    monkeypatch.setattr(demo, "PosteriorPID", lambda **settings: PosteriorPID(**quick, **settings))


@pytest.mark.slow
def test_a_demo_that_was_stopped_at_each_stage_ends_as_one_that_was_not(few, tmp_path, monkeypatch, capsys):
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert main(["demo", "-o", str(whole), "--quiet"]) == 0
    trained = []
    fit = demo.fit
    monkeypatch.setattr(
        demo, "fit", lambda *windows, **settings: trained.append(1) or fit(*windows, **settings)
    )
    for stage in ("_trained", "write_report"):
        with monkeypatch.context() as patch:

            def stop(*_, **__):
                raise KeyboardInterrupt

            patch.setattr(demo, stage, stop)
            capsys.readouterr()
            assert main(["demo", "-o", str(out), "--quiet"]) == 130
        assert (
            f"Give the same command again to continue; what is finished is in {tmp_path}"
            in capsys.readouterr().err
        )
        assert not out.exists()
    assert main(["demo", "-o", str(out), "--quiet"]) == 0
    assert trained == [1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "whole"]
    assert {path.name for path in out.iterdir()} == {path.name for path in whole.iterdir()}
    one, other = load_run(whole), load_run(out)
    assert one.profile == other.profile
    assert one.evaluation.test == other.evaluation.test
    assert one.evaluation.predictions.equals(other.evaluation.predictions)
    weights = other.model.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in one.model.state_dict().items())
