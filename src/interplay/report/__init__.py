"""Offline HTML pages about runs and comparisons, and figures for papers: axes in, axes out."""

from interplay.profile.figures import plot_heatmap, plot_lags
from interplay.report.blind_page import write_blind_page
from interplay.report.comparison_page import write_comparison
from interplay.report.figures import (
    plot_calibration,
    plot_confusion,
    plot_curve,
    plot_entities,
    plot_experts,
    plot_informativeness,
    plot_network,
    plot_pooling,
    plot_predicted,
    plot_relevance,
    plot_training,
    plot_without,
    write_figures,
)
from interplay.report.page import write_report
from interplay.report.runs_page import write_runs_page
from interplay.report.sections import SECTIONS, Section
from interplay.report.serving import runs_server

__all__ = [
    "SECTIONS",
    "Section",
    "plot_calibration",
    "plot_confusion",
    "plot_curve",
    "plot_entities",
    "plot_experts",
    "plot_heatmap",
    "plot_informativeness",
    "plot_lags",
    "plot_network",
    "plot_pooling",
    "plot_predicted",
    "plot_relevance",
    "plot_training",
    "plot_without",
    "runs_server",
    "write_blind_page",
    "write_comparison",
    "write_figures",
    "write_report",
    "write_runs_page",
]
