"""How a text file seems to be written: asked by the guesser, and by messages about a file that is written otherwise."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from interplay.study.formats.devices import recognised
from interplay.study.formats.form import BLANKS, MISSING, SEPARATORS, Form
from interplay.study.formats.lines import MARKS, opened

SAMPLE = 1 << 16
"""Bytes of the beginning and, of plain files, of the end that are looked at."""
COMMENTS = ("#", "%", "//")
MOST_ABOVE = 60
"""Rows that may stand above the table."""
ALIKE = 0.8
"""Share of rows that must have the same number of cells where a separator is the right one."""
NUMBER = re.compile(r"[-+−]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
WITH_COMMA = re.compile(r"[-+−]?\d+,\d+")
IN_THOUSANDS = re.compile(r"[-+−]?\d{1,3}(,\d{3})+(\.\d+)?")
LESS_THAN_ONE = re.compile(r"[-+−]?0\d*,")
SHORT = 12
"""Letters of a unit at most."""


def seems(path: Path) -> Form:
    """What is unusual about how a text file is written; all of it may be wrong."""
    text, encoding = _sample(path)
    lines = text.split("\n")
    if preset := recognised(lines, path):
        return Form(preset=preset)
    above = Form(encoding=encoding)
    comments = tuple(
        mark for mark in COMMENTS if 0 < sum(line.startswith(mark) for line in lines) < len(lines)
    )
    marked = [line for line in lines if line.startswith(comments)]
    rows = [(k, line) for k, line in enumerate(lines) if line.strip() and not line.startswith(comments)]
    separator, line_end = _separator([line for _, line in rows])
    cells = [(k, split(line, separator, line_end)) for k, line in rows]
    width = _mode([len(some) for _, some in cells])
    first = next((k for k, (_, some) in enumerate(cells) if len(some) == width), 0)
    table = [some for _, some in cells[first:] if len(some) == width]
    plain = next((SEPARATORS[end] for end in path.suffixes if end in SEPARATORS), ",")
    if trailing := _names_of_trailing(cells, width):
        return above.over(Form(separator=None if separator == plain else separator, names=trailing))
    header, names = _header(table, [split(line.lstrip("#%/ "), separator, line_end) for line in marked])
    body = table[1 if header else 0 :]
    units = header and _has_units(body)
    decimal, thousands = _decimal(body[1 if units else 0 :], separator)
    ends = _ends(path, cells[first:], width)
    return above.over(
        Form(
            separator=None if separator == plain or width == 1 else separator,
            line_end=line_end,
            skip_rows=cells[first][0] if 0 < first <= MOST_ABOVE and not comments else None,
            comment=(*comments, *ends),
            header=None if header else False,
            names=names,
            units_row=units or None,
            decimal=decimal,
            thousands=thousands,
        )
    )


def split(line: str, separator: str, line_end: str | None) -> list[str]:
    """Cells of a line, stripped."""
    line = line.rstrip("\n").strip() if separator == BLANKS else line.rstrip("\n")
    line = line.removesuffix(line_end or "")
    if separator == BLANKS:
        return re.split(r"[ \t]+", line)
    try:
        return [
            cell.strip()
            for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True), [""])
        ]
    except csv.Error:
        return line.split(separator)


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, with a point or a comma."""
    return bool(NUMBER.fullmatch(cell) or WITH_COMMA.fullmatch(cell) or IN_THOUSANDS.fullmatch(cell))


def _sample(path: Path) -> tuple[str, str | None]:
    """The beginning of a file as text, and its encoding where that must be said."""
    with opened(path) as file:
        data = file.read(SAMPLE)
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _decoded(data, encoding), None
    try:
        return io.IncrementalNewlineDecoder(None, True).decode(_without_last(data).decode("utf-8")), None
    except UnicodeDecodeError:
        return _decoded(data, "cp1252"), "cp1252"


def _without_last(data: bytes) -> bytes:
    """Without a last line that may go on."""
    return data if len(data) < SAMPLE else data.rpartition(b"\n")[0] or data.rpartition(b"\r")[0] or data


def _decoded(data: bytes, encoding: str) -> str:
    return io.IncrementalNewlineDecoder(None, True).decode(data.decode(encoding, "replace"))


def _separator(lines: Sequence[str]) -> tuple[str, str | None]:
    """What separates the cells of most rows, and what else ends each row."""
    best, most, line_end = ",", 0.0, None
    ended = bool(lines) and sum(line.rstrip().endswith(";") for line in lines) > ALIKE * len(lines)
    for separator in ("\t", ";", "|", ",", BLANKS):
        ends = ";" if ended and separator != ";" else None
        counts = [len(split(line, separator, ends)) for line in lines]
        width = _mode(counts)
        if separator == ";" and ended and width == 2:
            continue  # it ends rows and separates nothing
        share = counts.count(width) / max(1, len(counts))
        if separator == BLANKS and most > 0:
            continue
        # names must be cut by it, too
        named = any(count == width for count in counts[:2])
        if width > 1 and share >= ALIKE and share + named > most + 1e-9:
            best, most, line_end = separator, share + named, ends
    return best, line_end


def _mode(counts: Sequence[int]) -> int:
    return Counter(counts).most_common(1)[0][0] if counts else 0


def _header(table: list[list[str]], marked: list[list[str]]) -> tuple[bool, tuple[str, ...]]:
    """Whether the first row holds names; and names that stand in a comment instead."""
    if len(table) < 2:
        return True, ()
    first, below = table[0], table[1:]
    numbers = [k for k in range(len(first)) if sum(is_number(row[k]) for row in below) > 0.5 * len(below)]
    counted = first == [str(k) for k in range(len(first))] and len(first) > 1
    if counted or not any(is_number(first[k]) for k in numbers):
        return True, ()
    beside = next((tuple(some) for some in reversed(marked) if len(some) == len(first)), ())
    return False, beside


def _has_units(body: list[list[str]]) -> bool:
    """Whether the row below the names holds words, short ones, where all others hold numbers."""
    if len(body) < 3:
        return False
    first, below = body[0], body[1:]
    numbers = [k for k in range(len(first)) if sum(is_number(row[k]) for row in below) > 0.5 * len(below)]
    words = [first[k] for k in numbers if first[k] and first[k] not in MISSING]
    return bool(words) and all(not is_number(word) and len(word) <= SHORT for word in words)


def _decimal(rows: list[list[str]], separator: str) -> tuple[Literal[","] | None, str | None]:
    """Decimal and thousands of numbers that are not written with a point alone."""
    columns = [
        column for column in zip(*rows, strict=False) if sum(map(is_number, column)) > 0.5 * len(column)
    ]
    numbers = [cell for column in columns for cell in column if is_number(cell)]
    cells = [cell for cell in numbers if "," in cell]
    if not cells:
        return None, None
    if (comma := comma_in(cells)) is not None:
        return (",", None) if comma == "decimal" else (None, ",")
    # who separates cells by commas has points for decimals
    points = separator == "," or any("." in number for number in numbers)
    return (None, ",") if points else (",", None)


def comma_in(cells: Sequence[str]) -> Literal["decimal", "thousands"] | None:
    """What the comma is in some numbers; None where 1,228 may be either."""
    some = [cell for cell in cells if "," in cell]
    if any(not IN_THOUSANDS.fullmatch(cell) or LESS_THAN_ONE.match(cell) for cell in some):
        return "decimal"
    return "thousands" if any("." in cell or cell.count(",") > 1 for cell in some) else None


def _names_of_trailing(cells: list[tuple[int, list[str]]], width: int) -> tuple[str, ...]:
    """Names, the last of them empty, where each row but the header ends in one separator more."""
    (_, header), *rows = cells or [(0, [])]
    if not rows or len(header) != width - 1 or any(len(some) != width or some[-1] for _, some in rows):
        return ()
    return (*header, "")


def _ends(path: Path, cells: list[tuple[int, list[str]]], width: int) -> tuple[str, ...]:
    """Beginnings of rows below the table that are no data."""
    last = [some for _, some in cells[-5:] if len(some) < width]
    return tuple(dict.fromkeys(some[0].split(" ")[0] for some in last if some[0] and not is_number(some[0])))
