"""What a guess is made of: kinds of files with the roles of their columns, and what there is to say of them."""

from typing import NamedTuple

from interplay.study.guess.kinds import Kind
from interplay.study.guess.roles import Roles

GUESSED, OPEN = "guessed", "could not tell"


class Note(NamedTuple):
    """What is guessed of study.yaml, or left open: the setting by its dotted name, or files; and why."""

    status: str
    setting: str
    why: str


class Seen(NamedTuple):
    """A kind of file, its pattern in a long table's terms where it is one, and the roles of its columns."""

    kind: Kind
    pattern: str
    roles: Roles
