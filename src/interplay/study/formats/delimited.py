"""Delimited text as tables of texts: nothing is guessed of types, and every row must have a cell for each name.

Clean blocks are cut by Arrow; one with a quote, a blank line or a fault is cut again row by row, which is slow and
decides.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from interplay.errors import DamagedFile
from interplay.study.formats.faults import BadRow, headless, odd_quotes, ragged, wrong_separator
from interplay.study.formats.form import BLANKS, SEPARATORS, Form
from interplay.study.formats.lines import Block, blocks
from interplay.study.formats.table import check_width

ROW = "__row__"
"""Row of the file as an editor counts it."""
SAYS_SEPARATOR = re.compile(r'"?sep=(.)"?')
"""A first line by which spreadsheets say what separates cells."""
LONGEST = 1 << 26
"""Characters of quoted cells that are held at a time."""
AROUND_NAMES = " \t\ufeff\u00a0"


class Delimited:
    """One delimited file.

    Attributes
    ----------
    names : of the columns, each once
    units : name -> unit, from a row of units
    """

    def __init__(self, path: Path, form: Form) -> None:
        self.path, self.form = path, form
        self._blocks = blocks(path, form)
        first = next(self._blocks, None)
        if first is None:
            raise DamagedFile(f"{path} must have rows; it is empty.")
        self.separator, first = _below_the_top(first, form, path)
        self._blank_rows: list[int] = []
        lines = _Lines(self._plain(first), form.comments)
        records = _records(lines, self.separator)
        try:
            self.names = _names(path, form, None if form.header is False else next(records, None))
            self.units = _units(self.names, next(records, None)) if form.units_row else {}
        except csv.Error as error:
            raise odd_quotes(path, lines.record_row, error) from error
        check_width(path, len(self.names))
        if form.header is not False:
            wrong_separator(path, form, self.names, self.separator)
        self._rest = lines.rest()
        if form.header is False and not form.names:
            self.names = _numbered_names(self._rest, self.separator, form)

    def parts(self) -> Iterator[pd.DataFrame]:
        """All rows, some hundred thousand at a time, with their numbers in ROW."""
        plain = chain([self._rest], map(self._plain, self._blocks))
        for block in _unbroken(plain):
            table = self._fast(block)
            yield self._slow(block) if table is None else table

    def _plain(self, block: Block) -> Block:
        """Without ends of lines of another kind, and with one tab for blanks that separate."""
        text = block.text
        if self.form.line_end:
            text = re.sub(rf"{re.escape(self.form.line_end)}[ \t]*$", "", text, flags=re.MULTILINE)
        if self.form.separator == BLANKS:
            text = re.sub(r"[ \t]+", "\t", re.sub(r"^[ \t]+|[ \t]+$", "", text, flags=re.MULTILINE))
        return Block(text, block.row)

    def _fast(self, block: Block) -> pd.DataFrame | None:
        """A clean block; None if it is not."""
        text = block.text
        if not text or '"' in text or "\n\n" in text or text[0] == "\n" or ord(self.separator) > 127:
            return None
        if any(text.startswith(mark) or f"\n{mark}" in text for mark in self.form.comments):
            return None
        codes = [f"c{k}" for k in range(len(self.names))]
        data = text.encode()
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(data),
                arrow_csv.ReadOptions(column_names=codes, use_threads=False, block_size=len(data) + 1),
                arrow_csv.ParseOptions(delimiter=self.separator, quote_char=False, ignore_empty_lines=False),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(codes, pa.string()), strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid:
            return None
        columns = table.rename_columns(self.names).to_pandas()
        # a blank in the first column may be a row of blanks, which is for the other way to decide
        if self._blank_rows or (columns.iloc[:, 0].str.strip() == "").any():
            return None
        return columns.assign(**{ROW: np.arange(block.row, block.row + len(columns))})

    def _slow(self, block: Block) -> pd.DataFrame:
        single = len(self.names) == 1
        lines = _Lines(block, self.form.comments, blanks=single)
        rows, cells, bad = [], [], []
        try:
            for row, record in _records(lines, self.separator):
                if len(record) != len(self.names):
                    bad.append(BadRow(row, record))
                elif single or any(map(str.strip, record)):
                    rows.append(row)
                    cells.append(record)
        except csv.Error as error:
            raise odd_quotes(self.path, lines.record_row, error) from error
        bad = [row for row in bad if any(map(str.strip, row.cells))]
        if bad:
            cut = not block.text.endswith("\n") and bad[-1].row == lines.record_row
            raise ragged(self.path, self.form, self.names, bad, good=len(rows), cut=cut)
        if single:
            rows, cells = self._without_last_blanks(rows, cells)
        columns = zip(*cells, strict=True) if cells else [()] * len(self.names)
        table = pd.DataFrame(dict(zip(self.names, map(list, columns), strict=True)), dtype=str)
        return table.assign(**{ROW: np.array(rows, dtype=np.int64)})

    def _without_last_blanks(self, rows: list[int], cells: list) -> tuple[list[int], list]:
        """In a file of one column a blank line is a missing value between others, and nothing at its end."""
        rows, cells = [*self._blank_rows, *rows], [[""] for _ in self._blank_rows] + cells
        last = max((k for k, record in enumerate(cells) if record[0].strip()), default=-1)
        self._blank_rows = rows[last + 1 :]
        return rows[: last + 1], cells[: last + 1]


class _Lines:
    """Lines of a block for a csv reader; between records, comments and blank lines are left out."""

    def __init__(self, block: Block, comments: Iterable[str], *, blanks: bool = False) -> None:
        self._file = io.StringIO(block.text, newline="\n")
        self._comments, self._blanks = tuple(comments), blanks
        self._row = self.record_row = block.row
        self.between = True

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        while line := self._file.readline():
            row, self._row = self._row, self._row + 1
            if self.between:
                if line.startswith(self._comments) or not (self._blanks or line.strip()):
                    continue
                self.record_row, self.between = row, False
            return line
        raise StopIteration

    def rest(self) -> Block:
        """What was not read yet."""
        return Block(self._file.read(), self._row)


def _records(lines: _Lines, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Row and cells of each record."""
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=separator != "\t", strict=True)
    while True:
        lines.between = True
        cells = next(reader, None)
        if cells is None:
            return
        yield lines.record_row, cells or [""]


def _unbroken(some: Iterable[Block]) -> Iterator[Block]:
    """Blocks put together where a quoted cell goes on in the next."""
    held: list[Block] = []
    for block in some:
        held.append(block)
        text_length = sum(len(part.text) for part in held)
        if sum(part.text.count('"') for part in held) % 2 == 0 or text_length > LONGEST:
            yield Block("".join(part.text for part in held), held[0].row)
            held = []
    if held:
        yield Block("".join(part.text for part in held), held[0].row)


def _below_the_top(block: Block, form: Form, path: Path) -> tuple[str, Block]:
    """What separates cells, and the block without the lines above the names."""
    suffix = next((end for end in reversed(path.suffixes) if end in SEPARATORS), "")
    separator = form.separator or SEPARATORS.get(suffix, ",")
    skip = form.skip_rows or 0
    if says := SAYS_SEPARATOR.fullmatch(block.text.partition("\n")[0].strip("\r")):
        separator, skip = form.separator or says[1], skip + 1
    parts = block.text.split("\n", skip)
    if len(parts) <= skip:
        raise DamagedFile(
            f"{path} must have rows below the {skip} that are skipped; it has {len(parts) - 1}."
        )
    return "\t" if separator == BLANKS else separator, Block(parts[-1], block.row + skip)


def _names(path: Path, form: Form, header: tuple[int, list[str]] | None) -> list[str]:
    """A name for each column, each once; columns without one are numbered."""
    if form.header is not False and header is None:
        raise DamagedFile(f"{path} must have a row of names; it has none.")
    row, cells = header or (1, list(form.names))
    cells = [cell.strip(AROUND_NAMES) for cell in cells]
    if header is not None and form.header is None and not form.names:
        headless(path, form, row, cells)
    names = list(form.names) or cells
    twice = [name for name, count in Counter(names).items() if name and count > 1]
    if twice:
        raise DamagedFile(
            f"{path} must name each column once; row {row} has {twice[0]!r} twice. Rename one of them, or say format: "
            f"{{names: [...]}} with a name for each of the {len(names)} columns."
        )
    return [name or f"column {k}" for k, name in enumerate(names, 1)]


def _numbered_names(rest: Block, separator: str, form: Form) -> list[str]:
    """Names of columns that have none, by the cells of the first row."""
    first = next(_records(_Lines(rest, form.comments), separator), (0, [""]))
    return [f"column {k}" for k in range(1, len(first[1]) + 1)]


def _units(names: list[str], record: tuple[int, list[str]] | None) -> dict[str, str]:
    cells = [] if record is None else [cell.strip().strip("[]()") for cell in record[1]]
    return {name: cell for name, cell in zip(names, cells, strict=False) if cell}
