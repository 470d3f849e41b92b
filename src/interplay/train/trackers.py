"""Trackers: who is told of every epoch. Nothing leaves this machine unless a tracker is pointed at another."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Protocol

from interplay.errors import InvalidInput

Epoch = Mapping[str, float]
"""Number of the epoch, seconds since the start, and means of the loss terms."""


class Tracker(Protocol):
    """Told how a training goes."""

    def start(self, settings: Mapping[str, object], epochs: Sequence[Epoch]) -> None:
        """Settings and data of the training, and the epochs that were trained before it was interrupted."""
        ...

    def epoch(self, values: Epoch) -> None:
        """What came of an epoch."""
        ...

    def stop(self, *, finished: bool) -> None:
        """The training has ended, or was stopped on the way."""
        ...


class JsonLines:
    """One line of JSON per epoch, written at once, so that the file can be followed with `tail -f`.

    Parameters
    ----------
    path : str or Path
        In a folder that exists.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)

    def start(self, settings: Mapping[str, object], epochs: Sequence[Epoch]) -> None:
        self.path.write_text(json_lines(epochs), "utf-8")

    def epoch(self, values: Epoch) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json_lines([values]))

    def stop(self, *, finished: bool) -> None:
        pass


class TensorBoard:
    """Curves for TensorBoard (`pip install 'interplay[tracking]'`).

    Parameters
    ----------
    folder : str or Path
        Of this run's event files; `tensorboard --logdir` takes the folder above it.
    """

    def __init__(self, folder: str | Path):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise _missing("TensorBoard", "tensorboard") from error
        self.folder, self.writer_class = Path(folder), SummaryWriter

    def start(self, settings: Mapping[str, object], epochs: Sequence[Epoch]) -> None:
        # curves of an interrupted training go on in a second file; what the first has beyond its state is dropped
        self.writer = self.writer_class(str(self.folder), purge_step=len(epochs) + 1)
        if not epochs:
            rows = "".join(f"| {name} | {value} |\n" for name, value in _flat(settings))
            self.writer.add_text("settings", f"| setting | value |\n| --- | --- |\n{rows}")

    def epoch(self, values: Epoch) -> None:
        for name, value in _metrics(values):
            self.writer.add_scalar(name, value, int(values["epoch"]))
        self.writer.flush()

    def stop(self, *, finished: bool) -> None:
        self.writer.close()


class MLflow:
    """A run in an MLflow store (`pip install 'interplay[tracking]'`), of the experiment ``interplay``.

    Parameters
    ----------
    uri : str
        Of the store: ``file:`` and a folder, or the address of a server.
    name : str
        Of the run.
    """

    experiment = "interplay"

    def __init__(self, uri: str, name: str):
        # MLflow reports on its use unless told not to, and wants folders as stores to be asked for
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        if uri.startswith("file:"):
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
        try:
            from mlflow import MlflowClient
            from mlflow.entities import Metric, Param
        except ImportError as error:
            raise _missing("MLflow", "mlflow-skinny") from error
        self.uri, self.name = uri, name
        self.client_class, self.metric, self.param = MlflowClient, Metric, Param

    def start(self, settings: Mapping[str, object], epochs: Sequence[Epoch]) -> None:
        self.client = self.client_class(tracking_uri=self.uri)
        known = self.client.get_experiment_by_name(self.experiment)
        experiment = known.experiment_id if known else self.client.create_experiment(self.experiment)
        self.run_id = self.client.create_run(experiment, run_name=self.name).info.run_id
        params = [self.param(name, str(value)) for name, value in _flat(settings)]
        self.client.log_batch(self.run_id, params=params)
        for values in epochs:
            self.epoch(values)

    def epoch(self, values: Epoch) -> None:
        # the time of a metric is wanted in ms; seconds since the start tell as much as the clock
        time_ms, step = round(1000 * values["seconds"]), int(values["epoch"])
        metrics = [self.metric(name, value, time_ms, step) for name, value in _metrics(values)]
        self.client.log_batch(self.run_id, metrics=metrics)

    def stop(self, *, finished: bool) -> None:
        self.client.set_terminated(self.run_id, "FINISHED" if finished else "KILLED")


TRACKERS = ("tensorboard", "mlflow")


def make_trackers(
    track: "str | Tracker | Sequence[str | Tracker]", out: Path | None, to: str | None = None
) -> list[Tracker]:
    """Trackers by name or as they are; those by name write beside the run folder.

    Parameters
    ----------
    track : name of `TRACKERS`, Tracker, or sequence of them
    out : Path or None
        Run folder; curves go to ``tensorboard/<run>`` beside it, MLflow's store is ``mlruns`` beside it.
    to : str, optional
        Folder of the curves, or URI of the store, in place of these.

    Raises
    ------
    InvalidInput
        If a name is unknown, its library is not installed, or there is no folder to write beside.
    """
    if to is not None and not track:
        raise InvalidInput(
            f"a place to track to must come with what tracks: {' or '.join(TRACKERS)}; got {to!r} alone."
        )
    asked = [track] if isinstance(track, str) or hasattr(track, "epoch") else track
    return [_by_name(one, out, to) if isinstance(one, str) else one for one in asked]  # type: ignore[union-attr]


def _by_name(name: str, out: Path | None, to: str | None) -> Tracker:
    if name not in TRACKERS:
        raise InvalidInput(
            f"track must name one of {', '.join(TRACKERS)}, or be a tracker with start, epoch and stop; got {name!r}."
        )
    if out is None:
        raise InvalidInput(
            f"track={name!r} must come with out, the run folder, beside which it writes; got none. Pass out, or a "
            "tracker that says where: interplay.train.TensorBoard(folder) or MLflow(uri, name)."
        )
    if name == "tensorboard":
        return TensorBoard(to or out.parent / "tensorboard" / out.name)
    return MLflow(to or f"file:{(out.parent / 'mlruns').resolve()}", out.name)


def json_lines(epochs: Sequence[Epoch]) -> str:
    """A log as it stands in a file."""
    return "".join(json.dumps(dict(epoch)) + "\n" for epoch in epochs)


def _metrics(values: Epoch) -> Iterator[tuple[str, float]]:
    return ((name, value) for name, value in values.items() if name != "epoch")


def _flat(settings: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    parts = (
        _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else [(f"{prefix}{name}", value)]
        for name, value in settings.items()
    )
    return chain.from_iterable(parts)


def _missing(what: str, package: str) -> InvalidInput:
    return InvalidInput(
        f"tracking with {what} needs {package}, which is not installed. Install it with: "
        "pip install 'interplay[tracking]'."
    )
