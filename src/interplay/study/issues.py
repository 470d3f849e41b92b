"""What keeps a study from being read, or may not mean what it should, each with its file and row."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

ERROR, WARNING = "error", "warning"
SHOWN = 3
"""Issues alike that are told in full."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """One thing to look at.

    Attributes
    ----------
    level : "error", it cannot be read so; or "warning", it can be read, and may not mean what it should
    file : path within the study
    row : row in the file as an editor counts it, the header being row 1; None of the whole file
    sentence : what must hold, what came, what to do next
    """

    level: str
    file: str
    row: int | None
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}{'' if self.row is None else f', row {self.row}'}: {self.sentence}"


def error(file: str, sentence: str, row: int | None = None) -> Issue:
    """An issue that stands in the way of reading."""
    return Issue(level=ERROR, file=file, row=row, sentence=sentence)


def warning(file: str, sentence: str, row: int | None = None) -> Issue:
    """An issue that the user should judge."""
    return Issue(level=WARNING, file=file, row=row, sentence=sentence)


def has_errors(issues: Iterable[Issue]) -> bool:
    """Whether anything stands in the way of reading."""
    return any(issue.level == ERROR for issue in issues)


def issues_text(issues: Iterable[Issue]) -> str:
    """All issues for a terminal, errors first; of many alike the first few."""
    lines, issues = [], list(issues)
    for level, title in ((ERROR, "Errors, must be put right"), (WARNING, "Warnings, please look")):
        of_level = [issue for issue in issues if issue.level == level]
        if of_level:
            lines.append(f"{title} ({len(of_level)}):")
        alike: dict[str, list[Issue]] = {}
        for issue in of_level:
            alike.setdefault(_without_names(issue.sentence), []).append(issue)
        for same in alike.values():
            lines += [f"  {issue}" for issue in same[:SHOWN]]
            if len(same) > SHOWN:
                lines.append(f"    and {len(same) - SHOWN} more like this")
    return "\n".join(lines) or "No errors and no warnings."


def _without_names(sentence: str) -> str:
    """A sentence without its names and numbers."""
    return re.sub(r"'[^']*'|[-+]?\d[\d.,e+-]*|\s*\(and in[^)]*\)", "", sentence)
