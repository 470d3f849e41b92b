"""A study.yaml to start from, with what can be guessed from the files that are there."""

from pathlib import Path

import yaml

from interplay.errors import InvalidInput
from interplay.files import whole_file
from interplay.study.infer import guesses
from interplay.study.spec import FILE

HEAD = """\
# What the files of this study are. Lines that begin with # are for you; keep, change or delete them.
# Check it with:  interplay datasets check {folder}

title: A study            # shown in reports
licence: not stated
citation: not stated

# One entry for each modality. Files are given by a pattern with {{entity}} (a file for each subject, stay ...), or as
# one long table with `entity: NAME`, the column that says whose row it is. CSV, Parquet and NPZ are read.
#   columns    the channels; leave out for events that count as 1 whenever they happen (a drug given, a note written)
#   units      one for each column
#   time       the time column; time_unit: s, ms, min, h, d or datetime
#   rate_hz    of a regular stream, in samples per second; then `time` may be left out
#   where      take only rows with these values, for instance  where: {{kind: insulin}}
streams:
"""
MIDDLE = """
# What is to be predicted. kind: series (a label in each row, in force until the next), intervals (with start and stop
# columns), or entity (one for each entity, at `time` or at the end of its recording). Without classes it is a number.
target:
"""
TAIL = """
# What does not change in an entity, such as age. Delete the # to use it.
# static:
{static}
#   categories: {{sex: [f, m]}}

# A window is `steps` steps of `step_s` seconds; the label is that at its end.
# stride: steps from one window to the next. fill: mark or hold, if samples are missing (NaN) in regular streams.
windows:
"""


def init_study(folder: str | Path) -> Path:
    """Write a study.yaml into a folder, filled in from the files that lie there.

    Parameters
    ----------
    folder : str or Path
        Made if it does not exist; a study.yaml that is there is kept.

    Returns
    -------
    Path
        The file to look through and correct.

    Raises
    ------
    InvalidInput
        If there is a study.yaml already.
    """
    folder = Path(folder)
    if (folder / FILE).exists():
        raise InvalidInput(f"{folder / FILE} must not exist yet, and does. Change it, or delete it first.")
    folder.mkdir(parents=True, exist_ok=True)
    streams, target, static, windows = guesses(folder)
    tail = TAIL.format(
        static="".join(f"#   {line}" for line in _yaml(static, 0).splitlines(keepends=True)).rstrip()
    )
    parts = [HEAD.format(folder=folder), _yaml(streams, 2), MIDDLE, _yaml(target, 2), tail, _yaml(windows, 2)]
    with whole_file(folder / FILE) as part:
        part.write_text("".join(parts), "utf-8")
    return folder / FILE


def _yaml(values: dict, indent: int) -> str:
    text = yaml.safe_dump(values, sort_keys=False, default_flow_style=None, width=100)
    return "".join(" " * indent + line for line in text.splitlines(keepends=True))
