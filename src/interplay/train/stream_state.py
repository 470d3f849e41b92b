"""Where a stream stands, as a file: tensors and JSON, of one run and no other. No pickle."""

import json
from collections.abc import Callable
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from interplay.data.fill import FILLS, Hold, Mark
from interplay.errors import InvalidInput
from interplay.files.reading import whole
from interplay.files.state import state_of, write_state

if TYPE_CHECKING:
    from interplay.train.run import Run
    from interplay.train.stream import EntityStream

FORMAT = "interplay-stream-1"


def write_stream_state(stream: "EntityStream", path: Path) -> Path:
    """Write it, in place of what was there."""
    samples = stream.samples
    arrays = {f"window.{name}": array for name, array in stream.window.arrays().items()}
    keys = []
    for k, ((name, step), pieces) in enumerate(samples.held.items()):
        keys.append([name, step])
        arrays[f"times.{k}"] = np.concatenate([times for times, _ in pieces])
        arrays[f"values.{k}"] = np.concatenate([values for _, values in pieces])
    # in float64 as they are: none of them is lost on the way through a text
    arrays["clock"] = np.array([samples.start_s, samples.reached_s, samples.end_of_all_s])
    options = asdict(stream.options)
    text = {
        "format": FORMAT,
        "run": _fingerprint(stream.run),
        "entity": stream.entity,
        "options": options | {"fill": _fill_as_text(stream.options.fill)},
        "held": keys,
        "counts": [samples.over, samples.too_late],
    }
    write_state(path, {name: torch.from_numpy(np.array(a)) for name, a in arrays.items()}, json.dumps(text))
    return path


def read_stream_state(
    run: "Run", path: Path, opened: Callable[[str, dict], "EntityStream"]
) -> "EntityStream":
    """A stream, as it stood.

    Parameters
    ----------
    run : Run
    path : Path
    opened : from entity and options to a stream that begins
    """
    if not path.is_file():
        raise InvalidInput(
            f"the state of a stream must be a file that stream.save wrote; there is no {path}."
        )
    with whole(path, "the state of a stream", "Open a new stream, which begins with an empty window."):
        tensors, content = state_of(path)
        text = json.loads(content)
        if text["format"] != FORMAT:
            raise ValueError(f"its format is {text['format']!r}, and {FORMAT!r} is read")
    if text["run"] != _fingerprint(run):
        raise InvalidInput(f"a stream must go on with the run that it began with; {path} is of another run.")
    with whole(path, "the state of a stream", "Open a new stream, which begins with an empty window."):
        options = text["options"] | {"fill": _fill_of_text(text["options"]["fill"])}
        stream = opened(text["entity"], options)
        arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
        stream.window.take_up(
            {n.removeprefix("window."): a for n, a in arrays.items() if n.startswith("window.")}
        )
        samples = stream.samples
        samples.start_s, samples.reached_s, samples.end_of_all_s = arrays["clock"].tolist()
        samples.over, samples.too_late = text["counts"]
        for k, (name, step) in enumerate(text["held"]):
            samples.held[name, step] = [(arrays[f"times.{k}"], arrays[f"values.{k}"])]
    return stream


def _fingerprint(run: "Run") -> str:
    """What makes two runs the same: weights and scaling."""
    digest = blake2b(digest_size=16)
    for name, tensor in sorted(run.model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    for name, array in sorted(run.scaler.arrays().items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _fill_as_text(fill):
    """Names and policies as plain values."""
    if isinstance(fill, dict):
        return {"each": {name: _fill_as_text(one) for name, one in fill.items()}}
    if isinstance(fill, (Mark, Hold)):
        (name,) = (name for name, kind in FILLS.items() if kind is type(fill))
        return {"policy": name, "settings": asdict(fill)}
    return fill


def _fill_of_text(text):
    if isinstance(text, dict) and "each" in text:
        return {name: _fill_of_text(one) for name, one in text["each"].items()}
    return FILLS[text["policy"]](**text["settings"]) if isinstance(text, dict) else text
