"""Print the lowest version of each requirement of the base package that ``pyproject.toml`` allows, one pin a line."""

import sys
import tomllib
from pathlib import Path

AS_IT_COMES = ("torch",)
"""Packages of which a machine has the build that suits it."""


def oldest(requirements: list[str]) -> list[str]:
    """``name==version`` of ``name[extra]>=version,...``."""
    pins = []
    for requirement in requirements:
        name, lower, rest = requirement.partition(">=")
        if not lower:
            raise ValueError(f"a requirement must have a lower bound; {requirement!r} has none.")
        name = name.partition("[")[0].strip()
        if name not in AS_IT_COMES:
            pins.append(f"{name}=={rest.partition(',')[0].strip()}")
    return pins


if __name__ == "__main__":
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    sys.stdout.write("\n".join(oldest(project["dependencies"])) + "\n")
