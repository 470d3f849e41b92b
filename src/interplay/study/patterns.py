"""Patterns of file names: which files of a study belong to which entity and recording."""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from interplay.errors import InvalidInput

PLACE = re.compile(r"\{([^{}]*)\}")
ANY_FOLDERS = "**/"


class Key(NamedTuple):
    """Whose recording, and which of several; the recording is empty where there is one for each entity."""

    entity: str
    recording: str = ""

    def __str__(self) -> str:
        return f"{self.entity}/{self.recording}" if self.recording else self.entity


class Match(NamedTuple):
    """A file, and what its name says: None where it says nothing."""

    path: Path
    entity: str | None
    recording: str | None


def named_parts(pattern: str) -> set[str]:
    """Names of the parts that differ from file to file, such as entity."""
    return set(PLACE.findall(pattern))


def check_pattern(pattern: str, where: str, placeholders: Sequence[str]) -> None:
    """Refuse a pattern that cannot be of files in the study's folder."""
    path = PurePosixPath(pattern)
    if not pattern or path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:/", pattern):
        raise InvalidInput(
            f"{where} must be files within the folder of study.yaml; got {pattern!r}. Copy them there."
        )
    for name in PLACE.findall(pattern):
        if name not in placeholders:
            allowed = " and ".join(f"{{{one}}}" for one in placeholders) or "none"
            raise InvalidInput(f"{where} may hold {allowed}; got {{{name}}} in {pattern!r}.")
    if "{" in PLACE.sub("", pattern) or "}" in PLACE.sub("", pattern):
        raise InvalidInput(f"{where} must close each brace that it opens; got {pattern!r}.")


def matching(root: Path, pattern: str) -> list[Match]:
    """Files of a pattern, in natural order of their names, so that day 10 comes after day 9."""
    form = _form(pattern)
    matches = []
    for path in files_in(root):
        if parts := form.fullmatch(path.relative_to(root).as_posix()):
            said = parts.groupdict()
            matches.append(Match(path, said.get("entity"), said.get("recording")))
    return sorted(matches, key=lambda match: natural(match.path.relative_to(root).as_posix()))


def without_others(
    matches: Sequence[Match], root: Path, pattern: str, others: Collection[str]
) -> list[Match]:
    """Files of a pattern but those that another one names more closely, as labels.csv among {entity}.csv."""
    closer = [_form(other) for other in others if _said(other) > _said(pattern)]
    names = [match.path.relative_to(root).as_posix() for match in matches]
    own = [
        match
        for match, name in zip(matches, names, strict=True)
        if not any(form.fullmatch(name) for form in closer)
    ]
    return own or list(matches)


def _said(pattern: str) -> int:
    """Letters of names that a pattern says."""
    return len(PLACE.sub("", pattern).replace("*", ""))


def files_in(root: Path) -> Iterator[Path]:
    """All files below a folder but hidden ones, as those that some systems leave beside each file."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(root).parts):
            yield path


def natural(text: str) -> tuple:
    """Sorts numbers within names by their size."""
    return tuple(
        (0, int(part), part) if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", text)
    )


def of_recordings(pattern: str) -> str:
    """The pattern whose names are those of recordings, where the files or a table say whose they are."""
    if "{recording}" not in pattern:
        return pattern.replace("{entity}", "{recording}")
    together = r"\{entity\}[^/]*\{recording\}|\{recording\}[^/]*\{entity\}"
    return re.sub(together, "{recording}", pattern).replace("{entity}", "*")


def _form(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression with the named groups entity and recording."""
    text, seen = "", set()
    for part in re.split(r"(\{entity\}|\{recording\}|\*\*/|\*)", pattern):
        name = part[1:-1]
        if part in ("{entity}", "{recording}"):
            text += f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+?)"
            seen.add(name)
        elif part == ANY_FOLDERS:
            text += "(?:[^/]+/)*"
        else:
            text += "[^/]*" if part == "*" else re.escape(part)
    return re.compile(text)
