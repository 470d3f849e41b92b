"""Tables with a row for each measurement: what was measured, and which of it is the label."""

from typing import NamedTuple

from interplay.study.guess.cells import distinct
from interplay.study.guess.names import BESIDE, LABELS, VALUES, spoken
from interplay.study.guess.roles import Roles
from interplay.study.rows import Rows

MOST_WORDS = 50
"""Different words of a label at most."""


class LabelRows(NamedTuple):
    """Rows of measurements that are labels.

    Attributes
    ----------
    column : of their words
    key : the column that says what was measured
    kind : what stands there in the rows of labels
    """

    column: str
    key: str
    kind: str


def value_and_quantity(roles: Roles) -> tuple[str | None, str | None]:
    """Of a table with a row for each measurement the column of numbers, and the one that says what was measured."""
    named = [name for name in (*roles.numbers, *roles.words) if spoken(name) in VALUES]
    if not named:
        return None, None
    words = [name for name in roles.words if name != named[0] and not spoken(name).endswith(BESIDE)]
    texts = [name for name in words if roles.rows.table[name].dtype.kind not in "fM"]
    return named[0], next((name for name in texts if _come_again(roles.rows, name)), None)


def label_rows(roles: Roles) -> LabelRows | None:
    """Of a table with a row for each measurement those that are named like a label, and hold few words."""
    column, key = value_and_quantity(roles)
    if column is None or key is None or roles.label is not None:
        return None
    named = [kind for kind in distinct(roles.rows, key) if spoken(kind) in LABELS]
    for kind in sorted(named, key=lambda kind: LABELS.index(spoken(kind))):
        labels = LabelRows(column, key, kind)
        if 1 < len(distinct(labels_among(roles.rows, labels), column)) <= MOST_WORDS:
            return labels
    return None


def labels_among(rows: Rows, labels: LabelRows) -> Rows:
    """The rows of labels."""
    return rows.that({labels.key: labels.kind})


def _come_again(rows: Rows, name: str) -> bool:
    """Whether a column holds few words, again and again."""
    return 1 < len(distinct(rows, name)) <= max(2, len(rows) / 5)
