"""Notes as a stream: what was written, from when it could be read.

Letters: n notes, D channels of an embedding.
"""

from collections.abc import Sequence

import numpy as np

from interplay.arrays import as_floats
from interplay.errors import InvalidInput
from interplay.text.encoder import TextEncoder
from interplay.types import Stream


def note_stream(
    notes: Sequence[str] | np.ndarray,
    written_s,
    *,
    available_s=None,
    encoder: TextEncoder | None = None,
) -> Stream:
    """A stream of notes, each at the time from which it could be read.

    A note about 3 pm that was filed at 6 pm is known from 6 pm on; placed at 3 pm it would tell windows what
    nobody knew.

    Parameters
    ----------
    notes : n texts, or (n, D) array of their embeddings
        Blank texts and embeddings that are all NaN are left out.
    written_s : (n,) float, s
        When the notes were written, on the clock of the recording.
    available_s : (n,) float, s, optional
        When they were filed, and others could read them; NaN is never, and leaves the note out. By default, when they
        were written.
    encoder : TextEncoder, optional
        What makes embeddings of texts.

    Returns
    -------
    Stream
        With a channel for each dimension of the embedding, in order of time.
    """
    written_s = as_floats(written_s, "written_s")
    from_s = (
        written_s if available_s is None else np.maximum(written_s, as_floats(available_s, "available_s"))
    )
    texts = not isinstance(notes, np.ndarray)
    if written_s.ndim != 1 or from_s.shape != written_s.shape or len(notes) != len(written_s):
        raise InvalidInput(
            "there must be a time written, and one of availability, for each note; got "
            f"{len(notes)} notes and times of shapes {written_s.shape} and {from_s.shape}."
        )
    readable = np.isfinite(from_s) & _says_something(notes)
    order = np.flatnonzero(readable)[np.argsort(from_s[readable], kind="stable")]
    if texts and encoder is None:
        raise InvalidInput(
            "texts must come with an encoder that makes numbers of them, or as embeddings (n, D)."
        )
    if texts:
        assert encoder is not None
        values = encoder.embed([notes[k] for k in order])
    else:
        values = as_floats(notes, "notes")[order]
    return Stream(values=values, times_s=from_s[order])


def _says_something(notes: Sequence[str] | np.ndarray) -> np.ndarray:
    """(n,) bool: which notes are not blank."""
    if not isinstance(notes, np.ndarray):
        return np.array([bool(note.strip()) for note in notes], dtype=bool)
    if notes.ndim != 2 or notes.dtype.kind not in "fiu":
        raise InvalidInput(
            f"embeddings must be numbers (n, D); got {notes.dtype} of shape {notes.shape}. Pass texts as a list."
        )
    return np.logical_not(np.all(np.isnan(notes), axis=1))
