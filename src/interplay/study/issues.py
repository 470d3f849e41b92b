"""What is wrong or doubtful in a study, each with its file and row."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

WRONG, DOUBTFUL = "wrong", "doubtful"
SHOWN = 3
"""Findings alike that are told in full."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing to look at.

    Attributes
    ----------
    level : "wrong", it cannot be read so; or "doubtful", it can be read, and may not mean what it should
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


def wrong(file: str, sentence: str, row: int | None = None) -> Finding:
    """A finding that stands in the way of reading."""
    return Finding(level=WRONG, file=file, row=row, sentence=sentence)


def doubtful(file: str, sentence: str, row: int | None = None) -> Finding:
    """A finding that the user should judge."""
    return Finding(level=DOUBTFUL, file=file, row=row, sentence=sentence)


def findings_text(findings: Iterable[Finding]) -> str:
    """All findings for a terminal, those that are wrong first; of many alike the first few."""
    lines, findings = [], list(findings)
    for level, title in ((WRONG, "Wrong, must be put right"), (DOUBTFUL, "Doubtful, please look")):
        some = [finding for finding in findings if finding.level == level]
        if some:
            lines.append(f"{title} ({len(some)}):")
        alike: dict[str, list[Finding]] = {}
        for finding in some:
            alike.setdefault(_kind(finding), []).append(finding)
        for same in alike.values():
            lines += [f"  {finding}" for finding in same[:SHOWN]]
            if len(same) > SHOWN:
                lines.append(f"    and {len(same) - SHOWN} more like this")
    return "\n".join(lines) or "Nothing wrong and nothing doubtful was found."


def _kind(finding: Finding) -> str:
    """The sentence without its names and numbers."""
    return re.sub(r"'[^']*'|[-+]?\d[\d.,e+-]*|\s*\(and in[^)]*\)", "", finding.sentence)
