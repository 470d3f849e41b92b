"""One offline HTML page about an evaluated run, and its figures for papers."""

from interplay.report.figures import write_figures
from interplay.report.page import write_report

__all__ = ["write_figures", "write_report"]
