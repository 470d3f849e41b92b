"""What must hold of recordings and windows before anything is computed from them."""

from collections.abc import Iterable, Mapping

import numpy as np

from interplay.data.targets import is_labelled
from interplay.errors import InvalidInput, LeakageError
from interplay.types import Recording, Schema, Stream


def check_recording(recording: Recording, *, like: Recording | None = None) -> None:
    """Refuse a recording that cannot be read, or that does not match `like` in modalities and classes."""
    who = f"recording {recording.name or recording.entity!r}"
    if not recording.streams:
        raise InvalidInput(f"{who} must have at least one stream; it has none.")
    if all(len(stream.values) == 0 for stream in recording.streams.values()):
        raise InvalidInput(f"{who} must have at least one sample; all its streams are empty.")
    for name, stream in recording.streams.items():
        _check_stream(stream, f"stream {name!r} of {who}")
    labels = np.asarray(recording.target.values)
    n_classes, continuous = len(recording.classes), labels.dtype.kind == "f"
    if labels.ndim == 2 and labels.shape[1] != n_classes:
        raise InvalidInput(
            f"labels of {who} must have a column for each of its {n_classes} classes; got {labels.shape[1]} columns."
        )
    if continuous and n_classes:
        raise InvalidInput(
            f"{who} must have whole class numbers for its {n_classes} classes, or a continuous target and classes=(); "
            "its target holds floats."
        )
    if not continuous and labels.ndim == 1 and len(labels) and labels.max() >= n_classes:
        raise InvalidInput(
            f"labels of {who} must be below the number of classes ({n_classes}); the largest is {labels.max()}."
        )
    if like is None or like is recording:
        return
    if tuple(recording.streams) != tuple(like.streams):
        raise InvalidInput(
            f"all recordings must have the same modalities in the same order; {who} has "
            f"{list(recording.streams)}, the first has {list(like.streams)}."
        )
    if recording.classes != like.classes:
        raise InvalidInput(f"all recordings must name the same classes; {who} has {list(recording.classes)}.")
    if tuple(recording.static) != tuple(like.static):
        raise InvalidInput(
            f"all recordings must have the same static inputs in the same order; {who} has {list(recording.static)}, "
            f"the first has {list(like.static)}. Write NaN where one is unknown."
        )
    for name, stream in recording.streams.items():
        other = like.streams[name]
        if stream.values.shape[1] != other.values.shape[1] or stream.rate_hz != other.rate_hz:
            raise InvalidInput(
                f"stream {name!r} must have the same channels and rate in all recordings; {who} has "
                f"{stream.values.shape[1]} at {stream.rate_hz} Hz, the first has "
                f"{other.values.shape[1]} at {other.rate_hz} Hz."
            )


def _check_stream(stream: Stream, what: str) -> None:
    if np.ndim(stream.values) != 2:
        raise InvalidInput(
            f"values of {what} must be (samples, channels); got shape {np.shape(stream.values)}."
        )
    if (stream.rate_hz is None) == (stream.times_s is None):
        raise InvalidInput(f"{what} must have either rate_hz or times_s; got both or neither.")
    if stream.channels and len(stream.channels) != stream.values.shape[1]:
        raise InvalidInput(
            f"{what} must name each of its {stream.values.shape[1]} channels; got {len(stream.channels)} names."
        )
    if stream.rate_hz is not None and not stream.rate_hz > 0:
        raise InvalidInput(f"rate_hz of {what} must be positive; got {stream.rate_hz!r}.")
    check_finite(stream.values, what)
    if stream.times_s is None:
        return
    times = np.asarray(stream.times_s)
    if times.shape != (len(stream.values),):
        raise InvalidInput(
            f"{what} must have one time per sample; got {len(stream.values)} samples and {times.size} times."
        )
    if len(times) and not np.isfinite(times).all():
        raise InvalidInput(
            f"times of {what} must be finite; row {int(np.argmin(np.isfinite(times)))} is not."
        )
    back = times[1:] < times[:-1]
    if back.any():
        row = int(back.argmax()) + 1
        raise InvalidInput(f"times of {what} must not decrease; row {row} goes back to {times[row]:g} s.")


def check_finite(values: np.ndarray, what: str) -> None:
    """Refuse infinite values; NaN is the only sign of a missing sample."""
    infinite = np.isinf(values)
    if infinite.any():
        row = np.argwhere(infinite)[0][0]
        raise InvalidInput(
            f"{what} must be finite or NaN; {int(infinite.sum())} values are infinite, the first in row {row}. "
            "Write NaN where a value is missing."
        )


def refuse_missing(values: np.ndarray, what: str) -> None:
    """Refuse NaN where no fill policy was named."""
    missing = np.isnan(values)
    if missing.any():
        rows = np.any(missing.reshape(len(missing), -1), axis=1)
        raise InvalidInput(
            f"{what} must be free of NaN unless a fill policy is named; {int(rows.sum())} of {len(rows)} rows "
            f"have one, the first row {int(np.argmax(rows))}. Pass fill='mark' (their steps count as unobserved) "
            "or fill='hold' (repeat the last value)."
        )


def check_trainable(windows, *, what: str) -> None:
    """Refuse windows that nothing can be learned from: a constant target, a class or a modality missing."""
    check_labelled(windows, what=what)
    if windows.kind == "labels":
        _check_labels(windows, what)
    elif windows.kind == "number":
        if len(windows) < 2 or np.ptp(windows.y) == 0:
            raise InvalidInput(
                f"{what} must hold at least two values of the target; all are {windows.y[0]:g}."
            )
    else:
        _check_classes(windows, what)
    seen = windows.ever_observed()
    if not seen.all():
        never = [name for name, ok in zip(windows.modalities, seen, strict=True) if not ok]
        raise InvalidInput(
            f"{what} must observe every modality at least once; {_listed(never)} is never observed. "
            "Leave it out, or check its times and fill policy."
        )


def check_categorical(windows, *, what: str) -> None:
    """Refuse any target but classes where classes are needed."""
    check_labelled(windows, what=what)
    if windows.kind == "labels":
        raise InvalidInput(
            f"{what} must have one class each; they have {len(windows.classes)} labels, any of which may hold. Take "
            f"one label at a time: windows.of_label({windows.classes[0]!r})."
        )
    if windows.kind == "number":
        raise InvalidInput(
            f"{what} must have class labels; the target is continuous (floats). Cut it into classes with "
            "ip.TargetBins, use .astype(int) if these are class codes, or estimate with GaussianPID or DensityPID."
        )


def check_labelled(windows, *, what: str) -> None:
    """Refuse windows without a label, which are there to be predicted."""
    unknown = int(np.sum(~is_labelled(windows.y)))
    if unknown:
        raise InvalidInput(
            f"{what} must have a label each; {unknown} of {len(windows)} have none. Windows without labels can only be "
            "predicted."
        )


def _check_classes(windows, what: str) -> None:
    counts = np.bincount(windows.y, minlength=len(windows.classes))
    if np.count_nonzero(counts) < 2:
        only = windows.classes[int(np.argmax(counts))]
        raise InvalidInput(f"{what} must hold at least two classes; all {len(windows)} windows are {only!r}.")
    if (counts == 0).any():
        absent = [name for name, count in zip(windows.classes, counts, strict=True) if count == 0]
        raise InvalidInput(
            f"{what} must hold every class; none of {len(windows)} windows is {_listed(absent)}. "
            "Choose other training entities, or leave these classes out."
        )


def _check_labels(windows, what: str) -> None:
    for k, name in enumerate(windows.classes):
        if not {0, 1} <= set(np.unique(windows.y[:, k])):
            raise InvalidInput(
                f"{what} must hold windows with and without every label; {name!r} never changes. Leave it out, or "
                "choose other training entities."
            )


def check_schema(schema: Schema, expected: Schema, *, what: str) -> None:
    """Refuse windows of another shape than a model or profile was made for."""
    for name, unit in (
        ("modalities", ""),
        ("shapes", " (samples per step, channels)"),
        ("classes", ""),
        ("kind", " of target"),
        ("static", " inputs"),
    ):
        a, b = getattr(schema, name), getattr(expected, name)
        if (tuple(a.items()) if name == "shapes" else a) != (tuple(b.items()) if name == "shapes" else b):
            raise InvalidInput(f"{what} must have the {name}{unit} {b} that were fitted; got {a}.")
    if schema.steps != expected.steps or abs(schema.step_s - expected.step_s) > 1e-9:
        raise InvalidInput(
            f"{what} must have windows of {expected.steps} steps of {expected.step_s:g} s, as were fitted; "
            f"got {schema.steps} of {schema.step_s:g} s."
        )


def check_disjoint(evaluated: Iterable[str], fitted: Iterable[str], *, what: str) -> None:
    """Refuse to evaluate on entities that were fitted on."""
    shared = sorted(set(evaluated) & set(fitted))
    if shared:
        raise LeakageError(
            f"test entities must not be among those that {what} was fitted on; {len(shared)} are: "
            f"{_listed(shared)}. Split by entity first (ip.split_by_entity), then fit on the training part."
        )


def check_other_names(pairs: Mapping[str, str], *, what: str) -> None:
    """Refuse to evaluate on entities whose samples were fitted on under other names.

    Parameters
    ----------
    pairs : test entity -> fitted entity
    """
    if pairs:
        one, other = next(iter(pairs.items()))
        raise LeakageError(
            f"test entities must not hold samples that {what} was fitted on; {len(pairs)} do under other names: "
            f"{one!r} those of {other!r}, for one. Leave them out, or, if they are different all the same, as in some "
            "published sets, say so (allow_twins=True, --allow-twins)."
        )


def check_known(entities: Iterable[str], fitted: bool, *, what: str) -> None:
    """Refuse what may have been fitted on anyone."""
    if fitted and not list(entities):
        raise LeakageError(
            f"{what} must say which entities it was fitted on, and does not: whoever is tested may be among them. Name "
            "them (entities=), or say that it was fitted on nobody (entities=())."
        )


def _listed(names: list[str], most: int = 5) -> str:
    shown = ", ".join(repr(name) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
