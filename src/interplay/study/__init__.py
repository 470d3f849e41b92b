"""A user's own folder as a data set: study.yaml says what its files are, `check_study` what is wrong with them."""

from interplay.study.checks.study import check_study
from interplay.study.event_table import read_events, with_events
from interplay.study.guess import init_study
from interplay.study.issues import Issue, has_errors, issues_text
from interplay.study.prepared import Prepared, entities_of, prepare_dataset, windows_of
from interplay.study.source import find_source, prepare, read_folder, windows_to_predict
from interplay.study.study import Study, read_study

__all__ = [
    "Issue",
    "Prepared",
    "Study",
    "check_study",
    "entities_of",
    "find_source",
    "has_errors",
    "init_study",
    "issues_text",
    "prepare",
    "prepare_dataset",
    "read_events",
    "read_folder",
    "read_study",
    "windows_of",
    "windows_to_predict",
    "with_events",
]
