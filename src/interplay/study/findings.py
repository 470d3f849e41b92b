"""What is wrong or doubtful in a study, each with its file and row."""

from collections.abc import Iterable
from dataclasses import dataclass

WRONG, DOUBTFUL = "wrong", "doubtful"


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
    """All findings for a terminal, those that are wrong first."""
    lines = []
    findings = list(findings)
    for level, title in ((WRONG, "Wrong, must be put right"), (DOUBTFUL, "Doubtful, please look")):
        some = [f for f in findings if f.level == level]
        if some:
            lines += [f"{title} ({len(some)}):", *(f"  {f}" for f in some)]
    return "\n".join(lines) or "Nothing wrong and nothing doubtful was found."
