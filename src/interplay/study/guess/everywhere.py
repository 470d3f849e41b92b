"""What only shows in all rows of all files of a kind: labels, and words that stand among numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from interplay.errors import InterplayError
from interplay.study.formats.form import Form
from interplay.study.formats.opening import is_small, open_table, table_parts
from interplay.study.formats.table import Table
from interplay.study.guess.cells import distinct
from interplay.study.guess.kinds import Kind
from interplay.study.guess.measurements import label_rows, labels_among, value_and_quantity
from interplay.study.guess.roles import Roles, first_rows, roles
from interplay.study.guess.target import label_of
from interplay.study.numbers import as_numbers
from interplay.study.rows import FILE, Rows, as_texts
from interplay.study.tables import UNPACKED, WHOLE_BELOW

MOST_FILES = 500
"""Files of a kind that are looked through."""
SHOWN = 5


def rows_of(folder: Path, path: Path, kind: Kind) -> Rows:
    """All rows of a file; of a large one the first of them."""
    small = is_small(path, WHOLE_BELOW, UNPACKED)
    table = (
        open_table(path, kind.form, kind.names) if small else Table(rows=next(table_parts(path, kind.form)))
    )
    name = path.relative_to(folder).as_posix()
    rows = table.rows.assign(**{FILE: 0})
    return Rows(table=rows, files=(name,), form=kind.form, units=table.units, rate_hz=table.rate_hz)


def roles_in(folder: Path, kind: Kind, whole: Rows, *, by_name: bool) -> Roles:
    """Roles of the columns of a kind of file, by its first rows, with what all rows of all files add."""
    guess = roles(first_rows(whole), by_name=by_name)
    labels: set[str] = set()
    words: dict[str, None] = {}
    bounds = False
    label, measured = label_of(guess), label_rows(guess)
    for rows in _all_rows(folder, kind, whole):
        if label is not None:
            labelled = rows if measured is None else labels_among(rows, measured)
            labels |= set(distinct(labelled, label))
        of_file, bounded = _words(rows, guess)
        words |= dict.fromkeys(of_file)
        bounds |= bounded
    doubts = list(guess.doubts)
    if words:
        doubts.append(
            ("format", f"{', '.join(map(repr, list(words)[:SHOWN]))} among numbers are taken for missing")
        )
    if bounds:
        doubts.append(("format", "bounds such as <0.5 are taken for their number"))
    form = _with_words(guess.form, tuple(words), bounds)
    rows = replace(guess.rows, form=form)
    return replace(guess, rows=rows, form=form, labels=tuple(sorted(labels)), doubts=tuple(doubts))


def _all_rows(folder: Path, kind: Kind, whole: Rows):
    yield whole
    for path in kind.paths[1:MOST_FILES]:
        try:
            yield rows_of(folder, path, kind)
        except InterplayError:
            continue  # told by the check


def _words(rows: Rows, of_first: Roles) -> tuple[list[str], bool]:
    """Words among the numbers of a file, and whether some of them are bounds; quantities of words alone have none."""
    words: dict[str, None] = {}
    bounds = False
    value, key = value_and_quantity(of_first)
    for name in of_first.numbers:
        read = as_numbers(rows.table[name], of_first.form)
        bad = np.zeros(len(rows), dtype=bool)
        bad[np.setdiff1d(read.bad, read.bounds)] = True
        if name == value and key is not None:
            bad &= ~_of_words(as_texts(rows.table[key]), read.values)
        bounds |= len(read.bounds) > 0
        words |= dict.fromkeys(str(text).strip() for text in rows.table[name].iloc[np.flatnonzero(bad)])
    return list(words), bounds


def _of_words(kinds: list[str | None], values: np.ndarray) -> np.ndarray:
    """Rows of kinds of which none has a number."""
    counted = {kind for kind, value in zip(kinds, values, strict=True) if not np.isnan(value)}
    return np.array([kind not in counted for kind in kinds], dtype=bool)


def _with_words(form: Form, words: tuple[str, ...], bounds: bool) -> Form:
    return replace(form, missing=words or form.missing, censored="value" if bounds else form.censored)
