"""Results in words, on stdout."""

from collections.abc import Mapping


def say_interactions(profile) -> None:
    from interplay.profile import PAIR_ATOMS

    print(f"Strongest interactions (the target holds {profile.h_y_bits:.2f} bits; ± is a 95 % interval):")
    for atom in PAIR_ATOMS:
        told = profile.sentences(2, atom=atom) or [f"No {atom} that stands clear of its error."]
        print("".join(f"  {sentence}\n" for sentence in told), end="")


def say_scores(scores: Mapping[str, float]) -> None:
    print(
        f"\nOn {scores['n_windows']} windows of {scores['n_entities']} entities that nothing was fitted on:"
    )
    for name, title in (("macro_f1", "macro-F1"), ("accuracy", "accuracy")):
        low, high = scores[f"{name}_low"], scores[f"{name}_high"]
        print(f"  {title} {scores[name]:.3f}   (95 % interval over entities {low:.3f} to {high:.3f})")
