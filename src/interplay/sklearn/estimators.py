"""InteractionClassifier and InteractionRegressor: `interplay.train.fit` in scikit-learn's manners."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_is_fitted,
    validate_data,  # pyrefly: ignore[missing-module-attribute]  of scikit-learn 1.6
)

from interplay.data import Windows, windows_from_arrays
from interplay.errors import InvalidInput
from interplay.estimators import measured_profile
from interplay.progress import silent
from interplay.sklearn.inputs import SEPARATOR, modalities_of, table_of
from interplay.train import fit as fit_run

SEEDS = 2**31 - 1


class _Interaction(BaseEstimator):
    """What a classifier and a regressor have in common: windows of whatever comes, a profile, a run."""

    _kind: str

    def __init__(
        self,
        recipe="default",
        *,
        settings=None,
        epochs=None,
        profile="auto",
        modalities=None,
        step_s=1.0,
        random_state=0,
        verbose=False,
    ):
        self.recipe = recipe
        self.settings = settings
        self.epochs = epochs
        self.profile = profile
        self.modalities = modalities
        self.step_s = step_s
        self.random_state = random_state
        self.verbose = verbose

    @abstractmethod
    def _coded(self, y: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
        """Targets as `windows_from_arrays` takes them, and names of their classes."""

    def fit(self, X, y=None, groups=None):
        """Measure interactions and train a model.

        Parameters
        ----------
        X : array-like (N, T, C) or (N, C), mapping, DataFrame or Windows
            N windows of T steps, the latest last, of C channels; of two axes a window is one step. NaN is unobserved.
            A mapping holds such an array for each modality. Columns of a DataFrame may have the levels modality and
            channel, or modality, channel and step. `Windows` are taken as they are.
        y : (N,)
            The target; left out with `Windows`, which hold theirs.
        groups : (N,) of str or int, optional
            Whose window each is. Windows of one entity are never on both sides of a fold when interactions are measured
            and models are weighed. Without it every window is an entity of its own.

        Returns
        -------
        self
        """
        windows = (
            self._given(X, y, groups)
            if isinstance(X, Windows)
            else self._training_windows(X, self._checked(y), groups)
        )
        seed = self.random_state
        if not isinstance(seed, (int, np.integer)):
            seed = check_random_state(seed).randint(SEEDS)
        settings = dict(self.settings or {})
        if self.epochs is not None:
            settings["optimiser.epochs"] = self.epochs
        self.profile_ = measured_profile(
            self.profile, windows, random_state=int(seed), progress=self._progress()
        )
        self.run_ = fit_run(
            windows,
            profile=self.profile_,
            recipe=self.recipe,
            settings=settings,
            seed=int(seed),
            progress=self._progress(),
        )
        return self

    def _checked(self, y) -> np.ndarray:
        return validate_data(self, y=y)

    def _given(self, windows: Windows, y, groups) -> Windows:
        if y is not None or groups is not None:
            raise InvalidInput(
                "y and groups must be left out with Windows, which hold labels and entities of their own; got some. "
                "Pass arrays, or make the windows with these labels."
            )
        self._check_kind(windows)
        self.modalities_, names = {}, []
        for name, channels in windows.steps.channels.items():
            self.modalities_[name] = list(range(len(names), len(names) + len(channels)))
            names += [f"{name}{SEPARATOR}{channel}" for channel in channels]
        self.n_features_in_, self.feature_names_in_ = len(names), np.array(names, dtype=object)
        return windows

    def _check_kind(self, windows: Windows) -> None:
        if windows.kind != self._kind:
            raise InvalidInput(
                f"windows for {type(self).__name__} must have a target of kind {self._kind!r}; theirs is of kind "
                f"{windows.kind!r}."
            )

    def _training_windows(self, X, y: np.ndarray, groups) -> Windows:
        values, given = self._values(X, reset=True)
        codes, classes = self._coded(y)
        self.modalities_ = modalities_of(self.modalities, self._names()) if given is None else dict(given)
        if groups is not None and np.shape(groups) != (len(values),):
            raise InvalidInput(
                f"groups must name the entity of each of the {len(values)} windows; got shape {np.shape(groups)}."
            )
        return self._windows(values, codes, step_s=self.step_s, entity=groups, classes=classes)

    def _values(self, X, *, reset: bool) -> tuple[np.ndarray, Mapping | None]:
        """Values (N, T, C), and the modalities that X itself has."""
        table = table_of(X, () if reset else tuple(self.modalities_))
        if reset and table.modalities is not None and self.modalities is not None:
            raise InvalidInput(
                "modalities must be left out where X names them itself, as mappings and columns of levels do; got both."
            )
        rows = validate_data(
            self,
            table.rows,
            reset=reset,
            dtype=(np.float64, np.float32),
            ensure_all_finite="allow-nan",
            ensure_min_samples=2 if reset else 1,
        )
        return rows.reshape(-1, table.steps, rows.shape[1]), table.modalities

    def _windows(self, values: np.ndarray, y: np.ndarray | None, **options) -> Windows:
        arrays = {name: values[:, :, places] for name, places in self.modalities_.items()}
        windows = windows_from_arrays(arrays, y, fill="mark", **options)
        if not hasattr(self, "feature_names_in_"):
            return windows
        channels = {
            name: tuple(self._names()[c].removeprefix(f"{name}{SEPARATOR}") for c in places)
            for name, places in self.modalities_.items()
        }
        return replace(windows, steps=replace(windows.steps, channels=channels))

    def _names(self) -> list[str]:
        """Names of channels; as scikit-learn makes them up where X has none."""
        return list(getattr(self, "feature_names_in_", [f"x{c}" for c in range(self.n_features_in_)]))

    def _predictions(self, X) -> pd.DataFrame:
        """See `Run.predict`."""
        check_is_fitted(self, "run_")
        if not isinstance(X, Windows):
            values, _ = self._values(X, reset=False)
            schema = self.run_.schema
            y_of_kind = () if schema.kind == "number" else schema.classes
            X = self._windows(values, None, step_s=schema.step_s, classes=y_of_kind)
        return self.run_.predict(X, progress=self._progress())

    def _progress(self):
        """None is a bar on a terminal."""
        return None if self.verbose else silent

    def _targets(self, X, y):
        """The targets to score by: with `Windows` their own."""
        if not isinstance(X, Windows) or y is not None:
            return y
        self._check_kind(X)
        return np.array(X.classes)[X.y] if X.classes else X.y

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()  # pyrefly: ignore[missing-attribute]  of scikit-learn 1.6
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags


class InteractionClassifier(ClassifierMixin, _Interaction):
    """A classifier of windows that is guided by how their modalities act together.

    Parameters
    ----------
    recipe : str, Path, mapping or Recipe
        See `interplay.train.make_recipe`.
    settings : mapping of dotted name to value, optional
        What to change in the recipe, such as ``{"model.width": 32}``.
    epochs : int, optional
        Times that every window is seen, at most; ``optimiser.epochs`` of the recipe by default.
    profile : "auto", None, InteractionProfile, TemporalRUS or BaseRUS
        What guides the model. By default each fit measures its own by `PosteriorPID` (a regressor by `DensityPID`), an
        estimator says how else; None trains unguided. In cross-validation a profile that is given must not have been
        measured with what is held out.
    modalities : mapping of name to channels, optional
        By place, slice or column name. By default each channel is a modality.
    step_s : float, s
        Time between steps.
    random_state : int, RandomState or None
        An integer gives the same result each time.
    verbose : bool
        Whether to show progress on a terminal.

    Attributes
    ----------
    classes_ : (K,) labels in the order of the columns of `predict_proba`
    run_ : Run, the trained model, which saves and reports like any other
    profile_ : InteractionProfile or None
    modalities_ : mapping of name to places of channels
    n_features_in_ : int, channels
    feature_names_in_ : (C,) names of channels, where X has them

    Notes
    -----
    A step of a modality counts as observed if all of its channels are. For a window in which nothing is observed, the
    prediction is what is known without looking: the shares of the classes in training, or the mean of a number.

    Examples
    --------
    >>> import numpy as np
    >>> import interplay as ip
    >>> X = np.random.default_rng(0).normal(size=(200, 4, 2))
    >>> y = np.where(X[:, 2, 0] > 0, "up", "down")
    >>> model = ip.InteractionClassifier("readers", profile=None, modalities={"a": [0], "b": [1]}).fit(X, y)
    >>> model.predict(X[:2]).shape, model.classes_.tolist()
    ((2,), ['down', 'up'])
    """

    _kind = "classes"

    def _coded(self, y: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        return codes, tuple(map(str, self.classes_))

    def _given(self, windows: Windows, y, groups) -> Windows:
        self.classes_ = np.array(windows.classes)
        return super()._given(windows, y, groups)

    def predict(self, X) -> np.ndarray:
        """Labels (N,) of windows; each on its own."""
        called = pd.Index(self._predictions(X)["predicted"])
        codes = pd.Index(self.run_.schema.classes).get_indexer(called)
        return self.classes_[np.where(codes < 0, np.argmax(self.run_.data.class_counts), codes)]

    def predict_proba(self, X) -> np.ndarray:
        """Probabilities (N, K) of classes; rows sum to 1."""
        probs = self._predictions(X)[[f"p_{name}" for name in self.run_.schema.classes]].to_numpy(float)
        counts = np.array(self.run_.data.class_counts)
        return np.where(np.isnan(probs), counts / counts.sum(), probs)

    def score(self, X, y=None, sample_weight=None) -> float:
        """Accuracy; labels of `Windows` are their own."""
        return super().score(X, self._targets(X, y), sample_weight)


class InteractionRegressor(RegressorMixin, _Interaction):
    """A regressor of windows that is guided by how their modalities act together.

    Parameters, attributes and notes are those of `InteractionClassifier`, without classes.

    Examples
    --------
    >>> import numpy as np
    >>> import interplay as ip
    >>> X = np.random.default_rng(0).normal(size=(200, 4, 2))
    >>> model = ip.InteractionRegressor("readers", profile=None).fit(X, X[:, 2, 0])
    >>> model.predict(X[:2]).shape
    (2,)
    """

    _kind = "number"

    def _checked(self, y) -> np.ndarray:
        return validate_data(self, y=y, y_numeric=True)

    def _coded(self, y: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
        return y.astype(np.float64), ()

    def predict(self, X) -> np.ndarray:
        """Numbers (N,), in the unit of the target; each window on its own."""
        numbers = self._predictions(X)["predicted"].to_numpy(float)
        return np.where(np.isnan(numbers), self.run_.scaler.target[0], numbers)

    def score(self, X, y=None, sample_weight=None) -> float:
        """Coefficient of determination; targets of `Windows` are their own."""
        return super().score(X, self._targets(X, y), sample_weight)
