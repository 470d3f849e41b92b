"""Vision and language: benchmarks, what images and questions tell of answers, and experts in models that read both."""

from interplay.vision_language.answers import Answers, read_lmms_samples, read_option_probabilities
from interplay.vision_language.blind import BlindTest, blind_test
from interplay.vision_language.mmbench import read_mmbench, score_mmbench
from interplay.vision_language.mme import read_mme, score_mme
from interplay.vision_language.questions import Question
from interplay.vision_language.seed_bench import read_seed_bench, score_seed_bench
from interplay.vision_language.upcycle import Upcycled, load_upcycled, upcycle

__all__ = [
    "Answers",
    "BlindTest",
    "Question",
    "Upcycled",
    "blind_test",
    "load_upcycled",
    "read_lmms_samples",
    "read_mmbench",
    "read_mme",
    "read_option_probabilities",
    "read_seed_bench",
    "score_mmbench",
    "score_mme",
    "score_seed_bench",
    "upcycle",
]
