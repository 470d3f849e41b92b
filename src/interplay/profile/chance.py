"""The rule of `interplay.profile.significance` under the name that scripts for version 0.1 ask it by."""

from interplay.profile.significance import significant


def may_count(bits, p_value):
    """Whether atoms (...), in bits, of pairs with these p-values (...), NaN where unknown, may count as findings."""
    return significant(bits, p_value=p_value)
