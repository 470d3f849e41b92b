"""What does not change in an entity, such as age: inputs from a table with a row for each."""

from pathlib import Path

import numpy as np

from interplay.study import columns as read
from interplay.study.formats.opening import open_table
from interplay.study.issues import Issue
from interplay.study.rows import Rows, name_codes
from interplay.study.spec import StaticSpec


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
    table = open_table(folder / spec.file, spec.form)
    rows = Rows(table=table.rows, files=(spec.file,), form=spec.form)
    issues = read.missing_columns(rows, [spec.entity, *spec.columns, *spec.categories])
    if issues:
        return {}, issues
    inputs = {}
    for name in spec.columns:
        inputs[name], of_column = read.numbers(rows, name)
        issues += of_column
    for name, values in spec.categories.items():
        code, of_column = read.labels(rows, name, tuple(values))
        issues += of_column
        for k, value in enumerate(values):
            inputs[f"{name}={value}"] = np.where(code < 0, np.nan, code == k)
    code, names = name_codes(table.rows[spec.entity])
    first = np.searchsorted(np.sort(code), np.arange(len(names)))
    order = np.argsort(code, kind="stable")
    again = [k for k in range(len(code)) if code[k] >= 0 and k != order[first[code[k]]]]
    if again:
        issues.append(
            rows.error(f"{names[code[again[0]]]!r} must have one row; it has another above.", again[0])
        )
    row_of = {name: int(order[first[k]]) for k, name in enumerate(names)}
    return {name: {key: float(v[row]) for key, v in inputs.items()} for name, row in row_of.items()}, issues
