"""What differs between profiles or runs, and which runs a folder holds."""

from interplay.comparison.between import compare
from interplay.comparison.folder import RunEntry, RunList, list_runs
from interplay.comparison.profiles import ProfileComparison
from interplay.comparison.runs import RunComparison

__all__ = ["ProfileComparison", "RunComparison", "RunEntry", "RunList", "compare", "list_runs"]
