"""What does not change in an entity, such as age: inputs from a table with a row for each."""

from pathlib import Path

import numpy as np

from interplay.study import columns as read
from interplay.study.issues import Issue, error
from interplay.study.spec import StaticSpec
from interplay.study.table_files import open_table


def static_names(spec: StaticSpec | None) -> tuple[str, ...]:
    """Names of the static inputs: columns, and a name for each value of a category."""
    if spec is None:
        return ()
    return (
        *spec.columns,
        *(f"{name}={value}" for name, values in spec.categories.items() for value in values),
    )


def static_inputs(spec: StaticSpec | None, folder: Path) -> tuple[dict[str, dict[str, float]], list[Issue]]:
    """entity -> name -> value; NaN where unknown."""
    if spec is None:
        return {}, []
    table = open_table(folder / spec.file)
    issues = read.missing_columns(table, [spec.entity, *spec.columns, *spec.categories], spec.file)
    if issues:
        return {}, issues
    inputs = {}
    for name in spec.columns:
        inputs[name], of_column = read.numbers(table, name, spec.file)
        issues += of_column
    for name, values in spec.categories.items():
        code, of_column = read.labels(table, name, tuple(map(str, values)), spec.file)
        issues += of_column
        for k, value in enumerate(values):
            inputs[f"{name}={value}"] = np.where(code < 0, np.nan, code == k)
    who = [read.as_text(value) for value in table[spec.entity]]
    twice = table[spec.entity].duplicated().to_numpy()
    if twice.any():
        k = int(np.argmax(twice))
        issues.append(error(spec.file, f"{who[k]!r} must have one row; it has another above.", k + 2))
    return {str(name): {key: float(v[k]) for key, v in inputs.items()} for k, name in enumerate(who)}, issues
