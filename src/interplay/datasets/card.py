"""What a data set says of itself before anything is read, and what every data set can do."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from interplay.types import Recording


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """Facts of a data set.

    Attributes
    ----------
    name, title, source, licence, citation, entities, target : str
    modalities : modality name -> what it is, with channels, rate and unit
    optional : modality name -> what it is
        Modalities that come after the others, only where the folder holds their file.
    step_s : float, s, and steps : int
        Windows that suit the data; used where the user names none.
    stride : int, min_steps : int, fill : str, max_gap_s : float
        What else `make_windows` should be told; see there.
    splits : name of a published split -> part ("test" and so on) -> entities; "train" may be left out: all others
    bundled : bool
        Whether the data come with the package. If not, they are read from a folder that the user names.
    files : str
        What that folder must hold.
    downloads : URL -> SHA-256 of the file, "" where its publisher names none
        Official files that anyone may download.
    sums : str
        URL of the publisher's list of SHA-256 sums, in the folder that its files are in; "" without one. Every download
        is held to it.
    most_gb : float
        10**9 bytes that each of these files may have.
    access : str
        How to get data that cannot be downloaded by anyone, step by step.
    """

    name: str
    title: str
    source: str
    licence: str
    citation: str
    entities: str
    modalities: Mapping[str, str]
    target: str
    step_s: float
    steps: int
    stride: int = 1
    min_steps: int | None = None
    fill: str | None = None
    max_gap_s: float | None = None
    splits: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)
    optional: Mapping[str, str] = field(default_factory=dict)
    bundled: bool = False
    files: str = ""
    downloads: Mapping[str, str] = field(default_factory=dict)
    sums: str = ""
    most_gb: float = 4.0
    access: str = ""

    @property
    def window_options(self) -> dict[str, Any]:
        """What to call `interplay.data.make_windows` with."""
        names = ("step_s", "steps", "stride", "min_steps", "fill", "max_gap_s")
        return {name: getattr(self, name) for name in names}

    def to_dict(self) -> dict[str, object]:
        """All facts by name, of plain types that can be written as JSON."""
        return asdict(self)


class DataSet(Protocol):
    """One source of recordings."""

    card: Card

    def recordings(self, root: str | Path) -> Iterator[Recording]:
        """Recordings from the folder that holds the files, read one after the other."""
        ...
