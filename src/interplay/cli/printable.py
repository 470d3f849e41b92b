"""Names of anybody's files made safe for a terminal, and for cells that a spreadsheet opens."""

import unicodedata

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What spreadsheets take for the beginning of something to compute."""


def printable(text: str) -> str:
    """The text with what would steer a terminal, or turn the direction of writing, spelt out: ``\\\\x1b``."""
    return "".join(one if _is_plain(one) else one.encode("unicode_escape").decode() for one in text)


def cell(value):
    """A value for a cell of a CSV file: text is printable, and an apostrophe stands before what would be a formula."""
    if not isinstance(value, str):
        return value
    return ("'" if value.startswith(FORMULAS) else "") + printable(value)


def _is_plain(character: str) -> bool:
    return character.isprintable() or character in "\n\t" or unicodedata.category(character) == "Zs"
