"""One offline HTML page about an evaluated run."""

from interplay.report.page import write_report

__all__ = ["write_report"]
