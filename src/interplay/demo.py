"""The demonstration: real bundled data, end to end."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from interplay.data import Windows, make_windows, split_by_entity
from interplay.datasets import DATASETS, load_dataset
from interplay.estimators import PosteriorPID, TemporalRUS
from interplay.files import unfinished_work, whole_folder
from interplay.profile import InteractionProfile
from interplay.progress import Progress
from interplay.report import write_report
from interplay.train import Run, check_run_folder, fit, load_run

DATASET = "hapt_sample"
STEP_S, STEPS, STRIDE = 0.5, 8, 3
LAGS_S = (0.0, 0.5, 1.0, 2.0, 3.5)
TEST_SHARE, SEED = 0.3, 0
RECIPE = "network"
SETTINGS = {"optimiser.epochs": 5, "optimiser.least_steps": 0, "optimiser.held_out": 0.0}
"""The network alone, which shows what guidance does, trained without a look at held-out people; fewer epochs
than the recipe's 15: neighbouring windows share most of their steps, so an epoch goes a long way."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Demo:
    """What the demonstration made.

    Attributes
    ----------
    profile : InteractionProfile, of the training subjects
    run : Run, evaluated on the held-out subjects
    scores : what `Run.evaluate` returned
    report : Path
    seconds : float, s
    """

    profile: InteractionProfile
    run: Run
    scores: dict[str, float]
    report: Path
    seconds: float

    def summary(self) -> dict[str, object]:
        """Scores and facts, plain values only."""
        return {
            **self.scores,
            "n_train_entities": len(self.run.data.entities),
            "n_test_entities": self.scores["n_entities"],
            "seconds": round(self.seconds, 1),
            "report": str(self.report),
        }


def run_demo(
    out: str | Path, *, overwrite: bool, bar: Callable[[str], AbstractContextManager[Progress]]
) -> Demo:
    """Measure, train, judge and report; nothing is tuned on the held-out subjects.

    What is finished is kept in a hidden folder beside `out`, where the same call after an interruption goes on.

    Parameters
    ----------
    out : str or Path
        Run folder; the report is written into it.
    overwrite : bool
    bar : title -> context manager of a progress callable
    """
    started = time.perf_counter()
    out = Path(out)
    check_run_folder(out, overwrite=overwrite)
    with unfinished_work(out) as folder:
        windows = make_windows(load_dataset(DATASET), step_s=STEP_S, steps=STEPS, stride=STRIDE)
        train, test = split_by_entity(windows, test=TEST_SHARE, seed=SEED)
        with bar("measuring interactions") as progress:
            estimator = PosteriorPID(resume=str(folder / "interactions"))
            profile = TemporalRUS(estimator, lags_s=LAGS_S, progress=progress).fit(train).profile_
        with bar("training the model") as progress:
            run = _trained(train, profile, folder / "run", progress)
        with bar("evaluating held-out subjects") as progress:
            scores = run.evaluate(test, progress=progress)
        with whole_folder(out, overwrite=overwrite) as part:
            run.save(part, overwrite=True)
            write_report(run, part / "report.html")
        run.folder = out
    seconds = time.perf_counter() - started
    return Demo(profile=profile, run=run, scores=scores, report=out / "report.html", seconds=seconds)


def _trained(train: Windows, profile: InteractionProfile, folder: Path, progress: Progress) -> Run:
    """The run, trained in `folder` by this call or an earlier one that was interrupted."""
    if folder.is_dir():
        return load_run(folder)
    card = DATASETS[DATASET].card.to_dict()
    return fit(
        train,
        profile=profile,
        recipe=RECIPE,
        settings=SETTINGS,
        seed=SEED,
        card=card,
        out=folder,
        progress=progress,
    )
