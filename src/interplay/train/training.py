"""fit: from training windows and a profile to a run."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from interplay.data import Scaler, SplitManifest, Windows, describe_split, scaled_schema
from interplay.data.check import check_known, check_trainable
from interplay.data.doubts import doubts_of_steps
from interplay.data.warn import warn_of_data
from interplay.errors import InvalidInput
from interplay.files import unfinished_work
from interplay.nn import (
    InteractionContext,
    Model,
    Network,
    TwoLevels,
    build_model,
    empty_context,
    interaction_context,
)
from interplay.nn.config import AUTO, NONE
from interplay.profile import InteractionProfile, TripleProfile
from interplay.progress import Progress, shown
from interplay.train.batches import ScaledWindows
from interplay.train.described import TrainingData
from interplay.train.devices import check_devices, machine_of, random_numbers_apart
from interplay.train.doubt import train_with_doubt
from interplay.train.evidence import Evidence, gather_evidence, rule_of
from interplay.train.levels import weigh_levels, worth_training
from interplay.train.network import HeldOutLogits, Trained, train_network
from interplay.train.recipe import DecisionConfig, Recipe, make_recipe
from interplay.train.rivals import fit_forest, forest_within
from interplay.train.run import Run, load_run
from interplay.train.run_folder import check_run_folder
from interplay.train.start_from import adapted_run, check_start
from interplay.train.target_kinds import TARGETS, make_target
from interplay.train.token_budget import check_budget
from interplay.train.trackers import Tracker, make_trackers
from interplay.train.window_contexts import window_contexts


def fit(
    train: Windows,
    *,
    profile: InteractionProfile | None = None,
    triples: TripleProfile | None = None,
    recipe: str | Path | Mapping | Recipe = "default",
    settings: Mapping[str, object] | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    card: Mapping[str, object] | None = None,
    split: SplitManifest | None = None,
    start_from: Run | str | Path | None = None,
    track: str | Tracker | Sequence[str | Tracker] = (),
    rivals: bool = True,
    progress: Progress | None = None,
) -> Run:
    """Train a model.

    With `out`, where the training stands is kept after every epoch in a hidden folder beside it, ``.<name>.part``.
    The same call after an interruption goes on from there, to the same weights on a CPU as if there had been none;
    ``log.jsonl`` in that folder grows by a line per epoch. A call with other data, settings or versions starts anew;
    one while another process is at it is refused. Of several machines that train together the first one alone writes;
    all return the run, and after an interruption they begin anew.

    Parameters
    ----------
    train : Windows
        Labelled windows of the training entities.
    profile : InteractionProfile, optional
        Interactions of these modalities, from these or other training entities. Without it the model is its
        own unguided control.
    triples : TripleProfile, optional
        What was measured beyond pairs, kept with the run and told in its report; the model does not read it.
    recipe, settings
        See `interplay.train.make_recipe`.
    out : str or Path, optional
        Folder to save the run in; must not exist.
    seed : int
        Of the first weights and the order of windows.
    card : mapping, optional
        What the report should say of the data: name, licence, citation.
    split : SplitManifest, optional
        To be saved with the run; by default one of the training windows alone.
    start_from : Run, str or Path, optional
        A run, or its folder, to adapt to these windows: of a new person, ward or machine, with few labels. All that it
        learned is frozen, and profile, recipe and scaling are its own; see `Run.adaptation`. Windows of entities that
        it has seen are refused, and so is a `split` whose test part has any of them.
    track : "tensorboard", "mlflow", Tracker, or sequence of them
        Who is told of every epoch, beside `out` if by name; see `interplay.train.trackers`.
    rivals : bool
        Whether a forest is trained beside the model, in seconds, that `Run.evaluate` holds it against; a model with
        such a forest among its readers is held against that one.
    progress : callable, optional
        Told the share of the work that is done; by default a bar on a terminal.

    Returns
    -------
    Run

    Raises
    ------
    LeakageError
        If nobody knows which entities the profile or the triples were fitted on.

    Examples
    --------
    Trees alone, which are quick; without `recipe` and `settings` it is the whole model.

    >>> import interplay as ip
    >>> windows = ip.make_windows(ip.load_dataset("hapt_sample"), step_s=0.5, steps=8, stride=64)
    >>> train, test = ip.split_by_entity(windows, test=0.3, seed=0)
    >>> trees = {"readers.of_all": "extra_trees", "readers.of_each": ""}
    >>> run = ip.fit(train, recipe="readers", settings=trees, out="runs/trees")
    >>> predicted = run.predict(test)
    >>> predicted.columns[:4].tolist()
    ['entity', 'time_s', 'label', 'predicted']
    >>> bool((predicted["predicted"] == predicted["label"]).mean() > 0.8)
    True
    """
    if start_from is not None:
        source = start_from if isinstance(start_from, Run) else load_run(start_from)
        check_start(source, split, profile, recipe, settings)
        with shown(progress, "adapting") as tell:
            run = adapted_run(source, train, seed=seed, card=card, split=split, progress=tell)
        if out is not None:
            run.save(out)
        return run
    recipe = make_recipe(recipe, settings)
    check_trainable(train, what="training windows")
    recipe = recipe.for_windows(len(train))
    warn_of_data(doubts_of_steps(train.steps, train.used_rows()))
    # a rule that the target cannot follow is refused before the training, not after
    kind = TARGETS[train.kind]
    make_target(train.kind, recipe.decision.rule, kind.counts(train))
    check_budget(recipe, train, seed)
    check_devices(recipe.devices)
    if machine_of(recipe.devices):
        out, track = None, ()
    if out is not None:
        check_run_folder(out, overwrite=False)
    trackers = make_trackers(track, None if out is None else Path(out))
    scaler = Scaler.fit(train)
    # a profile of other windows is refused before the readers are fitted, not after
    nothing = empty_context(len(train.modalities), train.length)
    context = nothing if profile is None else _context_of(profile, train)
    if context.is_empty() and recipe.model.context == AUTO:
        recipe = recipe.with_model(context=NONE)
    _check_triples(triples, train)
    log = []
    work = nullcontext() if out is None else unfinished_work(out)
    with work as folder, random_numbers_apart(recipe.devices), shown(progress, "training") as tell:
        evidence, after = None, 0.0
        if recipe.readers.any:
            after = READING if recipe.readers.network else 1.0
            evidence = gather_evidence(
                train, scaler, profile, recipe.readers, seed, lambda done: tell(after * done)
            )
        if evidence is None and not recipe.readers.network:
            warn_of_data([NO_READERS])
        torch.manual_seed(seed)
        network, apart = None, None
        worth = None
        if evidence is not None:
            worth = partial(worth_training, evidence, shrinkage=recipe.readers.shrinkage)
        if recipe.readers.network or evidence is None:
            contexts = window_contexts(train, profile, recipe.model.context)
            scaled = ScaledWindows(train, scaler, contexts, each_step=recipe.model.each_step)

            def train_one(recipe: Recipe, progress: Progress) -> Trained:
                torch.manual_seed(seed)
                known = nothing if recipe.model.context == NONE else context
                model = build_model(scaled_schema(train.schema), recipe.model, known)
                return Trained(
                    model,
                    *train_network(
                        model,
                        recipe,
                        scaled,
                        seed=seed,
                        trackers=trackers,
                        folder=folder,
                        progress=progress,
                        worth=worth,
                    ),
                )

            recipe, trained = train_with_doubt(
                recipe, train_one, train.kind, lambda done: tell(after + (1.0 - after) * done)
            )
            network, log, apart = trained.network, trained.log, trained.apart
        model = _assembled(network, evidence, apart, recipe)
        rule = rule_of(evidence, train, recipe.decision.rule)
        run = Run(
            model=model.eval(),
            scaler=scaler,
            recipe=replace(recipe, decision=DecisionConfig(rule=rule)),
            schema=train.schema,
            profile=profile,
            triples=triples,
            data=TrainingData(
                entities=train.entities,
                n_windows=len(train),
                class_counts=kind.counts(train),
                channels=dict(train.steps.channels),
                units=dict(train.steps.units),
                card=card,
            ),
            split=split or describe_split({"train": train}),
            seed=seed,
            log=log,
            forest=fit_forest(train, scaler, seed) if rivals and forest_within(model) is None else None,
        )
        if out is not None:
            run.save(out)
    return run


NO_READERS = (
    "of these windows none can be held out, so that readers cannot be weighed: a network is trained in their place. "
    "More windows, or some of another class, give readers something to be judged by."
)
READING = 0.3
"""Share of the progress that readers are told to be, beside a network."""


def _assembled(
    network: Network | None, evidence: Evidence | None, apart: HeldOutLogits | None, recipe: Recipe
) -> Model:
    """The whole model; without held-out windows its two levels count alike."""
    if evidence is None:
        assert network is not None
        return network
    if network is None or apart is None:
        return TwoLevels(evidence.mixture, network, recipe.model)
    weight = weigh_levels(evidence, apart, recipe.readers.shrinkage).counted
    model = TwoLevels(evidence.mixture, network if weight[1] else None, recipe.model)
    model.weight.copy_(weight)
    return model


def _check_triples(triples: TripleProfile | None, train: Windows) -> None:
    """Refuse triples of nobody knows whom, or of modalities that the windows do not have."""
    if triples is None:
        return
    check_known(triples.entities, True, what="the profile of triples")
    others = sorted({name for triple in triples.triples for name in triple} - set(train.modalities))
    if others:
        raise InvalidInput(
            f"triples must be of the modalities of the windows, {list(train.modalities)}; they are also of {others}. "
            "Measure them on these windows with beyond_pairs."
        )


def _context_of(profile: InteractionProfile, train: Windows) -> InteractionContext:
    check_known(profile.entities, profile.fitted, what="the profile")
    classes = profile.dataset.attrs.get("classes")
    wanted = TARGETS[train.kind].classes_of_profile(train.schema)
    if wanted is not None and classes is not None and tuple(classes) != wanted:
        raise InvalidInput(
            f"the profile must be about the classes of the windows, {list(wanted)}; it is about "
            f"{list(classes)}. Estimate it from windows of the same target."
        )
    return interaction_context(profile, train.modalities, steps=train.length, step_s=train.step_s)
