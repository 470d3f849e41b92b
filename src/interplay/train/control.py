"""The unguided control of a run: the same training, on the same windows, without the profile."""

from interplay.data import SplitManifest, Windows
from interplay.errors import InvalidInput
from interplay.progress import Progress
from interplay.train.run import Run
from interplay.train.training import fit


def train_control(run: Run, windows: Windows, *, progress: Progress | None = None) -> Run:
    """Train again what `fit` trained, without the profile; recipe, seed and training windows are those of the run.

    Parameters
    ----------
    run : Run
    windows : Windows
        The data of the run, cut with the options of its split. Those of its training entities are picked by
        ``run.split``, which proves that they are the same; all others are left aside.
    progress : callable, optional
        Told the share of the work that is done; by default a bar on a terminal.

    Returns
    -------
    Run
        What `Run.evaluate` takes as ``control``.

    Raises
    ------
    InvalidInput
        If a training entity is missing, or its windows are not those that the run was trained on.
    """
    return fit(
        training_windows(run, windows),
        recipe=run.recipe,
        seed=run.seed,
        card=run.data.card,
        split=run.split,
        rivals=False,
        progress=progress,
    )


def training_windows(run: Run, windows: Windows) -> Windows:
    """The windows that a run was trained on, out of windows of the same data."""
    part = run.split.parts.get("train")
    if part is None or set(part.entities) != set(run.data.entities):
        raise InvalidInput(
            "the split of a run must say which entities it was trained on, in a part named 'train'; this run's does "
            "not. Train it with the manifest of its own split."
        )
    return SplitManifest(parts={"train": part}).apply(windows)["train"]
