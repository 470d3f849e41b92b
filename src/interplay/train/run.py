"""A run: a trained model with everything that is needed to use, judge and repeat it."""

from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import xarray as xr

from interplay.data import Scaler, SplitManifest, Windows
from interplay.data.check import check_labelled, check_other_names, check_schema
from interplay.data.conform import conform
from interplay.data.same_samples import sketches, under_other_names
from interplay.data.unlike_training import unlike_training
from interplay.data.warn import warn_of_data
from interplay.files import check_writable
from interplay.nn import InteractionContext, Model
from interplay.notebook import counted, rows_html
from interplay.profile import InteractionProfile, TripleProfile
from interplay.progress import Progress, shown, silent
from interplay.readers import ExtraTrees
from interplay.train.adaptation import Adaptation
from interplay.train.attribution import explain_windows
from interplay.train.batches import ScaledWindows
from interplay.train.described import TrainingData, guided_by
from interplay.train.evaluation import Evaluation, Scores, judge, prediction_table, predictions, scores_line
from interplay.train.on_device import device_to_read_on
from interplay.train.recipe import Recipe
from interplay.train.rivals import forest_within
from interplay.train.run_folder import METRICS, read_run_folder, write_evaluation, write_run_folder
from interplay.train.stream import EntityStream
from interplay.train.stream_options import stream_options
from interplay.train.target_kinds import TargetKind, make_target
from interplay.train.unseen import check_control, check_unseen
from interplay.train.window_contexts import WindowContexts, window_contexts
from interplay.types import Schema


@dataclass(kw_only=True, slots=True)
class Run:
    """A trained model and how it came about; made by `fit` or `load_run`.

    Attributes
    ----------
    model : Model, in evaluation mode
    scaler : Scaler, of the training windows
    recipe : Recipe
    schema : Schema that windows must have
    profile : InteractionProfile or None, the one that guides the model
    triples : TripleProfile or None, what was measured beyond its pairs, for the report
    data : TrainingData
    split : SplitManifest, what to pass to `fit` elsewhere to train on the same windows
    seed : int
    log : one mapping per epoch: loss terms in nats, accuracy on training windows, seconds
    evaluation : Evaluation or None, of the last call of `evaluate`
    adaptation : Adaptation or None, what was learned beside a run that this one started from
    folder : Path or None, where the run was saved
    forest : ExtraTrees or None, what the run has to beat, see `interplay.train.rivals`; None where the model has it
        among its readers, or none was asked for
    """

    model: Model
    scaler: Scaler
    recipe: Recipe
    schema: Schema
    profile: InteractionProfile | None
    data: TrainingData
    split: SplitManifest
    seed: int
    log: list[dict[str, float]] = field(default_factory=list)
    evaluation: Evaluation | None = None
    adaptation: Adaptation | None = None
    folder: Path | None = None
    forest: ExtraTrees | None = None
    triples: TripleProfile | None = None

    def __repr__(self) -> str:
        guided = f"guided by {guided_by(self.profile, self.recipe.model.context)}"
        judged = "not evaluated" if self.evaluation is None else scores_line(self.evaluation.test)
        where = "" if self.folder is None else f" in {self.folder}"
        return f"Run{where}({guided}, {counted(len(self.schema.modalities), 'modality', 'modalities')}; {judged})"

    def _repr_html_(self) -> str:
        facts = {
            "predicts": ", ".join(self.schema.classes) or "a number",
            "from": f"{self.schema.steps} steps of {self.schema.step_s:g} s of {', '.join(self.schema.modalities)}",
            "guided by": guided_by(self.profile, self.recipe.model.context),
            "trained on": f"{counted(self.data.n_windows, 'window')} of "
            f"{counted(len(self.data.entities), 'entity', 'entities')}, seed {self.seed}",
            "tested": "not yet" if self.evaluation is None else scores_line(self.evaluation.test),
            "folder": self.folder,
        }
        if self.adaptation is not None:
            facts["adapted"] = self.adaptation.sentence()
        return rows_html(facts.items(), (), "Run")

    @property
    def context(self) -> InteractionContext:
        """What the model knows of interactions."""
        return self.model.context

    @property
    def target(self) -> TargetKind:
        """What is predicted, and how classes are called."""
        return make_target(self.schema.kind, self.recipe.decision.rule, self.data.class_counts)

    def predict(
        self, windows: Windows, *, accelerator: str | None = None, progress: Progress | None = None
    ) -> pd.DataFrame:
        """Predict windows, each on its own; they need no labels.

        Modalities, channels and classes are taken by name. One that is missing counts as never observed, and what the
        model does not know is left out; each is told in a DataWarning, and so are values unlike those of training.

        Parameters
        ----------
        windows : Windows
            Of the channels, units and steps that the run was trained on; with labels, or without as
            ``make_windows(..., labelled=False)`` and ``windows_from_arrays(arrays, None)`` give them.
        accelerator : str, optional
            On what the network works, one device: "auto", "cpu", "gpu", "mps". By default a GPU where there is one,
            unless the run was trained with ``devices.accelerator`` "cpu". Another device rounds differently.

        Returns
        -------
        pandas.DataFrame
            One row per window: ``entity``, ``time_s`` (prediction time on the recording's clock); of classes
            ``label``, ``predicted`` and ``p_<class>``; of labels ``label_<name>`` and ``p_<name>``; of a number
            ``label`` and ``predicted``. A label that is not known is missing, and so is the prediction of a window in
            which nothing was observed.

        Raises
        ------
        InvalidInput
            If a channel is missing or in another unit, or steps are others; or if there is no such accelerator.
        """
        device = device_to_read_on(accelerator, self.recipe.devices)
        windows, notes = self.conformed(windows, "windows to predict")
        warn_of_data([*notes, *unlike_training(windows, self.scaler.channels)])
        with shown(progress, "predicting") as tell:
            predicted = predictions(self.model, self.scaled(windows), tell, device=device)
        return prediction_table(windows, predicted, self.target, observed=windows.observed_at_all())

    def evaluate(
        self,
        test: Windows,
        *,
        control: "Run | None" = None,
        later: bool = False,
        allow_twins: bool = False,
        progress: Progress | None = None,
        n_bootstrap: int = 1000,
        streams: bool | None = None,
        accelerator: str | None = None,
    ) -> dict[str, float]:
        """Judge the run on entities that neither the model nor its profile has seen.

        Besides the scores it records what the report tells: how the router and the pooling use modalities and lags,
        the scores of this same model with its context blanked, those without each modality, and those of a guess and of
        a forest that learned from the same windows. A saved run is updated.

        Parameters
        ----------
        test : Windows
        control : Run, optional
            From `interplay.train.train_control`: the same training without the profile, to be scored on the same
            windows.
        later : bool
            Of an adapted run, whether these are other windows of the entities that it was adapted to, as of a person
            whose first hour was labelled. They may share no step with those windows.
        allow_twins : bool
            Whether test entities may hold the same samples as training entities of other names, as a few of published
            sets do.
        n_bootstrap : int
            Resamplings of entities behind each 95 % interval.
        streams : bool, optional
            Whether to keep what the test windows were cut from, thinned, for the report to draw; by default unless the
            card of the data says that access to them is restricted.
        accelerator : str, optional
            See `predict`.

        Returns
        -------
        dict of str to float
            See `classification_metrics`, `multilabel_metrics` or `regression_metrics` in
            `interplay.metrics`; more is kept in `evaluation`.

        Raises
        ------
        LeakageError
            If the model, the profile or the control was fitted on one of the entities, by its name or, the model, by
            its samples; or if nobody knows whom the profile was fitted on.
        """
        device = device_to_read_on(accelerator, self.recipe.devices)
        check_labelled(test, what="test windows")
        check_schema(test.schema, self.schema, what="test windows")
        test, notes = self.conformed(test, "test windows")
        warn_of_data([*notes, *unlike_training(test, self.scaler.channels)])
        check_unseen(test, self.data, self.profile, self.triples, self.adaptation, later=later)
        if not allow_twins and "train" in self.split.parts:
            known = self.split.parts["train"].samples
            check_other_names(under_other_names(sketches(test), known), what="the model")
        if control is not None:
            check_control(test, control.schema, control.data, control.profile)
        if self.folder is not None:
            check_writable(self.folder / METRICS, overwrite=True)
        with shown(progress, "evaluating") as tell:
            evaluation = judge(
                self.model,
                self.scaled(test),
                self.target,
                tell,
                n_bootstrap=n_bootstrap,
                forest=self.forest or forest_within(self.model),
                streams=not (self.data.card or {}).get("access") if streams is None else streams,
                device=device,
            )
        if control is not None:
            evaluation = replace(evaluation, control=control._scores(test, n_bootstrap, device))
        self.evaluation = evaluation
        if "test" not in self.split.parts:
            self.split = self.split.with_part("test", test)
        if self.folder is not None:
            write_evaluation(self, self.folder)
        return dict(evaluation.test)

    def stream(self, entity: str, **options) -> EntityStream:
        """Predictions of one entity while its data come: those that `predict` gives of its windows, in constant memory.

        For the options see `interplay.train.stream_options.StreamOptions`; by default as the training windows were cut.
        """
        return EntityStream(self, entity, stream_options(self.schema, self.split.options, **options))

    def resume_stream(self, path: str | Path) -> EntityStream:
        """Go on with a stream of this run from the file that `EntityStream.save` wrote."""
        return EntityStream.resumed(self, Path(path))

    def report(self, path: str | Path | None = None, *, overwrite: bool = False):
        """One page about this run, once it was evaluated; a notebook shows it in place.

        Parameters
        ----------
        path : str or Path, optional
            File to write it to as well.
        overwrite : bool

        Returns
        -------
        interplay.report.inline.InlineReport
        """
        # reports know runs, runs know no report: it is looked up when somebody asks
        return import_module("interplay.report.inline").inline_report(self, path, overwrite=overwrite)

    def explain_window(self, windows: Windows, k: int, *, progress: Progress | None = None) -> xr.Dataset:
        """What the prediction of window number k rests on, token by token; see `explain_windows`."""
        return self.explain_windows(windows.select(np.array([k])), progress=progress).isel(window=0)

    def explain_windows(self, windows: Windows, *, progress: Progress | None = None) -> xr.Dataset:
        """What predictions rest on, token by token; a fraction of a second for each window.

        Parameters
        ----------
        windows : Windows
            As for `predict`; their labels are not looked at.

        Returns
        -------
        xarray.Dataset
            See `interplay.train.attribution.explain_windows`.
        """
        windows, notes = self.conformed(windows, "windows to explain")
        warn_of_data(notes)
        with shown(progress, "explaining") as tell:
            return explain_windows(self.model, self.scaled(windows), self.target, tell)

    def contexts(self, windows: Windows) -> WindowContexts | None:
        """What the profile says of each window, where the recipe asks for it."""
        return window_contexts(windows, self.profile, self.recipe.model.context)

    def conformed(self, windows: Windows, what: str) -> tuple[Windows, list[str]]:
        """Windows as the model knows them, and what differs."""
        windows, notes = conform(windows, self.schema, self.data.channels, self.data.units, what=what)
        check_schema(windows.schema, self.schema, what=what)
        return windows, notes

    def _scores(self, test: Windows, n_bootstrap: int, device: torch.device) -> Scores:
        predicted = predictions(self.model, self.scaled(test), silent, device=device)
        return self.target.scores(test, predicted, n_bootstrap)

    def scaled(self, windows: Windows) -> ScaledWindows:
        """Windows of this schema as the model reads them."""
        return ScaledWindows(windows, self.scaler, self.contexts(windows))

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the run folder; one that exists is kept unless `overwrite`."""
        write_run_folder(self, Path(folder), overwrite=overwrite)
        self.folder = Path(folder)
        return self.folder


def load_run(folder: str | Path, *, trust: bool = False) -> Run:
    """Read a run that was saved.

    Parameters
    ----------
    folder : str or Path
    trust : bool
        Whether to import the routers, encoders and losses that the run names by import path, which runs their code.
        Parts of this library, and of modules that this process has imported already, need no trust.

    Raises
    ------
    InvalidInput
        If there is no such folder.
    UntrustedPart
        If the run names a part that would have to be imported, and is not trusted.
    DamagedFile
        If a file of it is missing, cut short, or does not fit the others.

    Examples
    --------
    >>> import interplay as ip
    >>> windows = ip.make_windows(ip.load_dataset("hapt_sample"), step_s=0.5, steps=8, stride=64)
    >>> trees = {"readers.of_all": "extra_trees", "readers.of_each": ""}
    >>> saved = ip.fit(windows, recipe="readers", settings=trees, out="runs/again")
    >>> run = ip.load_run("runs/again")
    >>> run.data.n_windows, run.recipe == saved.recipe
    (219, True)
    """
    return Run(**read_run_folder(Path(folder), trust=trust), folder=Path(folder))
