"""Benchmarks of vision and language: their files, their scores, and what images and questions tell about answers."""

from interplay.vision_language.answers import Answers, read_lmms_samples, read_option_probabilities
from interplay.vision_language.blind import BlindTest, blind_test
from interplay.vision_language.mmbench import read_mmbench, score_mmbench
from interplay.vision_language.mme import read_mme, score_mme
from interplay.vision_language.questions import Question
from interplay.vision_language.seed_bench import read_seed_bench, score_seed_bench

__all__ = [
    "Answers",
    "BlindTest",
    "Question",
    "blind_test",
    "read_lmms_samples",
    "read_mmbench",
    "read_mme",
    "read_option_probabilities",
    "read_seed_bench",
    "score_mmbench",
    "score_mme",
    "score_seed_bench",
]
