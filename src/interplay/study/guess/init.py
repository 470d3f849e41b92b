"""init_study: a study.yaml filled in from the files of a folder, and checked at once."""

from dataclasses import dataclass
from pathlib import Path

from interplay.errors import InvalidInput
from interplay.files import whole_file
from interplay.progress import Progress, silent
from interplay.study.checks.study import check_study
from interplay.study.guess.kinds import Kind, kinds_in
from interplay.study.guess.parts import Parts, parts_of
from interplay.study.guess.seen import GUESSED, OPEN, Note
from interplay.study.guess.text import StudyText
from interplay.study.issues import ERROR, Issue, has_errors
from interplay.study.spec import FILE

READ = "found"
TRIES = 6
"""Times that windows are made shorter until some fit."""
SHOWN = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of what there is to say of a guess.

    Attributes
    ----------
    status : "found", "guessed" or "could not tell"
    what : files, or a setting
    why : in words
    line : of study.yaml, to be changed if it is wrong
    """

    status: str
    what: str
    why: str
    line: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Guess:
    """What `init_study` wrote.

    Attributes
    ----------
    path : the study.yaml
    rows : what was found, what is guessed, and what could not be told
    issues : what the check says of it
    """

    path: Path
    rows: tuple[Row, ...]
    issues: tuple[Issue, ...]

    def __str__(self) -> str:
        lines = []
        for row in self.rows:
            place = "" if row.line is None else f"   (line {row.line} of {FILE})"
            lines.append(f"{row.status:16}{row.what}{': ' if row.why else ''}{row.why}{place}")
        return "\n".join(lines)


def init_study(folder: str | Path, *, progress: Progress = silent) -> Guess:
    """Write a study.yaml into a folder, filled in from the files that lie there, and check it.

    Parameters
    ----------
    folder : str or Path
        With files of a study; a study.yaml that is there is kept.
    progress : callable, optional
        Told the share of a check that is done.

    Returns
    -------
    Guess

    Raises
    ------
    InvalidInput
        If there is no such folder, nothing in it that is read, or a study.yaml already.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InvalidInput(f"{folder} must be a folder with the files of a study; there is none.")
    if (folder / FILE).exists():
        raise InvalidInput(f"{folder / FILE} must not exist yet, and does. Change it, or delete it first.")
    kinds, unread = kinds_in(folder)
    if not kinds and not unread:
        raise InvalidInput(
            f"{folder} must hold tables: CSV and other delimited text, Parquet, NPZ, EDF or WFDB; it holds none."
        )
    parts = parts_of(folder, kinds)
    text, issues = _checked(folder, parts, progress)
    return Guess(
        path=folder / FILE, rows=tuple(_rows(kinds, unread, parts, text, issues)), issues=tuple(issues)
    )


def _checked(folder: Path, parts: Parts, progress: Progress) -> tuple[StudyText, list[Issue]]:
    """The text that was written, and what the check says of it; windows are made to fit."""
    text, issues = _written(folder, parts, progress)
    for _ in range(TRIES if parts.target else 0):
        errors = [issue.sentence for issue in issues if issue.level == ERROR]
        if any("unless windows name a fill" in sentence for sentence in errors):
            parts.windows["fill"] = "hold"
            parts.notes.append(
                Note(GUESSED, "windows.fill", "values are missing, and the last ones are held")
            )
        elif any("must give a window" in s or "must last at least one step" in s for s in errors):
            windows = parts.windows
            if windows["steps"] > 2:
                windows["steps"] = max(2, windows["steps"] // 2)
            else:
                windows["step_s"] = float(f"{windows['step_s'] / 2:.3g}")
        else:
            break
        text, issues = _written(folder, parts, progress)
    return text, issues


def _written(folder: Path, parts: Parts, progress: Progress) -> tuple[StudyText, list[Issue]]:
    text = StudyText(folder, parts)
    with whole_file(folder / FILE, overwrite=True) as part:
        part.write_text(str(text), "utf-8")
    return text, check_study(folder, progress=progress)


def _rows(
    kinds: list[Kind], unread: list[tuple[str, str]], parts: Parts, text: StudyText, issues: list[Issue]
) -> list[Row]:
    rows = [_stream_row(kind, parts.patterns.get(kind.pattern, kind.pattern)) for kind in kinds]
    rows += [Row(status=OPEN, what=name, why=why) for name, why in unread[:SHOWN]]
    notes = sorted(dict.fromkeys(parts.notes), key=lambda note: note.status == OPEN)
    rows += [
        Row(status=note.status, what=note.setting, why=note.why, line=text.line(note.setting))
        for note in notes
    ]
    if has_errors(issues):
        first = next(issue for issue in issues if issue.level == ERROR)
        if parts.target:
            line = text.line("format") if "time_zone" in first.sentence else None
            rows.append(Row(status=OPEN, what="what must be put right first", why=str(first), line=line))
    return rows


def _stream_row(kind: Kind, pattern: str) -> Row:
    files = f"{len(kind.paths)} file{'s' * (len(kind.paths) > 1)}"
    names = ", ".join(kind.names[:SHOWN]) + " ..." * (len(kind.names) > SHOWN)
    return Row(status=READ, what=pattern, why=f"{files}, columns {names}")
