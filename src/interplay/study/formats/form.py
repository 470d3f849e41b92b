"""How a file is written: separator, decimals, missing words, clock. What is not said is plain CSV in UTF-8."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

from interplay.errors import InvalidInput
from interplay.settings import dotted, nearest_name

MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "-nan", "null", "NULL", "None", "none", "<NA>", "#N/A", "#NA")
"""Words that stand for no value in a column of numbers, whatever else is said; labels and names keep them."""
SEPARATORS = {".tsv": "\t", ".tab": "\t", ".psv": "|"}
"""Separators that an ending stands for; the others are separated by commas."""
BLANKS = " "
"""The separator that stands for any number of blanks and tabs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """What `format` says of files, of a study or of one of its streams.

    Attributes
    ----------
    preset : name of a device or export whose layout is known, see `interplay.study.formats.presets`
    separator : one character between cells; a blank stands for any number of blanks and tabs
    decimal : "." or ","
    thousands : what groups digits by three, as "," in 1,234
    skip_rows : rows before the header, or before the first row of data
    header : whether there is a row of names
    names : names of the columns, in place of those of the file
    units_row : whether the row below the names holds units
    comment : beginnings of rows that are not data, such as "#"
    line_end : what ends each row before its end of line, such as ";"
    encoding : as Python calls it; by default UTF-8, or what the first bytes say
    missing : further words that stand for no value
    censored : what "<0.5" or ">100" is: "value", the number; "half", half of it where it is an upper bound; "missing"
    time_format : how dates are written, in the letters of Python's strptime
    time_zone : of dates that name none, such as Europe/Berlin
    sort : whether rows may come in any order of time
    """

    preset: str | None = None
    separator: str | None = None
    decimal: Literal[".", ","] | None = None
    thousands: str | None = None
    skip_rows: int | None = None
    header: bool | None = None
    names: Sequence[str] = ()
    units_row: bool | None = None
    comment: str | Sequence[str] = ()
    line_end: str | None = None
    encoding: str | None = None
    missing: str | Sequence[str] = ()
    censored: Literal["value", "half", "missing"] | None = None
    time_format: str | None = None
    time_zone: str | None = None
    sort: bool | None = None

    def said(self) -> dict[str, Any]:
        """Everything that is said, by name, as study.yaml writes it."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
            if value not in (None, ())
        }

    def over(self, general: "Form") -> "Form":
        """This, and where it says nothing what `general` says."""
        own = self.said()
        return replace(self, **{name: getattr(general, name) for name in general.said() if name not in own})

    @property
    def comments(self) -> tuple[str, ...]:
        return (self.comment,) if isinstance(self.comment, str) else tuple(self.comment)

    @property
    def missing_words(self) -> frozenset[str]:
        """Words that stand for no value, where they are said to; empty cells always do."""
        words = (self.missing,) if isinstance(self.missing, str) else self.missing
        return frozenset(word.strip() for word in words)


def as_yaml(form: Form) -> str:
    """What is said, in one line of study.yaml."""
    return f"format: {{{', '.join(f'{name}: {_cell(value)}' for name, value in form.said().items())}}}"


def check_form(form: Form, where: str) -> None:
    """Refuse what no file can be."""
    where = dotted(where, "format") if where else "format"
    for name in ("separator", "thousands"):
        value = getattr(form, name)
        if value is not None and (len(value) != 1 or value in '"\r\n'):
            raise InvalidInput(f"{where}.{name} must be one character; got {value!r}.")
    if form.separator is not None and form.separator == form.decimal:
        raise InvalidInput(f"{where} must tell separator and decimal apart; both are {form.separator!r}.")
    if form.thousands is not None and form.thousands == (form.decimal or "."):
        raise InvalidInput(f"{where} must tell decimal and thousands apart; both are {form.thousands!r}.")
    if form.skip_rows is not None and form.skip_rows < 0:
        raise InvalidInput(f"{where}.skip_rows must be 0 or more; got {form.skip_rows}.")
    if form.header is False and form.units_row:
        raise InvalidInput(f"{where} must have a header where it has a units_row; header is false.")
    if "" in form.comments:
        raise InvalidInput(f"{where}.comment must be the beginning of a row; it is empty.")
    twice = [name for name in form.names if name and list(form.names).count(name) > 1]
    if twice:
        raise InvalidInput(f"{where}.names must name each column once; {twice[0]!r} is there twice.")
    _check_encoding(form.encoding, where)
    _check_zone(form.time_zone, where)


def _check_encoding(encoding: str | None, where: str) -> None:
    if encoding is None:
        return
    try:
        text = codecs.lookup(encoding)._is_text_encoding  # pyrefly: ignore[missing-attribute]
        "a".encode(encoding)
    except (LookupError, ValueError):
        text = False
    if not text:
        raise InvalidInput(
            f"{where}.encoding must be an encoding of text, such as utf-8, cp1252 or utf-16; got {encoding!r}."
        )


def _check_zone(zone: str | None, where: str) -> None:
    if zone is None:
        return
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, LookupError):
        from zoneinfo import available_timezones

        hint = nearest_name(zone, sorted(available_timezones()))
        raise InvalidInput(
            f"{where}.time_zone must be a place such as Europe/Berlin, or UTC; got {zone!r}. {hint}".rstrip()
        ) from None


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_cell, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else _quoted(value)


def _quoted(text: str) -> str:
    """A text that YAML reads as it is."""
    word = re.fullmatch(r"[^\W\d_][\w/-]*", text)
    if word and text.lower() not in ("true", "false", "null", "yes", "no", "on", "off", "none", "nan"):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'
