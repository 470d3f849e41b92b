"""Writing that never leaves half a result, and work that is kept until it is done."""

from interplay.files.digest import digest_of
from interplay.files.parts import check_writable, part_of
from interplay.files.text import json_line, json_text
from interplay.files.whole import finish_files, whole_file, whole_files, whole_folder
from interplay.files.work import unfinished_work

__all__ = [
    "check_writable",
    "digest_of",
    "finish_files",
    "json_line",
    "json_text",
    "part_of",
    "unfinished_work",
    "whole_file",
    "whole_files",
    "whole_folder",
]
