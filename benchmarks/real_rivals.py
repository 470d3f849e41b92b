"""Rivals from outside, on the best features that we know: each is trained and returns how it is asked."""

from collections.abc import Callable

import numpy as np
import torch
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import interplay as ip
from interplay.data import Scaler
from interplay.readers import Sight, intervals, sight, window_summaries
from interplay.readers.hydra import draw_groups, wins
from interplay.readers.rockets import draw_patterns, samples_of, shares_above

Ask = Callable[[ip.Windows], np.ndarray]
PATTERNS = 5000
PIECE = 500


def features_of(windows: ip.Windows, scaler: Scaler, what: Callable[[Sight], torch.Tensor]) -> np.ndarray:
    """(N, F) features of windows, piece by piece."""
    pieces = np.array_split(np.arange(len(windows)), len(windows) // PIECE + 1)
    return np.concatenate([what(sight(windows, scaler, piece)).numpy() for piece in pieces])


def extra_trees(train: ip.Windows, seed: int) -> Ask:
    """500 extremely randomised trees on window summaries and ranks."""
    return _classifier(ExtraTreesClassifier(500, random_state=seed), train)


def quant(train: ip.Windows, seed: int) -> Ask:
    """QUANT: 200 extremely randomised trees, by entropy, on quantiles of intervals of samples, changes and spectra."""
    trees = ExtraTreesClassifier(200, max_features=0.1, criterion="entropy", random_state=seed)
    return _classifier(trees, train, quant_features)


def quant_features(seen: Sight) -> torch.Tensor:
    """What QUANT looks at: beside samples and changes, as our readers do, changes of these and spectra."""
    columns = [intervals.interval_quantiles(seen)]
    for m, x in enumerate(seen.x.values()):
        samples, _ = samples_of(x, seen.observed[:, m])
        for part in (samples.diff(n=2), torch.fft.rfft(samples).abs()) if samples.shape[-1] > 2 else ():
            known = torch.ones_like(part[:, :1], dtype=torch.bool)
            columns += [level.flatten(1) for level in intervals.of_levels(part, known)]
    return torch.cat(columns, dim=1)


def boosting(train: ip.Windows, seed: int) -> Ask:
    """Histogram boosting as scikit-learn has it, on window summaries and ranks."""
    return _classifier(HistGradientBoostingClassifier(random_state=seed), train)


def minirocket(train: ip.Windows, seed: int) -> Ask:
    """MiniRocket's random convolutions and ridge regression."""
    return _ridge(train, seed, "shares")


def minirocket_summaries(train: ip.Windows, seed: int) -> Ask:
    """The same beside window summaries."""
    return _ridge(train, seed, "shares", "summaries")


def minirocket_hydra(train: ip.Windows, seed: int) -> Ask:
    """MiniRocket's and Hydra's random convolutions side by side and ridge regression."""
    return _ridge(train, seed, "shares", "wins")


def _classifier(model, train: ip.Windows, what: Callable[[Sight], torch.Tensor] = window_summaries) -> Ask:
    scaler = Scaler.fit(train)
    model.fit(features_of(train, scaler, what), train.y)

    def ask(test: ip.Windows) -> np.ndarray:
        return _spread(model.predict_proba(features_of(test, scaler, what)), model.classes_, test)

    return ask


def _ridge(train: ip.Windows, seed: int, *kinds: str) -> Ask:
    scaler = Scaler.fit(train)
    generator = torch.Generator().manual_seed(seed)
    some = sight(train, scaler, np.arange(0, len(train), max(1, len(train) // PIECE)))
    patterns, groups = draw_patterns(some, PATTERNS, generator), draw_groups(some, PATTERNS, generator)
    what = {
        "shares": lambda seen: shares_above(seen, patterns),
        "wins": lambda seen: wins(seen, groups),
        "summaries": window_summaries,
    }
    # of windows that are too short for patterns there is nothing else
    chosen = kinds if patterns else ("summaries",)

    def features(windows: ip.Windows) -> np.ndarray:
        return np.concatenate([features_of(windows, scaler, what[kind]) for kind in chosen], axis=1)

    # what is unknown is the mean
    known = FunctionTransformer(np.nan_to_num)
    model = make_pipeline(StandardScaler(), known, RidgeClassifierCV(np.logspace(-3, 3, 10)))
    model.fit(features(train), train.y)

    def ask(test: ip.Windows) -> np.ndarray:
        scores = model.decision_function(features(test))
        scores = np.stack([-scores, scores], axis=1) if scores.ndim == 1 else scores
        return _spread(torch.from_numpy(4.0 * scores).softmax(-1).numpy(), model.classes_, test)

    return ask


def _spread(probs: np.ndarray, classes: np.ndarray, test: ip.Windows) -> np.ndarray:
    """Probabilities of the classes that were trained, among all."""
    full = np.zeros((len(probs), len(test.classes)))
    full[:, classes] = probs
    return full


RIVALS: dict[str, Callable[[ip.Windows, int], Ask]] = {
    "extra_trees": extra_trees,
    "quant": quant,
    "boosting": boosting,
    "minirocket": minirocket,
    "minirocket_summaries": minirocket_summaries,
    "minirocket_hydra": minirocket_hydra,
}
