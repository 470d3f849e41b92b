"""What windows a run may be tested on: of entities that nothing of it was fitted on."""

from interplay.data import Windows
from interplay.data.check import check_disjoint, check_known, check_schema
from interplay.errors import InvalidInput
from interplay.profile import InteractionProfile, TripleProfile
from interplay.train.adaptation import Adaptation, check_later
from interplay.train.described import TrainingData
from interplay.types import Schema


def check_unseen(
    test: Windows,
    data: TrainingData,
    profile: InteractionProfile | None,
    triples: TripleProfile | None,
    adaptation: Adaptation | None,
    *,
    later: bool,
) -> None:
    """Refuse windows of entities that anything was fitted on; of later ones, the windows themselves."""
    fitted = set(data.entities)
    if later:
        check_later(adaptation, test)
        assert adaptation is not None
        fitted = set(adaptation.source_entities)
    check_disjoint(test.entities, fitted, what="the model")
    if profile is not None:
        check_known(profile.entities, profile.fitted, what="the profile")
    for one, what in ((profile, "the profile"), (triples, "the profile of triples")):
        check_disjoint(test.entities, one.entities if one is not None else (), what=what)


def check_control(
    test: Windows, schema: Schema, data: TrainingData, profile: InteractionProfile | None
) -> None:
    """Refuse a control of this schema, data and profile that is none, or that has seen the windows."""
    if profile is not None:
        raise InvalidInput("a control must have no profile; train it with train_control(run, windows).")
    check_schema(test.schema, schema, what="test windows")
    check_disjoint(test.entities, data.entities, what="the control")
