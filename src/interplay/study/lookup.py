"""Whose recording it is, from a table, where files are named after recordings alone."""

from collections.abc import Mapping
from pathlib import Path

from interplay.errors import InvalidInput
from interplay.study.formats.form import Form
from interplay.study.formats.opening import ROW, open_table
from interplay.study.rows import as_texts, plain
from interplay.study.spec import Lookup


def read_lookup(root: Path, lookup: Lookup, form: Form) -> Mapping[str, str]:
    """Recording -> entity.

    Raises
    ------
    InvalidInput
        If the table lacks a column, or names two entities for one recording.
    """
    table = open_table(root / lookup.file, form).rows
    for name in (lookup.recording, lookup.entity):
        if name not in table.columns:
            names = [column for column in table.columns if column != ROW]
            raise InvalidInput(f"{root / lookup.file} must have the column {name!r}; it has {names[:8]}.")
    whose: dict[str, str] = {}
    recordings, entities = as_texts(table[lookup.recording]), as_texts(table[lookup.entity])
    for row, recording, entity in zip(table[ROW], recordings, entities, strict=True):
        if recording is None or entity is None:
            continue
        entity, recording = plain(entity), plain(recording)
        if whose.setdefault(recording, entity) != entity:
            raise InvalidInput(
                f"{root / lookup.file} must name one entity for each recording; row {row} names {entity!r} for "
                f"{recording!r}, a row above {whose[recording]!r}."
            )
    return whose
