"""Runs held against one another on the test windows that both were scored on, paired over entities.

Letters: N windows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from interplay.comparison.settings import differing, facts_of_run
from interplay.errors import InvalidInput
from interplay.metrics.paired import paired_scores
from interplay.metrics.resampling import sums_by_entity
from interplay.profile.significance import LEVEL, familywise
from interplay.train import Evaluation, Run
from interplay.train.window_scores import WINDOW_SCORES, WindowScores

NEAR_DIGITS = 6
"""Digits after the point to which times of windows must agree, s."""

KEY = ["entity", "time_s", "again"]
"""What a window is known by: whose it is, when, and which of those of one time it is."""


@dataclass(frozen=True, kw_only=True, repr=False)
class RunComparison:
    """What differs between the first of some runs and each of the others.

    Attributes
    ----------
    names : what the runs are called, the first first
    main_score : the score by which runs of this target are compared
    differences : DataFrame
        A row for each other run and score: ``run, score``; ``a`` and ``b``, the score of the first and of this run on
        the windows of both; ``difference``, b - a, with ``low`` and ``high`` (95 %, entities drawn with replacement);
        ``p_value`` (runs swapped in whole entities), ``p_adjusted`` (Holm, over the other runs) and ``clear``: whether
        that is at most 0.05 and the interval leaves out zero; ``n_windows, n_entities``.
    entities : DataFrame
        The same scores by entity: ``run, entity, n_windows, score, a, b, difference``.
    lacking : sentences about windows that only one run was scored on
    settings : DataFrame, a row for each setting of recipe and data that differs and a column for each run
    """

    names: tuple[str, ...]
    main_score: str
    differences: pd.DataFrame
    entities: pd.DataFrame
    lacking: tuple[str, ...]
    settings: pd.DataFrame

    def in_words(self) -> str:
        """Every score with its difference, interval and p-value, and the settings that differ."""
        from interplay.comparison.words import runs_in_words

        return runs_in_words(self)

    def to_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return {
            "kind": "runs",
            "names": list(self.names),
            "main_score": self.main_score,
            "differences": self.differences.to_dict("records"),
            "entities": self.entities.to_dict("records"),
            "lacking": list(self.lacking),
            "settings": self.settings.reset_index().to_dict("records"),
        }

    def __repr__(self) -> str:
        from interplay.comparison.words import runs_headline

        return f"RunComparison: {runs_headline(self)}"

    def _repr_html_(self) -> str:
        from interplay.notebook import table_html

        return table_html(self.differences, repr(self))


def compare_runs(runs: Sequence[Run], names: Sequence[str], *, n_bootstrap: int = 1000) -> RunComparison:
    """Hold evaluated runs against the first of them.

    Parameters
    ----------
    runs : two or more Run
        Evaluated on the same entities, with the same classes.
    names : what to call them
    n_bootstrap : int
        Draws of entities behind each interval.

    Raises
    ------
    InvalidInput
        If a run was not evaluated, or two were on different entities, classes or labels.
    """
    evaluations = [_evaluation(run, name) for run, name in zip(runs, names, strict=True)]
    first, scored = runs[0], WINDOW_SCORES[runs[0].schema.kind]
    rows, by_entity, lacking = [], [], []
    for run, evaluation, name in zip(runs[1:], evaluations[1:], names[1:], strict=True):
        _check_alike(first, run, evaluations[0], evaluation, names[0], name)
        a, b, few = _both(evaluations[0].predictions, evaluation.predictions, names[0], name)
        lacking += few
        _check_same_labels(a, b, names[0], name)
        parts = [scored.parts(table, first.schema.classes) for table in (a, b)]
        rows += _scores(scored, parts, a["entity"], name, n_bootstrap)
        by_entity.append(_by_entity(scored, parts, a["entity"], name))
    differences = pd.DataFrame(rows)
    differences["p_adjusted"] = differences.groupby("score")["p_value"].transform(
        lambda p: familywise(p.to_numpy())
    )
    apart = (differences["low"] > 0) | (differences["high"] < 0)
    differences["clear"] = apart & (differences["p_adjusted"] <= LEVEL)
    return RunComparison(
        names=tuple(names),
        main_score=first.target.main_score,
        differences=differences,
        entities=pd.concat(by_entity, ignore_index=True),
        lacking=tuple(lacking),
        settings=differing([facts_of_run(run) for run in runs], names),
    )


def _evaluation(run: Run, name: str) -> Evaluation:
    if run.evaluation is None:
        raise InvalidInput(
            f"runs must be evaluated to be compared; {name} was not. Evaluate it first, on entities that it was not "
            "trained on: interplay evaluate RUN --data NAME, or run.evaluate(test)."
        )
    return run.evaluation


def _check_alike(
    a: Run, b: Run, scored_a: Evaluation, scored_b: Evaluation, name_a: str, name_b: str
) -> None:
    """Refuse runs that predict different things, or of different entities."""
    if a.schema.kind != b.schema.kind or sorted(a.schema.classes) != sorted(b.schema.classes):
        said = [f"{_target(run)}" for run in (a, b)]
        raise InvalidInput(
            f"runs must predict the same classes to be compared; {name_a} predicts {said[0]} and {name_b} {said[1]}. "
            "Compare runs of one target."
        )
    for one, other, name, without in (
        (scored_a, scored_b, name_a, name_b),
        (scored_b, scored_a, name_b, name_a),
    ):
        more = sorted(set(one.entities) - set(other.entities))
        if more:
            who = f"{more[0]!r} {f'and {len(more) - 1} more are' if len(more) > 1 else 'is'}"
            raise InvalidInput(
                f"runs must be evaluated on the same entities to be compared; {who} of {name} and not of "
                f"{without}. Train and evaluate both on one split: interplay train --split RUN/split.json."
            )


def _target(run: Run) -> str:
    classes = list(run.schema.classes)
    return "a number" if not classes else f"{'one' if run.schema.kind == 'classes' else 'any'} of {classes}"


def _both(
    a: pd.DataFrame, b: pd.DataFrame, name_a: str, name_b: str
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """The rows of the windows that both runs predicted, in one order; and how many only one did."""
    a, b = _keyed(a), _keyed(b)
    shared = a.index.intersection(b.index, sort=False)
    if not len(shared):
        raise InvalidInput(
            f"runs must be evaluated on the same windows to be compared; {name_a} and {name_b} have none in common. "
            "Evaluate both with the same steps and stride."
        )
    lacking = []
    if len(shared) < max(len(a), len(b)):
        lacking.append(
            f"Compared on the {len(shared):,} windows that both were scored on: {name_a} has {len(a):,} and {name_b} "
            f"{len(b):,}."
        )
    return a.loc[shared].reset_index(), b.loc[shared].reset_index(), lacking


def _keyed(predictions: pd.DataFrame) -> pd.DataFrame:
    """Predictions under who, when, and which of several of that time; windows without a prediction are left out."""
    table = predictions.assign(time_s=predictions["time_s"].round(NEAR_DIGITS))
    table["again"] = table.groupby(["entity", "time_s"]).cumcount()
    said = [name for name in table if name == "predicted" or str(name).startswith("p_")]
    return table.dropna(subset=said).set_index(KEY)


def _check_same_labels(a: pd.DataFrame, b: pd.DataFrame, name_a: str, name_b: str) -> None:
    columns = [name for name in a if name == "label" or str(name).startswith("label_")]
    same = (a[columns] == b[columns]) | (a[columns].isna() & b[columns].isna())
    if not same.to_numpy().all():
        raise InvalidInput(
            f"runs must be evaluated against the same labels to be compared; {name_a} and {name_b} have other labels "
            "for the same windows. Evaluate both on the same data."
        )


def _scores(
    scored: WindowScores, parts: Sequence[np.ndarray], entity: pd.Series, name: str, n_bootstrap: int
) -> list[Mapping[str, object]]:
    compared = paired_scores(scored.scores, *parts, entity=entity, n_bootstrap=n_bootstrap)
    counts = {"n_windows": len(entity), "n_entities": entity.nunique()}
    return [{"run": name, "score": score, **asdict(pair), **counts} for score, pair in compared.items()]


def _by_entity(
    scored: WindowScores, parts: Sequence[np.ndarray], entity: pd.Series, name: str
) -> pd.DataFrame:
    """Scores of each entity by itself."""
    a, b = (scored.scores(sums_by_entity(part, entity)) for part in parts)
    names, n_windows = np.unique(entity.to_numpy().astype(str), return_counts=True)
    tables = [
        pd.DataFrame(
            {
                "run": name,
                "entity": names,
                "n_windows": n_windows,
                "score": score,
                "a": a[score],
                "b": b[score],
            }
        )
        for score in a
    ]
    return pd.concat(tables, ignore_index=True).assign(difference=lambda rows: rows["b"] - rows["a"])
