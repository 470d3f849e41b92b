"""What a data set says of itself before anything is read."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """Facts of a data set.

    Attributes
    ----------
    name, title, source, licence, citation, entities, target : str
    modalities : modality name -> what it is, with channels, rate and unit
    step_s : float, s, and steps : int
        Windows that suit the data; used where the user names none.
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
