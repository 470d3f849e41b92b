"""fit, started from another run: a run of its own that says whom it has seen."""

from collections.abc import Mapping
from dataclasses import replace

from interplay.data import SplitManifest, Windows, describe_split
from interplay.data.check import check_disjoint
from interplay.data.warn import warn_of_data
from interplay.errors import InvalidInput
from interplay.progress import Progress
from interplay.train.adaptation import adapt, fitted_entities
from interplay.train.run import Run


def adapted_run(
    source: Run,
    windows: Windows,
    *,
    seed: int,
    card: Mapping[str, object] | None,
    split: SplitManifest | None,
    progress: Progress,
) -> Run:
    """A run that started from another; see `interplay.train.fit`."""
    if source.adaptation is not None:
        raise InvalidInput(
            "start_from must be a run that was trained; this one was adapted itself. Start from its own source, "
            "with all windows that there are to adapt to."
        )
    windows, notes = source.conformed(windows, "windows to adapt to")
    warn_of_data(notes)
    model, adaptation = adapt(source, windows, seed=seed, progress=progress)
    return Run(
        model=model,
        scaler=source.scaler,
        recipe=source.recipe,
        schema=source.schema,
        profile=source.profile,
        triples=source.triples,
        data=replace(
            source.data,
            entities=tuple(sorted({*source.data.entities, *windows.entities})),
            card=source.data.card if card is None else card,
        ),
        split=split or describe_split({"train": windows}),
        seed=source.seed,
        adaptation=adaptation,
    )


def check_start(source, split, profile, recipe, settings) -> None:
    """Refuse what an adapted run takes from its source, and a source that has seen who is to be tested."""
    given = {"profile": profile is not None, "recipe": recipe != "default", "settings": bool(settings)}
    for name, is_given in given.items():
        if is_given:
            raise InvalidInput(
                f"{name} must be left out beside start_from: an adapted run has that of its source. Train without "
                "start_from to choose it."
            )
    if split is not None and "test" in split.parts:
        check_disjoint(split.parts["test"].entities, fitted_entities(source), what="the source")
