"""A report where its run is: in the cell of a notebook."""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from interplay.report.page import write_report
from interplay.train import Run

HEIGHT = 720
"""Of the frame in a notebook, pixels."""


@dataclass(frozen=True, slots=True)
class InlineReport:
    """A report, which a notebook shows in a frame of its own.

    Attributes
    ----------
    html : the whole page
    path : Path of the file, or None if it was not asked for
    """

    html: str
    path: Path | None = None

    def __repr__(self) -> str:
        return f"InlineReport({len(self.html) / 1e6:.1f} MB, {self.path or 'not written to a file'})"

    def _repr_html_(self) -> str:
        # the page may run its own scripts and reach nothing of the notebook
        return (
            f'<iframe srcdoc="{escape(self.html)}" sandbox="allow-scripts" title="report" '
            f'style="width: 100%; height: {HEIGHT}px; border: 0"></iframe>'
        )


def inline_report(run: Run, path: str | Path | None = None, *, overwrite: bool = False) -> InlineReport:
    """The report of an evaluated run; see `interplay.train.Run.report`."""
    if path is not None:
        written = write_report(run, path, overwrite=overwrite)
        return InlineReport(written.read_text("utf-8"), written)
    with TemporaryDirectory() as folder:
        return InlineReport(write_report(run, Path(folder) / "report.html").read_text("utf-8"))
