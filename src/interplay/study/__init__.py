"""A user's own folder as a data set: study.yaml says what its files are, `check_study` what is wrong with them."""

from interplay.study.check import check_study
from interplay.study.findings import Finding, findings_text
from interplay.study.read import Study, read_study
from interplay.study.sources import find_source, read_folder
from interplay.study.template import init_study

__all__ = [
    "Finding",
    "Study",
    "check_study",
    "find_source",
    "findings_text",
    "init_study",
    "read_folder",
    "read_study",
]
