"""Text of a file, block by block of whole lines; ends of lines of all systems are the same."""

import io
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from interplay.datasets.formats.files import in_one_line
from interplay.errors import DamagedFile
from interplay.files.unpacked import opened
from interplay.study.formats.form import Form

BLOCK = 1 << 22
"""Characters that are read at a time."""
LONGEST_LINE = 1 << 24
"""Characters of a line, at most: a table has ten thousand columns of a thousand characters below this."""
MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
"""First bytes of a text that say its encoding."""
BINARY = (
    (b"PK\x03\x04", "an Excel or ZIP file. Save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file. Save it as CSV"),
    (b"\x89HDF", "an HDF5 file. Save its columns as CSV, Parquet or NPZ"),
    (b"MATLAB", "a MATLAB file. Save its columns as CSV, Parquet or NPZ"),
    (b"%PDF", "a PDF. Save the table as CSV"),
    (b"\x1f\x8b", "packed by gzip. Let its name end in .gz"),
    (b"PAR1", "a Parquet file. Let its name end in .parquet"),
    (b"$FL", "an SPSS file. Save it as CSV"),
    (b"version https://git-lfs", "a pointer to a large file. Fetch the file itself by git lfs pull"),
    (b"<!DOCTYPE html", "a web page. Download the file itself"),
    (b"<html", "a web page. Download the file itself"),
    (b"{", "JSON. Save its columns as CSV"),
    (b"[{", "JSON. Save its columns as CSV"),
)
"""First bytes of what is no table of text, and what to do with it."""
CONTROL = 0.02
"""Share of control characters from which bytes are no text."""
BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError)


class Block(NamedTuple):
    """Some lines.

    Attributes
    ----------
    text : whole lines, each with its end, but for the last of a file that ends without one
    row : row of the first of them, as an editor counts
    """

    text: str
    row: int


def blocks(path: Path, form: Form) -> Iterator[Block]:
    """All of a text.

    Raises
    ------
    DamagedFile
        If it is no text, or not in the encoding that is said.
    """
    row = 1
    try:
        encoding = encoding_of(path, form)
        with opened(path) as raw, io.TextIOWrapper(raw, encoding=encoding, newline=None) as file:
            rest = ""
            while chunk := file.read(BLOCK):
                text, end, rest = (rest + chunk).rpartition("\n")
                if text + end:
                    yield _checked(path, Block(text + end, row))
                    row += text.count("\n") + 1
                if len(rest) > LONGEST_LINE:
                    raise DamagedFile(
                        f"{path} must have lines of at most {LONGEST_LINE:,} characters; row {row} is longer. "
                        "Export it again with a line for each row."
                    )
            if rest:
                yield _checked(path, Block(rest, row))
    except UnicodeError as error:
        raise _undecodable(path, form) from error
    except BROKEN as error:
        raise DamagedFile(
            f"{path} cannot be read to its end ({in_one_line(error)}). Copy or export it again."
        ) from error


def encoding_of(path: Path, form: Form) -> str:
    """What the first bytes say, or `form` does; UTF-8 without either."""
    with opened(path) as file:
        start = file.read(1 << 13)
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    if not _is_wide(form.encoding or "utf-8"):
        _refuse_binary(path, start)
    return form.encoding or "utf-8"


def _is_wide(encoding: str) -> bool:
    """Whether letters have several bytes each, of which most are NUL."""
    return encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32"))


def _refuse_binary(path: Path, start: bytes) -> None:
    for mark, what in BINARY:
        if start.startswith(mark):
            raise DamagedFile(f"{path} must be CSV, Parquet or NPZ; it is {what}.")
    for encoding, zeros, others in (
        ("utf-16-le", start[1::2], start[::2]),
        ("utf-16-be", start[::2], start[1::2]),
    ):
        if len(start) > 20 and zeros.count(0) > 0.8 * len(zeros) and others.count(0) < 0.05 * len(others):
            raise DamagedFile(f"{path} is not in UTF-8 but in UTF-16; say format: {{encoding: {encoding}}}.")
    odd = sum(byte < 32 and byte not in b"\t\n\r\f\0" for byte in start)
    if odd > CONTROL * len(start) or start.rstrip(b"\0").count(0) > 0.5 * len(start):
        raise DamagedFile(
            f"{path} must be a text such as CSV, or end in .parquet, .npz, .edf or, with its .hea beside it, .dat; it "
            f"is a binary file. Export it as one of these."
        )


def _checked(path: Path, block: Block) -> Block:
    """Refuse NUL bytes, which no text has."""
    if "\0" not in block.text:
        return block
    place = block.text.index("\0")
    row = block.row + block.text.count("\n", 0, place)
    if not block.text.strip("\0\n") and block.row == 1:
        raise DamagedFile(
            f"{path} holds nothing but NUL bytes, as a file does that was never written. Copy it again."
        )
    if not block.text[place:].strip("\0\n"):
        raise DamagedFile(
            f"{path} ends in NUL bytes, from row {row} on, as a file does that was being written when power failed. "
            "Delete them, or copy the file again."
        )
    raise DamagedFile(
        f"{path} must be text; row {row} holds a NUL byte. Delete it, or export the file again."
    )


def _undecodable(path: Path, form: Form) -> DamagedFile:
    encoding = form.encoding or "UTF-8"
    hint = (
        "Save it again as UTF-8, or say format: {encoding: cp1252} if it comes from an older Windows program."
        if form.encoding is None
        else "Save it again as UTF-8, or say which encoding it is in."
    )
    row = _odd_row(path, form.encoding or "utf-8")
    where = f"{path} must be {encoding} throughout; {f'row {row}' if row else 'it'} is not. {hint}"
    return DamagedFile(where)


def _odd_row(path: Path, encoding: str) -> int | None:
    """The first row that cannot be decoded; None where lines are not to be told before they are."""
    if _is_wide(encoding):
        return None
    with opened(path) as file:
        for row, line in enumerate(file, 1):
            try:
                line.decode(encoding)
            except UnicodeError:
                return row
    return None
