"""The demonstration: real bundled data, end to end."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from interplay.data import make_windows, split_by_entity
from interplay.datasets import DATASETS, load_dataset
from interplay.estimators import TemporalRUS
from interplay.profile import InteractionProfile
from interplay.progress import Progress
from interplay.report import write_report
from interplay.train import Run, check_run_folder, fit

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
    windows = make_windows(load_dataset(DATASET), step_s=STEP_S, steps=STEPS, stride=STRIDE)
    train, test = split_by_entity(windows, test=TEST_SHARE, seed=SEED)
    with bar("measuring interactions") as progress:
        profile = TemporalRUS(lags_s=LAGS_S, progress=progress).fit(train).profile_
    with bar("training the model") as progress:
        card = DATASETS[DATASET].card.to_dict()
        run = fit(
            train,
            profile=profile,
            recipe=RECIPE,
            settings=SETTINGS,
            seed=SEED,
            card=card,
            progress=progress,
        )
    with bar("evaluating held-out subjects") as progress:
        scores = run.evaluate(test, progress=progress)
    run.save(out, overwrite=overwrite)
    report = write_report(run, out / "report.html")
    return Demo(profile=profile, run=run, scores=scores, report=report, seconds=time.perf_counter() - started)
