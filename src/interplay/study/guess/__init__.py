"""A study.yaml to start from: what the files of a folder seem to be, by the reader's own eyes, and how sure that is."""

from interplay.study.guess.init import Guess, init_study

__all__ = ["Guess", "init_study"]
