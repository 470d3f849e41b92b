"""Windows that readers can learn something from in a moment."""

import numpy as np

import interplay as ip
from interplay.types import Recording, Stream, Target

SETTINGS = {
    "extra_trees": {"trees": 20},
    "interval_trees": {"trees": 20},
    "boosted_trees": {"rounds": 10},
    "rockets": {"patterns": 100},
    "hydra": {"patterns": 100},
    "ridge": {},
}
EACH, STEPS = 12, 6
"""Windows of an entity, and their steps of a second."""


def windows(kind: str = "classes", entities: int = 10, seed: int = 0, missing: float = 0.2) -> ip.Windows:
    """Levels of `loud` and waves of `wavy` tell the target, `idle` nothing; a share of steps is unobserved."""
    rng = np.random.default_rng(seed)
    recordings = [_recording(f"p{k}", kind, rng, missing) for k in range(entities)]
    return ip.make_windows(recordings, step_s=1.0, steps=STEPS, stride=STEPS, fill="mark")


def _recording(entity: str, kind: str, rng: np.random.Generator, missing: float) -> Recording:
    level, wave = rng.integers(0, 2, (2, EACH))
    seconds = EACH * STEPS
    time = np.arange(4 * seconds)
    fast = wave.repeat(4 * STEPS) > 0
    values = {
        "loud": level.repeat(STEPS)[:, None] + 0.7 * rng.normal(size=(seconds, 2)),
        "wavy": (np.where(fast, np.sin(time), np.sin(time / 3)) + 0.3 * rng.normal(size=len(time)))[:, None],
        "idle": rng.normal(size=(seconds, 1)),
    }
    for samples in values.values():
        lost = rng.random(seconds) < missing
        samples[lost.repeat(len(samples) // seconds)] = np.nan
    y, classes = {
        "classes": (level + 2 * wave, ("a", "b", "c", "d")),
        "labels": (np.stack([level, wave], axis=1), ("up", "fast")),
        "number": (level + 2.0 * wave + 0.1 * rng.normal(size=EACH), ()),
    }[kind]
    start = np.arange(EACH) * float(STEPS)
    rates = {"loud": 1.0, "wavy": 4.0, "idle": 1.0}
    return Recording(
        entity=entity,
        streams={name: Stream(values=samples, rate_hz=rates[name]) for name, samples in values.items()},
        target=Target(values=y, start_s=start, stop_s=start + STEPS),
        classes=classes,
        static={"age": float(rng.normal())},
    )
