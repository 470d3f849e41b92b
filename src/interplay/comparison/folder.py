"""The runs of a folder at a glance: settings and scores are read, weights are not."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import pandas as pd

from interplay.comparison.settings import data_name, flat
from interplay.data import SplitManifest
from interplay.errors import DamagedFile, InvalidInput
from interplay.files.plain_yaml import read_plain_yaml
from interplay.files.reading import whole
from interplay.train import RECIPES, make_recipe
from interplay.train.described import read_description, read_log, read_metrics
from interplay.train.run_folder import METRICS
from interplay.train.target_kinds import TARGETS

SETTINGS = "config.yaml"
NEEDED = ("data.json", "split.json", "log.jsonl")
AGAIN = "Train it again, or copy all of it."
DEEPEST = 4
"""Folders within folders that are looked into."""

REPORT = "report.html"
DECIDED = "decision.rule"
"""What a training writes into its settings in place of "auto"."""


@dataclass(frozen=True, kw_only=True, repr=False)
class RunEntry:
    """What is seen of a run without loading it.

    Attributes
    ----------
    name : its folder, from the one that was listed
    folder : Path
    data : name of its data set
    recipe : the recipe that its settings are nearest to, and how many differ
    date : when its settings were written, by the clock of the file system
    guided : whether it has a profile
    kind : what the target is, see `interplay.types.Schema`
    score_name : the score by which runs of this target are compared
    scores : mapping of str to float, of all test windows; empty where it was not evaluated
    trained_on : entities
    mb : float, size on disk in 10**6 bytes
    log : one mapping per epoch
    report : Path of its page, or None
    """

    name: str
    folder: Path
    data: str
    recipe: str
    date: datetime
    guided: bool
    kind: str
    score_name: str
    scores: Mapping[str, float]
    trained_on: int
    mb: float
    log: tuple[Mapping[str, float], ...]
    report: Path | None

    @property
    def score(self) -> float | None:
        """Its main score; None where it was not evaluated, or the score is not defined."""
        return self.scores.get(self.score_name)

    def __repr__(self) -> str:
        score = "no score" if self.score is None else f"{self.score_name} {self.score:.3f}"
        return f"RunEntry({self.name!r}: {self.data}, {self.recipe}, {score})"


@dataclass(frozen=True, kw_only=True, repr=False)
class RunList:
    """All runs of a folder, by name.

    Attributes
    ----------
    folder : Path
    runs : RunEntry of each that could be read
    damaged : sentences about those that could not
    """

    folder: Path
    runs: tuple[RunEntry, ...]
    damaged: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """A row for each run: ``run, data, recipe, guided, date, score_name, score, low, high, trained_on, tested_on``
        (entities), ``test_windows`` and ``mb``; what was not evaluated has empty cells."""
        rows = [
            {
                "run": run.name,
                "data": run.data,
                "recipe": run.recipe,
                "guided": run.guided,
                "date": run.date.isoformat(" ", "minutes"),
                "score_name": run.score_name,
                "score": run.score,
                "low": run.scores.get(f"{run.score_name}_low"),
                "high": run.scores.get(f"{run.score_name}_high"),
                "trained_on": run.trained_on,
                "tested_on": run.scores.get("n_entities"),
                "test_windows": run.scores.get("n_windows"),
                "mb": round(run.mb, 2),
            }
            for run in self.runs
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        damaged = f", {len(self.damaged)} damaged" if self.damaged else ""
        return f"RunList of {self.folder}: {len(self.runs)} runs{damaged}"

    def _repr_html_(self) -> str:
        from interplay.notebook import table_html

        return table_html(self.to_frame(), repr(self))


def list_runs(folder: str | Path) -> RunList:
    """The runs in a folder, and in the folders within it.

    Parameters
    ----------
    folder : str or Path
        Of runs, or of one.

    Returns
    -------
    RunList

    Raises
    ------
    InvalidInput
        If there is no such folder, or no run in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InvalidInput(f"runs must be listed from a folder that exists; there is no folder {folder}.")
    runs, damaged = [], []
    for path in _folders(folder, DEEPEST):
        name = path.name if path == folder else path.relative_to(folder).as_posix()
        try:
            runs.append(_entry(path, name))
        except DamagedFile as error:
            damaged.append(str(error))
    if not runs and not damaged:
        raise InvalidInput(
            f"a folder of runs must hold some that `interplay train` made; {folder} has none. Name the folder above "
            "them, such as runs."
        )
    return RunList(folder=folder, runs=tuple(runs), damaged=tuple(damaged))


def _folders(folder: Path, deepest: int) -> Iterator[Path]:
    """Runs in order of their names; what lies within a run is its own, and what is hidden or linked is left alone."""
    if (folder / SETTINGS).is_file():
        yield folder
        return
    if deepest == 0:
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield from _folders(path, deepest - 1)


def _entry(folder: Path, name: str) -> RunEntry:
    missing = [file for file in NEEDED if not (folder / file).is_file()]
    if missing:
        raise DamagedFile(f"{folder} is not a whole run: {missing[0]} is missing. {AGAIN}")
    with whole(folder, "a whole run", AGAIN):
        settings = read_plain_yaml((folder / SETTINGS).read_text("utf-8"))
        description = read_description(folder / "data.json")
        train, kind = description.train, description.schema.kind
        scores = read_metrics(folder / METRICS).test if (folder / METRICS).is_file() else {}
        files = [path.stat() for path in folder.rglob("*") if path.is_file()]
        return RunEntry(
            name=name,
            folder=folder,
            data=data_name(train.card, SplitManifest.load(folder / "split.json").source),
            recipe=_nearest_recipe(settings["recipe"]),
            date=datetime.fromtimestamp((folder / SETTINGS).stat().st_mtime),
            guided=(folder / "profile.nc").is_file(),
            kind=kind,
            score_name=TARGETS[kind].main_score,
            scores={name: score for name, score in scores.items() if score is not None},
            trained_on=len(train.entities),
            mb=sum(file.st_size for file in files) / 1e6,
            log=tuple(read_log(folder / "log.jsonl")),
            report=folder / REPORT if (folder / REPORT).is_file() else None,
        )


def _nearest_recipe(settings: Mapping) -> str:
    """The recipe that the fewest settings differ from, and how many do."""
    settings = _values(settings)
    differ = {name: _count_differing(settings, known) for name, known in _recipes().items()}
    name = min(differ, key=lambda one: differ[one])
    changed = differ[name]
    return name if not changed else f"{name}, {changed} setting{'s' if changed > 1 else ''} changed"


@cache
def _recipes() -> dict[str, dict[str, str]]:
    return {name: _values(make_recipe(name).to_dict()) for name in RECIPES}


def _values(settings: Mapping) -> dict[str, str]:
    """Every setting as JSON, in which a list that was read is the tuple that was written."""
    return {name: json.dumps(value) for name, value in flat(settings).items() if name != DECIDED}


def _count_differing(settings: Mapping[str, str], known: Mapping[str, str]) -> int:
    return sum(settings.get(name) != known.get(name) for name in {*settings, *known})
