"""A table that says whose recording it is, where files are named after recordings alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from interplay.study.checks.persons import holds_persons
from interplay.study.guess.cells import distinct
from interplay.study.guess.seen import Seen
from interplay.study.patterns import matching, of_recordings
from interplay.study.rows import Rows

KNOWN = 0.8
"""Share of the recordings that the table must name."""


def lookup_of(folder: Path, seen: Sequence[Seen]) -> tuple[dict[str, Any], list[Seen]]:
    """The table as study.yaml names it, empty without one; and the kinds of files, their names those of recordings."""
    by_name = [one for one in seen if "{entity}" in one.pattern and "{recording}" not in one.pattern]
    names = {match.entity for one in by_name for match in matching(folder, one.pattern)} - {None}
    for table in seen:
        columns = _columns(table.roles.rows, names) if "{" not in table.pattern and by_name else None
        if columns is not None:
            recording, entity = columns
            others = [_by_recording(one) if one in by_name else one for one in seen if one is not table]
            return {"file": table.pattern, "recording": recording, "entity": entity}, [*others, table]
    return {}, list(seen)


def _columns(rows: Rows, names: set) -> tuple[str, str] | None:
    """The column of recordings, each once, and the column of their persons, some of whom come again."""
    texts = {name: [text for text in rows.texts(name) if text is not None] for name in rows.names}
    recording = next(
        (
            name
            for name, cells in texts.items()
            if len(set(cells)) == len(cells) and len(names & set(cells)) >= KNOWN * max(1, len(names))
        ),
        None,
    )
    entity = next((name for name in rows.names if name != recording and holds_persons(name)), None)
    if recording is None or entity is None or len(distinct(rows, entity)) == len(texts[entity]):
        return None
    return recording, entity


def _by_recording(one: Seen) -> Seen:
    return one._replace(pattern=of_recordings(one.pattern))
