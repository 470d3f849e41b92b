"""The model card, the data card and what was done against leakage, as rows of a table."""

from collections.abc import Mapping

from interplay.nn import ModelConfig, TwoLevels
from interplay.profile import InteractionProfile
from interplay.report.kinds import REPORTED
from interplay.report.text import counted, listed
from interplay.train import Run
from interplay.train.described import guided_by

CALLED = {
    "auto": "",
    "likeliest": "",
    "balanced": "; the one is called whose probability is the largest multiple of its share in the training windows",
}


def model_card(run: Run) -> list[tuple[str, str]]:
    """What the model is, how it was trained, what it is for and what it is not."""
    schema, model, optimiser = run.schema, run.recipe.model, run.recipe.optimiser
    predicts = REPORTED[schema.kind].predicts(schema)
    entities = counted(len(run.data.entities), "entity", "entities")
    return [
        ("what it is", _levels(run, _network(model))),
        ("size", counted(sum(p.numel() for p in run.model.parameters()), "weight")),
        ("predicts", predicts + CALLED[run.recipe.decision.rule]),
        ("from", f"windows of {schema.steps} steps of {schema.step_s:g} s of {len(schema.shapes)} modalities"
         + (f"; side inputs: {listed(schema.static)}" if schema.static else "")),
        ("guided by", guided_by(run.profile, model.context)),
        ("trained on", f"{counted(run.data.n_windows, 'window')} of {entities}; "
         f"{counted(len(run.log) or optimiser.epochs, 'epoch')}, seed {run.seed}"),
        *([] if run.adaptation is None else [("adapted", run.adaptation.sentence())]),
        ("meant for", "research on how modalities act together, and as a starting point for models of the same data"),
        ("not meant for", "decisions about single persons: it was judged on the entities listed here and on no others"),
    ]  # fmt: skip


def _network(model: ModelConfig) -> str:
    """What the network is."""
    size = f"of width {model.width} with {counted(model.layers, 'layer')}"
    if not model.moe_every:
        return f"a transformer {size}, without experts"
    return (
        f"a mixture of experts {size}; {model.num_experts} experts, {model.synergy_experts} of them synergy experts, "
        "for tokens taken together"
    )


def _levels(run: Run, network: str) -> str:
    """The readers of a run, its network, or both."""
    model = run.model
    if not isinstance(model, TwoLevels):
        return network
    count = counted(model.mixture.asked, "reader")
    readers = f"{count} of whole windows (trees, random convolutions, regressions), mixed"
    if model.network is None:
        return readers
    shares = model.weight / model.weight.sum()
    return f"{readers}, and {network}; of what they say together {shares[0]:.0%} and {shares[1]:.0%}"


def data_card(run: Run) -> list[tuple[str, str]]:
    """What the data set says of itself, then what the run saw of it."""
    card = run.data.card or {}
    rows = [(name, value) for name, value in card.items() if isinstance(value, str) and value]
    modalities = card.get("modalities")
    described: Mapping = modalities if isinstance(modalities, Mapping) else {}
    for name, (rate, width) in run.schema.shapes.items():
        channels = listed(run.data.channels.get(name, ()))
        shape = f"{counted(width, 'channel')}{f' ({channels})' if channels else ''}, {counted(rate, 'sample')} per step"
        rows.append((f"modality {name}", f"{described[name]}; {shape}" if name in described else shape))
    for name, n in zip(run.schema.classes, run.data.class_counts, strict=True):
        rows.append((f"training windows of {name}", f"{n:,}"))
    return rows


def leakage_rows(run: Run, tested: tuple[str, ...]) -> list[tuple[str, str]]:
    """Entities on both sides, counted from what the run recorded."""
    rows = [("entities tested", str(len(tested))), ("of them trained on", _shared(tested, run.data.entities))]
    if run.profile is not None:
        rows.append(("of them seen by the profile", _seen(run.profile, tested)))
    return rows


def _seen(profile: InteractionProfile, tested: tuple[str, ...]) -> str:
    if not profile.entities:
        return "not known: the profile names no entities"
    return _shared(tested, profile.entities)


def _shared(tested: tuple[str, ...], others: tuple[str, ...]) -> str:
    both = sorted(set(tested) & set(others))
    return f"{len(both)}: {', '.join(both)}" if both else "0"
