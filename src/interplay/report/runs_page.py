"""write_runs_page: one offline HTML page of all runs in a folder."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from interplay.comparison import RunEntry, RunList, list_runs
from interplay.comparison.settings import ABSENT
from interplay.comparison.words import SCORES, score_in_words
from interplay.report.shell import Part, render_other, write_page
from interplay.report.text import counted, listed, number


class RunsInShort(Part):
    """How many runs there are, and the best of each data set."""

    name, title, link = "compared_short", "In short", "In short"

    def context(self, runs: RunList, page: Path) -> Mapping[str, object]:
        tested = sum(run.score is not None for run in runs.runs)
        data = list(dict.fromkeys(run.data for run in runs.runs if run.data != ABSENT))
        on = f" on {listed(data)}" if data else ""
        return {
            "sentences": [
                f"{counted(len(runs.runs), 'run')}{on}; {tested} evaluated.",
                *(sentence for name in data if (sentence := _best(runs, name))),
            ],
            "cards": [],
            "lacking": runs.damaged,
        }


class AllRuns(Part):
    """A row for each run."""

    name, title, link = "all_runs", "All runs", "Runs"
    scripts = ("all_runs",)

    def context(self, runs: RunList, page: Path) -> Mapping[str, object]:
        return {"rows": [_cells(run, page) for run in runs.runs]}


class Curves(Part):
    """Learning curves as small multiples."""

    name, title, link = "curves", "Did training settle?", "Learning curves"
    scripts = ("curves",)

    def data(self, runs: RunList, page: Path) -> Mapping[str, object]:
        return {"runs": [{"name": run.name, "log": run.log} for run in runs.runs]}


PARTS = (RunsInShort(), AllRuns(), Curves())


def write_runs_page(runs: RunList | str | Path, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write one HTML page of all runs in a folder; it needs no network, and links to the reports that there are.

    Parameters
    ----------
    runs : RunList, or a folder of runs
    path : str or Path
    overwrite : bool

    Returns
    -------
    Path

    Raises
    ------
    InvalidInput
        If the folder holds no run, or the file exists.
    """
    runs = runs if isinstance(runs, RunList) else list_runs(runs)
    path = Path(path)
    return write_page(runs_page(runs, path), path, overwrite=overwrite)


def runs_page(runs: RunList, path: Path) -> str:
    """The page as it would stand at `path`, from where it links to reports."""
    return render_other(
        PARTS,
        (runs, path),
        what="runs",
        title=f"Runs in {runs.folder.resolve().name}",
        about="Settings, scores and learning curves as the folders of the runs hold them.",
    )


def _best(runs: RunList, data: str) -> str:
    """The run of the largest score on a data set; empty where fewer than two were tested on as many windows."""
    scored = [run for run in runs.runs if run.data == data and run.score is not None]
    tested = {(run.score_name, run.scores.get("n_windows"), run.scores.get("n_entities")) for run in scored}
    if len(scored) < 2 or len(tested) > 1:
        return ""
    best = max(scored, key=lambda run: run.score or 0.0)
    return f"The largest score on {data} is that of {best.name}: {score_in_words(best)}."


def _cells(run: RunEntry, page: Path) -> dict[str, object]:
    low, high = (run.scores.get(f"{run.score_name}_{end}") for end in ("low", "high"))
    return {
        "name": run.name,
        "data": run.data,
        "recipe": run.recipe,
        "guided": "yes" if run.guided else "no",
        "score_name": SCORES[run.score_name],
        "score": number(run.score),
        "interval": "–" if low is None or high is None else f"{number(low)} to {number(high)}",
        "trained_on": run.trained_on,
        "tested_on": f"{run.scores['n_entities']:g}" if "n_entities" in run.scores else "–",
        "date": f"{run.date:%Y-%m-%d %H:%M}",
        "mb": f"{run.mb:.1f}",
        "report": None if run.report is None else _link(run.report, page),
    }


def _link(report: Path, page: Path) -> str:
    """From the page to a report, so that a folder with both can be moved; its names lead nowhere else."""
    relative = os.path.relpath(report.resolve(), page.resolve().parent)
    return "./" + quote(relative.replace(os.sep, "/"))
