"""Columns to numbers, times and labels; whatever cannot be read is told with its row, and with the line that helps."""

import difflib
import re
from collections.abc import Mapping, Sequence

import numpy as np

from interplay.study.formats.dialect import IN_THOUSANDS, WITH_COMMA
from interplay.study.formats.form import Form, as_yaml
from interplay.study.issues import Issue, error
from interplay.study.numbers import as_numbers, pattern
from interplay.study.rows import Rows, as_texts, listed, plain
from interplay.types import UNLABELLED

UNKNOWN = -2
LARGEST = float(np.finfo(np.float32).max)


def missing_columns(rows: Rows, names: Sequence[str | None]) -> list[Issue]:
    """Columns that the study names and the table lacks."""
    issues = []
    for name in names:
        if name is not None and name not in rows.names:
            lower = {other.lower(): other for other in rows.names}
            close = difflib.get_close_matches(name.lower(), lower, n=1)
            hint = (
                f"did you mean {lower[close[0]]!r}?"
                if close
                else f"it has {', '.join(map(repr, [other[:40] for other in rows.names[:8]]))}."
            )
            issues.append(error(rows.file(), f"the column {name!r} must be there; {hint}", 1))
    return issues


def numbers(rows: Rows, name: str) -> tuple[np.ndarray, list[Issue]]:
    """(n,) float64 of a column, NaN where there is no value, and what is unreadable."""
    read, issues = as_numbers(rows.table[name], rows.form), []
    if len(read.bad):
        words = list(dict.fromkeys(str(word).strip() for word in rows.table[name].iloc[read.bad]))
        bounds = {str(word).strip() for word in rows.table[name].iloc[read.bounds]}
        are = "is none" if len(words) == 1 else "are none"
        sentence = f"{name!r} must hold numbers; {listed(words, 3)} {are}{more(read.bad)}. "
        issues.append(rows.error(sentence + _way_out(rows, read.bad, words, bounds), int(read.bad[0])))
    infinite = np.flatnonzero(np.isinf(read.values))
    large = np.flatnonzero(np.abs(np.nan_to_num(read.values, posinf=0, neginf=0)) > LARGEST)
    if len(infinite):
        issues.append(
            rows.error(
                f"{name!r} must be finite; it is infinite{more(infinite)}. Leave the cell empty where a value "
                "is missing.",
                int(infinite[0]),
            )
        )
    elif len(large):
        issues.append(
            rows.error(
                f"{name!r} must be less than {LARGEST:.2g}; it is {read.values[large[0]]:g}{more(large)}. "
                "Leave the cell empty where a value is wrong.",
                int(large[0]),
            )
        )
    return read.values, issues


def _way_out(rows: Rows, bad: np.ndarray, words: Sequence[str], bounds: set[str]) -> str:
    """What to do about words among numbers."""
    if rows.form.decimal is None and any(map(WITH_COMMA.fullmatch, words)):
        grouped = all(map(IN_THOUSANDS.fullmatch, words))
        other = ', or format: {thousands: ","}, whichever it is' if grouped else ""
        return f'Write decimals with a point, or say format: {{decimal: ","}}{other}.'
    if all(map(IN_THOUSANDS.fullmatch, words)):
        return 'Say format: {thousands: ","}.'
    first_alone = list(bad) == [0] and len(rows) > 1 and rows.form.units_row is None and not bounds
    if first_alone and re.search(r"[^\W\d_]|[%°]", words[0]):
        other = as_yaml(Form(missing=tuple(words)))
        return f"If these are units, say format: {{units_row: true}}; if it stands for no value, {other}."
    ends = {
        word.removeprefix(number[0]).strip()
        for word in words
        if (number := re.match(pattern(rows.form), word))
    }
    if len(ends) == 1 and all(re.match(pattern(rows.form), word) for word in words):
        return f"Write the numbers alone, without {ends.pop()!r} after each."
    if len(bad) == len(rows) and not bounds:
        return "A column of words is no channel; take rows apart by it with where, or leave it out."
    others = tuple(word for word in words if word not in bounds)[:8]
    said = Form(missing=others, censored="value" if bounds else None)
    policy = ' (or "half" of a bound, or "missing")' if bounds else ""
    return f"If that is what they are, say {as_yaml(said)}{policy}."


def labels(
    rows: Rows, name: str, classes: Sequence[str], rename: Mapping[str, str] | None = None
) -> tuple[np.ndarray, list[Issue]]:
    """(n,) int64 class numbers, -1 where empty; without `classes` (n,) float64, NaN where empty."""
    if not classes:
        return numbers(rows, name)
    code = {plain(str(label)): k for k, label in enumerate(classes)}
    renamed = {
        plain(str(word)): code.get(plain(str(label)), UNKNOWN) for word, label in (rename or {}).items()
    }
    code |= renamed
    missing = rows.form.missing_words - set(code)
    texts = [None if text in missing else text for text in as_texts(rows.table[name])]
    values = np.array(
        [UNLABELLED if text is None else code.get(plain(text), UNKNOWN) for text in texts], dtype=np.int64
    )
    unknown = np.flatnonzero(values == UNKNOWN)
    if not len(unknown):
        return values, []
    words = list(dict.fromkeys(str(texts[k]) for k in unknown))
    lower = {label.lower(): label for label in map(str, classes)}
    close = {word: difflib.get_close_matches(word.lower(), lower, n=1) for word in words}
    same = ", ".join(f"{word}: {lower[near[0]]}" for word, near in close.items() if near)
    hint = "Add it to classes, leave the cell empty, or say format: {missing: [...]} for labels to leave out."
    if len(words) == 1 and close[words[0]]:
        hint = f"Did you mean {lower[close[words[0]][0]]!r}? Then say rename: {{{same}}}."
    elif same:
        hint = f"Say rename: {{{same}}} if that is what they are."
    are = "is not" if len(words) == 1 else "are not"
    sentence = f"{name!r} must be one of {', '.join(map(str, classes))}; {listed(words)} {are}{more(unknown)}. {hint}"
    return values, [rows.error(sentence, int(unknown[0]))]


def more(rows: np.ndarray) -> str:
    """How many more rows are like it."""
    return "" if len(rows) == 1 else f" (and in {len(rows) - 1} more rows)"
