"""Trackers: what they write, and that nothing is sent anywhere."""

import json
import os
import sys

import pytest

from interplay.errors import InvalidInput
from interplay.train import JsonLines, MLflow, TensorBoard, fit, make_trackers
from small_runs import SMALL, xor_windows

EPOCHS = [{"epoch": k, "seconds": 0.5 * k, "loss": 1.0 / k} for k in (1, 2, 3)]
TOLD = {"model": {"width": 16}, "seed": 3}


def tell(tracker, epochs, before=()):
    tracker.start(TOLD, before)
    for epoch in epochs:
        tracker.epoch(epoch)
    tracker.stop(finished=True)


def test_json_lines_can_be_followed_and_go_on_after_an_interruption(tmp_path):
    path = tmp_path / "log.jsonl"
    tell(JsonLines(path), EPOCHS[:2])
    assert [json.loads(line) for line in path.read_text().splitlines()] == EPOCHS[:2]
    # the second epoch was told, but its state was not kept
    tell(JsonLines(path), EPOCHS[1:], before=EPOCHS[:1])
    assert [json.loads(line) for line in path.read_text().splitlines()] == EPOCHS


def curves(folder):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    return events


def test_tensorboard_gets_every_term_of_every_epoch(tmp_path):
    pytest.importorskip("tensorboard")
    tell(TensorBoard(tmp_path), EPOCHS[:2])
    tell(TensorBoard(tmp_path), EPOCHS[1:], before=EPOCHS[:1])
    events = curves(tmp_path)
    assert set(events.Tags()["scalars"]) == {"loss", "seconds"}
    found = [(event.step, event.value) for event in events.Scalars("loss")]
    assert found == [(1, 1.0), (2, 0.5), (3, pytest.approx(1 / 3))]
    (settings,) = events.Tensors("settings/text_summary")
    assert b"| model.width | 16 |" in settings.tensor_proto.string_val[0]


@pytest.mark.slow
def test_mlflow_gets_settings_and_terms(tmp_path):
    mlflow = pytest.importorskip("mlflow")
    uri = f"file:{tmp_path / 'mlruns'}"
    tell(MLflow(uri, "first"), EPOCHS[1:], before=EPOCHS[:1])
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    from mlflow.telemetry.utils import is_telemetry_disabled

    assert is_telemetry_disabled()
    client = mlflow.MlflowClient(tracking_uri=uri)
    (run,) = client.search_runs([client.get_experiment_by_name("interplay").experiment_id])
    assert (run.info.run_name, run.info.status) == ("first", "FINISHED")
    assert run.data.params == {"model.width": "16", "seed": "3"}
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value, m.timestamp) for m in history] == [
        (1, 1.0, 500),
        (2, 0.5, 1000),
        (3, 1 / 3, 1500),
    ]
    second = MLflow(uri, "second")
    second.start(TOLD, [])
    second.stop(finished=False)
    assert client.get_run(second.run_id).info.status == "KILLED"


@pytest.mark.slow
def test_trackers_by_name_write_beside_the_run(tmp_path):
    pytest.importorskip("tensorboard")
    pytest.importorskip("mlflow")
    settings = SMALL | {"optimiser.epochs": 2}
    run = fit(
        xor_windows(60, seed=0), settings=settings, out=tmp_path / "run", track=["tensorboard", "mlflow"]
    )
    assert {path.name for path in tmp_path.iterdir()} == {"run", "tensorboard", "mlruns"}
    found = [event.value for event in curves(tmp_path / "tensorboard" / "run").Scalars("loss")]
    assert found == pytest.approx([epoch["loss"] for epoch in run.log])


def test_the_user_says_where(tmp_path):
    pytest.importorskip("tensorboard")
    (tracker,) = make_trackers("tensorboard", tmp_path / "run", to=str(tmp_path / "there"))
    assert tracker.folder == tmp_path / "there"
    own = JsonLines(tmp_path / "own.jsonl")
    assert make_trackers(own, None) == [own]


@pytest.mark.parametrize(
    ("name", "module"), [("tensorboard", "torch.utils.tensorboard"), ("mlflow", "mlflow")]
)
def test_a_missing_library_is_named_before_anything_is_done(tmp_path, monkeypatch, name, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InvalidInput, match=r"which is not installed.*pip install 'interplay\[tracking\]'"):
        fit(xor_windows(60, seed=0), settings=SMALL, out=tmp_path / "run", track=name)
    assert list(tmp_path.iterdir()) == []


def test_unknown_names_and_names_without_a_place_are_refused():
    with pytest.raises(InvalidInput, match="track must name one of tensorboard, mlflow"):
        make_trackers("wandb", None)
    with pytest.raises(InvalidInput, match="must come with out"):
        make_trackers("tensorboard", None)
