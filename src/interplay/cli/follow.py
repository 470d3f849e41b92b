"""`interplay predict --follow`: JSON lines in, JSON lines out, as the data come."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interplay.errors import InterplayError, InvalidInput

if TYPE_CHECKING:
    from interplay.train import EntityStream, Run

ABOUT = ("entity", "steps_ago", "static", "start_s")
"""Words of a line that are no modality."""


class Follower:
    """One stream for each entity of the lines.

    Parameters
    ----------
    run : Run
    states : Path, optional
        Folder that streams are taken up from, and saved to by `save`.
    """

    def __init__(self, run: "Run", states: Path | None):
        self.run, self.states = run, states
        self.streams: dict[str, EntityStream] = {}

    def answers(self, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
        """What is said to each line: predictions, nothing, or what is wrong with it; the lines after it are read."""
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                yield from self._answer(_mapping(line))
            except InterplayError as error:
                yield {"line": number, "error": str(error)}

    def save(self) -> None:
        """Write where all streams stand."""
        if self.states is not None:
            self.states.mkdir(parents=True, exist_ok=True)
            for entity, stream in self.streams.items():
                stream.save(self._state(self.states, entity))

    def _answer(self, said: dict[str, Any]) -> Iterator[dict[str, Any]]:
        stream = self._stream(said)
        values = {name: value for name, value in said.items() if name not in (*ABOUT, "samples")}
        if "samples" in said:
            if values:
                raise InvalidInput(
                    f"a line must have samples or a whole step; got both, with {list(values)}."
                )
            for prediction in stream.add(_samples(said["samples"])):
                yield prediction.to_dict()
        elif "steps_ago" in said:
            if not stream.amend(values, steps_ago=said["steps_ago"]):
                raise InvalidInput(
                    f"a late step must lie in the window of {self.run.schema.steps} steps; it is {said['steps_ago']} "
                    "steps ago, and nothing depends on it any more."
                )
        elif (prediction := stream.step(values)) is not None:
            yield prediction.to_dict()

    def _stream(self, said: dict[str, Any]) -> "EntityStream":
        entity = str(said.get("entity", "0"))
        if entity not in self.streams:
            saved = None if self.states is None else self._state(self.states, entity)
            if saved is not None and saved.is_file():
                self.streams[entity] = self.run.resume_stream(saved)
            else:
                self.streams[entity] = self.run.stream(
                    entity, static=said.get("static"), start_s=said.get("start_s")
                )
        return self.streams[entity]

    @staticmethod
    def _state(folder: Path, entity: str) -> Path:
        # names of anybody are no names of files
        return folder / f"{entity.encode().hex()}.stream"


def _mapping(line: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"a line must be JSON; {error}.") from error
    if not isinstance(said, dict):
        raise InvalidInput(
            f"a line must be a mapping of modalities to values; got {type(said).__name__}. Write "
            '{"entity": ..., modality: values, ...}.'
        )
    return said


def _samples(said: Any) -> dict[str, tuple[list, list]]:
    """Modality -> times and values, of rows [time, value, ...]."""
    try:
        return {name: ([row[0] for row in rows], [row[1:] for row in rows]) for name, rows in said.items()}
    except (TypeError, AttributeError, IndexError, KeyError) as error:
        raise InvalidInput(
            'samples must be a mapping of modalities to rows [time in s, value, ...], as {"heart": [[0.5, 71]]}.'
        ) from error
