"""Whether a program prints what a page shows."""

import re

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
NEAR = 0.1
"""Largest difference of a number to the one that is shown, or share of it if that is above 1: other processors round in
another way, trees then split elsewhere, and a tenth is more than that ever moved a score here."""


def differs(printed: str, expected: str) -> str | None:
    """The first line that says something else than is shown, or None; numbers may lie near the shown ones."""
    lines, wanted = (
        [" ".join(line.split()) for line in text.splitlines() if line.strip()] for text in (printed, expected)
    )
    for line, want in zip(lines, wanted, strict=False):
        if NUMBER.sub("N", line) != NUMBER.sub("N", want):
            return f"printed {line!r}, shown {want!r}"
        for number, other in zip(
            map(float, NUMBER.findall(line)), map(float, NUMBER.findall(want)), strict=True
        ):
            if abs(number - other) > NEAR * max(1.0, abs(other)):
                return f"printed {line!r}, shown {want!r}"
    return None if len(lines) == len(wanted) else f"printed {len(lines)} lines, shown {len(wanted)}"
