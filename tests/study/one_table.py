"""Studies of a table for each person, written in any dialect; the plain reading is known."""

from pathlib import Path

import numpy as np

from interplay.study import check_study, read_study

ROWS = 60
SPEC = """\
streams:
  hr: {files: "a_{entity}.csv", columns: [hr], time: time, rate_hz: 1}
target: {files: "a_{entity}.csv", column: label, classes: [a, b], time: time}
windows: {step_s: 1, steps: 5}
"""


def cells(k: int) -> list[list[str]]:
    """Header and rows of person k."""
    rows = [[str(t), f"{60 + k + t / 4:.2f}", "ab"[t // 10 % 2]] for t in range(ROWS)]
    return [["time", "hr", "label"], *rows]


def values(k: int) -> np.ndarray:
    return 60 + k + np.arange(ROWS) / 4


def plain(k: int) -> str:
    return "\n".join(",".join(row) for row in cells(k)) + "\n"


def write(folder: Path, text_of, spec: str = SPEC) -> Path:
    """Three people, a_0.csv to a_2.csv, each `text_of` its number."""
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(3):
        text = text_of(k)
        (folder / f"a_{k}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / "study.yaml").write_text(spec, "utf-8")
    return folder


def read_hr(folder: Path) -> list[np.ndarray]:
    """The values of each person."""
    return [r.streams["hr"].values[:, 0] for r in read_study(folder).recordings()]


def first_error(folder: Path) -> str:
    """What the check says first."""
    issues = check_study(folder)
    assert issues, "nothing was said"
    return str(issues[0])
